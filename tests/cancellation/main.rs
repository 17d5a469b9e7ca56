//! A future that is dropped, at whichever of its polls, leaves nothing behind: no lock, no rate-limit slot that no request took,
//! nothing that is done a second time by whoever starts over.
#![cfg(all(feature = "sandbox", feature = "pocketsign"))]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod crowd;
mod halting;
mod identity;
mod orders;
mod proofs;
mod story;
