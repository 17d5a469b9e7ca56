//! The document's rules for single values, checked in one place before anything is sent.

use std::{borrow::Cow, fmt, fmt::Write as _, sync::OnceLock};

use percent_encoding::percent_decode_str;
use regress::Regex;
use reqwest::Url;
use serde_json::Value;

use crate::{error::Error, generated::Operation};

#[cfg(test)]
pub(crate) mod tests;

/// One rule of one value of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) part: Part,
    /// From the part down to the value.
    pub(crate) path: &'static [Step],
    pub(crate) demand: Demand,
    /// `x-reason` of the document.
    pub(crate) reason: &'static str,
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "no document need have every rule")]
pub(crate) enum Part {
    Body,
    /// A parameter of the path.
    Path(&'static str),
    /// A parameter of the query, every time it is given.
    Query(&'static str),
}

/// One step into a value.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no document need have every rule")]
pub(crate) enum Step {
    Member(&'static str),
    /// Every element of a list, or every value of a map.
    Each,
}

/// What a rule demands. As in JSON Schema, a value of another type than the rule is for meets it.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no document need have every rule")]
pub(crate) enum Demand {
    Pattern(fn() -> &'static Pattern),
    MinLength(u64),
    MaxLength(u64),
    MinItems(u64),
    MaxItems(u64),
    Minimum(f64),
    Maximum(f64),
}

/// A regular expression of ECMA-262, compiled when it is first needed.
pub(crate) struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::with_flags(self.text, "u").ok());
        // The build stops at a pattern that does not compile.
        compiled.as_ref().is_none_or(|regex| regex.find(text).is_some())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

/// Checks a request against the document: its path must be that of the operation, and every value must meet the rules.
///
/// # Errors
///
/// [`Error::is_invalid_input`] for the first value that does not. No message quotes a value: it may be secret or personal.
pub(super) fn check(operation: &Operation, request: &reqwest::Request) -> Result<(), Error> {
    let url = request.url();
    let parameters = parameters(operation.path, url)?;
    for rule in operation.rules {
        match rule.part {
            Part::Path(name) => {
                for (_, value) in parameters.iter().filter(|(parameter, _)| *parameter == name) {
                    rule.of_text(name, value)?;
                }
            }
            Part::Query(name) => rule.of_query(name, url)?,
            Part::Body => {}
        }
    }
    let mut of_body = operation.rules.iter().filter(|rule| rule.part == Part::Body).peekable();
    let body = request.body().and_then(reqwest::Body::as_bytes).filter(|_| of_body.peek().is_some());
    if let Some(body) = body.and_then(|body| serde_json::from_slice(body).ok()) {
        of_body.try_for_each(|rule| rule.of_json(&body, rule.path, &mut String::new()))?;
    }
    Ok(())
}

/// The same for a body alone, before its call is made.
#[cfg(feature = "certcentral")]
pub(super) fn check_body(operations: &[Operation], operation: &'static str, body: &impl serde::Serialize) -> Result<(), Error> {
    let rules = operations.iter().find(|found| found.id == operation).map_or(&[][..], |operation| operation.rules);
    let body = serde_json::to_value(body).map_err(|error| Error::invalid("request", error.to_string()))?;
    let mut of_body = rules.iter().filter(|rule| rule.part == Part::Body);
    of_body.try_for_each(|rule| rule.of_json(&body, rule.path, &mut String::new()))
}

/// The values of a path's parameters. An unescaped value, such as `..`, can turn it into another path.
fn parameters<'u>(template: &'static str, url: &'u Url) -> Result<Vec<(&'static str, Cow<'u, str>)>, Error> {
    let wanted = segments(template).filter(|wanted| !wanted.is_empty());
    let found = segments(url.path()).chain(std::iter::repeat(""));
    let mut parameters = Vec::new();
    for (wanted, found) in wanted.zip(found) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => parameters.push((name, percent_decode_str(found).decode_utf8_lossy())),
            None if wanted == found => {}
            None => return Err(Error::invalid("path", format!("a value in it changes the path {template}"))),
        }
    }
    match parameters.iter().find(|(_, value)| value.is_empty()) {
        Some((name, _)) => Err(Error::invalid(*name, "it is empty")),
        None => Ok(parameters),
    }
}

/// The segments of a path, the last one first. `rsplit` searches with more effort than such short texts are worth.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let slash = path.bytes().rposition(|byte| byte == b'/');
        rest = slash.map(|slash| &path[..slash]);
        Some(slash.map_or(path, |slash| &path[slash + 1..]))
    })
}

impl Rule {
    fn of_query(&self, name: &'static str, url: &Url) -> Result<(), Error> {
        let values = || url.query_pairs().filter(|(parameter, _)| parameter == name);
        match self.demand {
            // Left out, a parameter is no list.
            Demand::MinItems(_) | Demand::MaxItems(_) if self.path.is_empty() => match values().count() {
                0 => Ok(()),
                count => self.of_count(count, name),
            },
            _ => values().try_for_each(|(_, value)| self.of_text(name, &value)),
        }
    }

    /// A value of the path or the query, where all are text.
    fn of_text(&self, name: &str, text: &str) -> Result<(), Error> {
        match (self.demand, text.parse()) {
            (Demand::Minimum(_) | Demand::Maximum(_), Ok(number)) => self.of_number(number, name),
            (Demand::Minimum(_) | Demand::Maximum(_), Err(_)) => Err(self.broken(name, "it is not a number", "")),
            _ => self.of_string(text, name),
        }
    }

    /// The values that `path` leads to; what is not there breaks no rule. `place` is how a message names where it is.
    fn of_json(&self, value: &Value, path: &[Step], place: &mut String) -> Result<(), Error> {
        let Some((step, rest)) = path.split_first() else {
            return match value {
                Value::String(text) => self.of_string(text, place),
                Value::Array(elements) => self.of_count(elements.len(), place),
                Value::Number(number) => number.as_f64().map_or(Ok(()), |number| self.of_number(number, place)),
                Value::Null | Value::Bool(_) | Value::Object(_) => Ok(()),
            };
        };
        let length = place.len();
        let mut below = |inner: &Value, step: fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = place.write_fmt(step);
            let outcome = self.of_json(inner, rest, place);
            place.truncate(length);
            outcome
        };
        match (step, value) {
            (Step::Member(name), Value::Object(members)) => match members.get(*name) {
                Some(inner) if length == 0 => below(inner, format_args!("{name}")),
                Some(inner) => below(inner, format_args!(".{name}")),
                None => Ok(()),
            },
            (Step::Each, Value::Array(elements)) => {
                elements.iter().enumerate().try_for_each(|(index, inner)| below(inner, format_args!("[{index}]")))
            }
            // The keys are data.
            (Step::Each, Value::Object(members)) => members.values().try_for_each(|inner| below(inner, format_args!("[…]"))),
            _ => Ok(()),
        }
    }

    fn of_string(&self, text: &str, place: &str) -> Result<(), Error> {
        let length = || text.chars().count() as u64;
        match self.demand {
            Demand::Pattern(pattern) if !pattern().matches(text) => {
                let pattern = pattern().text;
                Err(self.broken(place, "it does not match", &format!("pattern: {pattern}")))
            }
            Demand::MinLength(least) if length() < least => {
                let what = if text.is_empty() { "it is empty".to_owned() } else { format!("it has {} characters", length()) };
                Err(self.broken(place, &what, &format!("minLength: {least}")))
            }
            Demand::MaxLength(most) if length() > most => {
                Err(self.broken(place, &format!("it has {} characters", length()), &format!("maxLength: {most}")))
            }
            _ => Ok(()),
        }
    }

    fn of_count(&self, count: usize, place: &str) -> Result<(), Error> {
        match self.demand {
            Demand::MinItems(least) if (count as u64) < least => {
                Err(self.broken(place, &format!("it has {count} entries"), &format!("minItems: {least}")))
            }
            Demand::MaxItems(most) if count as u64 > most => {
                Err(self.broken(place, &format!("it has {count} entries"), &format!("maxItems: {most}")))
            }
            _ => Ok(()),
        }
    }

    fn of_number(&self, number: f64, place: &str) -> Result<(), Error> {
        match self.demand {
            Demand::Minimum(least) if number < least => Err(self.broken(place, "it is too small", &format!("minimum: {least}"))),
            Demand::Maximum(most) if number > most => Err(self.broken(place, "it is too large", &format!("maximum: {most}"))),
            _ => Ok(()),
        }
    }

    /// Names the member, what is wrong with it, the rule and its reason.
    fn broken(&self, place: &str, what: &str, rule: &str) -> Error {
        let place = if place.is_empty() { "body" } else { place };
        let rule = if rule.is_empty() { String::new() } else { format!(" (`{rule}`)") };
        Error::invalid(place.to_owned(), format!("{what}{rule}: {}", self.reason))
    }
}
