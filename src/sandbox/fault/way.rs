//! The path between a client and the services, with its faults.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future, stream, stream::BoxStream};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{Fate, Fault, FaultPlan, InjectedFault, RetryAfter, Script, spoil, wobble};
use crate::sandbox::Sandbox;
use crate::sandbox::clock::{after, http_date};
use crate::sandbox::control;
use crate::sandbox::http::Reply;
use crate::sandbox::pocketsign::Verify;
use crate::sandbox::refusal::Refusal;

const PIECES: usize = 16;
static CHUNK: [u8; 64 * 1024] = [b' '; 64 * 1024];
/// 3 GiB in chunks.
const HUGE_CHUNKS: usize = 3 * 16 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// A body: complete, or still arriving.
pub(crate) enum Body {
    Whole(Bytes),
    Pieces(BoxStream<'static, Result<Bytes, Interrupted>>),
}

/// The connection broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Why there is no response at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Refused,
    Reset,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("connection broken off by the sandbox")
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused => "connection refused by the sandbox",
            Self::Reset => "connection reset by the sandbox",
        })
    }
}

impl std::error::Error for Interrupted {}
impl std::error::Error for Lost {}

impl Fate {
    /// How the request is lost on its way to the service, if it is.
    pub(crate) fn loses_request(&self) -> Option<Lost> {
        match self.fault {
            Some(Fault::Refuse) => Some(Lost::Refused),
            Some(Fault::ResetBefore) => Some(Lost::Reset),
            _ => None,
        }
    }
}

/// Fault injection.
impl Sandbox {
    /// Replaces the fault plan and restarts its counters. [`FaultPlan::new`] ends all faults.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.in_script(|script| *script = Script::new(plan));
    }

    /// Returns the calls that met a fault since the plan was set, oldest first.
    #[must_use]
    pub fn faults_met(&self) -> Vec<InjectedFault> {
        self.in_script(|script| script.met())
    }

    /// The fate of the next call.
    pub(crate) fn fate(&self, method: &Method, uri: &Uri) -> Fate {
        // What drives the sandbox is never disturbed, and does not count.
        self.in_script(|script| if control::knows(uri.path()) { Fate::none() } else { script.fate(method, uri) })
    }

    /// Carries a request to its service and the response back, with the faults of its fate.
    pub(crate) async fn carry(&self, request: Request<Bytes>, fate: Fate) -> Result<Response<Body>, Lost> {
        if let Some(lost) = fate.loses_request() {
            self.log(&request, None, fate.fault.as_ref());
            return Err(lost);
        }
        let Fate { fault: Some(fault), mut chance } = fate else {
            let followed = control::follow(self, &request);
            return Ok(if let Some(followed) = followed { followed } else { self.handle(request).await.map(Body::Whole) });
        };
        let for_pocketsign = Verify::knows(request.uri().path());
        let answer = fault.reaches_the_service().then(|| self.respond(&request));
        self.log(&request, answer.as_ref(), Some(&fault));
        let instead = match fault {
            Fault::Page(status) | Fault::PageAfter(status) => Some(page(status)),
            Fault::Errors(status) | Fault::ErrorsAfter(status) => Some(errors(status, for_pocketsign)),
            Fault::TooManyRequests(wait) => Some(self.too_many_requests(wait, for_pocketsign)),
            Fault::Redirect(ref to) => Some(redirect(to)),
            _ => None,
        };
        let Some(mut answer) = instead.map(|instead| self.dated(instead)).or(answer) else { return Err(Lost::Reset) };
        match fault {
            Fault::ResetAfter => return Err(Lost::Reset),
            Fault::Empty => answer = answer.map(|_| Bytes::new()),
            Fault::StallHead(delay) => sleep(delay).await,
            Fault::StallBody(delay) => return Ok(halting(answer, delay)),
            Fault::SlowBody(delay) => return Ok(answer.map(|body| slow(&body, delay))),
            Fault::Truncated if !answer.body().is_empty() => return Ok(answer.map(|body| truncated(&body))),
            Fault::ShortBody => answer = answer.map(|body| body.slice(..body.len() / 2)),
            Fault::WrongContentType if !answer.body().is_empty() => {
                answer.headers_mut().insert(header::CONTENT_TYPE, HTML);
            }
            Fault::Gzip if !answer.body().is_empty() => {
                answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                answer = answer.map(|body| spoil::gzip(&body));
            }
            Fault::InvalidUtf8 => answer = answer.map(|body| spoil::invalid_utf8(&body)),
            Fault::Nulls => answer = spoil::json(answer, |body| spoil::nulls(body, &mut chance)),
            Fault::UnknownValues => answer = spoil::json(answer, |body| spoil::unknown_values(body, &mut chance)),
            Fault::UnknownMembers => answer = spoil::json(answer, spoil::unknown_members),
            Fault::LooseTypes if for_pocketsign => answer = spoil::json(answer, |body| wobble::snake_case(body, &mut chance)),
            Fault::LooseTypes => answer = spoil::json(answer, |body| wobble::wobble(body, &mut chance)),
            Fault::DuplicateMembers => answer = answer.map(|body| spoil::duplicate_members(&body)),
            Fault::DeepNesting => answer = answer.map(|body| spoil::deep_nesting(&body)),
            Fault::Huge => {
                answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(HUGE_CHUNKS * CHUNK.len()));
                return Ok(replaced(answer, blanks().take(HUGE_CHUNKS).boxed()));
            }
            Fault::Endless => return Ok(replaced(answer, blanks().boxed())),
            _ => {}
        }
        Ok(answer.map(Body::Whole))
    }

    fn too_many_requests(&self, wait: Option<RetryAfter>, for_pocketsign: bool) -> Response<Bytes> {
        let mut answer = match for_pocketsign {
            true => errors(StatusCode::TOO_MANY_REQUESTS, true),
            false => Reply::from(Refusal::too_many_requests(None)).into(),
        };
        let wait = wait.map(|wait| match wait {
            RetryAfter::Seconds(seconds) => seconds.into(),
            RetryAfter::Date(delay) => http_date(after(self.clock().now(), delay)),
        });
        answer.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait)));
        answer
    }

    fn dated(&self, mut answer: Response<Bytes>) -> Response<Bytes> {
        answer.headers_mut().insert(header::DATE, http_date(self.clock().now()));
        answer
    }
}

fn page(status: StatusCode) -> Response<Bytes> {
    let body =
        format!("<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n");
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HTML);
    answer
}

/// The errors in the format of either service; the codes are inferred.
fn errors(status: StatusCode, for_pocketsign: bool) -> Response<Bytes> {
    let reply = match for_pocketsign {
        true if status == StatusCode::TOO_MANY_REQUESTS => {
            Reply::with_status(status, json!({"code": "resource_exhausted", "message": "too many requests"}))
        }
        true => Reply::with_status(status, json!({"code": "internal", "message": "internal error"})),
        false => Refusal::new(status, "internal_server_error", "An unexpected error occurred.").into(),
    };
    reply.into()
}

fn redirect(to: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(to) = HeaderValue::from_str(to) {
        answer.headers_mut().insert(header::LOCATION, to);
    }
    answer
}

/// A response with another body, unless it has none.
fn replaced(answer: Response<Bytes>, body: BoxStream<'static, Result<Bytes, Interrupted>>) -> Response<Body> {
    let mut answer = answer.map(|_| Body::Pieces(body));
    if answer.status() == StatusCode::NO_CONTENT {
        *answer.status_mut() = StatusCode::OK;
    }
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    answer
}

fn halting(answer: Response<Bytes>, delay: Duration) -> Response<Body> {
    answer.map(|body| {
        if body.is_empty() {
            return Body::Whole(body);
        }
        let mut rest = body;
        let start = rest.split_to(rest.len() / 2);
        let rest = stream::once(async move {
            sleep(delay).await;
            Ok(rest)
        });
        Body::Pieces(stream::once(future::ready(Ok(start))).chain(rest).boxed())
    })
}

fn slow(body: &Bytes, delay: Duration) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<_> = body.chunks(size).map(|piece| body.slice_ref(piece)).collect();
    Body::Pieces(
        stream::iter(pieces)
            .then(move |piece| async move {
                sleep(delay).await;
                Ok(piece)
            })
            .boxed(),
    )
}

fn truncated(body: &Bytes) -> Body {
    let end = stream::once(async {
        // A server sends what it has while it waits for more; an immediate error would suppress the whole response.
        yield_now().await;
        Err(Interrupted)
    });
    Body::Pieces(stream::once(future::ready(Ok(body.slice(..body.len() / 2)))).chain(end).boxed())
}

/// Spaces, which may precede JSON: a reader cannot tell early that nothing follows.
fn blanks() -> impl Stream<Item = Result<Bytes, Interrupted>> + Send {
    stream::repeat(Ok(Bytes::from_static(&CHUNK)))
}
