//! Orders certificates as a chain, independent of their source: the same certificates always make the same chain.

use std::cmp::Reverse;

use super::Certificate;
use crate::error::Error;

/// A chain: the leaf, then the intermediates, then the roots, which are self-signed.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) certificates: Vec<Certificate>,
    /// How many of them are roots.
    pub(super) roots: usize,
}

/// Orders certificates that belong together: each but the leaf has issued another one. Bundles with cross-signed roots branch.
///
/// # Errors
///
/// [`Error::is_mismatch`] when there is no leaf, or a certificate does not belong to it.
pub(super) fn ordered(mut rest: Vec<Certificate>) -> Result<Ordered, Error> {
    // Removes duplicates, and makes the choice deterministic where several certificates could come next.
    rest.sort_by(|one, other| (Reverse(one.not_after()), &one.der).cmp(&(Reverse(other.not_after()), &other.der)));
    rest.dedup();
    let has_issued_none = |one: &Certificate| rest.iter().all(|other| other == one || !one.has_issued(other));
    let leaf = rest.iter().position(has_issued_none).ok_or_else(strangers)?;
    let mut certificates = vec![rest.remove(leaf)];
    let (mut roots, mut between): (Vec<_>, Vec<_>) = rest.into_iter().partition(Certificate::is_self_signed);
    // Behind the last one stands its issuer, or that of one before.
    while let Some(next) = next(&between, certificates.iter().rev()) {
        certificates.push(between.remove(next));
    }
    let first_root = certificates.len();
    while let Some(next) = next(&roots, certificates[..first_root].iter()) {
        certificates.push(roots.remove(next));
    }
    if !between.is_empty() || !roots.is_empty() {
        return Err(strangers());
    }
    Ok(Ordered { roots: certificates.len() - first_root, certificates })
}

/// The first of the candidates that has issued one of those that are placed.
fn next<'a>(candidates: &[Certificate], mut placed: impl Iterator<Item = &'a Certificate>) -> Option<usize> {
    placed.find_map(|placed| candidates.iter().position(|candidate| candidate.has_issued(placed)))
}

fn strangers() -> Error {
    Error::mismatch("the certificates do not form one chain: one of them does not belong to it")
}
