//! PocketSign Verify: signatures made with My Number cards, and whether their certificates still hold (v1 and v2).
//!
//! [`PocketSign::v2`] sets up a client of the current interface, [`PocketSign::v1`] one of the interface that the vendor is about to
//! remove (廃止予定). Both have the same handles and flows, and builders of the same names for what both can do; the answers of both convert
//! into one [`CertificateStatus`]. Who uses those changes, moving from v1 to v2, the line that makes the client. What differs: the types of
//! the answers, the lists (by offset in v1, by page token and filter in v2), the check from a certificate's own bytes (v1 only) and the
//! reading of one check (v2 only).
//!
//! ```no_run
//! # async fn example() -> Result<(), shomei::Error> {
//! use shomei::{ApiKey, PocketSign, pocketsign::{CertificateStatus, CheckMethod, Environment}};
//!
//! let token = ApiKey::from_env("POCKETSIGN_API_TOKEN")?;
//! let ps = PocketSign::v2(token).environment(Environment::Mock).build()?;
//! let answer = ps.certificates().check_status("0f8b3c52-6d1e-4a7b-9c35-2e8d41a7b690").method(CheckMethod::Ocsp).send().await?;
//! let status = CertificateStatus::from(answer);
//! if status.is_revoked() {
//!     println!("revoked: {:?}", status.reason.and_then(|reason| reason.meaning()));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Who a user is
//!
//! With `identify_user` the service finds the person behind a certificate, through the links that JPKI keeps between certificates, and
//! gives them a user id:
//!
//! * the signing and the authentication certificate of one person give the same id: who registered with the one can sign in with the other;
//! * the id stays when certificates are renewed, after a move or on expiry;
//! * it is unique within a tenant; another tenant sees another id, even for the same certificate;
//! * once the user is deleted, the same person gets a new id.
//!
//! If the links cannot be had, nothing is verified; in v2 the error's reason is [`ErrorReason::AssociatedCertificateNotExists`], while what
//! v1 says is not known.
//!
//! # Personal data
//!
//! Names, addresses, birth dates, genders, certificates, digests and signatures are [`Redacted`](crate::Redacted) or
//! [`RedactedBytes`](crate::RedactedBytes): readable by `expose()`, never printed. Serializing an answer writes them, since that is how it is
//! stored: mind where. Errors quote nothing of what the service says, except its codes. Do not keep certificates yourself; the service
//! keeps them for a later verification.
//!
//! The same holds for the calls of [`request`](PocketSignV2::request), and with the feature `raw` for those of `raw()`.

mod check;
mod check_status;
mod client;
mod connect;
mod content;
mod environment;
mod error;
pub mod freshness;
mod list;
mod sign_in;
mod status;
pub mod sweep;
mod terms;
pub mod v1;
pub mod v2;
mod version;

pub use self::{
    check_status::{CheckCertificateStatus, CheckUserStatus, FreshCheck},
    client::{PocketSign, PocketSignV1, PocketSignV2},
    content::{CertificateContent, PersonalAttributes},
    environment::Environment,
    error::Violation,
    freshness::Freshness,
    sign_in::{SignIn, SignInOutcome, SignInRefusal, SignedIn},
    status::CertificateStatus,
    terms::{CertificateType, CheckMethod, CheckPurpose, HashAlgorithm, RevocationReason, RevocationStatus, VerificationResult},
    version::Version,
};
pub use crate::generated::pocketsign_verify_v2::vocabulary::{CertificateId, CertificateStatusId, ErrorReason, UserId, VerificationId};
