//! Who may use the control interface: programs on this machine, but no web page.
//!
//! A page of any site can make a browser send requests to a loopback port. It cannot read the responses, but the requests would still take
//! effect. Browsers state the origin of a request; any origin other than the sandbox itself is refused. A page may also have its own name
//! resolve to the loopback address; then the `Host` gives it away.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, HeaderName, Request, StatusCode, header};

use crate::sandbox::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names besides those of the loopback interface that a request may name as its host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    hosts: Vec<String>,
}

/// Where a browser says that a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// No origin: the request is not from a browser, or was typed into its address bar.
    Unsaid,
    Same,
    Foreign,
}

impl Guard {
    pub(crate) fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self { hosts: hosts.into_iter().collect() }
    }

    /// Admits a request to the control interface.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let host = self.admit_host(request)?;
        if origin(request.headers(), &host) == Origin::Foreign { Err(foreign()) } else { Ok(()) }
    }

    /// Admits a form of the page of this sandbox: its browser has to say that it comes from there.
    pub(crate) fn admit_form<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let host = self.admit_host(request)?;
        if origin(request.headers(), &host) == Origin::Same { Ok(()) } else { Err(foreign()) }
    }

    /// Admits a request by its host alone, and returns the host.
    pub(crate) fn admit_host<B>(&self, request: &Request<B>) -> Result<String, Refusal> {
        let in_target = request.uri().authority().map(|authority| Some(authority.as_str()));
        let in_headers = request.headers().get_all(header::HOST).into_iter().map(|host| host.to_str().ok());
        let mut given = in_target.into_iter().chain(in_headers);
        let refused = || {
            let message = "The request's host is neither a loopback address nor allowed with --allow-host.";
            Refusal::new(StatusCode::FORBIDDEN, "access_denied|foreign_host", message)
        };
        let host = given.next().flatten().filter(|host| self.is_known(host)).ok_or_else(refused)?;
        if given.all(|other| other.is_some_and(|other| self.is_known(other))) { Ok(host.to_owned()) } else { Err(refused()) }
    }

    fn is_known(&self, host: &str) -> bool {
        // With a user name in front, some parsers would read another host.
        let Some(authority) = host.parse::<Authority>().ok().filter(|_| !host.contains('@')) else { return false };
        let name = authority.host().to_ascii_lowercase();
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name).parse::<IpAddr>();
        let is_loopback = match address {
            Ok(address) => address.is_loopback(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        };
        is_loopback || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(&name) || known.eq_ignore_ascii_case(host))
    }
}

fn foreign() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "access_denied|foreign_origin", "Pages of other sites may not control the sandbox.")
}

fn origin(headers: &HeaderMap, host: &str) -> Origin {
    let is_here = |origin: &str| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    let origins = headers.get_all(header::ORIGIN).into_iter().map(|origin| match origin.to_str() {
        Ok(origin) if is_here(origin) => Origin::Same,
        _ => Origin::Foreign,
    });
    let sites = headers.get_all(SEC_FETCH_SITE).into_iter().map(|site| match site.as_bytes() {
        b"same-origin" => Origin::Same,
        b"none" => Origin::Unsaid,
        _ => Origin::Foreign,
    });
    origins.chain(sites).fold(Origin::Unsaid, |all, one| match (all, one) {
        (Origin::Foreign, _) | (_, Origin::Foreign) => Origin::Foreign,
        (Origin::Same, _) | (_, Origin::Same) => Origin::Same,
        (Origin::Unsaid, Origin::Unsaid) => Origin::Unsaid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let request = headers.iter().fold(Request::get("/_sandbox/log"), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap()
    }

    fn codes(guard: &Guard, headers: &[(&str, &str)]) -> (bool, bool) {
        let request = request(headers);
        (guard.admit(&request).is_ok(), guard.admit_form(&request).is_ok())
    }

    #[test]
    fn hosts() {
        let guard = Guard::new(["sandbox.test".to_owned(), "ci.test:9000".to_owned()]);
        for (host, known) in [
            ("127.0.0.1:8089", true),
            ("127.0.0.2", true),
            ("[::1]:8089", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("a.localhost:8089", true),
            ("sandbox.test", true),
            ("Sandbox.Test:8089", true),
            ("ci.test:9000", true),
            ("ci.test", false),
            ("ci.test:9001", false),
            ("attacker.example:8089", false),
            ("localhost.attacker.example", false),
            ("127.0.0.1.attacker.example", false),
            ("localhost@attacker.example", false),
            ("attacker.example@localhost", false),
            ("192.168.0.1", false),
            ("[::ffff:7f00:1]", false),
            ("2130706433", false),
            ("", false),
        ] {
            assert_eq!(codes(&guard, &[("host", host)]).0, known, "{host:?}");
        }
        assert!(guard.admit(&request(&[])).is_err(), "no host at all");
        assert!(guard.admit(&request(&[("host", "localhost"), ("host", "attacker.example")])).is_err());
        let absolute = |uri: &str| Request::get(uri).header("host", "localhost").body(()).unwrap();
        assert!(guard.admit(&absolute("http://localhost:8089/_sandbox/log")).is_ok());
        assert!(guard.admit(&absolute("http://attacker.example/_sandbox/log")).is_err());
    }

    #[test]
    fn origins() {
        let guard = Guard::default();
        for (headers, admitted, form) in [
            (&[][..], true, false),
            (&[("origin", "http://localhost:8089")][..], true, true),
            (&[("origin", "HTTP://localhost:8089")], false, false),
            (&[("origin", "http://localhost:3000")], false, false),
            (&[("origin", "http://attacker.example")], false, false),
            (&[("origin", "null")], false, false),
            (&[("origin", "")], false, false),
            (&[("sec-fetch-site", "none")], true, false),
            (&[("sec-fetch-site", "same-origin")], true, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (&[("origin", "http://localhost:8089"), ("sec-fetch-site", "cross-site")], false, false),
            (&[("origin", "http://localhost:8089"), ("origin", "http://attacker.example")], false, false),
        ] {
            let headers: Vec<_> = [("host", "localhost:8089")].into_iter().chain(headers.iter().copied()).collect();
            assert_eq!(codes(&guard, &headers), (admitted, form), "{headers:?}");
        }
    }
}
