//! How a call or a flow ended, in a word or two.

use std::{error::Error as StdError, fmt};

use shomei::Error;

/// The one kind of an error, by its predicates.
pub(crate) fn kind(error: &Error) -> String {
    let told = [
        (error.is_configuration(), "configuration"),
        (error.is_invalid_input(), "invalid input"),
        (error.is_connection(), "connection"),
        (error.is_timeout(), "timeout"),
        (error.is_decode(), "decode"),
        (error.is_mismatch(), "mismatch"),
        (error.is_wait(), "wait"),
    ];
    let mut kinds: Vec<String> = told.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind.to_owned()).collect();
    kinds.extend(error.status().map(|status| status.to_string()));
    assert_eq!(kinds.len(), 1, "an error is of one kind: {kinds:?}, {error}");
    kinds.swap_remove(0)
}

/// Every text that an error, or anything with sources, can be asked for.
pub(crate) fn texts(error: &(impl StdError + 'static)) -> String {
    fn add(text: &mut String, error: &(impl fmt::Debug + fmt::Display + ?Sized)) {
        *text += &format!("{error}\n{error:?}\n{error:#?}\n");
    }
    let mut text = String::new();
    add(&mut text, error);
    let mut source = error.source();
    while let Some(inner) = source {
        add(&mut text, inner);
        source = inner.source();
    }
    text
}
