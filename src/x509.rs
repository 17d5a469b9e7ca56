//! Certificate requests, certificates and keys, as far as a client of a certificate service has to understand them.

#[cfg(feature = "archives")]
mod archive;
#[cfg(feature = "certcentral")]
mod certificate;
#[cfg(feature = "certcentral")]
mod chain;
#[cfg(feature = "certcentral")]
mod csr;
#[cfg(feature = "certcentral")]
mod file;
#[cfg(feature = "keys")]
mod key;
mod object;
#[cfg(feature = "certcentral")]
mod order;
#[cfg(feature = "certcentral")]
mod pem;
#[cfg(feature = "certcentral")]
mod pkcs7;
#[cfg(feature = "certcentral")]
mod signature;
mod tlv;
#[cfg(feature = "certcentral")]
mod told_key;

#[cfg(feature = "certcentral")]
pub(crate) use self::chain::require_verification;
#[cfg(feature = "keys")]
pub use self::key::{KeyAlgorithm, PrivateKey};
#[cfg(feature = "pocketsign")]
pub(crate) use self::object::{Instead, Kind, objects};
#[cfg(feature = "certcentral")]
pub use self::{certificate::Certificate, chain::CertificateChain, csr::Csr};
