//! The PocketSign Verify clients against the sandbox, each answer and request held against the document of its version.
#![cfg(all(feature = "sandbox", feature = "pocketsign"))]
#![cfg_attr(not(feature = "pocketsign-v1"), allow(dead_code, reason = "most tests hold the versions side by side"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

#[cfg(feature = "pocketsign-v1")]
mod answers;
#[cfg(feature = "pocketsign-v1")]
mod calls;
mod connect;
#[path = "../document/mod.rs"]
mod document;
mod flows;
#[cfg(feature = "pocketsign-v1")]
mod identity;
mod judge;
mod openssl;
#[cfg(feature = "pocketsign-v1")]
mod operations;
#[cfg(feature = "pocketsign-v1")]
mod page;
#[cfg(feature = "pocketsign-v1")]
mod personal;
#[cfg(feature = "pocketsign-v1")]
mod program;
#[cfg(feature = "pocketsign-v1")]
mod refusals;
#[cfg(feature = "pocketsign-v1")]
mod revocation;
#[path = "../scripted/mod.rs"]
mod scripted;
mod second;
#[cfg(feature = "pocketsign-v1")]
#[path = "../started/mod.rs"]
mod started;
#[cfg(feature = "pocketsign-v1")]
mod wire;
