//! Fleets of thousands, in virtual time: what they cost, that nothing is lost, and how little they hold in memory.
//!
//! `SHOMEI_FLEET=10000` makes them as large as the aims say; the tables are printed.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod domains;
mod ground;
#[cfg(feature = "journal")]
mod journal;
mod memory;
mod orders;
mod steered;
mod watched;
