//! PocketSign Verify: signatures made with My Number cards, and whether their certificates are still valid.
//!
//! [`PocketSign`] is a client of the current API, v2. `PocketSignV1`, with the feature `pocketsign-v1`, is a client of the API that the
//! vendor is about to remove (廃止予定). It has the same handles and flows, builders of the same names for what both support, and the same
//! response types: moving from v1 to v2 changes only the line that creates the client. The differences: the lists (by offset in v1, by page
//! token and filter in v2), the check from a certificate's own bytes (v1 only) and reading a single check (v2 only).
//!
//! ```no_run
//! # async fn example() -> Result<(), shomei::Error> {
//! use shomei::{ApiKey, PocketSign, pocketsign::{CertificateStatus, CheckMethod, Environment}};
//!
//! let ps = PocketSign::new(ApiKey::from_env("POCKETSIGN_API_TOKEN")?, Environment::Mock)?;
//! let checked = ps.certificates().check_status("0f8b3c52-6d1e-4a7b-9c35-2e8d41a7b690").method(CheckMethod::Ocsp).send().await?;
//! let status = CertificateStatus::from(checked);
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
//! assigns them a user id:
//!
//! * the signing and the authentication certificate of one person lead to the same id: a person who registered with one can sign in with
//!   the other;
//! * the id stays the same when certificates are renewed, after a move or on expiry;
//! * it is unique within a tenant; another tenant sees another id, even for the same certificate;
//! * once the user is deleted, the same person gets a new id.
//!
//! If the links are not available, nothing is verified; in v2 the error's reason is [`ErrorReason::AssociatedCertificateNotExists`]; v1's
//! response is not known.
//!
//! # Personal data
//!
//! Names, addresses, birth dates, genders, certificates, digests and signatures are [`Redacted`](crate::Redacted) or
//! [`RedactedBytes`](crate::RedactedBytes): readable with `expose()`, never printed. Serializing a response does write them, because that
//! is how it is stored: be careful where. Errors quote nothing from the service's responses except its codes. Do not store certificates
//! yourself; the service keeps them for a later verification.
//!
//! The same applies to calls made with [`request`](PocketSign::request), and with the feature `raw` to those made with `raw()`.
//!
//! # Sources
//!
//! A *vendor page* is `https://share.apidog.com/apidoc/docs-site/383232/api-` followed by the number given for an operation.

mod certificates;
mod check;
mod check_status;
mod client;
mod connect;
mod environment;
mod error;
pub mod freshness;
mod list;
mod record;
mod sign_in;
mod signed_data;
mod status;
pub mod sweep;
mod target;
mod terms;
mod users;
#[cfg(feature = "pocketsign-v1")]
pub mod v1;
mod verifications;
mod version;

#[cfg(feature = "pocketsign-v1")]
pub use self::client::PocketSignV1;
pub use self::{
    certificates::Certificates,
    client::PocketSign,
    environment::Environment,
    error::{CheckError, Violation},
    freshness::Freshness,
    sign_in::{SignInOutcome, SignInRefusal, SignedIn},
    signed_data::SignedData,
    status::CertificateStatus,
    target::Target,
    users::Users,
    verifications::Verifications,
    version::Version,
};
pub use crate::generated::pocketsign_verify_v2::vocabulary::{
    CertificateId, CertificateState, CertificateStatusId, CertificateType, CheckMethod, CheckPurpose, ErrorReason, HashAlgorithm,
    RevocationReason, RevocationStatus, UserId, VerificationId, VerificationResult,
};

/// Every operation of the document as a method, including those without a builder, with the same request rules, retries and errors as every
/// other call. This module changes with the document, and is exempt from semantic versioning.
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        pocketsign_verify_v2::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}

/// The builders that the operations return, one type per operation. Those with a version parameter serve both versions.
pub mod builders {
    crate::docs::named! { super
        certificates {
            DeleteCertificate "証明書情報の削除",
            GetCertificate "証明書情報の取得",
            GetCertificateStatus "証明書失効確認履歴の取得",
        }
        check_status {
            CheckCertificateStatus "証明書の失効確認" "失効確認" "現況確認",
            CheckUserStatus "利用者の現況確認" "現況確認",
            FreshCheck "当日分の失効情報" "失効確認" "現況確認",
        }
        list {
            ListCertificates "証明書情報の検索",
            ListStatusHistory "証明書失効確認履歴の検索" "失効確認履歴",
            ListUsers "利用者情報の検索",
            ListVerifications "署名検証結果の検索",
        }
        sign_in {
            SignIn "サインイン" "ログイン" "利用者の特定",
        }
        users {
            DeleteUser "利用者情報の削除",
            GetUser "利用者情報の取得",
        }
        verifications {
            DeleteVerification "署名検証結果の削除",
            GetVerification "署名検証結果の取得",
            Verify "署名検証",
        }
    }
}

/// What the builders return: plain structs, generated from the document of v2. The service omits zero values, so almost all members are
/// optional. v1's responses are read into them as well, as far as they match.
pub mod types {
    pub use crate::generated::pocketsign_verify_v2::responses::*;
}
