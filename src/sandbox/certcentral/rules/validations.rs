//! Kinds of validation, and how far a domain or an organization has come in each.

use crate::sandbox::json::Body;

/// A kind of validation; the service knows its name in lower case only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValidationKind {
    Ov,
    Ev,
    Cs,
    EvCs,
    Ds,
    Smime,
}

/// Kind, word, name, description.
const KINDS: &[(ValidationKind, &str, &str, &str)] = &[
    (ValidationKind::Ov, "ov", "OV", "Normal Organization Validation"),
    (ValidationKind::Ev, "ev", "EV", "Extended Organization Validation (EV)"),
    (ValidationKind::Cs, "cs", "CS", "Code Signing Organization Validation"),
    (ValidationKind::EvCs, "ev_cs", "EV CS", "Code Signing Organization Extended Validation (EV CS)"),
    (ValidationKind::Ds, "ds", "DS", "Document Signing Validation"),
    (ValidationKind::Smime, "smime", "SMIME", "SMIME Organization Validation"),
];

impl ValidationKind {
    pub(crate) fn read(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, ..)| *known == word).map(|(kind, ..)| *kind)
    }

    /// The kinds of a `validations` list, or `None` when one of them is unknown.
    pub(crate) fn read_list(items: &[Body]) -> Option<Vec<Self>> {
        items.iter().map(|item| item.text("type").and_then(Self::read)).collect()
    }

    /// Every kind there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, ..)| *kind)
    }

    pub(crate) fn word(self) -> &'static str {
        self.row().0
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    pub(crate) fn description(self) -> &'static str {
        self.row().2
    }

    /// Whether someone must answer for the organization.
    pub(crate) fn needs_verified_contact(self) -> bool {
        matches!(self, Self::Ev | Self::Cs | Self::EvCs)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(("", "", ""), |(_, word, name, description)| (*word, *name, *description))
    }
}

/// How far the proof of control over a domain has come; time takes it from complete to expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Pending,
    Complete,
    Expired,
}

impl Control {
    /// The word of `dcv_status`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// A domain's `validations[].status` by its control and whether its organization is validated for the kind.
const DOMAIN_STATUS: &[(Control, bool, &str)] = &[
    (Control::Pending, false, "pending"),
    (Control::Pending, true, "pending"),
    (Control::Complete, false, "pending"),
    (Control::Complete, true, "active"),
    (Control::Expired, false, "expired"),
    (Control::Expired, true, "expired"),
];

pub(crate) fn domain_status(control: Control, organization_validated: bool) -> &'static str {
    DOMAIN_STATUS
        .iter()
        .find(|(of, validated, _)| (*of, *validated) == (control, organization_validated))
        .map_or("pending", |(.., status)| status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_and_only_in_lower_case() {
        for (kind, word, name, _) in KINDS {
            assert_eq!(ValidationKind::read(word), Some(*kind));
            assert_eq!((kind.word(), kind.name()), (*word, *name));
        }
        assert_eq!(ValidationKind::read("OV"), None);
    }

    #[test]
    fn every_combination_has_a_status() {
        for control in [Control::Pending, Control::Complete, Control::Expired] {
            for validated in [false, true] {
                assert_eq!(DOMAIN_STATUS.iter().filter(|row| (row.0, row.1) == (control, validated)).count(), 1);
            }
        }
    }
}
