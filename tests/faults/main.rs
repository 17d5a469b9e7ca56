//! Both clients against a sandbox whose way is faulty.
#![cfg(all(feature = "sandbox", feature = "pocketsign-v1"))]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod findings;
mod flows;
mod ground;
mod outcome;
mod plans;
mod rules;
mod sockets;
#[path = "../started/mod.rs"]
mod started;
mod table;
mod watch;
