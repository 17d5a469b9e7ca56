//! What is tried with hostile input: each target takes any bytes, and panics where something is not as it should be.
//!
//! The programs in `fuzz_targets` run them under libFuzzer, `tests/hostile.rs` runs them with the kept inputs.

mod calls;
mod files;
mod filters;
mod flows;
mod headers;
mod judge;
mod scalars;
mod script;
mod tokens;

pub use self::{calls::calls, files::files, filters::filters, flows::flows, headers::headers, scalars::scalars, tokens::tokens};

/// A target: it takes any bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 7] = [
    ("calls", calls),
    ("files", files),
    ("filters", filters),
    ("flows", flows),
    ("headers", headers),
    ("scalars", scalars),
    ("tokens", tokens),
];

/// The names that an input of `calls` or `flows` may begin with.
pub fn names(target: &str) -> Vec<String> {
    match target {
        "calls" => calls::names(),
        "flows" => flows::names(),
        _ => Vec::new(),
    }
}

const REQUEST: &str = include_str!("../fixtures/request.pem");
const CHAIN: &str = include_str!("../fixtures/chain.pem");

/// The public key of the request and of the chain's leaf.
fn key() -> Vec<u8> {
    shomei::Csr::from_pem(REQUEST).expect("the fixture").public_key_der().to_vec()
}
