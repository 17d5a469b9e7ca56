//! What the hand-written code calls and names: an edited document that lacks some of it cannot become a client.

use std::collections::BTreeSet;

use super::Source;
use super::document::{pascal, schemas};
use super::normalize::Normalized;
use super::problem::Problem;
use super::vocabulary::{Kind, Variant};

/// The lines of a document in `needed.txt`: `certcentral operation order_info`, `certcentral type Order`, `certcentral value DcvMethod.Email`.
pub(crate) fn check(source: &Source<'_>, normalized: &Normalized) -> Result<(), Vec<Problem>> {
    let there = there(normalized);
    let lines = source.needed.lines().filter_map(|line| line.strip_prefix(source.module)?.strip_prefix(' '));
    let missing = lines.filter(|line| !there.contains(*line));
    let missing: Vec<_> = missing
        .map(|line| {
            let (kind, name) = line.split_once(' ').unwrap_or((line, ""));
            Problem {
                place: format!("{kind} `{name}`"),
                what: "the client is written for it, and the document does not have it any more".to_owned(),
                mend: "leave it in the document; what nobody calls does no harm".to_owned(),
            }
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// The types of a document that the hand-written code names.
pub(crate) fn types(source: &Source<'_>) -> BTreeSet<String> {
    let lines = source.needed.lines().filter_map(|line| line.strip_prefix(source.module)?.strip_prefix(" type "));
    lines.map(str::to_owned).collect()
}

/// What a document has of what code can need, as lines of `needed.txt` without the document's name.
pub(crate) fn there(normalized: &Normalized) -> BTreeSet<String> {
    let operations = normalized.operations.iter().map(|operation| format!("operation {}", operation.id));
    let types = schemas(&normalized.document).map(|(name, _)| format!("type {}", pascal(name)));
    let values = normalized.words.iter().flat_map(|word| {
        let variants: &[Variant] = if let Kind::OpenEnum { variants, .. } = &word.kind { variants } else { &[] };
        variants.iter().map(|variant| format!("value {}.{}", word.name, variant.name))
    });
    operations.chain(types).chain(values).collect()
}
