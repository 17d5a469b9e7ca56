//! Where a service is, and whether the key may be sent there.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::Error;

/// A server that the key may be sent to.
#[derive(Debug)]
pub(super) struct Server(Url);

impl Server {
    /// The server that a base URL names.
    pub(super) fn at(given: &str) -> Result<Self, Error> {
        // The text is not shown: it may hold a password.
        let refuse = |reason: &str| Error::configuration(format!("base url: {reason}"));
        let url = Url::parse(given.trim()).map_err(|error| refuse(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it must not contain a user name or password"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(refuse("plain http would expose the key on the network; it is allowed for loopback addresses only")),
            _ => return Err(refuse("it must begin with https://")),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it must not have a query or fragment"));
        }
        Ok(Self(url))
    }

    /// The base URL, without trailing slash.
    pub(super) fn base_url(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }

    /// What identifies the server: its base URL, for loopback without the port, which changes with every start.
    pub(super) fn identity(&self) -> String {
        let mut url = self.0.clone();
        if is_loopback(&url) {
            // Refused only for URLs without a host.
            let _ = url.set_port(None);
        }
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether requests are sent unencrypted.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    pub(super) fn address(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.0.port_or_known_default()
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn only_safe_base_urls_are_taken() {
        for (given, taken) in [
            ("https://www.digicert.com/services/v2", Some("https://www.digicert.com/services/v2")),
            ("https://www.digicert.com/services/v2/", Some("https://www.digicert.com/services/v2")),
            (" https://x.example ", Some("https://x.example")),
            ("http://127.0.0.1:8089/services/v2", Some("http://127.0.0.1:8089/services/v2")),
            ("http://localhost:1", Some("http://localhost:1")),
            ("http://[::1]:1/a", Some("http://[::1]:1/a")),
            ("http://www.digicert.com/services/v2", None),
            ("http://127.0.0.1.example.com", None),
            ("http://localhost.example.com", None),
            ("ftp://127.0.0.1", None),
            ("https://user:pass@x.example", None),
            ("https://x.example?key=1", None),
            ("https://x.example#a", None),
            ("www.digicert.com", None),
            ("", None),
        ] {
            assert_eq!(Server::at(given).ok().map(|server| server.base_url()).as_deref(), taken, "{given:?}");
        }
    }

    #[test]
    fn servers_are_told_apart_by_their_base_url_on_this_machine_without_the_port() {
        for (one, other, same) in [
            ("https://a.example/v2", "https://a.example/v2/", true),
            ("https://a.example/v2", "https://a.example:443/v2", true),
            ("https://a.example/v2", "https://a.example:8443/v2", false),
            ("https://a.example/v2", "https://a.example/v3", false),
            ("https://a.example/v2", "https://b.example/v2", false),
            ("http://127.0.0.1:1/v2", "http://127.0.0.1:2/v2", true),
            ("https://localhost:1/v2", "https://localhost/v2", true),
            ("http://127.0.0.1:1/v2", "http://127.0.0.1:1/v3", false),
            ("http://127.0.0.1:1/v2", "https://127.0.0.1:1/v2", false),
        ] {
            assert_eq!(Server::at(one).unwrap().identity() == Server::at(other).unwrap().identity(), same, "{one} {other}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_printed() {
        for url in [
            "https://user:CANARY@x.example",
            "ftp://u:CANARY@h",
            "http://u:CANARY@h.example",
            "https://u:CANARY@exa mple",
            "https://h?key=CANARY",
        ] {
            let error = Server::at(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
        }
    }
}
