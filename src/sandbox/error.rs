//! Why something cannot be done that was asked of the world around the services.

use std::borrow::Cow;
use std::fmt;

/// What was asked of the sandbox's world (a reviewer, DigiCert, the holder of a card, a DNS zone) cannot be done, and nothing was.
///
/// ```
/// # use shomei::sandbox::Sandbox;
/// let error = Sandbox::new().approve_request(1_u64).unwrap_err();
/// assert!(error.is_not_found());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxError {
    kind: Kind,
    message: Cow<'static, str>,
}

/// Who or what stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is no such thing; its name in error codes.
    NotFound(&'static str),
    /// It is there, but not in the right state.
    State,
    /// What was given for a member.
    Invalid(&'static str),
}

impl SandboxError {
    /// There is no such `what`.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self { kind: Kind::NotFound(what), message: format!("there is no such {}", what.replace('_', " ")).into() }
    }

    pub(crate) fn state(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::State, message: message.into() }
    }

    pub(crate) fn invalid(member: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Invalid(member), message: message.into() }
    }

    /// The same about another member, under whose name the value was given.
    pub(crate) fn of(self, member: &'static str) -> Self {
        Self { kind: if self.is_invalid_input() { Kind::Invalid(member) } else { self.kind }, ..self }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether there is no such order, request, card, mail or record.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, Kind::NotFound(_))
    }

    /// Whether a value that was given is not one that can be taken.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.kind, Kind::Invalid(_))
    }
}

impl fmt::Display for SandboxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Invalid(member) => write!(formatter, "{member}: {}", self.message),
            Kind::NotFound(_) | Kind::State => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for SandboxError {}
