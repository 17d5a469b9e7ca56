//! Real servers outside of the process: a DNS server and a web server on this machine, in place of the built-in zone and files.
//!
//! The lookups of a call happen before the account is locked; the call itself uses only their results.

#[cfg(feature = "resolver")]
mod dns;
#[cfg(not(feature = "resolver"))]
mod dns {
    /// There is none without the feature `resolver`.
    #[derive(Clone, Debug)]
    pub(super) enum Resolver {}

    impl Resolver {
        pub(super) async fn ask(&self, _: &super::Question) -> super::Seen {
            match *self {}
        }
    }
}

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
#[cfg(feature = "resolver")]
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use self::dns::Resolver;
use super::files::host;
use super::lock;

/// How many questions are open at a time.
const AT_ONCE: usize = 32;
const PATIENCE: Duration = Duration::from_secs(5);
/// A file with a random value is short.
const LONGEST_FILE: usize = 64 * 1024;

/// What may be looked up, by its name or its address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    Txt(String),
    Cname(String),
    /// The values of the `issue` properties at this very name.
    Caa(String),
    File(String),
}

impl Question {
    /// Everything that decides who may issue for a name: its own records, and those of all names above.
    pub(crate) fn caa(name: &str) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above)).map(|name| Self::Caa(name.to_owned()))
    }

    /// The host that it is about.
    fn host(&self) -> &str {
        match self {
            Self::Txt(name) | Self::Cname(name) | Self::Caa(name) => name,
            Self::File(url) => host(url),
        }
    }
}

/// The values at a name or an address, possibly none; `None` if the lookup failed.
pub(crate) type Seen = Option<Vec<String>>;

/// Where the outside is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Whereabouts {
    #[cfg(feature = "resolver")]
    pub(crate) dns: Option<SocketAddr>,
    /// The port of a web server on this machine that speaks for every host.
    pub(crate) http: Option<u16>,
}

/// The real servers, and the results of lookups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    resolver: Option<Resolver>,
    http: Option<u16>,
    seen: Arc<Mutex<BTreeMap<Question, Seen>>>,
}

impl Outside {
    pub(crate) fn at(whereabouts: Whereabouts) -> Self {
        #[cfg(feature = "resolver")]
        let resolver = whereabouts.dns.map(Resolver::new);
        #[cfg(not(feature = "resolver"))]
        let resolver = None;
        Self { resolver, http: whereabouts.http, seen: Arc::default() }
    }

    /// Whether anything is asked outside.
    pub(crate) fn is_there(&self) -> bool {
        self.resolver.is_some() || self.http.is_some()
    }

    fn knows(&self, question: &Question) -> bool {
        match question {
            Question::File(_) => self.http.is_some(),
            Question::Txt(_) | Question::Cname(_) | Question::Caa(_) => self.resolver.is_some(),
        }
    }

    /// What was seen; `None` if this is not asked outside.
    pub(crate) fn seen(&self, question: &Question) -> Option<Seen> {
        self.knows(question).then(|| lock(&self.seen).get(question).cloned().flatten())
    }

    /// Looks the questions up, and returns the hosts whose values changed.
    pub(crate) async fn look_up(&self, questions: BTreeSet<Question>) -> BTreeSet<String> {
        let asked = questions.into_iter().filter(|question| self.knows(question));
        let answers: Vec<(Question, Seen)> = stream::iter(asked)
            .map(|question| async {
                let seen = tokio::time::timeout(PATIENCE, self.ask(&question)).await.ok().flatten();
                (question, seen)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut known = lock(&self.seen);
        let mut changed = BTreeSet::new();
        for (question, seen) in answers {
            let host = question.host().to_owned();
            if known.insert(question, seen.clone()) != Some(seen) {
                changed.insert(host);
            }
        }
        changed
    }

    async fn ask(&self, question: &Question) -> Seen {
        match (question, &self.resolver, self.http) {
            (Question::File(url), _, Some(port)) => Some(fetch(port, url).await.into_iter().collect()),
            (question, Some(resolver), _) => resolver.ask(question).await,
            _ => None,
        }
    }
}

/// The text at a URL, from the web server of this machine; it speaks plain HTTP, and redirects are not followed.
async fn fetch(port: u16, url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host().filter(|_| uri.scheme_str() == Some("http"))?;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // It ends with its sender.
    tokio::spawn(connection);
    let request = Request::get(uri.path()).header(header::HOST, host).body(Empty::<Bytes>::new()).ok()?;
    let response = sender.send_request(request).await.ok().filter(|response| response.status() == StatusCode::OK)?;
    let body = Limited::new(response.into_body(), LONGEST_FILE).collect().await.ok()?;
    String::from_utf8(body.to_bytes().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caa_is_asked_from_a_name_upwards() {
        let asked: Vec<Question> = Question::caa("www.example.com").collect();
        assert_eq!(asked, ["www.example.com", "example.com", "com"].map(|name| Question::Caa(name.to_owned())));
    }
}
