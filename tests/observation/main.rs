//! What a call tells while it goes on, and what it must never tell.
#![cfg(all(feature = "sandbox", feature = "pocketsign-v1", feature = "metrics"))]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod documented;
mod numbers;
mod recorder;
mod script;
#[path = "../scripted/mod.rs"]
mod scripted;
mod searches;
mod secrets;
mod spans;
