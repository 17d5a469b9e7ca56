//! The names of faults, as the log writes them and the control interface reads them.

use std::time::Duration;

use http::StatusCode;

use super::{Fault, RetryAfter};
use crate::sandbox::SandboxError;

/// The parameters of a fault.
#[derive(Debug, Default)]
pub(crate) struct Particulars {
    pub(crate) status: Option<u16>,
    pub(crate) seconds: Option<u64>,
    pub(crate) location: Option<String>,
}

impl Fault {
    /// Its name.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Page(_) => "page",
            Self::PageAfter(_) => "page_after",
            Self::Errors(_) => "errors",
            Self::ErrorsAfter(_) => "errors_after",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::Redirect(_) => "redirect",
            Self::Empty => "empty",
            Self::StallHead(_) => "stall_head",
            Self::StallBody(_) => "stall_body",
            Self::SlowBody(_) => "slow_body",
            Self::Truncated => "truncated",
            Self::ShortBody => "short_body",
            Self::WrongContentType => "wrong_content_type",
            Self::Gzip => "gzip",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::Nulls => "nulls",
            Self::LooseTypes => "loose_types",
            Self::UnknownValues => "unknown_values",
            Self::UnknownMembers => "unknown_members",
            Self::DuplicateMembers => "duplicate_members",
            Self::DeepNesting => "deep_nesting",
            Self::Huge => "huge",
            Self::Endless => "endless",
        }
    }

    /// The fault with a name. Parameters that it does not have are ignored; a status defaults to 503, and a stall lasts forever.
    pub(crate) fn read(word: &str, particulars: Particulars) -> Result<Self, SandboxError> {
        let usual = Self::of_each_class().into_iter().find(|fault| fault.word() == word);
        let usual = usual.ok_or_else(|| SandboxError::invalid("fault", "there is no such fault"))?;
        let status = StatusCode::from_u16(particulars.status.unwrap_or(503)).ok().filter(|status| status.as_u16() >= 400);
        let status = || status.ok_or_else(|| SandboxError::invalid("status", "expected a status from 400 to 999"));
        let seconds = particulars.seconds.map(Duration::from_secs);
        Ok(match usual {
            Self::Page(_) => Self::Page(status()?),
            Self::PageAfter(_) => Self::PageAfter(status()?),
            Self::Errors(_) => Self::Errors(status()?),
            Self::ErrorsAfter(_) => Self::ErrorsAfter(status()?),
            Self::TooManyRequests(_) => Self::TooManyRequests(particulars.seconds.map(RetryAfter::Seconds)),
            Self::Redirect(usual) => Self::Redirect(particulars.location.unwrap_or(usual)),
            Self::StallHead(usual) => Self::StallHead(seconds.unwrap_or(usual)),
            Self::StallBody(usual) => Self::StallBody(seconds.unwrap_or(usual)),
            Self::SlowBody(usual) => Self::SlowBody(seconds.unwrap_or(usual)),
            usual => usual,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_by_its_word() {
        for fault in Fault::of_each_class() {
            assert_eq!(Fault::read(fault.word(), Particulars::default()).unwrap().word(), fault.word());
        }
        let status = |status| Particulars { status: Some(status), ..Particulars::default() };
        assert_eq!(Fault::read("page", status(404)), Ok(Fault::Page(StatusCode::NOT_FOUND)));
        assert!(Fault::read("page", status(200)).is_err() && Fault::read("pages", status(404)).is_err());
        let seconds = Particulars { seconds: Some(3), ..Particulars::default() };
        assert_eq!(Fault::read("stall_body", seconds), Ok(Fault::StallBody(Duration::from_secs(3))));
        assert_eq!(Fault::read("stall_head", Particulars::default()), Ok(Fault::StallHead(Duration::MAX)));
    }
}
