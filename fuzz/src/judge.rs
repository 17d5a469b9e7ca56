//! What has to hold of everything that comes back, whatever the service answered.

use std::{
    error::Error as StdError,
    fmt::{Debug, Display},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use shomei::{CertificateChain, Error, WaitError, certcentral::Download};

use super::script::{Clients, KEY};

/// An answer that is plain data: it is the same after it was written and read again.
pub(crate) fn answer<T: Serialize + DeserializeOwned + PartialEq + Debug>(clients: &Clients, outcome: Result<T, Error>) {
    match outcome {
        Ok(value) => data(&value),
        Err(failure) => error(clients, &failure),
    }
}

/// The same of an answer to PocketSign, whose errors show nothing of it.
pub(crate) fn personal<T: Serialize + DeserializeOwned + PartialEq + Debug>(clients: &Clients, outcome: Result<T, Error>) {
    match outcome {
        Ok(value) => data(&value),
        Err(failure) => personal_error(clients, &failure),
    }
}

pub(crate) fn data<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let _ = format!("{value:?}");
    let written = serde_json::to_value(value).expect("what was read can be written");
    let again: T =
        serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("what was written can be read: {error}: {written}"));
    assert_eq!(again, *value, "read again from {written}");
    assert_eq!(serde_json::to_value(&again).expect("written again"), written);
}

pub(crate) fn file(clients: &Clients, outcome: Result<Download, Error>) {
    match outcome {
        Ok(download) => {
            if let Some(name) = &download.file_name {
                assert!(!name.contains(['/', '\\']) && !matches!(name.as_str(), "" | "." | ".."), "{name:?}");
            }
            match download.chain() {
                Ok(chain) => certificates(&chain),
                Err(failure) => {
                    assert!(failure.is_mismatch(), "{failure}");
                    error(clients, &failure);
                }
            }
        }
        Err(failure) => error(clients, &failure),
    }
}

/// A chain that was read: its parts, and that its own text is read as the same.
pub(crate) fn certificates(chain: &CertificateChain) {
    assert!(!chain.certificates().is_empty() && chain.intermediates().len() < chain.certificates().len());
    let again = CertificateChain::from_pem(&chain.to_pem()).expect("its own text can be read");
    assert_eq!(again, *chain);
    let leaf = chain.leaf();
    let _ = (format!("{chain:?}"), leaf.subject_alt_names(), leaf.subject(), leaf.issuer(), leaf.public_key_der());
    for at in [leaf.not_before(), leaf.not_after(), chrono::DateTime::UNIX_EPOCH] {
        if let Err(failure) = chain.verify_at(at) {
            texts(&failure);
        }
    }
    chain.verify_serial_number(leaf.serial_number()).expect("its own serial number");
    chain.verify_names(leaf.subject_alt_names()).expect("its own names");
}

/// What a wait came to.
pub(crate) fn waited<S: Debug + Display, T>(clients: &Clients, within: Duration, outcome: Result<T, WaitError<S>>) {
    let Err(failure) = outcome else { return };
    assert!(failure.elapsed() <= within + Duration::from_secs(1), "{:?} of {within:?}", failure.elapsed());
    let _ = format!("{failure} {failure:?}");
    if let Some(failure) = failure.error() {
        error(clients, failure);
    }
}

/// An error: no text of it shows the key, or is much longer than what came; its predicates do not contradict each other.
pub(crate) fn error(clients: &Clients, error: &Error) {
    let longest = 20_000 + 20 * clients.answered();
    for text in texts(error) {
        assert!(text.len() <= longest, "{} bytes of text from {} of answers", text.len(), clients.answered());
    }
    assert!(error.excerpt().is_none_or(|excerpt| excerpt.chars().count() <= 301));
    assert!(!error.is_ambiguous() || error.was_sent(), "{error}");
    assert!(!error.is_invalid_input() || !error.was_sent(), "{error}");
    let known = [
        error.is_invalid_input(),
        error.is_configuration(),
        error.is_connection(),
        error.is_decode(),
        error.is_mismatch(),
        error.is_wait(),
    ];
    assert!(known.iter().filter(|is| **is).count() <= 1, "{error}");
    assert!(error.status().is_none_or(|_| !known.contains(&true)), "{error}");
    let _ = (
        error.is_transient(),
        error.is_timeout(),
        error.is_unauthorized(),
        error.is_forbidden(),
        error.recovery_hint(),
        error.code(),
        error.elapsed(),
    );
}

pub(crate) fn personal_error(clients: &Clients, failure: &Error) {
    error(clients, failure);
    // Names and addresses are Japanese; our own words, the service's codes and the paths of members are not.
    for text in texts(failure) {
        assert!(text.is_ascii(), "{text}");
    }
    let _ = (failure.pocketsign_reason(), failure.pocketsign_violations());
}

/// Every text that an error has, none of which shows the key.
fn texts(error: &Error) -> Vec<String> {
    let mut texts = vec![format!("{error}"), format!("{error:?}"), format!("{error:#?}")];
    let mut source = error.source();
    while let Some(inner) = source {
        texts.extend([inner.to_string(), format!("{inner:?}")]);
        source = inner.source();
    }
    for text in &texts {
        assert!(!text.contains(KEY), "{text}");
    }
    texts
}

pub(crate) fn chain(clients: &Clients, outcome: Result<CertificateChain, Error>) {
    match outcome {
        Ok(chain) => certificates(&chain),
        Err(failure) => error(clients, &failure),
    }
}
