//! The environment of the services: a DNS zone, web servers' files, mailboxes.

mod outside;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use http::Uri;

use super::SandboxError;
use super::words::words;

use self::outside::Outside;
pub(crate) use self::outside::{Question, Seen, Whereabouts};

/// Where domain control is proved and where mail arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) zone: DnsZone,
    pub(crate) files: WebFiles,
    pub(crate) mails: Mails,
    outside: Outside,
}

impl Network {
    /// Takes everything down.
    pub(crate) fn clear(&self) {
        *lock(&self.zone.0) = Published::default();
        *lock(&self.files.0) = Published::default();
        lock(&self.mails.0).clear();
    }

    pub(crate) fn with(outside: Whereabouts) -> Self {
        Self { outside: Outside::at(outside), ..Self::default() }
    }

    /// The same zone, files and mailboxes, with nothing outside of them.
    pub(crate) fn alone(&self) -> Self {
        Self { outside: Outside::default(), ..self.clone() }
    }

    /// Whether anything is looked up outside.
    pub(crate) fn has_outside(&self) -> bool {
        self.outside.is_there()
    }

    /// Looks up outside what belongs there.
    pub(crate) async fn look_up(&self, questions: BTreeSet<Question>) {
        let mut changed = self.outside.look_up(questions).await;
        lock(&self.zone.0).changed.append(&mut changed);
    }

    /// Whether the value is published where the question asks.
    pub(crate) fn shows(&self, question: &Question, value: &str) -> bool {
        let seen = self.see(question).unwrap_or_default();
        match question {
            Question::Cname(_) => seen.contains(&absolute(value)),
            Question::File(_) => seen.iter().any(|text| text.contains(value)),
            Question::Txt(_) | Question::Caa(_) => seen.iter().any(|seen| seen == value),
        }
    }

    /// The CAA records that count for a name: its own, or those of the nearest name above it that has some.
    pub(crate) fn caa(&self, name: &str) -> Seen {
        for question in Question::caa(&absolute(name)) {
            let issuers = self.see(&question)?;
            if !issuers.is_empty() {
                return Some(issuers);
            }
        }
        Some(Vec::new())
    }

    fn see(&self, question: &Question) -> Seen {
        self.outside.seen(question).unwrap_or_else(|| {
            Some(match question {
                Question::Txt(name) | Question::Cname(name) | Question::Caa(name) => self.zone.at(name, question),
                Question::File(url) => self.files.at(url).into_iter().collect(),
            })
        })
    }

    /// The names at which anything was published or taken down since this was last asked.
    pub(crate) fn take_changed(&self) -> BTreeSet<String> {
        let mut changed = std::mem::take(&mut lock(&self.zone.0).changed);
        changed.append(&mut lock(&self.files.0).changed);
        changed
    }
}

/// Published values by name, and the names that changed.
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

/// The DNS zone of the sandbox: empty until records are published. It is not used if a DNS server is configured
/// ([`SandboxBuilder::resolver`](super::SandboxBuilder)).
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

words! { RecordType, "type": Txt = "TXT", Cname = "CNAME", Caa = "CAA" }

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
    fn at(&self, name: &str, question: &Question) -> Vec<String> {
        let names = lock(&self.0);
        let records = names.at.get(&absolute(name)).map_or(&[][..], Vec::as_slice);
        records.iter().filter_map(|record| record.answer(question)).collect()
    }
}

/// The files that the sandbox's web servers serve, by URL. They are not used if a web server is configured
/// ([`SandboxBuilder::http_port`](super::SandboxBuilder::http_port)).
#[derive(Clone, Debug, Default)]
pub struct WebFiles(Arc<Mutex<Published<String>>>);

impl WebFiles {
    /// Serves `body` at `url` (`http://` or `https://`).
    pub fn publish(&self, url: &str, body: &str) {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.insert(url, body.to_owned());
    }

    /// Returns every file: its URL and its text.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        lock(&self.0).at.iter().map(|(url, body)| (url.clone(), body.clone())).collect()
    }

    /// Removes the file at `url`. Returns whether there was one.
    pub fn remove(&self, url: &str) -> bool {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.remove(&url).is_some()
    }

    fn at(&self, url: &str) -> Option<String> {
        lock(&self.0).at.get(&normal_url(url)).cloned()
    }
}

/// A mail that the sandbox sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// Its number, counted from 1.
    pub id: u64,
    /// The recipient.
    pub to: String,
    /// The purpose of the mail.
    pub kind: MailKind,
    /// The subject line.
    pub subject: String,
    /// The domain that the mail is about, or the common name of the order.
    pub domain: String,
    /// The order that the mail is about.
    pub order_id: Option<u64>,
    /// The token in the link, if the caller has to send it.
    pub token: Option<String>,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

/// The purpose of a [`Mail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailKind {
    /// Approve the use of a domain name ([`Sandbox::approve_dcv_mail`](super::Sandbox::approve_dcv_mail)).
    DomainApproval,
    /// Approve an EV order.
    OrderApproval,
    /// Decide a request ([`Sandbox::approve_request`](super::Sandbox::approve_request)).
    ApprovalNeeded,
    /// Confirm the address of a client certificate, with the mail's token.
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

words! {
    MailKind, "kind":
    DomainApproval = "domain_approval", OrderApproval = "order_approval", ApprovalNeeded = "approval_needed",
    CertificateIssued = "certificate_issued", CertificateReissued = "certificate_reissued", CertificateRevoked = "certificate_revoked",
    RenewalReminder = "renewal_reminder", EmailValidation = "email_validation",
}

/// Every mail that the sandbox sent, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Mails(Arc<Mutex<Vec<Mail>>>);

impl Mails {
    /// Returns all mails so far.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        lock(&self.0).clone()
    }

    /// Returns the mails to one address.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Mail> {
        lock(&self.0).iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).cloned().collect()
    }

    /// Returns the mail with a number.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Mail> {
        let index = usize::try_from(id.checked_sub(1)?).ok()?;
        lock(&self.0).get(index).cloned()
    }

    /// Sends a mail under the next number.
    pub(crate) fn send(&self, mail: Mail) {
        let mut mails = lock(&self.0);
        let id = mails.len() as u64 + 1;
        mails.push(Mail { id, ..mail });
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that a record may have or lead to: labels of printable characters.
fn must_be_name(member: &'static str, name: &str) -> Result<(), SandboxError> {
    let name = name.trim();
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_graphic());
    let is_name = name.len() <= 253 && name.split('.').all(is_label);
    if is_name { Ok(()) } else { Err(SandboxError::invalid(member, "expected a domain name")) }
}

/// A URL that a web server may serve.
pub(crate) fn must_be_url(url: &str) -> Result<(), SandboxError> {
    let uri = url.parse::<Uri>().ok();
    let is_url =
        uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty()));
    if is_url { Ok(()) } else { Err(SandboxError::invalid("url", "expected a URL that begins with http:// or https://")) }
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

    fn txt(name: &str) -> Question {
        Question::Txt(name.to_owned())
    }

    #[test]
    fn names_compare_without_case_and_final_dot() {
        let network = Network::default();
        network.zone.publish_txt("Example.COM.", "\"token\"");
        network.zone.publish_cname("token.example.com", "DCV.digicert.com.");
        assert!(network.shows(&txt("example.com"), "token"));
        assert!(network.shows(&Question::Cname("TOKEN.example.com".to_owned()), "dcv.digicert.com"));
        assert!(!network.shows(&txt("token.example.com"), "dcv.digicert.com"));
        assert!(network.zone.remove("example.com"));
        assert!(!network.shows(&txt("example.com"), "token"));
    }

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

    #[test]
    fn caa_records_count_for_what_is_below() {
        let network = Network::default();
        let caa = |name: &str| network.caa(name).unwrap();
        assert!(caa("www.example.com").is_empty());
        network.zone.publish_caa("example.com", "digicert.com");
        network.zone.publish_txt("www.example.com", "unrelated");
        assert_eq!(caa("www.example.com"), ["digicert.com"]);
        network.zone.publish_caa("www.example.com", "ca.example");
        assert_eq!(caa("a.www.example.com"), ["ca.example"]);
        assert_eq!(caa("example.com"), ["digicert.com"]);
    }

    #[test]
    fn files_compare_hosts_without_case_and_paths_with_it() {
        let network = Network::default();
        network.files.publish("HTTP://Example.com/A.txt", " token\n");
        let shows = |url: &str| network.shows(&Question::File(url.to_owned()), "token");
        assert!(shows("http://example.com/A.txt"));
        assert!(!shows("http://example.com/a.txt"));
    }

    #[tokio::test]
    async fn where_a_server_is_asked_the_built_in_world_does_not_answer() {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let network = Network::with(Whereabouts { http: Some(listener.local_addr().unwrap().port()), ..Whereabouts::default() });
        drop(listener);
        network.zone.publish_txt("example.com", "token");
        network.files.publish("http://example.com/", "token");
        let file = Question::File("http://example.com/".to_owned());
        network.look_up(BTreeSet::from([file.clone(), txt("example.com")])).await;
        assert!(network.shows(&txt("example.com"), "token") && !network.shows(&file, "token"));
        assert!(network.alone().shows(&file, "token"));
    }
}
