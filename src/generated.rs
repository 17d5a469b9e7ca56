//! What build.rs makes of the documents. The lints are off here, and only here.
#![allow(missing_docs, unreachable_pub, unused, unused_qualifications)]
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
}

#[cfg(feature = "certcentral")]
pub mod certcentral {
    include!(concat!(env!("OUT_DIR"), "/certcentral.rs"));
}

#[cfg(feature = "pocketsign")]
pub mod pocketsign_verify_v1 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v1.rs"));
}

#[cfg(feature = "pocketsign")]
pub mod pocketsign_verify_v2 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v2.rs"));
}
