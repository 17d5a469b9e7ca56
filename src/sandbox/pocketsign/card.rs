//! Simulated My Number cards, for tests to sign in with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair};
use aws_lc_rs::{digest, rand};
use chrono::{DateTime, Utc};
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use x509_cert::der::pem::{LineEnding, encode_string};
use zeroize::Zeroizing;

use super::Verify;
use super::authority;
use super::jpki::{Hash, Kind};
use super::person::{PersonDetails, RevocationCause};
use crate::sandbox::{Sandbox, SandboxError};

/// The number of a person registered with the sandbox's JPKI, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CardPerson(u64);

impl CardPerson {
    fn at(index: usize) -> Self {
        Self(index as u64 + 1)
    }
}

impl From<CardPerson> for u64 {
    fn from(person: CardPerson) -> Self {
        person.0
    }
}

/// A My Number card: two certificates with their keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Card {
    /// The person it was issued to.
    pub person: CardPerson,
    /// The details of the person.
    pub details: PersonDetails,
    /// 署名用電子証明書, for signing: it states who the person is.
    pub signing: CardCertificate,
    /// 利用者証明用電子証明書, for authentication: it states nothing about the person.
    pub authentication: CardCertificate,
}

/// A certificate of a card with its key.
#[derive(Clone)]
pub struct CardCertificate {
    der: Vec<u8>,
    key: Arc<RsaKeyPair>,
}

impl CardCertificate {
    /// Returns the certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        authority::pem(&self.der)
    }

    /// Returns the private key in PEM (PKCS #8), which a real card never reveals. The text is wiped on drop.
    ///
    /// Use it to sign outside this crate: `openssl dgst -sha256 -sign key.pem challenge` makes the same signature as [`sign`](Self::sign).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a key in memory can be encoded")]
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        let der: Pkcs8V1Der<'_> = self.key.as_der().expect("a key in memory can be encoded");
        Zeroizing::new(encode_string("PRIVATE KEY", LineEnding::LF, der.as_ref()).expect("a key's length fits the encoder"))
    }

    /// Signs a SHA-256, SHA-384 or SHA-512 digest, distinguished by its length, as the card does (RSA PKCS #1 v1.5).
    ///
    /// # Errors
    ///
    /// None of these algorithms has digests of this length.
    pub fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, SandboxError> {
        let hash = Hash::ALL.into_iter().find(|hash| hash.algorithm().output_len() == digest.len());
        let hash = hash.ok_or_else(|| SandboxError::invalid("digest", "expected 32, 48 or 64 bytes"))?;
        let digest =
            digest::Digest::import_less_safe(digest, hash.algorithm()).map_err(|_| SandboxError::invalid("digest", "not a digest"))?;
        let padding: &'static dyn signature::RsaEncoding = match hash {
            Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
            Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
        };
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign_digest(padding, &digest, &mut signature).map_err(|_| SandboxError::state("the key cannot sign"))?;
        Ok(signature)
    }

    /// Returns the SHA-256 digest of a message and the signature over it.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> ([u8; 32], Vec<u8>) {
        let hashed = digest::digest(&digest::SHA256, message);
        let mut digest = [0; 32];
        digest.copy_from_slice(hashed.as_ref());
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = rand::SystemRandom::new();
        self.key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).expect("an RSA key signs");
        (digest, signature)
    }
}

impl fmt::Debug for CardCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CardCertificate").finish_non_exhaustive()
    }
}

/// The public key of a card, for its certificate.
struct PublicKey<'k>(&'k [u8]);

impl PublicKeyData for PublicKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// The authority that issues the cards, and the actions of card holders: see [`Sandbox::jpki`].
#[derive(Clone, Debug)]
pub struct Jpki(Sandbox);

impl Jpki {
    pub(crate) fn of(sandbox: Sandbox) -> Self {
        Self(sandbox)
    }

    /// Returns the certificates of the authorities, for signing and for authentication, as PEM: every card's certificates chain to them.
    ///
    /// All sandboxes of a process share the authorities, but each has its own card holders.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn authorities_pem(&self) -> String {
        authority::authorities_pem()
    }

    /// Registers a person and issues a card to them.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn card(&self, details: PersonDetails) -> Card {
        // Generating keys takes a while; the sandbox is not locked meanwhile.
        let keys = CardKeys::generate();
        self.0.in_verify(|service, now| {
            let index = service.jpki.register(details);
            let card = service.certify(index, keys, now).expect("the person has just been registered");
            service.cards.push(card.clone());
            card
        })
    }

    /// Returns the cards that people currently hold, ordered by number.
    #[must_use]
    pub fn cards(&self) -> Vec<Card> {
        self.0.in_verify(|service, _| service.cards.clone())
    }

    /// Returns the card that a person currently holds.
    ///
    /// # Errors
    ///
    /// This sandbox has no such card.
    pub fn card_of(&self, person: impl Into<u64>) -> Result<Card, SandboxError> {
        let person = person.into();
        self.0.in_verify(|service, _| service.card(person).cloned())
    }

    /// Renews both certificates of a person, as on expiry; the old ones are revoked as superseded.
    ///
    /// # Errors
    ///
    /// This sandbox has no such card.
    pub fn renew(&self, person: impl Into<u64>) -> Result<Card, SandboxError> {
        let person = person.into();
        self.card_of(person)?;
        let keys = CardKeys::generate();
        self.0.in_verify(|service, now| {
            let index = index(service.card(person)?);
            service.revoke_valid(index, Kind::Signing, RevocationCause::Superseded, now);
            service.revoke_valid(index, Kind::Authentication, RevocationCause::Superseded, now);
            let card = service.certify(index, keys, now).ok_or_else(unknown)?;
            service.cards[index] = card.clone();
            Ok(card)
        })
    }

    /// Changes the person's address: the signing certificate is revoked, since it states the old address, and a new one is issued. The
    /// authentication certificate is unchanged.
    ///
    /// # Errors
    ///
    /// This sandbox has no such card.
    pub fn move_to(&self, person: impl Into<u64>, address: &str) -> Result<CardCertificate, SandboxError> {
        let person = person.into();
        self.card_of(person)?;
        let key = generate();
        self.0.in_verify(|service, now| {
            let index = index(service.card(person)?);
            if let Some(details) = service.jpki.person_mut(index) {
                address.clone_into(&mut details.address);
            }
            service.revoke_valid(index, Kind::Signing, RevocationCause::AffiliationChanged, now);
            let signing = service.certificate(index, Kind::Signing, key, now).ok_or_else(unknown)?;
            let card = &mut service.cards[index];
            address.clone_into(&mut card.details.address);
            card.signing = signing.clone();
            Ok(signing)
        })
    }

    /// Revokes a certificate now: OCSP reports it at once, the list from the next morning on.
    ///
    /// # Errors
    ///
    /// It belongs to another sandbox, or is already revoked.
    pub fn revoke(&self, certificate: &CardCertificate, cause: RevocationCause) -> Result<(), SandboxError> {
        let revoked = self.0.in_verify(|service, now| {
            let found = service.jpki.find(certificate.der());
            found.is_some_and(|index| service.jpki.revoke(index, cause, now))
        });
        if revoked { Ok(()) } else { Err(SandboxError::state("there is no such certificate, or it is already revoked")) }
    }

    /// Revokes a person's card: both certificates, or the remaining one.
    ///
    /// # Errors
    ///
    /// This sandbox has no such card, or both certificates are already revoked.
    pub fn revoke_card(&self, person: impl Into<u64>, cause: RevocationCause) -> Result<(), SandboxError> {
        let person = person.into();
        self.0.in_verify(|service, now| {
            let index = index(service.card(person)?);
            let revoked = [Kind::Signing, Kind::Authentication].map(|kind| service.revoke_valid(index, kind, cause, now));
            if revoked.contains(&true) { Ok(()) } else { Err(SandboxError::state("both certificates are already revoked")) }
        })
    }

    /// Returns when and why a certificate was revoked, if it was.
    #[must_use]
    pub fn revocation(&self, certificate: &CardCertificate) -> Option<(DateTime<Utc>, RevocationCause)> {
        self.0.in_verify(|service, _| service.jpki.revocation(certificate.der()))
    }

    /// Sets whether the OCSP responder responds; it does by default.
    pub fn set_ocsp_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.ocsp_answers = available);
    }

    /// Sets whether the service can fetch further revocation lists; it can by default. Otherwise it keeps using the last list.
    pub fn set_crl_available(&self, available: bool) {
        self.0.in_verify(|service, now| service.jpki.set_crl_available(available, now));
    }

    /// Sets whether the links between certificates are available; they are by default. For a very new card they are not.
    pub fn set_links_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.has_links = available);
    }

    /// Whether OCSP, further lists and links are available, in this order.
    pub(crate) fn availability(&self) -> [bool; 3] {
        self.0.in_verify(|service, _| [service.jpki.ocsp_answers, service.jpki.crl_available(), service.jpki.has_links])
    }
}

/// New keys for both certificates of a card.
struct CardKeys {
    signing: RsaKeyPair,
    authentication: RsaKeyPair,
}

impl CardKeys {
    fn generate() -> Self {
        Self { signing: generate(), authentication: generate() }
    }
}

fn generate() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("the system's random numbers never run out")
}

impl Verify {
    fn card(&self, person: u64) -> Result<&Card, SandboxError> {
        self.cards.iter().find(|card| card.person.0 == person).ok_or_else(unknown)
    }

    fn certify(&mut self, index: usize, keys: CardKeys, now: DateTime<Utc>) -> Option<Card> {
        Some(Card {
            person: CardPerson::at(index),
            details: self.jpki.person(index)?.clone(),
            signing: self.certificate(index, Kind::Signing, keys.signing, now)?,
            authentication: self.certificate(index, Kind::Authentication, keys.authentication, now)?,
        })
    }

    fn certificate(&mut self, index: usize, kind: Kind, key: RsaKeyPair, now: DateTime<Utc>) -> Option<CardCertificate> {
        let der = self.jpki.issue(index, kind, &PublicKey(key.public_key().as_ref()), now)?;
        Some(CardCertificate { der, key: Arc::new(key) })
    }

    /// Revokes a person's valid certificates of a kind. Returns `false` if there are none.
    fn revoke_valid(&mut self, index: usize, kind: Kind, cause: RevocationCause, now: DateTime<Utc>) -> bool {
        let valid = self.jpki.valid(index, kind);
        for index in &valid {
            self.jpki.revoke(*index, cause, now);
        }
        !valid.is_empty()
    }
}

/// The position of a card's holder in the register.
fn index(card: &Card) -> usize {
    card.person.0 as usize - 1
}

fn unknown() -> SandboxError {
    SandboxError::not_found("card")
}
