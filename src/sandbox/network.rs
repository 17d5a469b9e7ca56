//! The outside world as the sandbox sees it: a DNS zone, web servers' files, mailboxes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

/// What surrounds the services: where domain control is proven and where mail arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) zone: DnsZone,
    pub(crate) files: WebFiles,
    pub(crate) mails: Mails,
}

impl Network {
    /// The names at which anything was published or taken down since this was last asked.
    pub(crate) fn take_changed(&self) -> BTreeSet<String> {
        let mut changed = std::mem::take(&mut lock(&self.zone.0).changed);
        changed.append(&mut lock(&self.files.0).changed);
        changed
    }
}

/// What stands at names, and which of them changed.
#[derive(Debug)]
struct Published<T> {
    at: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T> Default for Published<T> {
    fn default() -> Self {
        Self { at: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

/// The DNS of the sandbox's world: empty until someone publishes a record.
#[derive(Clone, Debug, Default)]
pub struct DnsZone(Arc<Mutex<Published<Vec<Record>>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Record {
    Txt(String),
    Cname(String),
    /// The value of an `issue` property.
    Caa(String),
}

impl Record {
    fn issuer(&self) -> Option<String> {
        match self {
            Self::Caa(issuer) => Some(issuer.clone()),
            Self::Txt(_) | Self::Cname(_) => None,
        }
    }
}

impl DnsZone {
    /// Publishes a TXT record; a name may hold several.
    pub fn publish_txt(&self, name: &str, value: &str) {
        self.publish(name, Record::Txt(value.trim().trim_matches('"').to_owned()));
    }

    /// Publishes a CNAME record.
    pub fn publish_cname(&self, name: &str, target: &str) {
        self.publish(name, Record::Cname(absolute(target)));
    }

    /// Publishes a CAA record with an `issue` property, as `digicert.com` or `digicert.com; account=…`.
    pub fn publish_caa(&self, name: &str, issuer: &str) {
        self.publish(name, Record::Caa(issuer.trim().trim_matches('"').to_owned()));
    }

    /// Removes every record of a name; `true` when there was one.
    pub fn remove(&self, name: &str) -> bool {
        let (mut names, name) = (lock(&self.0), absolute(name));
        let removed = names.at.remove(&name).is_some();
        names.changed.insert(name);
        removed
    }

    fn publish(&self, name: &str, record: Record) {
        let mut names = lock(&self.0);
        let name = absolute(name);
        let records = names.at.entry(name.clone()).or_default();
        if !records.contains(&record) {
            records.push(record);
        }
        names.changed.insert(name);
    }

    pub(crate) fn has_txt(&self, name: &str, value: &str) -> bool {
        self.has(name, &Record::Txt(value.to_owned()))
    }

    pub(crate) fn has_cname(&self, name: &str, target: &str) -> bool {
        self.has(name, &Record::Cname(absolute(target)))
    }

    /// The CAA records that count for a name: its own, or those of the nearest name above it that has some.
    pub(crate) fn caa(&self, name: &str) -> Vec<String> {
        let names = lock(&self.0);
        let name = absolute(name);
        let mut at = Some(name.as_str());
        while let Some(here) = at {
            let records = names.at.get(here).map_or(&[][..], Vec::as_slice);
            let issuers: Vec<String> = records.iter().filter_map(Record::issuer).collect();
            if !issuers.is_empty() {
                return issuers;
            }
            at = here.split_once('.').map(|(_, above)| above);
        }
        Vec::new()
    }

    fn has(&self, name: &str, record: &Record) -> bool {
        lock(&self.0).at.get(&absolute(name)).is_some_and(|records| records.contains(record))
    }
}

/// The files that web servers of the sandbox's world serve, by URL.
#[derive(Clone, Debug, Default)]
pub struct WebFiles(Arc<Mutex<Published<String>>>);

impl WebFiles {
    /// Serves `body` at `url` (`http://` or `https://`).
    pub fn publish(&self, url: &str, body: &str) {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.insert(url, body.to_owned());
    }

    /// Takes the file at `url` down; `true` when there was one.
    pub fn remove(&self, url: &str) -> bool {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.remove(&url).is_some()
    }

    pub(crate) fn serves(&self, url: &str, text: &str) -> bool {
        lock(&self.0).at.get(&normal_url(url)).is_some_and(|body| body.contains(text))
    }
}

/// A mail the sandbox sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The one recipient.
    pub to: String,
    /// What the mail is for.
    pub kind: MailKind,
    /// The subject line.
    pub subject: String,
    /// The domain the mail is about; of a mail about an order, its common name.
    pub domain: String,
    /// The order the mail is about.
    pub order_id: Option<u64>,
    /// What the link in it carries, where the caller is to send that.
    pub token: Option<String>,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

/// What a [`Mail`] tells its reader or asks of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailKind {
    /// Approve the use of a domain name ([`Sandbox::approve_dcv_mail`](super::Sandbox::approve_dcv_mail)).
    DomainApproval,
    /// Approve an EV order.
    OrderApproval,
    /// Decide a request ([`Sandbox::approve_request`](super::Sandbox::approve_request)).
    ApprovalNeeded,
    /// Confirm an address of a client certificate, with the mail's token.
    EmailValidation,
    /// An order's first certificate was issued.
    CertificateIssued,
    /// A reissue or a duplicate was issued.
    CertificateReissued,
    /// A certificate or an order was revoked.
    CertificateRevoked,
    /// An order's plan ends soon, or has ended.
    RenewalReminder,
}

/// Every mail the sandbox sent, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Mails(Arc<Mutex<Vec<Mail>>>);

impl Mails {
    /// All mails so far.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        lock(&self.0).clone()
    }

    /// The mails to one address.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Mail> {
        lock(&self.0).iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).cloned().collect()
    }

    pub(crate) fn send(&self, mail: Mail) {
        lock(&self.0).push(mail);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn absolute(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// Scheme and host in lower case, the path as it is.
fn normal_url(url: &str) -> String {
    let path_start = url.find("://").and_then(|scheme| url[scheme + 3..].find('/').map(|slash| scheme + 3 + slash));
    let (origin, path) = url.split_at(path_start.unwrap_or(url.len()));
    origin.to_ascii_lowercase() + path
}

/// The host in a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_and_final_dot() {
        let zone = DnsZone::default();
        zone.publish_txt("Example.COM.", "\"token\"");
        zone.publish_cname("token.example.com", "DCV.digicert.com.");
        assert!(zone.has_txt("example.com", "token"));
        assert!(zone.has_cname("TOKEN.example.com", "dcv.digicert.com"));
        assert!(zone.remove("example.com"));
        assert!(!zone.has_txt("example.com", "token"));
    }

    #[test]
    fn caa_records_count_for_what_is_below() {
        let zone = DnsZone::default();
        assert!(zone.caa("www.example.com").is_empty());
        zone.publish_caa("example.com", "digicert.com");
        zone.publish_txt("www.example.com", "unrelated");
        assert_eq!(zone.caa("www.example.com"), ["digicert.com"]);
        zone.publish_caa("www.example.com", "ca.example");
        assert_eq!(zone.caa("a.www.example.com"), ["ca.example"]);
        assert_eq!(zone.caa("example.com"), ["digicert.com"]);
    }

    #[test]
    fn files_compare_hosts_without_case_and_paths_with_it() {
        let files = WebFiles::default();
        files.publish("HTTP://Example.com/A.txt", " token\n");
        assert!(files.serves("http://example.com/A.txt", "token"));
        assert!(!files.serves("http://example.com/a.txt", "token"));
    }
}
