//! The error of actions on the environment of the services.

use std::borrow::Cow;
use std::fmt;

/// The error of an action in the sandbox's environment (by a reviewer, DigiCert, a card holder, a DNS zone). The action had no effect.
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

/// Why the action failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is no such thing; its name in error codes.
    NotFound(&'static str),
    /// It exists, but is not in the right state.
    State,
    /// The value of this member is invalid.
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

    /// The same error about another member, under whose name the value was given.
    pub(crate) fn of(self, member: &'static str) -> Self {
        Self { kind: if self.is_invalid_input() { Kind::Invalid(member) } else { self.kind }, ..self }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns whether the order, request, card, mail or record does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, Kind::NotFound(_))
    }

    /// Returns whether a given value is invalid.
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
