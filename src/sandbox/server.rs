//! The sandbox on a socket: HTTP/1.1, keep-alive, graceful shutdown.

mod cut;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::cut::{Connection, Cut};
use super::Sandbox;
use super::control::Ending;
use super::fault::{Body, Interrupted, Lost};
use super::http::Reply;
use super::refusal::Refusal;

/// The longest body, compressed and decompressed.
pub(crate) const BODY_LIMIT: usize = 8 * 1024 * 1024;
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(5);
/// A pause after a failed `accept` (too many open files), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Sandbox {
    /// Serves the sandbox on a listener until `shutdown` completes, then lets open requests finish.
    ///
    /// Every call goes through [`handle`](Self::handle), with the faults of the [plan](super::FaultPlan): connections are really reset and
    /// broken off. Listen on a loopback address: the sandbox is a test double and is not hardened against attackers.
    ///
    /// # Errors
    ///
    /// The listener no longer has a local address. An error of a single connection ends only that connection.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        listener.local_addr()?;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
        let connections = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        let (end, ending) = watch::channel(());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut shutdown => break,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            // Responses to pipelined requests are sent at once. If this fails, they only take longer.
            let _ = stream.set_nodelay(true);
            let sandbox = self.clone();
            let cut = Cut::default();
            let stream = Connection { stream, cut: cut.clone() };
            let ending = Ending(ending.clone());
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ending.clone());
                let (sandbox, cut) = (sandbox.clone(), cut.clone());
                // An error ends the connection.
                async move {
                    sandbox.receive(request).await.inspect_err(|lost| {
                        if *lost == Lost::Reset {
                            cut.reset();
                        }
                    })
                }
            });
            let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                // A broken connection concerns only its peer.
                let _ = connection.await;
            });
        }
        drop((listener, end));
        // Peers that keep a request open past the grace are cut off by the end of the process.
        let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
        Ok(())
    }

    async fn receive(&self, request: Request<Incoming>) -> Result<Response<UnsyncBoxBody<Bytes, Interrupted>>, Lost> {
        // Otherwise a connection with many pipelined requests would starve the others.
        tokio::task::yield_now().await;
        let fate = self.fate(request.method(), request.uri());
        let (head, body) = request.into_parts();
        let body = if fate.loses_request().is_some() { Ok(Bytes::new()) } else { read(body).await };
        let answer = match body {
            Ok(body) => self.carry(Request::from_parts(head, body), fate).await?,
            Err(status) => Response::from(Reply::from(Refusal::bad_request_format().with_status(status))).map(Body::Whole),
        };
        Ok(answer.map(|body| match body {
            Body::Whole(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
            Body::Pieces(pieces) => StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync(),
        }))
    }
}

/// A body in full, or the status for one that is too large, too slow or cut off.
async fn read(body: Incoming) -> Result<Bytes, StatusCode> {
    // A length announced beyond the limit is refused before a byte of it arrives.
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let collected = tokio::time::timeout(BODY_READ_TIMEOUT, Limited::new(body, BODY_LIMIT).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

#[cfg(test)]
mod tests;
