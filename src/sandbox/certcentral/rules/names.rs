//! Names a certificate may carry, and which domain answers for which name.

use std::net::IpAddr;

const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Registries below which names are given out at the third level. A short stand-in for the public suffix list.
const SECOND_LEVEL_REGISTRIES: &[&str] = &[
    "ac.jp", "ad.jp", "co.jp", "ed.jp", "go.jp", "gr.jp", "lg.jp", "ne.jp", "or.jp", "ac.uk", "co.uk", "gov.uk", "org.uk", "co.kr",
    "com.au", "com.br", "com.cn", "com.tw",
];

/// A host name in lower case, if `text` is one: two labels at least, letters, digits and inner hyphens.
pub(crate) fn host_name(text: &str) -> Option<String> {
    local_name(text).filter(|name| name.contains('.'))
}

/// The same, or a name of one label.
fn local_name(text: &str) -> Option<String> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let well_formed = name.len() <= LONGEST_NAME && name.split('.').all(is_label);
    let numeric_top = name.rsplit('.').next().is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit()));
    (well_formed && !numeric_top).then_some(name)
}

/// A name for a certificate: a host name, a wildcard over one, or an IP address. Within an organization a host name may have one label only;
/// in public no name may have an underscore (Baseline Requirements).
pub(crate) fn certificate_name(text: &str, public: bool) -> Option<String> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let name = match text.strip_prefix("*.") {
        Some(base) => host_name(base).map(|base| format!("*.{base}")),
        None if public => host_name(text),
        None => local_name(text),
    };
    name.filter(|name| !(public && name.contains('_')))
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

pub(crate) fn is_wildcard(name: &str) -> bool {
    name.starts_with("*.")
}

/// The name whose control must be shown: a wildcard's base, else the name itself.
pub(crate) fn without_wildcard(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// The registered name above a host: its last two labels, three below a second-level registry.
pub(crate) fn base_domain(name: &str) -> &str {
    let name = without_wildcard(name);
    if name.parse::<IpAddr>().is_ok() {
        return name;
    }
    let last = |labels: usize| name.rmatch_indices('.').nth(labels - 1).map_or(name, |(dot, _)| &name[dot + 1..]);
    if SECOND_LEVEL_REGISTRIES.contains(&last(2)) { last(3) } else { last(2) }
}

/// A name and those above it, the nearest first.
pub(crate) fn upwards(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(without_wildcard(name)), |name| name.split_once('.').map(|(_, above)| above))
}

/// Whether `domain` is `name` or stands above it.
pub(crate) fn is_at_or_below(name: &str, domain: &str) -> bool {
    let name = without_wildcard(name);
    name == domain || name.strip_suffix(domain).is_some_and(|above| above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names() {
        for (text, name) in [
            ("Example.com.", Some("example.com")),
            ("_dnsauth.example.com", Some("_dnsauth.example.com")),
            ("xn--eckwd4c7c.jp", Some("xn--eckwd4c7c.jp")),
            ("localhost", None),
            ("-a.example.com", None),
            ("a..example.com", None),
            ("a b.example.com", None),
            ("日本.jp", None),
            ("*.example.com", None),
            ("10.0.0.1", None),
            ("", None),
        ] {
            assert_eq!(host_name(text).as_deref(), name, "{text}");
        }
        assert_eq!(host_name(&format!("{}.com", "a".repeat(64))), None);
    }

    #[test]
    fn certificate_names() {
        for (text, public, private) in [
            ("*.Example.com", Some("*.example.com"), Some("*.example.com")),
            ("10.0.0.1", Some("10.0.0.1"), Some("10.0.0.1")),
            ("*.*.example.com", None, None),
            ("Intranet", None, Some("intranet")),
            ("db_1.example.com", None, Some("db_1.example.com")),
            ("*.intranet", None, None),
            ("", None, None),
        ] {
            assert_eq!(certificate_name(text, true).as_deref(), public, "{text}");
            assert_eq!(certificate_name(text, false).as_deref(), private, "{text}");
        }
    }

    #[test]
    fn base_domains() {
        for (name, base) in [
            ("example.com", "example.com"),
            ("a.b.example.com", "example.com"),
            ("*.example.com", "example.com"),
            ("www.example.co.jp", "example.co.jp"),
            ("co.jp", "co.jp"),
            ("10.0.0.1", "10.0.0.1"),
            ("com", "com"),
        ] {
            assert_eq!(base_domain(name), base, "{name}");
        }
    }

    #[test]
    fn names_lead_upwards() {
        assert_eq!(upwards("*.a.example.com").collect::<Vec<_>>(), ["a.example.com", "example.com", "com"]);
    }

    #[test]
    fn domains_answer_for_what_is_below_them() {
        for (name, domain, below) in [
            ("example.com", "example.com", true),
            ("a.example.com", "example.com", true),
            ("*.example.com", "example.com", true),
            ("badexample.com", "example.com", false),
            ("example.com", "a.example.com", false),
        ] {
            assert_eq!(is_at_or_below(name, domain), below, "{name} {domain}");
        }
    }
}
