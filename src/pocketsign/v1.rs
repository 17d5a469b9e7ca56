//! Version 1: REST, with the feature `pocketsign-v1`. Due for removal (廃止予定), without a date; each operation names its counterpart in v2.

mod certificates;
mod list;
mod users;
mod verifications;

pub use self::{certificates::Certificates, users::Users, verifications::Verifications};

/// The builders that the operations return, where v2's have another shape.
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

/// The responses that v2 has no counterpart of. All others are [`types`](super::types) of v2: a response that lacks what is documented is
/// read as far as it goes.
pub mod types {
    pub use crate::generated::pocketsign_verify_v1::responses::*;
}

/// Every operation of the document as a method, whatever the builders reach: with the rules for what is sent, the retries and the errors of every
/// other call. It changes with the document, and is not covered by the promises of semantic versioning.
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        pocketsign_verify_v1::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}
