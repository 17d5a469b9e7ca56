//! Both clients against a sandbox whose way is faulty.
#![cfg(all(feature = "sandbox", feature = "pocketsign"))]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod findings;
mod ground;
mod outcome;
mod rules;
mod sockets;
mod watch;
