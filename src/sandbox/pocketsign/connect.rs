//! The Connect protocol over HTTP/1.1, as far as calls with one message each way in JSON need it.
//!
//! A request is checked in the order of the reference servers: method, content type, version and deadline, compression. The procedure, the
//! credentials and the message come after.

use std::borrow::Cow;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use percent_encoding::percent_decode;

use super::refusal::Refused;
use crate::sandbox::server::BODY_LIMIT;

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
const TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
const LONGEST_TIMEOUT: usize = 10;
const GZIP: &str = "gzip";

/// The base64 of a query: URL-safe, with or without padding.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The JSON of a request's message. Only what has no side effects may be asked by GET.
pub(super) fn message(request: &Request<Bytes>, reads: bool) -> Result<Cow<'_, [u8]>, Refused> {
    match *request.method() {
        Method::POST => posted(request),
        Method::GET if reads => queried(request),
        _ => Err(Refused::Method { allow: if reads { "GET, POST" } else { "POST" } }),
    }
}

fn posted(request: &Request<Bytes>) -> Result<Cow<'_, [u8]>, Refused> {
    let headers = request.headers();
    if !text(headers, header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(Refused::MediaType);
    }
    match text(headers, PROTOCOL_VERSION) {
        None | Some("1") => {}
        Some(_) => return Err(Refused::Malformed("connect-protocol-version must be \"1\"")),
    }
    check_timeout(headers)?;
    unpacked(request.body()[..].into(), text(headers, header::CONTENT_ENCODING))
}

fn queried(request: &Request<Bytes>) -> Result<Cow<'_, [u8]>, Refused> {
    let query = Query(request.uri().query().unwrap_or_default());
    let encoding = query.get("encoding").ok_or(Refused::Malformed("missing encoding parameter"))?;
    if *encoding != *b"json" || !request.body().is_empty() {
        return Err(Refused::MediaType);
    }
    if query.get("connect").is_some_and(|version| *version != *b"v1") {
        return Err(Refused::Malformed("connect must be \"v1\""));
    }
    check_timeout(request.headers())?;
    let message = query.get("message").ok_or(Refused::Malformed("missing message parameter"))?;
    let message = if query.get("base64").is_some_and(|flag| *flag == *b"1") {
        BASE64.decode(&message).map_err(|_| Refused::Malformed("the message is no URL-safe base64"))?.into()
    } else {
        message
    };
    let compression = query.get("compression");
    unpacked(message, compression.as_deref().map(|name| std::str::from_utf8(name).unwrap_or("?")))
}

/// `application/json`, in UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is = |text: &str, wanted| text.eq_ignore_ascii_case(wanted);
    let is_utf8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !is(name.trim(), "charset") || is(value.trim().trim_matches('"'), "utf-8")
    };
    parts.next().is_some_and(|plain| is(plain, "application/json")) && parts.all(is_utf8)
}

fn check_timeout(headers: &HeaderMap) -> Result<(), Refused> {
    let is_valid = |text: &str| {
        text.len() <= LONGEST_TIMEOUT && text.bytes().all(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte != b'0')
    };
    match text(headers, TIMEOUT) {
        Some(text) if !is_valid(text) => Err(Refused::Malformed("connect-timeout-ms must be a positive number of at most 10 digits")),
        _ => Ok(()),
    }
}

/// What compressed bytes unpack to. Nothing is compressed to nothing.
fn unpacked<'b>(bytes: Cow<'b, [u8]>, compression: Option<&str>) -> Result<Cow<'b, [u8]>, Refused> {
    match compression {
        None | Some("" | "identity") => return Ok(bytes),
        Some(GZIP) if bytes.is_empty() => return Ok(bytes),
        Some(GZIP) => {}
        Some(_) => return Err(Refused::Compression),
    }
    let mut unpacked = Vec::new();
    let mut decoder = MultiGzDecoder::new(&bytes[..]).take(BODY_LIMIT as u64 + 1);
    decoder.read_to_end(&mut unpacked).map_err(|_| Refused::Malformed("the message is no gzip"))?;
    if unpacked.len() > BODY_LIMIT { Err(Refused::TooLarge) } else { Ok(unpacked.into()) }
}

/// Compresses a response if the client accepts that.
pub(super) fn compressed(response: Response<Bytes>, request: &Request<Bytes>) -> Response<Bytes> {
    if response.body().is_empty() || !takes_gzip(request) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(&body).and_then(|()| encoder.finish()).expect("memory can be written to");
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(GZIP));
    head.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(head, packed.into())
}

/// Without the header, clients accept the encoding that they send.
fn takes_gzip(request: &Request<Bytes>) -> bool {
    let headers = request.headers();
    let mut accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).peekable();
    if accepted.peek().is_none() {
        let asked = Query(request.uri().query().unwrap_or_default()).get("compression");
        return text(headers, header::CONTENT_ENCODING) == Some(GZIP) || asked.is_some_and(|name| *name == *GZIP.as_bytes());
    }
    accepted.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let names = matches!(parts.next(), Some(GZIP | "*"));
        let weight = parts.find_map(|parameter| parameter.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        names && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// A header's value; one that is not text counts as unknown.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// A query whose values may be any bytes.
struct Query<'q>(&'q str);

impl<'q> Query<'q> {
    fn get(&self, wanted: &str) -> Option<Cow<'q, [u8]>> {
        let mut pairs = self.0.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(name, _)| *decoded(name) == *wanted.as_bytes()).map(|(_, value)| decoded(value))
    }
}

/// A blank may be written as `+`.
fn decoded(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        percent_decode(text.replace('+', " ").as_bytes()).collect::<Vec<u8>>().into()
    } else {
        percent_decode(text.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (content_type, json) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=utf-16", false),
            ("application/connect+json", false),
            ("application/proto", false),
            ("application/grpc-web+json", false),
            ("text/plain", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), json, "{content_type}");
        }
    }

    #[test]
    fn what_is_accepted() {
        for (accept, sent, takes) in [
            (Some("gzip"), None, true),
            (Some("br, gzip;q=0.5"), None, true),
            (Some("*"), None, true),
            (Some("gzip;q=0"), Some("gzip"), false),
            (Some("identity"), Some("gzip"), false),
            (None, Some("gzip"), true),
            (None, None, false),
        ] {
            let mut request = Request::new(Bytes::new());
            for (name, value) in [(header::ACCEPT_ENCODING, accept), (header::CONTENT_ENCODING, sent)] {
                request.headers_mut().extend(value.map(|value| (name, HeaderValue::from_static(value))));
            }
            assert_eq!(takes_gzip(&request), takes, "{accept:?} {sent:?}");
        }
    }

    #[test]
    fn queries_carry_any_bytes() {
        let query = Query("a=%7B%22x%22:1%7D&b=%ff+%2B&%63=c&d");
        for (name, value) in [("a", Some(&b"{\"x\":1}"[..])), ("b", Some(b"\xff +")), ("c", Some(b"c")), ("d", Some(b"")), ("e", None)] {
            assert_eq!(query.get(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn a_small_body_that_unpacks_to_much_is_refused() {
        let pack = |length: usize| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&vec![b' '; length]).unwrap();
            encoder.finish().unwrap()
        };
        let unpack = |packed: &[u8]| unpacked(packed.into(), Some(GZIP)).map(|bytes| bytes.len());
        assert_eq!(unpack(&pack(BODY_LIMIT)), Ok(BODY_LIMIT));
        assert_eq!(unpack(&pack(BODY_LIMIT + 1)), Err(Refused::TooLarge));
        assert_eq!(unpack(b""), Ok(0));
        assert!(matches!(unpack(b"{}"), Err(Refused::Malformed(_))));
    }
}
