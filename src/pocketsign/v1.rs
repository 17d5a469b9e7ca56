//! Version 1 (REST), with the feature `pocketsign-v1`. Scheduled for removal (廃止予定), without a date; each operation names its counterpart
//! in v2.

mod certificates;
mod list;
mod users;
mod verifications;

pub use self::{certificates::Certificates, users::Users, verifications::Verifications};

/// The builders that differ from v2's.
pub mod builders {
    crate::docs::named! { super
        certificates {
            CheckStatusByContent "証明書データによる失効確認",
            DeleteCertificate "証明書情報の削除",
            GetCertificate "証明書情報の取得",
        }
        list {
            ListCertificates "証明書情報の検索",
            ListStatusHistory "失効確認履歴の取得" "失効確認履歴",
            ListUsers "利用者の検索",
            ListVerifications "署名検証結果の検索",
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

/// The responses that have no counterpart in v2. All others are the [`types`](super::types) of v2; documented members that a response lacks
/// stay empty.
pub mod types {
    pub use crate::generated::pocketsign_verify_v1::responses::*;
}

/// Every operation of the document as a method, including those without a builder, with the same request rules, retries and errors as every
/// other call. This module changes with the document, and is exempt from semantic versioning.
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        pocketsign_verify_v1::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}
