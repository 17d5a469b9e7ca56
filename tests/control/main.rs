//! The control interface: what it does, what it refuses, each answer held against `openapi/sandbox.yaml`.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "../document/mod.rs"]
mod document;
mod door;
mod endpoints;
mod foreign;
mod languages;
mod log;
mod page;
mod program;
mod refusals;
mod reset;
#[path = "../started/mod.rs"]
mod started;
mod story;
