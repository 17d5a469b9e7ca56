//! Over which connections calls go: what must not be repeated is never written to one that has been used.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Response, body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use shomei::{ApiKey, CertCentral, ClientBuilder, RetryPolicy, certcentral::OrganizationId};
use tokio::{net::TcpListener, time::timeout};

const BOUND: Duration = Duration::from_secs(60);

/// A server that notes which connection each call came over.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<(usize, bool)>>>);

impl Noted {
    /// The address of a server; with `closing`, it closes each connection after its first answer, without saying so.
    async fn serve(&self, closing: bool) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let noted = self.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (noted, answered) = (noted.clone(), Arc::new(tokio::sync::Notify::new()));
                let told = Arc::clone(&answered);
                let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    let (noted, told) = (noted.clone(), Arc::clone(&told));
                    async move {
                        let is_write = request.method() == "POST";
                        noted.0.lock().unwrap().push((connection, is_write));
                        request.into_body().collect().await.unwrap();
                        told.notify_one();
                        Ok::<_, Infallible>(
                            Response::builder()
                                .status(if is_write { 201 } else { 200 })
                                .body(Full::new(Bytes::from("{\"id\":1}")))
                                .unwrap(),
                        )
                    }
                });
                tokio::spawn(async move {
                    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    if closing {
                        tokio::select! {
                            _ = served => {}
                            () = async { answered.notified().await; tokio::time::sleep(Duration::from_micros(300)).await } => {}
                        }
                    } else {
                        let _ = served.await;
                    }
                });
            }
        });
        format!("http://{address}/services/v2")
    }

    /// The connections of the writes, and those of the other calls.
    fn connections(&self) -> (Vec<usize>, Vec<usize>) {
        let of = |calls: Vec<&(usize, bool)>| calls.into_iter().map(|(connection, _)| *connection).collect();
        let noted = self.0.lock().unwrap();
        let (writes, reads) = noted.iter().partition(|(_, is_write)| *is_write);
        (of(writes), of(reads))
    }
}

/// Reads and writes by turns.
async fn use_it(url: String, set: impl FnOnce(ClientBuilder<CertCentral>) -> ClientBuilder<CertCentral>) {
    let builder = CertCentral::builder(ApiKey::new("0123456789ABCDEF").unwrap()).base_url(url).retry(RetryPolicy::never());
    let cc = set(builder).build().unwrap();
    for _ in 0..5 {
        timeout(BOUND, cc.users().me().send()).await.unwrap().unwrap();
        timeout(BOUND, cc.domains().add("example.com").organization(OrganizationId(1)).send()).await.unwrap().unwrap();
    }
}

fn bare() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
}

fn assert_fresh((mut writes, reads): (Vec<usize>, Vec<usize>)) {
    assert_eq!((writes.len(), reads.len()), (5, 5));
    assert!(reads.iter().all(|connection| *connection == reads[0]), "reads share a connection: {reads:?}");
    writes.push(reads[0]);
    writes.sort_unstable();
    writes.dedup();
    assert_eq!(writes.len(), 6, "each write has a connection of its own");
}

#[tokio::test]
async fn each_write_has_a_connection_of_its_own() {
    let noted = Noted::default();
    use_it(noted.serve(false).await, |builder| builder).await;
    assert_fresh(noted.connections());

    let (noted, made) = (Noted::default(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&made);
    let make = move || {
        count.fetch_add(1, Ordering::Relaxed);
        bare()
    };
    use_it(noted.serve(false).await, |builder| builder.http_client_with(make)).await;
    assert_fresh(noted.connections());
    assert_eq!(made.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_client_made_by_one_builder_shares_its_connections() {
    let noted = Noted::default();
    use_it(noted.serve(false).await, |builder| builder.http_client(bare())).await;
    let (writes, reads) = noted.connections();
    assert!(writes.iter().chain(&reads).all(|connection| *connection == 0), "{writes:?} {reads:?}");
}

/// A service that closes idle connections at any moment: a write over a used one may meet that moment, one over a new one cannot.
#[tokio::test]
async fn no_write_is_left_in_doubt_by_a_service_that_closes_idle_connections() {
    let noted = Noted::default();
    let url = noted.serve(true).await;
    let builder = CertCentral::builder(ApiKey::new("0123456789ABCDEF").unwrap()).base_url(url).retry(RetryPolicy::never());
    let cc = builder.http_client_with(bare).build().unwrap();
    for number in 0..200 {
        let added = timeout(BOUND, cc.domains().add("example.com").organization(OrganizationId(1)).send()).await.unwrap();
        added.unwrap_or_else(|error| panic!("write {number}: {error}"));
    }
    assert_eq!(noted.connections().0.len(), 200);
}
