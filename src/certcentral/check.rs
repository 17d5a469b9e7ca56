//! Checks of the caller's input: for what the rules of the document cannot express, and for what they do express, with more precise
//! reasons. The maximum lengths of texts and lists are in the document alone. Each error names the field and the reason.

use std::{collections::BTreeSet, net::IpAddr};

use crate::error::Error;

/// Where a certificate is to be trusted, which decides the names it may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Everywhere: fully qualified names without underscores (Baseline Requirements, 7.1.4.2.1 and 7.1.2.7.12).
    Public,
    /// Within an organization, whose names may have one label only, and underscores.
    Private,
}

/// A fully qualified domain name as sent: ASCII, in lower case, without the final dot.
pub(super) fn domain_name(field: &'static str, given: &str) -> Result<String, Error> {
    let name = host_name(field, given)?;
    if name.contains('.') { Ok(name) } else { Err(without_dot(field, given)) }
}

fn without_dot(field: &'static str, given: &str) -> Error {
    Error::invalid(field, format!("{given:?}: it has no dot; expected a fully qualified name"))
}

/// The same, or a name of one label.
fn host_name(field: &'static str, given: &str) -> Result<String, Error> {
    let refuse = |reason: &str| Err(Error::invalid(field, format!("{given:?}: {reason}")));
    if given.trim().is_empty() {
        return Err(Error::invalid(field, "it is empty"));
    }
    if given.contains("://") {
        return refuse("expected a host name; drop the scheme");
    }
    if given.chars().any(char::is_whitespace) {
        return refuse("it contains a space");
    }
    if !given.is_ascii() {
        return refuse("it is not ASCII; use its punycode form (xn--…)");
    }
    let name = given.strip_suffix('.').unwrap_or(given).to_ascii_lowercase();
    if name.len() > 253 {
        return refuse("it is longer than 253 characters");
    }
    for label in name.split('.') {
        if label.is_empty() {
            return refuse("it has an empty label (two dots in a row, or one at the start)");
        }
        if label.len() > 63 {
            return refuse("a label is longer than 63 characters");
        }
        if let Some(wrong) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
            return refuse(&format!("it contains {wrong:?}"));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return refuse("a label starts or ends with a hyphen");
        }
    }
    if name.rsplit('.').next().is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')) {
        return refuse("it ends like an IP address");
    }
    Ok(name)
}

/// A name that a certificate can carry: a domain name, a wildcard (`*.example.com`), or an IP address.
pub(super) fn certificate_name(field: &'static str, given: &str, trust: Trust) -> Result<String, Error> {
    if let Ok(address) = given.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let base = given.strip_prefix("*.");
    if base.is_none() && given.contains('*') {
        return Err(Error::invalid(field, format!("{given:?}: a wildcard is allowed in the first label only, as in *.example.com")));
    }
    let name = host_name(field, base.unwrap_or(given))?;
    if trust == Trust::Public && name.contains('_') {
        return Err(Error::invalid(field, format!("{given:?}: it contains '_', which is not allowed in publicly trusted certificates")));
    }
    // A wildcard below a single label would be for a whole top-level domain.
    if !name.contains('.') && (trust == Trust::Public || base.is_some()) {
        return Err(without_dot(field, given));
    }
    Ok(if base.is_some() { format!("*.{name}") } else { name })
}

/// The further names of a certificate, each once however often it is given.
pub(super) fn certificate_names(field: &'static str, given: &[String], trust: Trust) -> Result<Vec<String>, Error> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for name in given {
        let name = certificate_name(field, name, trust)?;
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// An e-mail address, as far as it can be checked without sending mail.
pub(super) fn email(field: &'static str, given: &str) -> Result<String, Error> {
    let refuse = |reason: &str| Err(Error::invalid(field, format!("{given:?}: {reason}")));
    if given.is_empty() {
        return Err(Error::invalid(field, "it is empty"));
    }
    let Some((local, domain)) = given.rsplit_once('@') else { return refuse("it has no @") };
    if local.is_empty() || local.len() > 64 {
        return refuse("the part before the @ must have 1 to 64 characters");
    }
    if given.chars().any(|c| is_blank(c) || c.is_control() || matches!(c, '<' | '>' | ',' | ';')) {
        return refuse("it contains a space, bracket or separator; expected one bare address");
    }
    match domain_name(field, domain) {
        Ok(_) => Ok(given.to_owned()),
        Err(_) => refuse("no domain name follows the @"),
    }
}

/// Several e-mail addresses.
pub(super) fn emails(field: &'static str, given: &[String]) -> Result<Vec<String>, Error> {
    given.iter().map(|address| email(field, address)).collect()
}

/// Whitespace, including the byte order mark.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{feff}'
}

/// A text that must not be blank.
pub(super) fn filled(field: &'static str, given: String) -> Result<String, Error> {
    if given.chars().all(is_blank) {
        return Err(Error::invalid(field, "it is empty"));
    }
    Ok(given)
}

/// The two letters of a country (ISO 3166-1), in lower case as the service writes them.
pub(super) fn country(field: &'static str, given: &str) -> Result<String, Error> {
    if given.len() != 2 || !given.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Error::invalid(field, format!("{given:?}: expected a two-letter country code, such as jp")));
    }
    Ok(given.to_ascii_lowercase())
}

/// A word that becomes a segment of the URL's path. `.` and `..` would make another path of it.
pub(super) fn path_segment(field: &'static str, given: &str) -> Result<String, Error> {
    if given.is_empty() {
        return Err(Error::invalid(field, "it is empty"));
    }
    if given == "." || given == ".." || given.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        return Err(Error::invalid(field, format!("{given:?} is not allowed in a URL path")));
    }
    Ok(given.to_owned())
}

/// An id of the caller's own. The service trims whitespace, and then the id would not be found again.
pub(super) fn own_id(field: &'static str, given: &str) -> Result<String, Error> {
    if given.starts_with(is_blank) || given.ends_with(is_blank) {
        return Err(Error::invalid(field, format!("{given:?} starts or ends with whitespace")));
    }
    path_segment(field, given)
}

/// A thumbprint or serial number.
pub(super) fn hexadecimal(field: &'static str, given: &str) -> Result<String, Error> {
    if given.is_empty() || !given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::invalid(field, format!("{given:?} is neither a thumbprint nor a serial number: expected hexadecimal digits")));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{client::refusal, generated::certcentral::OPERATIONS};

    /// Whether the document lets a body pass.
    fn lets_pass(operation: &str, body: Value) -> bool {
        refusal(OPERATIONS, operation, &body).is_none()
    }

    /// Names that are nearly names: labels and what may stand between them.
    fn nearly_a_name() -> impl Strategy<Value = String> {
        let label = prop_oneof![
            4 => "[a-zA-Z0-9_]{1,4}",
            2 => "[a-zA-Z0-9_-]{1,6}",
            1 => "[a-z]{60,66}",
            1 => "[0-9]{1,3}",
            1 => "[a-z*@ :/日é]{0,3}",
        ];
        let names = proptest::collection::vec(label, 1..6).prop_map(|labels| labels.join("."));
        prop_oneof![8 => names.clone(), 2 => names.clone().prop_map(|name| format!("*.{name}")), 1 => names.prop_map(|name| name + ".")]
    }

    /// A pattern that counted the letters of labels would take ages to fail (see openapi/README.md); the service counts them.
    fn has_a_long_label(name: &str) -> bool {
        name.split('.').any(|label| label.len() > 63)
    }

    #[test]
    fn domain_names() {
        for (given, sent) in [
            ("example.com", "example.com"),
            ("Example.COM.", "example.com"),
            ("a-b.example.co.jp", "a-b.example.co.jp"),
            ("xn--wgv71a119e.jp", "xn--wgv71a119e.jp"),
            ("_dnsauth.example.com", "_dnsauth.example.com"),
        ] {
            assert_eq!(domain_name("name", given).unwrap(), sent);
        }
        for (given, why) in [
            ("", "empty"),
            ("  ", "empty"),
            ("https://example.com", "scheme"),
            ("exa mple.com", "space"),
            ("example.com ", "space"),
            ("localhost", "no dot"),
            ("日本語.jp", "punycode"),
            ("a..com", "empty label"),
            (".example.com", "empty label"),
            ("-a.example.com", "hyphen"),
            ("a-.example.com", "hyphen"),
            ("example.com/path", "'/'"),
            ("example.com:443", "':'"),
            ("*.example.com", "'*'"),
            ("192.0.2.1", "IP address"),
        ] {
            let error = domain_name("name", given).unwrap_err();
            assert!(error.is_invalid_input());
            assert!(error.to_string().starts_with("name: ") && error.to_string().contains(why), "{given:?}: {error}");
        }
        assert!(domain_name("name", &format!("{}.com", "a".repeat(64))).is_err());
        assert!(domain_name("name", &format!("{}com", "a.".repeat(126))).is_err());
    }

    #[test]
    fn where_a_certificate_is_trusted_decides_about_its_names() {
        for (given, public, private) in [
            ("example.com", true, true),
            ("my_host.example.com", false, true),
            ("*.my_zone.example.com", false, true),
            ("intranet", false, true),
            ("db_1", false, true),
            ("*.intranet", false, false),
            ("1", false, false),
            ("", false, false),
            ("in tranet", false, false),
        ] {
            assert_eq!(certificate_name("dns_names", given, Trust::Public).is_ok(), public, "{given:?}");
            assert_eq!(certificate_name("dns_names", given, Trust::Private).is_ok(), private, "{given:?}");
        }
    }

    #[test]
    fn certificate_names_may_be_wildcards_and_addresses() {
        for (given, sent) in
            [("*.Example.com", Some("*.example.com")), ("192.0.2.1", Some("192.0.2.1")), ("2001:DB8::1", Some("2001:db8::1"))]
        {
            assert_eq!(certificate_name("dns_names", given, Trust::Public).ok().as_deref(), sent);
        }
        for given in ["*", "*.", "a.*.example.com", "*a.example.com", "**.example.com", "*.*.example.com"] {
            assert!(certificate_name("dns_names", given, Trust::Private).is_err(), "{given:?}");
        }
        let names = |count: u32| -> Vec<String> { (0..count).map(|number| format!("a{number}.example.com")).collect() };
        assert_eq!(certificate_names("dns_names", &[names(250), names(250)].concat(), Trust::Public).ok(), Some(names(250)));
        let twice = ["b.example.com", "A.example.com", "a.example.com.", "B.example.com"].map(str::to_owned);
        assert_eq!(
            certificate_names("dns_names", &twice, Trust::Public).ok().as_deref(),
            Some(&["b.example.com", "a.example.com"].map(str::to_owned)[..])
        );
    }

    #[test]
    fn email_addresses() {
        assert!(email("emails", "jill.valentine@example.com").is_ok());
        for given in ["", "a", "@example.com", "a@", "a@b", "a b@example.com", "A <a@example.com>", "a@example.com,b@example.com"] {
            assert!(email("emails", given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn path_segments() {
        for given in ["", ".", "..", "a/b", "a\\b", "a\nb"] {
            assert!(path_segment("identifier", given).is_err(), "{given:?}");
        }
        assert_eq!(path_segment("identifier", "0A1B").unwrap(), "0A1B");
    }

    #[test]
    fn own_ids_keep_no_white_space_at_their_ends() {
        for given in ["", "a ", " a", "\ta", "a\u{a0}", "a\u{3000}", " "] {
            assert!(own_id("alternative_order_id", given).unwrap_err().is_invalid_input(), "{given:?}");
        }
        assert_eq!(own_id("alternative_order_id", "a b").unwrap(), "a b");
    }

    proptest! {
        #[test]
        fn no_name_panics(given in ".*") {
            let _ = certificate_name("name", &given, Trust::Public);
            let _ = certificate_name("name", &given, Trust::Private);
            let _ = email("email", &given);
            let _ = path_segment("id", &given);
        }

        #[test]
        fn a_domain_name_is_taken_here_as_by_the_document(given in nearly_a_name()) {
            let sent = given.strip_suffix('.').unwrap_or(&given);
            prop_assume!(!has_a_long_label(sent));
            let passes = lets_pass("add_domain", json!({"name": sent, "validations": [{"type": "ov"}]}));
            prop_assert_eq!(domain_name("name", &given).is_ok(), passes, "{}", given);
        }

        /// What looks like an address is read as one here, which a pattern cannot.
        #[test]
        fn a_name_of_a_certificate_is_taken_here_as_by_the_document(given in prop_oneof![4 => nearly_a_name(), 1 => "[0-9a-f.:]{1,12}", 1 => any::<IpAddr>().prop_map(|address| address.to_string())]) {
            let passes = |name: &str| lets_pass("order_certificate", json!({"certificate": {"common_name": "a", "dns_names": [name]}}));
            let taken = certificate_name("dns_names", &given, Trust::Private);
            if let Ok(sent) = &taken {
                prop_assert!(passes(sent), "{given}: {sent}");
            }
            let given = given.strip_suffix('.').unwrap_or(&given);
            let like_an_address = given.contains(':') || given.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
            prop_assume!(!like_an_address && !has_a_long_label(given));
            prop_assert_eq!(taken.is_ok(), passes(given), "{}", given);
        }

        #[test]
        fn an_address_is_taken_here_as_by_the_document(
            local in prop_oneof![4 => "[a-zA-Z0-9.@ ,;<>+-]{0,64}", 1 => "[a\u{85}\u{a0}\u{feff}日]{0,16}"],
            domain in nearly_a_name(),
        ) {
            prop_assume!(!domain.ends_with('.') && !has_a_long_label(&domain));
            let given = format!("{local}@{domain}");
            prop_assert_eq!(email("emails", &given).is_ok(), lets_pass("set_additional_emails", json!({"additional_emails": [given]})), "{}", given);
        }

        #[test]
        fn an_own_id_is_taken_here_as_by_the_document(given in "[a. /\\\\\u{1}\u{7f}\u{85}\u{a0}\u{3000}\u{feff}日]{0,4}") {
            let body = json!({"certificate": {"common_name": "a"}, "alternative_order_id": given});
            prop_assert_eq!(own_id("alternative_order_id", &given).is_ok(), lets_pass("order_certificate", body), "{:?}", given);
        }

        #[test]
        fn a_text_says_something_here_as_by_the_document(given in "[a \t\r\n\u{85}\u{a0}\u{3000}\u{feff}]{0,3}") {
            prop_assert_eq!(filled("account_token", given.clone()).is_ok(), lets_pass("check_domain_caa", json!({"account_token": given})), "{:?}", given);
        }

        #[test]
        fn a_country_is_taken_here_as_by_the_document(given in "[a-zA-Z0-9 é]{0,3}") {
            prop_assert_eq!(country("country", &given).is_ok(), lets_pass("create_organization", json!({"country": given})), "{}", given);
        }

        #[test]
        fn a_name_that_is_taken_is_taken_again_unchanged(given in "[a-zA-Z0-9*._-]{1,80}") {
            for trust in [Trust::Public, Trust::Private] {
                if let Ok(name) = certificate_name("name", &given, trust) {
                    prop_assert_eq!(certificate_name("name", &name, trust).unwrap(), name);
                }
            }
        }
    }
}
