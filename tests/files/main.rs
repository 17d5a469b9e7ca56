//! Certificates, requests and keys as files have them: every shape in which they are met, and what is none of them.
#![cfg(feature = "keys")]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

mod chains;
mod ground;
mod issued;
mod keys;
mod refused;
mod requests;
#[path = "../scripted/mod.rs"]
mod scripted;
mod shapes;
