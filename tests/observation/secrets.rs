//! The hunt for canaries: keys, tokens, private keys and personal data, wherever something is told.

mod memory;
mod network;
mod proxy;
mod refusals;
mod shown;
mod spelled;
mod tokens;

use std::{error::Error as StdError, panic};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use shomei::Error;

/// An API key of CertCentral, or a token of PocketSign.
const KEY: &str = "CANARYKEY7f3a9c51e2d84b60a1";

/// A person whom nobody may hear of.
const NAME: &str = "CANARY HANAKO カナリア";
const ADDRESS: &str = "CANARY CITY 1-2-3 東京都";
const BIRTH_DATE: &str = "319770707";

/// A text that must hold nothing of a secret, in no spelling.
#[track_caller]
fn silent(text: &str, secrets: &[&[u8]]) {
    for secret in secrets {
        for spelling in spellings(secret) {
            assert!(!text.contains(&spelling), "{spelling:?} shows in: {text}");
        }
    }
}

/// Long pieces of a secret as texts: as it is, escaped, in hexadecimal digits, in decimal numbers, in base64 at any offset.
fn spellings(secret: &[u8]) -> Vec<String> {
    let (first, second) = secret.split_at(secret.len() / 2);
    let mut spellings = Vec::new();
    for piece in [secret, first, second] {
        spellings.extend(std::str::from_utf8(piece).map(str::to_owned));
        spellings.push(piece.escape_ascii().to_string());
        spellings.push(piece.iter().map(|byte| format!("{byte:02x}")).collect());
        spellings.push(piece.iter().map(|byte| format!("{byte:02X}")).collect());
        spellings.push(piece.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"));
        spellings.push(piece.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
        for offset in 0..3 {
            let padded = [&b"   "[..offset], piece].concat();
            for engine in [STANDARD, URL_SAFE] {
                let text = engine.encode(&padded);
                // The letters at both ends depend on what stands beside the piece.
                let text = text.trim_end_matches('=');
                spellings.push(text[[0, 2, 3][offset]..text.len() - 2].to_owned());
            }
        }
    }
    spellings.retain(|spelling| spelling.len() >= 8);
    spellings
}

/// Everything that an error shows, its sources and the panic of an `unwrap` included.
fn told(error: Error) -> String {
    let mut told = format!(
        "{error} {error:?} {error:#?} {:?} {:?} {:?} {:?}",
        error.code(),
        error.api_errors(),
        error.excerpt(),
        error.recovery_hint()
    );
    let mut source = error.source();
    while let Some(inner) = source {
        told += &format!(" {inner} {inner:?} {inner:#?}");
        source = inner.source();
    }
    // As `unwrap` words it.
    told + &panic_of(|| panic!("called `Result::unwrap()` on an `Err` value: {error:?}"))
}

/// The message of a panic.
fn panic_of(act: impl FnOnce()) -> String {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(act)).unwrap_err();
    payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}

#[test]
fn the_hunt_finds_what_is_there() {
    let secret = KEY.as_bytes();
    for text in [
        format!("x-dc-devkey: {KEY}"),
        format!("{secret:?}"),
        STANDARD.encode(format!("Bearer {KEY} and more")),
        URL_SAFE.encode(format!(" {KEY}")),
        STANDARD.encode(secret),
        KEY[..16].to_owned(),
        KEY[11..].to_owned(),
        secret.iter().map(|byte| format!("{byte:02x}")).collect(),
    ] {
        assert!(panic::catch_unwind(|| silent(&text, &[secret])).is_err(), "{text}");
    }
    silent("CANARY, 67, 65, 78", &[secret, NAME.as_bytes()]);
}
