//! The environment of the services: a DNS zone, web servers' files, mailboxes.

mod files;
mod mails;
mod outside;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::files::WebFiles;
pub(crate) use self::files::must_be_url;
pub use self::mails::{Mail, MailKind, Mails};
use self::outside::Outside;
pub(crate) use self::outside::{Question, Seen, Whereabouts};
use self::zone::absolute;
pub use self::zone::{DnsRecord, DnsZone, RecordType};

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

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
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
