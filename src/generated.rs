//! What build.rs makes of the documents. The lints are off here, and only here.
#![allow(missing_docs, unnameable_types, unreachable_pub, unused, unused_qualifications)]
#![allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, rustdoc::all)]

#[cfg(test)]
mod tests;

/// What a document says of an operation beside its method.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of the method, and of the operation in hooks.
    pub id: &'static str,
    pub method: &'static str,
    /// As the document writes it: `/domain/{domain_id}`.
    pub path: &'static str,
    /// Repeating the call after a lost answer does no harm.
    pub idempotent: bool,
    /// What the call names is gone afterwards: a repeat that does not find it finds it done.
    pub deletes: bool,
    /// A success may have no body where others have one; the body `null` then stands for none.
    pub empty_success: bool,
    /// It is sent on a connection of its own, so that its response is not lost to one that the service is closing.
    pub fresh_connection: bool,
    /// A response holds something redacted: no error quotes it.
    pub secret: bool,
    /// What the values it sends have to be like.
    pub(crate) rules: &'static [crate::client::Rule],
}

/// What a generated client was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// `info.title` of the document.
    pub title: &'static str,
    /// `info.version` of the document.
    pub version: &'static str,
    /// A checksum of the document with all edits (FNV-1a, 64 bits): another one means another document.
    pub hash: u64,
    /// Whether a document of the user's took the place of the crate's own.
    pub replaced: bool,
    /// The names of the overlays that were applied, in their order.
    pub overlays: &'static [&'static str],
}

#[cfg(feature = "certcentral")]
pub mod certcentral {
    include!(concat!(env!("OUT_DIR"), "/certcentral.rs"));
}

#[cfg(feature = "pocketsign-v1")]
pub mod pocketsign_verify_v1 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v1.rs"));
}

#[cfg(feature = "pocketsign")]
pub mod pocketsign_verify_v2 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v2.rs"));
}

/// Every call of a generated client goes through [`Call`](crate::client::Call).
macro_rules! hook {
    ($document:ident) => {
        impl progenitor_client::ClientHooks<crate::client::Call> for $document::Client {
            async fn exec(&self, request: reqwest::Request, info: &progenitor_client::OperationInfo) -> reqwest::Result<reqwest::Response> {
                use progenitor_client::ClientInfo as _;

                Ok(self.inner().exec(request, info.operation_id).await)
            }

            async fn post<E>(
                &self,
                result: &reqwest::Result<reqwest::Response>,
                _: &progenitor_client::OperationInfo,
            ) -> Result<(), progenitor_client::Error<E>> {
                match result.as_ref().ok().and_then(crate::client::Call::unanswered) {
                    Some(failure) => Err(progenitor_client::Error::Custom(failure)),
                    None => Ok(()),
                }
            }
        }
    };
}

#[cfg(feature = "certcentral")]
hook!(certcentral);
#[cfg(feature = "pocketsign-v1")]
hook!(pocketsign_verify_v1);
#[cfg(feature = "pocketsign")]
hook!(pocketsign_verify_v2);
