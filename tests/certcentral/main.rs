//! The CertCentral client against the sandbox, each answer and request held against the document.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod access;
mod again;
mod bodies;
mod calls;
mod carry;
mod connections;
mod costs;
mod cut;
mod deviations;
#[path = "../document/mod.rs"]
mod document;
mod domain_validation;
mod downloads;
mod issuance;
mod judge;
mod lifecycle;
mod lost;
mod products;
mod program;
mod rules;
#[path = "../scripted/mod.rs"]
mod scripted;
#[path = "../started/mod.rs"]
mod started;
mod waits;
#[cfg(feature = "webhooks")]
mod webhooks;
mod wire;
mod wobbles;
