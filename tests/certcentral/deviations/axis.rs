//! In what a service differs from the sandbox.

use std::{fmt, time::Duration};

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::stand_in::{FOR_EVER, moment};

/// What becomes of the write whose response is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    NotDone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Somebody else answers the first look-ups: 403 and a page.
    Foreign { most: usize },
    /// The first look-ups are echoed.
    Echo { most: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    DayOnly,
    WithoutZone,
    Malformed,
    Null,
    Old,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Csrs {
    Empty,
    Bare,
    Elided,
    EscapedBreaks,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Totals {
    Zero,
    OfThisPage,
    Million,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// It does not differ.
    None,
    /// `Date` is so many seconds ahead.
    Clock(i64),
    Dates(Dates),
    Csr(Csrs),
    /// What was written shows so much later.
    Lag(Duration),
    /// The write arrives so long after the connection was lost.
    Late(Duration),
    /// Look-ups list all there is, or what is a stranger's; order info may tell no id of the caller's.
    IgnoresId {
        tells_id: bool,
    },
    /// The look-up heeds the id, but order info does not tell it.
    TellsNoId,
    /// Order info is always a stranger's.
    WrongOrder,
    Totals(Totals),
    /// A proxy answers the write with its own body.
    Echo,
    /// A proxy answers the write with a page.
    Foreign(u16),
    Redirect,
    Lookups(Lookup),
}

impl Axis {
    pub(crate) fn all() -> Vec<Self> {
        let seconds = Duration::from_secs;
        let mut all = vec![Self::None];
        all.extend([120, -120, 86_400, -86_400].map(Self::Clock));
        all.extend([Dates::DayOnly, Dates::WithoutZone, Dates::Malformed, Dates::Null, Dates::Old].map(Self::Dates));
        all.extend([Csrs::Empty, Csrs::Bare, Csrs::Elided, Csrs::EscapedBreaks, Csrs::Null].map(Self::Csr));
        all.extend([Self::Lag(seconds(90)), Self::Lag(FOR_EVER), Self::Late(seconds(70)), Self::Late(seconds(1000))]);
        all.extend([Self::IgnoresId { tells_id: true }, Self::IgnoresId { tells_id: false }, Self::TellsNoId, Self::WrongOrder]);
        all.extend([Totals::Zero, Totals::OfThisPage, Totals::Million].map(Self::Totals));
        all.extend([Self::Echo, Self::Redirect]);
        all.extend([400, 403, 404, 409, 422].map(Self::Foreign));
        let most = [2, usize::MAX];
        all.extend(most.into_iter().flat_map(|most| [Self::Lookups(Lookup::Foreign { most }), Self::Lookups(Lookup::Echo { most })]));
        all
    }

    /// Changes what the sandbox has answered.
    pub(crate) fn rewrite(self, body: &mut Value) {
        match self {
            Self::Dates(form) => each(body, &["date_created", "date"], &|value| form.rewrite(value)),
            Self::Csr(form) => each(body, &["csr"], &|value| form.rewrite(value)),
            Self::IgnoresId { tells_id: false } | Self::TellsNoId => each(body, &["alternative_order_id"], &|value| *value = Value::Null),
            Self::Totals(lie) => {
                let lists = ["orders", "certificates", "domains", "requests"].into_iter();
                let count = lists.filter_map(|list| body[list].as_array()).map(Vec::len).next().unwrap_or_default();
                if let Some(total) = body.get_mut("page").and_then(|page| page.get_mut("total")) {
                    *total = match lie {
                        Totals::Zero => 0.into(),
                        Totals::OfThisPage => count.into(),
                        Totals::Million => 1_000_000.into(),
                    };
                }
            }
            _ => {}
        }
    }
}

impl Dates {
    fn rewrite(self, value: &mut Value) {
        let Some(at) = value.as_str().and_then(moment) else { return };
        let form = match self {
            Self::DayOnly => "%Y-%m-%d",
            Self::WithoutZone => "%Y-%m-%dT%H:%M:%S",
            // As in the guide, p.60.
            Self::Malformed => "%Y-%m-%dT%H:%M:%S:00:00",
            Self::Old => "%Y-%m-%dT%H:%M:%S+00:00",
            Self::Null => return *value = Value::Null,
        };
        let at = if self == Self::Old { at - TimeDelta::hours(9) } else { at };
        *value = at.with_timezone(&Utc).format(form).to_string().into();
    }
}

impl Csrs {
    fn rewrite(self, value: &mut Value) {
        let Some(pem) = value.as_str() else { return };
        *value = match self {
            Self::Empty => "".into(),
            Self::Bare => pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>().into(),
            // As in the guide's samples.
            Self::Elided => "-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----".into(),
            Self::EscapedBreaks => pem.replace('\n', "\\n").into(),
            Self::Null => Value::Null,
        };
    }
}

/// Changes every member with one of these names, however deep.
fn each(value: &mut Value, names: &[&str], change: &impl Fn(&mut Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(&name.as_str()) {
                    change(member);
                }
                each(member, names, change);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, names, change)),
        _ => {}
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("as the sandbox"),
            Self::Clock(ahead) => write!(f, "`Date` {ahead:+} s"),
            Self::Dates(form) => write!(f, "dates: {form:?}"),
            Self::Csr(form) => write!(f, "CSRs: {form:?}"),
            Self::Lag(lag) if *lag == FOR_EVER => f.write_str("what was written never shows"),
            Self::Lag(lag) => write!(f, "what was written shows {lag:?} later"),
            Self::Late(delay) => write!(f, "the write arrives {delay:?} later"),
            Self::IgnoresId { tells_id: true } => f.write_str("look-ups list all, or a stranger's"),
            Self::IgnoresId { tells_id: false } => f.write_str("the same, and order info tells no id of ours"),
            Self::TellsNoId => f.write_str("order info tells no id of ours"),
            Self::WrongOrder => f.write_str("order info is a stranger's"),
            Self::Totals(lie) => write!(f, "totals: {lie:?}"),
            Self::Echo => f.write_str("the write is echoed"),
            Self::Foreign(status) => write!(f, "the write gets a page, {status}"),
            Self::Redirect => f.write_str("the write is redirected"),
            Self::Lookups(lookup) => {
                let (what, most) = match lookup {
                    Lookup::Foreign { most } => ("get a page, 403", most),
                    Lookup::Echo { most } => ("are echoed", most),
                };
                if *most == usize::MAX { write!(f, "all look-ups {what}") } else { write!(f, "the first {most} look-ups {what}") }
            }
        }
    }
}
