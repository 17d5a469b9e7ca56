//! Cards without cards: what a test mints to sign in with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair};
use aws_lc_rs::{digest, rand};
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use x509_cert::der::pem::{LineEnding, encode_string};
use zeroize::Zeroizing;

use super::jpki::{Hash, Kind};
use super::person::{PersonDetails, RevocationCause};
use crate::sandbox::{Sandbox, SandboxError};

/// A person registered with the sandbox's JPKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CardPerson(usize);

/// A My Number card: two certificates with their keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Card {
    /// The person it was issued to.
    pub person: CardPerson,
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
    #[expect(clippy::missing_panics_doc, reason = "a certificate's length fits the encoder")]
    pub fn pem(&self) -> String {
        encode_string("CERTIFICATE", LineEnding::LF, &self.der).expect("a certificate's length fits the encoder")
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
        let hash = hash.ok_or(SandboxError("a digest has 32, 48 or 64 bytes"))?;
        let digest = digest::Digest::import_less_safe(digest, hash.algorithm()).map_err(|_| SandboxError("this is no digest"))?;
        let padding: &'static dyn signature::RsaEncoding = match hash {
            Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
            Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
        };
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign_digest(padding, &digest, &mut signature).map_err(|_| SandboxError("the key does not sign"))?;
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

    /// Registers a person and hands them a card.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    #[must_use]
    pub fn card(&self, details: PersonDetails) -> Card {
        let person = CardPerson(self.0.in_verify(|service, _| service.jpki.register(details)));
        self.new_card(person).expect("the person has just been registered")
    }

    /// Renews both certificates of a person, as on expiry; the old ones are revoked as superseded.
    ///
    /// # Errors
    ///
    /// This sandbox has no such person.
    pub fn renew(&self, person: CardPerson) -> Result<Card, SandboxError> {
        self.revoke_valid(person, Kind::Signing, RevocationCause::Superseded);
        self.revoke_valid(person, Kind::Authentication, RevocationCause::Superseded);
        self.new_card(person)
    }

    /// The person moves: the signing certificate is revoked, since what it states has changed, and a new one issued. The authentication
    /// certificate stays as it is.
    ///
    /// # Errors
    ///
    /// This sandbox has no such person.
    pub fn move_to(&self, person: CardPerson, address: &str) -> Result<CardCertificate, SandboxError> {
        let moved = self.0.in_verify(|service, _| match service.jpki.person_mut(person.0) {
            Some(details) => {
                address.clone_into(&mut details.address);
                Ok(())
            }
            None => Err(STRANGER),
        });
        moved?;
        self.revoke_valid(person, Kind::Signing, RevocationCause::AffiliationChanged);
        self.certificate(person, Kind::Signing)
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
        if revoked { Ok(()) } else { Err(SandboxError("there is no such certificate, or it is revoked already")) }
    }

    /// Whether the OCSP responder answers; it does unless told otherwise.
    pub fn set_ocsp_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.ocsp_answers = available);
    }

    /// Whether the links between certificates can be had; they can unless told otherwise. For a very new card they cannot.
    pub fn set_links_available(&self, available: bool) {
        self.0.in_verify(|service, _| service.jpki.has_links = available);
    }

    fn new_card(&self, person: CardPerson) -> Result<Card, SandboxError> {
        Ok(Card {
            person,
            signing: self.certificate(person, Kind::Signing)?,
            authentication: self.certificate(person, Kind::Authentication)?,
        })
    }

    fn certificate(&self, person: CardPerson, kind: Kind) -> Result<CardCertificate, SandboxError> {
        // Making a key takes a while; the sandbox goes on meanwhile.
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("the system's random numbers never run out");
        let public = PublicKey(key.public_key().as_ref());
        let der = self.0.in_verify(|service, now| service.jpki.issue(person.0, kind, &public, now)).ok_or(STRANGER)?;
        Ok(CardCertificate { der, key: Arc::new(key) })
    }

    fn revoke_valid(&self, person: CardPerson, kind: Kind, cause: RevocationCause) {
        self.0.in_verify(|service, now| {
            for index in service.jpki.valid(person.0, kind) {
                service.jpki.revoke(index, cause, now);
            }
        });
    }
}

const STRANGER: SandboxError = SandboxError("there is no such person");
