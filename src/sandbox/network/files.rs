//! The files of the web servers.

use std::sync::{Arc, Mutex};

use http::Uri;

use super::{Published, lock};
use crate::sandbox::SandboxError;

/// The files that the sandbox's web servers serve, by URL. They are not used if a web server is configured
/// ([`SandboxBuilder::http_port`](crate::sandbox::SandboxBuilder::http_port)).
#[derive(Clone, Debug, Default)]
pub struct WebFiles(pub(super) Arc<Mutex<Published<String>>>);

impl WebFiles {
    /// Serves `body` at `url` (`http://` or `https://`).
    pub fn publish(&self, url: &str, body: &str) {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.insert(url, body.to_owned());
    }

    /// Returns every file: its URL and its text.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        lock(&self.0).at.iter().map(|(url, body)| (url.clone(), body.clone())).collect()
    }

    /// Removes the file at `url`. Returns whether there was one.
    pub fn remove(&self, url: &str) -> bool {
        let (mut files, url) = (lock(&self.0), normal_url(url));
        files.changed.insert(host(&url).to_owned());
        files.at.remove(&url).is_some()
    }

    pub(super) fn at(&self, url: &str) -> Option<String> {
        lock(&self.0).at.get(&normal_url(url)).cloned()
    }
}

/// A URL that a web server may serve.
pub(crate) fn must_be_url(url: &str) -> Result<(), SandboxError> {
    let uri = url.parse::<Uri>().ok();
    let is_url =
        uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty()));
    if is_url { Ok(()) } else { Err(SandboxError::invalid("url", "expected a URL that begins with http:// or https://")) }
}

/// Scheme and host in lower case, the path as it is.
fn normal_url(url: &str) -> String {
    let path_start = url.find("://").and_then(|scheme| url[scheme + 3..].find('/').map(|slash| scheme + 3 + slash));
    let (origin, path) = url.split_at(path_start.unwrap_or(url.len()));
    origin.to_ascii_lowercase() + path
}

/// The host in a URL.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
