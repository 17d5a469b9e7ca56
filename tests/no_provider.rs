//! With rustls but without a provider of cryptography: an error that says so, not a panic.
#![cfg(all(feature = "certcentral", feature = "rustls-no-provider", not(feature = "rustls")))]

use shomei::{ApiKey, CertCentral};

#[test]
fn a_client_says_what_is_missing() -> Result<(), shomei::Error> {
    let Err(error) = CertCentral::new(ApiKey::new("KEY")?) else { panic!("there is no provider") };
    assert!(error.is_configuration());
    assert!(error.to_string().contains("CryptoProvider"), "{error}");
    Ok(())
}
