use futures_util::{FutureExt as _, stream};
use http::HeaderValue;
use proptest::{collection::vec, prelude::*};

use super::*;

fn request() -> TransportRequest {
    let mut request = reqwest::Request::new(Method::POST, "https://a.example/secret-1?secret-2=3".parse().unwrap());
    request.headers_mut().insert("authorization", HeaderValue::from_static("secret-4"));
    *request.body_mut() = Some("secret-5".into());
    TransportRequest(request)
}

#[test]
fn a_request_shows_all_to_a_transport_and_nothing_to_a_log() {
    assert_eq!(format!("{:?}", request()), "TransportRequest { method: POST, .. }");
    let (shown, bare) = (request(), http::Request::try_from(request()).unwrap());
    assert_eq!((shown.url(), shown.path()), ("https://a.example/secret-1?secret-2=3", "/secret-1"));
    assert_eq!((shown.url(), shown.path()), (&*bare.uri().to_string(), bare.uri().path()));
    assert_eq!((shown.method(), shown.headers(), shown.body()), (bare.method(), bare.headers(), &**bare.body()));
    assert_eq!((bare.method(), &**bare.body()), (&Method::POST, &b"secret-5"[..]));
    assert_eq!(bare.headers()["authorization"], "secret-4");
}

#[test]
fn a_url_that_http_cannot_hold_was_not_sent() {
    let url = format!("https://a.example/{}", "a".repeat(1 << 16)).parse().unwrap();
    let error = http::Request::try_from(TransportRequest(reqwest::Request::new(Method::GET, url))).unwrap_err();
    assert!(!error.sent, "{error}");
}

proptest! {
    #[test]
    fn a_body_is_the_same_however_it_comes(chunks in vec(vec(any::<u8>(), 0..20), 0..20), breaks: bool, most in 0..400_usize) {
        let whole = chunks.concat();
        let read = |body: ResponseBody| body.up_to(most).now_or_never().unwrap();
        let expected = (whole.len() <= most).then(|| Bytes::from(whole.clone()));
        prop_assert_eq!(read(whole.clone().into()).unwrap(), expected.clone());
        let stream = |end: Option<TransportError>| {
            let chunks = chunks.clone().into_iter().map(|chunk| Ok(chunk.into())).chain(end.map(Err));
            ResponseBody::stream(stream::iter(chunks.collect::<Vec<_>>()))
        };
        prop_assert_eq!(read(stream(None)).unwrap(), expected.clone());
        prop_assert_eq!(stream(None).bytes().now_or_never().unwrap().unwrap(), whole.clone());
        let broken = read(stream(breaks.then(|| TransportError::broken("reset"))));
        // Once there are too many bytes, the rest is not asked for.
        prop_assert_eq!(broken.is_err(), breaks && expected.is_some());
        // Chunk by chunk, too.
        let again: ResponseBody = if breaks { whole.clone().into() } else { stream(None) };
        let read: Vec<Bytes> = again.map(Result::unwrap).collect().now_or_never().unwrap();
        prop_assert_eq!(read.concat(), whole);
    }
}
