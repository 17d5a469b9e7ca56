//! The same faults over real sockets: connections are refused, reset and broken off for good.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shomei::{
    ApiKey, CertCentral, Error, RetryPolicy, Sandbox,
    sandbox::{CallMatcher, Fault, FaultPlan},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    time::timeout,
};

use crate::{
    ground::{self, BODY_LIMIT, KEY},
    outcome::{kind, texts},
    started::Started,
};

const OPERATION: &str = "GET /user/me";
const SHORT: Duration = Duration::from_millis(400);
const BOUND: Duration = Duration::from_secs(30);

/// A sandbox on a port of the loopback, until the test is over.
async fn served(sandbox: &Sandbox) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    address
}

/// Somewhere else: counts who comes by.
async fn elsewhere() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (address, visits) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&visits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    (format!("http://{address}/services/v2/user/me"), visits)
}

fn with_fault(fault: &Fault) -> Sandbox {
    ground::sandbox(Sandbox::builder().faults(FaultPlan::new().on(CallMatcher::to(OPERATION), fault.clone())))
}

fn told(result: Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            assert!(!texts(&error).contains(KEY));
            kind(&error)
        }
    }
}

/// How a call ends in process, in virtual time.
fn in_process(fault: &Fault) -> String {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (_, cc) = ground::certcentral(&with_fault(fault), RetryPolicy::never());
        told(cc.users().me().send().await.map(drop))
    })
}

#[tokio::test]
async fn a_socket_and_a_process_tell_the_same() {
    let (redirected_to, visits) = elsewhere().await;
    for fault in Fault::of_each_class() {
        let fault = match fault {
            Fault::Redirect(_) => Fault::Redirect(redirected_to.clone()),
            Fault::SlowBody(_) => Fault::SlowBody(Duration::from_millis(2)),
            other => other,
        };
        let expected = tokio::task::spawn_blocking({
            let fault = fault.clone();
            move || in_process(&fault)
        });
        let expected = expected.await.unwrap();
        let address = served(&with_fault(&fault)).await;
        let stalls = matches!(fault, Fault::StallHead(_) | Fault::StallBody(_));
        let client = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
        let client = client
            .retry(RetryPolicy::never())
            .attempt_timeout(if stalls { SHORT } else { BOUND })
            .max_response_size(BODY_LIMIT)
            .build()
            .unwrap();
        let ended = timeout(BOUND, client.users().me().send()).await.unwrap();
        assert_eq!(told(ended.map(drop)), expected, "{fault:?}");
    }
    assert_eq!(visits.load(Ordering::Relaxed), 0, "nobody followed the redirect");
}

/// How the first calls of a client end under the plan of a seed, in process, and what they met.
fn story(seed: u64) -> (Vec<String>, Vec<Fault>) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let sandbox = ground::sandbox(Sandbox::builder().faults(FaultPlan::seeded(seed)));
        let (_, cc) = ground::certcentral(&sandbox, RetryPolicy::never());
        let mut endings = Vec::new();
        for _ in 0..25 {
            endings.push(told(cc.users().me().send().await.map(drop)));
        }
        (endings, sandbox.faults_met().into_iter().map(|met| met.fault).collect())
    })
}

#[tokio::test]
async fn the_program_has_the_plan_of_its_seed() {
    let takes_time =
        |fault: &Fault| matches!(fault, Fault::StallHead(_) | Fault::StallBody(_) | Fault::SlowBody(_) | Fault::TooManyRequests(_));
    let chosen = tokio::task::spawn_blocking(move || {
        let quick = |seed| Some((seed, story(seed))).filter(|(_, (_, met))| met.len() > 2 && !met.iter().any(takes_time));
        (0..).find_map(quick).unwrap()
    });
    let (seed, (expected, _)) = chosen.await.unwrap();

    let started = Started::with(&["--api-key", KEY, "--faults", &seed.to_string()]).await;
    let client = CertCentral::builder(ApiKey::new(KEY).unwrap())
        .base_url(started.said_of("certcentral"))
        .retry(RetryPolicy::never())
        .max_response_size(BODY_LIMIT)
        .build()
        .unwrap();
    let mut endings = Vec::new();
    for _ in 0..expected.len() {
        endings.push(told(timeout(BOUND, client.users().me().send()).await.unwrap().map(drop)));
    }
    assert_eq!(endings, expected, "seed {seed}");
}

/// Sends a request by hand and reads what comes: the bytes, and how the connection ended.
async fn by_hand(fault: Fault) -> (String, Result<(), std::io::ErrorKind>) {
    let address = served(&with_fault(&fault)).await;
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /services/v2/user/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-dc-devkey: {KEY}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        let ended = stream.read_to_end(&mut received).await;
        (String::from_utf8_lossy(&received).into_owned(), ended.map(drop).map_err(|error| error.kind()))
    };
    timeout(BOUND, exchange).await.unwrap()
}

#[tokio::test]
async fn connections_are_really_cut() {
    let reset = Err(std::io::ErrorKind::ConnectionReset);
    assert_eq!(by_hand(Fault::ResetBefore).await, (String::new(), reset));
    assert_eq!(by_hand(Fault::ResetAfter).await, (String::new(), reset));
    assert_eq!(by_hand(Fault::Refuse).await.0, "");

    let (whole, ended) = by_hand(Fault::UnknownMembers).await;
    assert!(whole.starts_with("HTTP/1.1 200 OK") && whole.ends_with('}') && ended.is_ok(), "{whole}");
    let (part, _) = by_hand(Fault::Truncated).await;
    assert!(part.starts_with("HTTP/1.1 200 OK") && part.contains("chunked") && !part.ends_with("0\r\n\r\n"), "{part}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_certainly_unsent() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
    let error = client.retry(RetryPolicy::never()).build().unwrap().users().me().send().await.unwrap_err();
    assert!(error.is_connection() && !error.was_sent(), "{error}");
}
