//! The service that both sides call: an order, and a list of a million, as CertCentral writes them. It answers from memory.

use std::{convert::Infallible, fmt::Write as _, net::SocketAddr, thread, time::Duration};

use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, time::sleep};

/// How many orders the list has.
pub(crate) const ORDERS: u64 = 1_000_000;
const FIRST: u64 = 115_429_178;

pub(crate) const ORDER: &str = include_str!("order.json");

/// Begins to serve, in a thread of its own. Below `/slow` a page takes 20 ms.
pub(crate) fn start() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a listener");
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                let serve = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(serve);
            }
        });
    });
    address
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if path.starts_with("/slow") {
        sleep(Duration::from_millis(20)).await;
    }
    let number = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    let body = if path.ends_with("/order/certificate") {
        Bytes::from(page(number("offset").unwrap_or(0), number("limit").unwrap_or(1000)))
    } else {
        Bytes::from_static(ORDER.as_bytes())
    };
    Ok(Response::builder().header("content-type", "application/json").body(Full::new(body)).expect("a response"))
}

/// Some orders of the list.
pub(crate) fn page(offset: u64, limit: u64) -> String {
    let mut page = String::with_capacity(600 * 1000);
    page.push_str(r#"{"orders":["#);
    for number in offset..(offset + limit).min(ORDERS) {
        let comma = if number == offset { "" } else { "," };
        let id = FIRST + number;
        let _ = write!(
            page,
            r#"{comma}{{"certificate":{{"common_name":"h{number}.example.com","dns_names":["h{number}.example.com","www.h{number}.example.com"],"id":{id},"signature_hash":"sha256","valid_till":"2026-12-16"}},"container":{{"id":129626,"name":"Win The Customer, LLC"}},"date_created":"2026-11-25T06:16:01+00:00","disable_renewal_notifications":false,"duplicates_count":0,"has_duplicates":false,"has_reissues":false,"id":{id},"is_multi_year_plan":"1","is_renewed":false,"number_of_sans":1,"order_validity":{{"years":1}},"organization":{{"id":754781,"name":"Win The Customer, LLC"}},"product":{{"name":"Secure Site OV","name_id":"ssl_securesite_flex","type":"ssl_certificate"}},"product_name_id":"ssl_securesite_flex","reissues_count":0,"status":"issued","validity_years":1}}"#
        );
    }
    let _ = write!(page, r#"],"page":{{"limit":{limit},"offset":{offset},"total":{ORDERS}}}}}"#);
    page
}
