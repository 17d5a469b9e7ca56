// The programs in the README use every feature; without all of them it is shown, but not tested.
#![cfg_attr(any(not(doctest), all(feature = "pocketsign", feature = "sandbox")), doc = include_str!("../README.md"))]
// Without a service nothing uses the shared code.
#![cfg_attr(not(any(feature = "certcentral", feature = "pocketsign")), allow(dead_code, unused_imports, unused_macros))]
// Members that count as absent when unreadable are deprecated in tests, so that the compiler finds code that decides by them: see
// openapi/refine.rs.
#![cfg_attr(test, allow(deprecated))]
// On docs.rs each item says which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "certcentral")]
#[cfg_attr(test, deny(deprecated))]
pub mod certcentral;
mod client;
#[cfg(any(feature = "certcentral", feature = "pocketsign"))]
mod docs;
#[cfg(test)]
mod drawing;
mod duration;
mod error;
mod generated;
// What makes the page is nobody's feature.
#[cfg_attr(docsrs, doc(auto_cfg = false))]
#[cfg(any(docsrs, all(doctest, feature = "pocketsign", feature = "sandbox")))]
pub mod guide;
mod id;
#[cfg(feature = "sandbox")]
mod in_process;
mod lenient;
mod open_enum;
mod page;
#[cfg(feature = "pocketsign")]
pub mod pocketsign;
mod random;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg_attr(not(feature = "schemars"), allow(unused_macros, unused_imports, reason = "the feature schemars"))]
mod schema;
mod seal;
mod secret;
#[cfg(feature = "certcentral")]
mod wait;
#[cfg(any(feature = "certcentral", feature = "pocketsign"))]
mod x509;

#[cfg(feature = "certcentral")]
pub use certcentral::CertCentral;
#[cfg(feature = "redis")]
pub use client::RedisSlidingWindow;
pub use client::{
    CallOptions, ClientBuilder, Permit, PermitOutcome, Priority, RateLimit, RateLimiter, RateUsage, RequestBuilder, ResponseBody,
    RetryPolicy, Service, SlidingWindow, Transport, TransportError, TransportRequest,
};
pub use error::{ApiError, Error, ErrorKind};
pub use page::{Items, Page, Pages};
#[cfg(feature = "pocketsign")]
pub use pocketsign::PocketSign;
#[cfg(feature = "sandbox")]
pub use sandbox::Sandbox;
#[cfg(feature = "pocketsign")]
pub use secret::RedactedBytes;
pub use secret::{ApiKey, Redacted};
#[cfg(feature = "certcentral")]
pub use wait::{Fault, Flow, Polling, Progress, Wait, WaitError};
#[cfg(feature = "certcentral")]
pub use x509::{Certificate, CertificateChain, Csr};
#[cfg(feature = "keys")]
pub use x509::{KeyAlgorithm, PrivateKey};
