//! The DNS zone, and what its records may hold.

use std::sync::{Arc, Mutex};

use super::{Published, Question, lock};
use crate::sandbox::SandboxError;
use crate::sandbox::words::words;

/// The DNS zone of the sandbox: empty until records are published. It is not used if a DNS server is configured
/// ([`SandboxBuilder::resolver`](crate::sandbox::SandboxBuilder)).
#[derive(Clone, Debug, Default)]
pub struct DnsZone(pub(super) Arc<Mutex<Published<Vec<Record>>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Txt(String),
    Cname(String),
    /// The value of an `issue` property.
    Caa(String),
}

impl Record {
    fn view(&self, name: &str) -> DnsRecord {
        let (record_type, value) = match self {
            Self::Txt(text) => (RecordType::Txt, text),
            Self::Cname(target) => (RecordType::Cname, target),
            Self::Caa(issuer) => (RecordType::Caa, issuer),
        };
        DnsRecord { name: name.to_owned(), record_type, value: value.clone() }
    }

    /// What a record says, if that is what is asked.
    fn answer(&self, question: &Question) -> Option<String> {
        match (question, self) {
            (Question::Txt(_), Self::Txt(value)) | (Question::Cname(_), Self::Cname(value)) | (Question::Caa(_), Self::Caa(value)) => {
                Some(value.clone())
            }
            _ => None,
        }
    }
}

/// The supported record types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordType {
    /// A TXT record.
    Txt,
    /// A CNAME record.
    Cname,
    /// A CAA record with an `issue` property.
    Caa,
}

words! { pub RecordType, "type": Txt = "TXT", Cname = "CNAME", Caa = "CAA" }

/// A record of a [`DnsZone`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DnsRecord {
    /// The name, in lower case and without the trailing dot.
    pub name: String,
    /// The type.
    pub record_type: RecordType,
    /// The text, the target, or the value of the `issue` property.
    pub value: String,
}

impl DnsZone {
    /// Publishes a TXT record; a name may hold several.
    pub fn publish_txt(&self, name: &str, value: &str) {
        self.add(name, Record::Txt(value.trim().trim_matches('"').to_owned()));
    }

    /// Publishes a CNAME record.
    pub fn publish_cname(&self, name: &str, target: &str) {
        self.add(name, Record::Cname(absolute(target)));
    }

    /// Publishes a CAA record with an `issue` property, such as `digicert.com` or `digicert.com; account=…`.
    pub fn publish_caa(&self, name: &str, issuer: &str) {
        self.add(name, Record::Caa(issuer.trim().trim_matches('"').to_owned()));
    }

    /// Publishes a record of any type; the value is the same as for the method of that type.
    ///
    /// # Errors
    ///
    /// The name or the value is not valid for such a record.
    pub fn publish(&self, name: &str, record_type: RecordType, value: &str) -> Result<(), SandboxError> {
        must_be_name("name", name)?;
        match record_type {
            RecordType::Txt if value.trim().trim_matches('"').is_empty() => {
                return Err(SandboxError::invalid("value", "expected a non-empty text"));
            }
            RecordType::Txt => self.publish_txt(name, value),
            RecordType::Cname => {
                must_be_name("value", value)?;
                self.publish_cname(name, value);
            }
            RecordType::Caa => self.publish_caa(name, issuer(value)?),
        }
        Ok(())
    }

    /// Returns every record, sorted by name.
    #[must_use]
    pub fn records(&self) -> Vec<DnsRecord> {
        let names = lock(&self.0);
        names.at.iter().flat_map(|(name, records)| records.iter().map(|record| record.view(name))).collect()
    }

    /// Removes every record of a name. Returns whether there was one.
    pub fn remove(&self, name: &str) -> bool {
        self.remove_records(name, None, None) > 0
    }

    /// Removes the records of a name, limited to a type and a value if given. Returns how many were removed.
    pub fn remove_records(&self, name: &str, record_type: Option<RecordType>, value: Option<&str>) -> usize {
        let (mut names, name) = (lock(&self.0), absolute(name));
        let records = names.at.remove(&name).unwrap_or_default();
        let fits = |record: &Record| {
            let record = record.view(&name);
            record_type.is_none_or(|wanted| wanted == record.record_type) && value.is_none_or(|wanted| wanted == record.value)
        };
        let (removed, kept): (Vec<_>, Vec<_>) = records.into_iter().partition(fits);
        if !kept.is_empty() {
            names.at.insert(name.clone(), kept);
        }
        names.changed.insert(name);
        removed.len()
    }

    fn add(&self, name: &str, record: Record) {
        let mut names = lock(&self.0);
        let name = absolute(name);
        let records = names.at.entry(name.clone()).or_default();
        if !records.contains(&record) {
            records.push(record);
        }
        names.changed.insert(name);
    }

    /// What the records at a name answer.
    pub(super) fn at(&self, name: &str, question: &Question) -> Vec<String> {
        let names = lock(&self.0);
        let records = names.at.get(&absolute(name)).map_or(&[][..], Vec::as_slice);
        records.iter().filter_map(|record| record.answer(question)).collect()
    }
}

/// A name that a record may have or lead to: labels of printable characters.
fn must_be_name(member: &'static str, name: &str) -> Result<(), SandboxError> {
    let name = name.trim();
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_graphic());
    let is_name = name.len() <= 253 && name.split('.').all(is_label);
    if is_name { Ok(()) } else { Err(SandboxError::invalid(member, "expected a domain name")) }
}

/// The issuer in the value of a CAA record, which may stand alone or as zone files have it: `0 issue "digicert.com"`.
fn issuer(value: &str) -> Result<&str, SandboxError> {
    let expected = || SandboxError::invalid("value", "expected an issuer, such as digicert.com, or 0 issue \"digicert.com\"");
    let (flags, rest) = value.trim().split_once(' ').unwrap_or_default();
    let issuer = match flags.parse::<u8>() {
        Ok(_) => rest.trim().strip_prefix("issue ").ok_or_else(expected)?,
        Err(_) => value,
    };
    let issuer = issuer.trim().trim_matches('"');
    // An empty issuer, or a lone semicolon, forbids everyone to issue.
    let is_plain = !issuer.is_empty() && issuer.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic() && byte != b'"');
    if is_plain { Ok(issuer) } else { Err(expected()) }
}

/// A name in lower case, without the final dot.
pub(super) fn absolute(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_checked_listed_and_removed() {
        use RecordType::{Caa, Cname, Txt};
        let zone = DnsZone::default();
        for (name, record_type, value, invalid) in [
            ("Example.com.", Txt, "\"token\"", None),
            ("example.com", Txt, "other", None),
            ("example.com", Caa, "0 issue \"digicert.com; account=5\"", None),
            ("example.com", Caa, ";", None),
            ("t._x.example.com", Cname, "dcv.digicert.com.", None),
            ("", Txt, "x", Some("name")),
            ("a..b", Txt, "x", Some("name")),
            ("a b", Txt, "x", Some("name")),
            ("example.com", Txt, "\"\"", Some("value")),
            ("example.com", Cname, "a b", Some("value")),
            ("example.com", Caa, "0 iodef \"mailto:a@example.com\"", Some("value")),
            ("example.com", Caa, "", Some("value")),
        ] {
            let error = zone.publish(name, record_type, value).err().map(|error| error.to_string());
            assert_eq!(error.as_deref().and_then(|error| error.split(':').next()), invalid, "{name} {record_type} {value}");
        }
        let listed: Vec<_> = zone.records().into_iter().map(|record| (record.name, record.record_type, record.value)).collect();
        let record = |name: &str, record_type, value: &str| (name.to_owned(), record_type, value.to_owned());
        let expected = [
            record("example.com", Txt, "token"),
            record("example.com", Txt, "other"),
            record("example.com", Caa, "digicert.com; account=5"),
            record("example.com", Caa, ";"),
            record("t._x.example.com", Cname, "dcv.digicert.com"),
        ];
        assert_eq!(listed, expected);
        assert_eq!(zone.remove_records("example.com", Some(Txt), Some("nothing")), 0);
        assert_eq!(zone.remove_records("EXAMPLE.com.", Some(Txt), Some("token")), 1);
        assert_eq!(zone.remove_records("example.com", Some(Caa), None), 2);
        assert_eq!(zone.at("example.com", &Question::Txt("example.com".to_owned())), ["other"]);
        assert_eq!(zone.remove_records("example.com", None, None), 1);
        assert_eq!(zone.records().len(), 1);
    }
}
