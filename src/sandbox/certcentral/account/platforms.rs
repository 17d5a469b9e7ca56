//! Server platforms, and the format each takes its certificates in.

use serde_json::{Value, json};

/// The platform `OTHER`.
pub(crate) const OTHER: i64 = -1;

/// Number, name, best format. The service's full table is not public; Apache's format is in the guide, that of 29
/// in a client, the others are what these servers load.
const PLATFORMS: &[(i64, &str, &str)] = &[
    (OTHER, "OTHER", "default"),
    (2, "Apache", "apache"),
    (14, "Microsoft IIS 5 or 6", "cer"),
    (29, "cPanel", "pem_all"),
    (40, "Microsoft IIS 7", "cer"),
    (45, "nginx", "pem_noroot"),
    (55, "Java Web Server (Javasoft / Sun)", "p7b"),
    (67, "Microsoft IIS 8", "cer"),
    (68, "Microsoft Exchange Server 2013", "cer"),
];

/// The best format of a platform, if there is one of that number.
pub(crate) fn best_format(id: i64) -> Option<&'static str> {
    PLATFORMS.iter().find(|(known, ..)| *known == id).map(|(.., format)| *format)
}

/// As orders show it; `OTHER` has no best format, nor has a number nobody knows.
pub(crate) fn view(id: i64) -> Value {
    let name = PLATFORMS.iter().find(|(known, ..)| *known == id).map_or("OTHER", |(_, name, _)| name);
    let mut view = json!({
        "id": id,
        "name": name,
        "install_url": "http://www.digicert.com/ssl-certificate-installation.htm",
        "csr_url": "http://www.digicert.com/csr-creation.htm",
    });
    if let Some(format) = best_format(id).filter(|_| id != OTHER) {
        view["best_format"] = format.into();
    }
    view
}

/// As Product info lists them.
pub(crate) fn list() -> Vec<Value> {
    PLATFORMS.iter().map(|(id, ..)| view(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_their_formats() {
        for (id, format, shown) in
            [(2, Some("apache"), true), (29, Some("pem_all"), true), (OTHER, Some("default"), false), (9999, None, false)]
        {
            assert_eq!(best_format(id), format, "{id}");
            assert_eq!(view(id).get("best_format").is_some(), shown, "{id}");
        }
    }
}
