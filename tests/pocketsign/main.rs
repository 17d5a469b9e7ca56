//! The PocketSign Verify clients against the sandbox, each answer and request held against the document of its version.
#![cfg(all(feature = "sandbox", feature = "pocketsign"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

mod answers;
mod calls;
#[path = "../document/mod.rs"]
mod document;
mod flows;
mod identity;
mod judge;
mod operations;
mod page;
mod personal;
mod program;
mod refusals;
mod revocation;
mod second;
mod wire;
