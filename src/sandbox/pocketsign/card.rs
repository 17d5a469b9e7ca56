//! Cards without cards: what a test mints to sign in with.

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

/// A person registered with the sandbox's JPKI, by number: the first one is 1.
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
    /// Who that is.
    pub details: PersonDetails,
    /// 署名用電子証明書: it states who the person is.
    pub signing: CardCertificate,
    /// 利用者証明用電子証明書: it states nothing.
    pub authentication: CardCertificate,
}

/// A certificate of a card with its key.
#[derive(Clone)]
pub struct CardCertificate {
    der: Vec<u8>,
    key: Arc<RsaKeyPair>,
}

impl CardCertificate {
    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        authority::pem(&self.der)
    }

    /// The private key in PEM (PKCS #8), which a real card never gives out; the text is wiped when it is dropped.
    ///
    /// For whoever signs outside this crate: `openssl dgst -sha256 -sign key.pem challenge` makes the same signature as
    /// [`sign`](Self::sign).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a key in memory can be encoded")]
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        let der: Pkcs8V1Der<'_> = self.key.as_der().expect("a key in memory can be encoded");
        Zeroizing::new(encode_string("PRIVATE KEY", LineEnding::LF, der.as_ref()).expect("a key's length fits the encoder"))
    }

    /// Signs a digest of SHA-256, SHA-384 or SHA-512, told apart by their length, as the card does (RSA PKCS #1 v1.5).
    ///
    /// # Errors
    ///
    /// No such algorithm makes a digest of this length.
    pub fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, SandboxError> {
        let hash = Hash::ALL.into_iter().find(|hash| hash.algorithm().output_len() == digest.len());
        let hash = hash.ok_or_else(|| SandboxError::invalid("digest", "a digest has 32, 48 or 64 bytes"))?;
        let digest =
            digest::Digest::import_less_safe(digest, hash.algorithm()).map_err(|_| SandboxError::invalid("digest", "this is no digest"))?;
        let padding: &'static dyn signature::RsaEncoding = match hash {
            Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
            Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
        };
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign_digest(padding, &digest, &mut signature).map_err(|_| SandboxError::state("the key does not sign"))?;
        Ok(signature)
    }

    /// The SHA-256 digest of a message and the signature over it.
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

/// The authority behind the cards, and what happens to people: [`Sandbox::jpki`].
#[derive(Clone, Debug)]
pub struct Jpki(Sandbox);

impl Jpki {
    pub(crate) fn of(sandbox: Sandbox) -> Self {
        Self(sandbox)
    }

    /// The certificates of the authorities, for signing and for authentication, as PEM: what every card's certificates lead to.
    ///
    /// All sandboxes of a process share the authorities; whose card it is each sandbox knows by itself.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn authorities_pem(&self) -> String {
        authority::authorities_pem()
    }

    /// Registers a person and hands them a card.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn card(&self, details: PersonDetails) -> Card {
        // Making keys takes a while; the sandbox goes on meanwhile.
        let keys = CardKeys::generate();
        self.0.in_verify(|service, now| {
            let index = service.jpki.register(details);
            let card = service.certify(index, keys, now).expect("the person has just been registered");
            service.cards.push(card.clone());
            card
        })
    }

    /// The cards that people hold now, in the order of their numbers.
    #[must_use]
    pub fn cards(&self) -> Vec<Card> {
        self.0.in_verify(|service, _| service.cards.clone())
    }

    /// The card that a person holds now.
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

    /// The person moves: the signing certificate is revoked, since what it states has changed, and a new one issued. The authentication
    /// certificate stays as it is.
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

    /// Revokes a certificate now: OCSP tells at once, the list from the next morning on.
    ///
    /// # Errors
    ///
    /// It is another sandbox's, or revoked already.
    pub fn revoke(&self, certificate: &CardCertificate, cause: RevocationCause) -> Result<(), SandboxError> {
        let revoked = self.0.in_verify(|service, now| {
            let found = service.jpki.find(certificate.der());
            found.is_some_and(|index| service.jpki.revoke(index, cause, now))
        });
        if revoked { Ok(()) } else { Err(SandboxError::state("there is no such certificate, or it is revoked already")) }
    }

    /// Revokes a person's card: both certificates, or the one that is left.
    ///
    /// # Errors
    ///
    /// This sandbox has no such card, or both certificates are revoked already.
    pub fn revoke_card(&self, person: impl Into<u64>, cause: RevocationCause) -> Result<(), SandboxError> {
        let person = person.into();
        self.0.in_verify(|service, now| {
            let index = index(service.card(person)?);
            let revoked = [Kind::Signing, Kind::Authentication].map(|kind| service.revoke_valid(index, kind, cause, now));
            if revoked.contains(&true) { Ok(()) } else { Err(SandboxError::state("both certificates are revoked already")) }
        })
    }

    /// When and why a certificate was revoked, if it was.
    #[must_use]
    pub fn revocation(&self, certificate: &CardCertificate) -> Option<(DateTime<Utc>, RevocationCause)> {
        self.0.in_verify(|service, _| service.jpki.revocation(certificate.der()))
    }

    /// Whether the OCSP responder responds; it does unless told otherwise.
    pub fn set_ocsp_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.ocsp_answers = available);
    }

    /// Whether the service can fetch further revocation lists; it can unless told otherwise. Where it cannot, it keeps using the list it has.
    pub fn set_crl_available(&self, available: bool) {
        self.0.in_verify(|service, now| service.jpki.set_crl_available(available, now));
    }

    /// Whether the links between certificates can be had; they can unless told otherwise. For a very new card they cannot.
    pub fn set_links_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.has_links = available);
    }

    /// Whether OCSP, further lists and links can be had, in this order.
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

    /// Revokes what a person has of a kind that is not revoked; `false` when there is nothing.
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
