//! A service that answers what an input says: the status, headers and body of each answer.

use std::{
    collections::VecDeque,
    error::Error,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use shomei::{
    ApiKey, CertCentral, Permit, PocketSign, Priority, RateLimiter, RateUsage, ResponseBody, RetryPolicy, Transport, TransportError,
    TransportRequest, pocketsign::PocketSignV1,
};

/// The key of every client here. Nothing but its own header may ever show it.
pub(crate) const KEY: &str = "CANARYKEY0123456789";

pub(crate) const HOST: &str = "service.invalid";

/// More requests than any call, list or wait of a few hours has a reason to send.
const MOST_REQUESTS: usize = 5_000;

/// An input: a line that says what is to be done, and the answers that come to it.
///
/// ```text
/// domain_info
/// 200
/// retry-after: 5
///
/// {"id": 7}
/// ===
/// 404
///
/// {}
/// ```
pub(crate) struct Script<'a> {
    pub(crate) name: &'a [u8],
    /// What follows that line,
    pub(crate) rest: &'a [u8],
    /// and the same in parts.
    pub(crate) parts: Vec<&'a [u8]>,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The connection breaks off, or is never made.
    None {
        sent: bool,
    },
    Some {
        status: u16,
        headers: HeaderMap,
        body: Bytes,
    },
}

impl<'a> Script<'a> {
    pub(crate) fn read(data: &'a [u8]) -> Self {
        let (name, rest) = line(data);
        Self { name, rest, parts: split(rest, b"\n===\n") }
    }

    /// The parts as answers, but for so many at the beginning.
    pub(crate) fn answers(&self, after: usize) -> Vec<Answer> {
        self.parts.iter().skip(after).map(|part| Answer::read(part)).collect()
    }

    /// Which of so many things is meant: the one with this name, or any.
    pub(crate) fn choose<'t, T>(&self, table: &'t [(&str, T)]) -> &'t (&'t str, T)
    where
        T: 't,
    {
        let named = table.iter().position(|(name, _)| name.as_bytes() == self.name);
        &table[named.unwrap_or_else(|| usize::try_from(hash(self.name)).unwrap_or_default() % table.len())]
    }
}

impl Answer {
    pub(crate) fn empty() -> Self {
        Self::Some { status: 404, headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub(crate) fn file(body: Vec<u8>) -> Self {
        Self::Some { status: 200, headers: HeaderMap::new(), body: body.into() }
    }

    fn read(data: &[u8]) -> Self {
        let (status, mut rest) = line(data);
        let status = match status {
            b"unsent" => return Self::None { sent: false },
            b"broken" => return Self::None { sent: true },
            _ => std::str::from_utf8(status).ok().and_then(|text| text.parse().ok()).filter(|status| (100..=999).contains(status)),
        };
        let mut headers = HeaderMap::new();
        while !rest.is_empty() {
            let header;
            (header, rest) = line(rest);
            if header.is_empty() {
                break;
            }
            let mut parts = header.splitn(2, |byte| *byte == b':');
            let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
            let value = parts.next().and_then(|value| HeaderValue::from_bytes(value.trim_ascii()).ok());
            if let (Some(name), Some(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        Self::Some { status: status.unwrap_or(200), headers, body: Bytes::copy_from_slice(rest) }
    }

    /// How many bytes of it a client sees.
    fn len(&self) -> usize {
        match self {
            Self::None { .. } => 0,
            Self::Some { headers, body, .. } => body.len() + headers.iter().map(|(_, value)| value.len()).sum::<usize>(),
        }
    }
}

fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

fn split<'a>(mut data: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = data.windows(by.len()).position(|window| window == by) {
        parts.push(&data[..at]);
        data = &data[at + by.len()..];
    }
    parts.push(data);
    parts
}

/// FNV-1a: the same everywhere and always, so that a kept input goes on to mean the same.
fn hash(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// A request as it was sent.
pub(crate) struct Sent {
    pub(crate) url: Url,
    pub(crate) body: Vec<u8>,
}

/// Gives the answers in their order, the last of them for ever.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    sent: Vec<Sent>,
    answered: usize,
}

impl Service {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is the finding itself; what follows is a new input.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Service {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let url: Url = request.url().parse().expect("a URL");
        let body = request.body().to_vec();
        assert_eq!(url.host_str(), Some(HOST), "the key went to another host");
        assert!(!request.url().contains(KEY), "the key is in a URL");
        assert!(!contains(&body, KEY.as_bytes()), "the key is in a body");
        assert_eq!(request.headers().values().filter(|value| contains(value.as_bytes(), KEY.as_bytes())).count(), 1);

        let mut state = self.state();
        assert!(state.sent.len() < MOST_REQUESTS, "it asks for ever");
        state.sent.push(Sent { url, body });
        let answer = if state.answers.len() > 1 { state.answers.pop_front() } else { state.answers.front().cloned() };
        state.answered += answer.as_ref().map_or(0, Answer::len);
        drop(state);
        Box::pin(ready(match answer {
            Some(Answer::Some { status, headers, body }) => {
                let mut answer = http::Response::new(body.into());
                *answer.status_mut() = status.try_into().unwrap_or_default();
                // So that the time is the same for every input that does not tell another.
                answer.headers_mut().insert("date", HeaderValue::from_static("Mon, 23 Nov 2026 08:00:00 GMT"));
                answer.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
                answer.headers_mut().extend(headers);
                Ok(answer)
            }
            Some(Answer::None { sent: false }) => Err(TransportError::unsent("refused")),
            Some(Answer::None { sent: true }) | None => Err(TransportError::broken("reset by peer")),
        }))
    }
}

pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Lets everybody go, even after a refusal: one input shall not slow the next.
struct Unpaced;

impl RateLimiter for Unpaced {
    fn acquire(&self, _: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn Error + Send + Sync>>> {
        Box::pin(ready(Ok(Permit::new(drop))))
    }

    fn throttled(&self, _: Option<Duration>) {}

    fn usage(&self) -> Vec<RateUsage> {
        Vec::new()
    }
}

/// The clients, all of one service.
pub(crate) struct Clients {
    service: Service,
    pub(crate) cc: CertCentral,
    pub(crate) v1: PocketSignV1,
    pub(crate) v2: PocketSign,
}

impl Clients {
    fn new() -> Self {
        let service = Service::default();
        let key = || ApiKey::new(KEY).expect("a key");
        let url = format!("https://{HOST}");
        Self {
            cc: CertCentral::builder(key())
                .base_url(format!("{url}/services/v2"))
                .rate_limiter(Arc::new(Unpaced))
                .retry(RetryPolicy::never())
                .transport(service.clone())
                .build()
                .expect("a client"),
            v1: PocketSignV1::builder(key())
                .base_url(&url)
                .rate_limiter(Arc::new(Unpaced))
                .retry(RetryPolicy::never())
                .transport(service.clone())
                .build()
                .expect("a client"),
            v2: PocketSign::builder(key())
                .base_url(&url)
                .rate_limiter(Arc::new(Unpaced))
                .retry(RetryPolicy::never())
                .transport(service.clone())
                .build()
                .expect("a client"),
            service,
        }
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.service.state().sent)
    }

    /// How many bytes of answers came so far.
    pub(crate) fn answered(&self) -> usize {
        self.service.state().answered
    }
}

thread_local! {
    // Setting up a client costs a thousand times what a call does.
    static CLIENTS: Clients = Clients::new();
}

/// Runs something against a service that gives these answers. Time passes only where somebody waits for it.
pub(crate) fn play(answers: Vec<Answer>, run: impl AsyncFnOnce(&Clients)) {
    CLIENTS.with(|clients| {
        *clients.service.state() = State { answers: answers.into(), ..State::default() };
        block_on(run(clients));
    });
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}
