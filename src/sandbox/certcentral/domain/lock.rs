//! How far the locking of a domain has come, and the table of what may happen to it.

/// How far the locking of a domain has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lock {
    #[default]
    Disabled,
    Pending,
    Enabled,
}

/// What happens to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Activated,
    Found,
    NotFound,
    Deactivated,
}

const TRANSITIONS: &[(Lock, Event, Lock)] = &[
    (Lock::Disabled, Event::Activated, Lock::Pending),
    (Lock::Pending, Event::Activated, Lock::Pending),
    (Lock::Enabled, Event::Activated, Lock::Enabled),
    (Lock::Pending, Event::Found, Lock::Enabled),
    (Lock::Enabled, Event::Found, Lock::Enabled),
    (Lock::Pending, Event::NotFound, Lock::Pending),
    (Lock::Enabled, Event::NotFound, Lock::Pending),
    (Lock::Pending, Event::Deactivated, Lock::Disabled),
    (Lock::Enabled, Event::Deactivated, Lock::Disabled),
    (Lock::Disabled, Event::Deactivated, Lock::Disabled),
];

impl Lock {
    pub(crate) fn after(self, event: Event) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Pending => "pending",
            Self::Enabled => "enabled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks() {
        use Event::{Activated, Deactivated, Found, NotFound};
        for (events, word) in [
            (&[Activated][..], Some("pending")),
            (&[Activated, NotFound], Some("pending")),
            (&[Activated, Found], Some("enabled")),
            (&[Activated, Found, NotFound], Some("pending")),
            (&[Activated, Found, Deactivated], Some("disabled")),
            (&[Found], None),
            (&[Activated, Deactivated, NotFound], None),
        ] {
            let end = events.iter().try_fold(Lock::Disabled, |lock, event| lock.after(*event));
            assert_eq!(end.map(Lock::word), word, "{events:?}");
        }
    }
}
