//! Domain control validation: methods, tokens, and the look into the outside world.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::sandbox::clock::{days_after, timestamp};
use crate::sandbox::network::{Mail, MailKind, Network, Question};
use crate::sandbox::random::Random;
use crate::sandbox::refusal::Refusal;

const TOKEN_LENGTH: usize = 32;
const TOKEN_DAYS: u32 = 30;
pub(crate) const CNAME_TARGET: &str = "dcv.digicert.com";
const MAILBOXES: [&str; 5] = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"];

/// A way to show control over a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DcvMethod {
    Email,
    DnsTxt,
    DnsCname,
    File,
    /// As `File`, under a file name of its own.
    FileDynamic,
}

const METHODS: &[(DcvMethod, &str)] = &[
    (DcvMethod::Email, "email"),
    (DcvMethod::DnsTxt, "dns-txt-token"),
    (DcvMethod::DnsCname, "dns-cname-token"),
    (DcvMethod::File, "http-token"),
    (DcvMethod::FileDynamic, "http-token-dynamic"),
];

impl DcvMethod {
    /// Reads a method; none means e-mail.
    pub(crate) fn read(word: Option<&str>) -> Result<Self, Refusal> {
        let Some(word) = word else {
            return Ok(Self::Email);
        };
        METHODS.iter().find(|(_, known)| *known == word).map(|(method, _)| *method).ok_or_else(|| Refusal::invalid_value("dcv_method"))
    }

    pub(crate) fn word(self) -> &'static str {
        METHODS.iter().find(|(method, _)| *method == self).map_or("", |(_, word)| word)
    }

    pub(crate) fn uses_token(self) -> bool {
        self != Self::Email
    }

    /// A file speaks for its own host alone, a record or a mailbox for all that is below.
    pub(crate) fn covers_subdomains(self) -> bool {
        !matches!(self, Self::File | Self::FileDynamic)
    }

    /// Where one of `values` may be shown for `domain`, and what is there then.
    pub(crate) fn proofs<'a>(self, domain: &'a str, values: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (Question, String)> {
        values.flat_map(move |value| match self {
            Self::Email => Vec::new(),
            Self::DnsTxt => {
                Vec::from([domain.to_owned(), format!("_dnsauth.{domain}")].map(|name| (Question::Txt(name), value.to_owned())))
            }
            Self::DnsCname => vec![(Question::Cname(format!("{value}.{domain}")), CNAME_TARGET.to_owned())],
            Self::File | Self::FileDynamic => {
                let url = |scheme| format!("{scheme}://{}", self.file_path(domain, value));
                Vec::from(["http", "https"].map(|scheme| (Question::File(url(scheme)), value.to_owned())))
            }
        })
    }

    /// Whether the outside world shows one of `values` for `domain`.
    pub(crate) fn check<'a>(self, domain: &'a str, values: impl Iterator<Item = &'a str>, network: &Network) -> Result<(), Refusal> {
        let mut proofs = self.proofs(domain, values);
        if proofs.any(|(question, value)| network.shows(&question, &value)) { Ok(()) } else { Err(self.not_found()) }
    }

    /// Where the file is looked for, without its scheme.
    pub(crate) fn file_path(self, domain: &str, token: &str) -> String {
        let file = if self == Self::FileDynamic { token } else { "fileauth" };
        format!("{domain}/.well-known/pki-validation/{file}.txt")
    }

    /// TXT and file are documented; the CNAME's code and the e-mail's on a domain follow them.
    fn not_found(self) -> Refusal {
        match self {
            Self::Email => Refusal::invalid("invalid_dns_method", "An error occurred while processing your request."),
            Self::DnsTxt => Refusal::invalid("invalid_dns_txt", "Could not find a valid TXT record for one or more domains."),
            Self::DnsCname => Refusal::invalid("invalid_dns_cname", "Could not find a valid CNAME record for one or more domains."),
            Self::File | Self::FileDynamic => Refusal::invalid(
                "file_random_value_not_found",
                "Could not find the random value at the expected file location for one or more domains.",
            ),
        }
    }
}

/// A random value to be shown in the outside world.
#[derive(Clone, Debug)]
pub(crate) struct DcvToken {
    pub(crate) value: String,
    expires: DateTime<Utc>,
    /// `pending` until a check found it.
    pub(crate) found: bool,
}

impl DcvToken {
    pub(crate) fn draw(random: &mut Random, now: DateTime<Utc>) -> Self {
        Self { value: random.word(TOKEN_LENGTH), expires: days_after(now, TOKEN_DAYS), found: false }
    }

    pub(crate) fn is_live(&self, now: DateTime<Utc>) -> bool {
        now < self.expires
    }

    /// Its value, until it expires.
    pub(crate) fn live_value(&self, now: DateTime<Utc>) -> Option<&str> {
        self.is_live(now).then_some(self.value.as_str())
    }

    /// As orders show their value: value and end, flat.
    pub(crate) fn random_value_view(&self) -> Value {
        json!({"dcv_random_value": self.value, "expiration_date": timestamp(self.expires)})
    }

    fn status(&self) -> &'static str {
        if self.found { "active" } else { "pending" }
    }

    /// The members every place shows: value, end, and what the method adds.
    pub(crate) fn view(&self, method: DcvMethod, domain: &str) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("token".to_owned(), self.value.clone().into());
        view.insert("expiration_date".to_owned(), timestamp(self.expires).into());
        match method {
            DcvMethod::DnsCname => {
                view.insert("verification_value".to_owned(), CNAME_TARGET.into());
            }
            DcvMethod::File | DcvMethod::FileDynamic => {
                let url = format!("http://{}", method.file_path(domain, &self.value));
                view.insert("http_token_url".to_owned(), url.into());
            }
            DcvMethod::Email | DcvMethod::DnsTxt => {}
        }
        view
    }

    /// The members, and how far the token has come.
    pub(crate) fn view_with_status(&self, method: DcvMethod, domain: &str) -> Value {
        let mut view = self.view(method, domain);
        view.insert("status".to_owned(), self.status().into());
        Value::Object(view)
    }
}

/// The five constructed addresses of a domain. WHOIS contacts are gone since 2025 and absent here.
pub(crate) fn addresses(domain: &str) -> Vec<String> {
    MAILBOXES.iter().map(|mailbox| format!("{mailbox}@{domain}")).collect()
}

/// `validation_emails`, also the response of Domain emails.
pub(crate) fn addresses_view(name_scope: &str) -> Map<String, Value> {
    Map::from_iter([("name_scope".to_owned(), name_scope.into()), ("base_emails".to_owned(), addresses(name_scope).into())])
}

/// Mails the approval link to the addresses wanted; when none of them fits, to all.
pub(crate) fn send_mails(network: &Network, domain: &str, name_scope: &str, wanted: &[String], now: DateTime<Utc>) {
    let known = addresses(name_scope);
    let chosen: Vec<String> =
        known.iter().filter(|address| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(address))).cloned().collect();
    for to in if chosen.is_empty() { known } else { chosen } {
        network.mails.send(Mail {
            id: 0,
            to,
            kind: MailKind::DomainApproval,
            subject: format!("[Domain Approval] ドメイン名の利用権確認のお願い: {domain}"),
            domain: domain.to_owned(),
            order_id: None,
            token: None,
            sent: now,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_looks_where_its_token_belongs() {
        type Publish = fn(&Network);
        let publications: [(DcvMethod, Publish); 6] = [
            (DcvMethod::DnsTxt, |network| {
                network.zone.publish_txt("example.com", "t0k");
            }),
            (DcvMethod::DnsTxt, |network| {
                network.zone.publish_txt("_dnsauth.example.com", "t0k");
            }),
            (DcvMethod::DnsCname, |network| {
                network.zone.publish_cname("t0k.example.com", "dcv.digicert.com.");
            }),
            (DcvMethod::File, |network| {
                network.files.publish("http://example.com/.well-known/pki-validation/fileauth.txt", "t0k\n");
            }),
            (DcvMethod::File, |network| {
                network.files.publish("https://example.com/.well-known/pki-validation/fileauth.txt", "t0k");
            }),
            (DcvMethod::FileDynamic, |network| {
                network.files.publish("http://example.com/.well-known/pki-validation/t0k.txt", "t0k");
            }),
        ];
        for (method, publish) in publications {
            let network = Network::default();
            let values = ["other", "t0k"];
            assert!(method.check("example.com", values.into_iter(), &network).is_err(), "{method:?}");
            publish(&network);
            assert_eq!(method.check("example.com", values.into_iter(), &network), Ok(()), "{method:?}");
            assert!(method.check("example.com", values.into_iter().take(1), &network).is_err(), "{method:?}");
        }
    }

    #[test]
    fn every_method_reads_back() {
        for (method, word) in METHODS {
            assert_eq!(DcvMethod::read(Some(word)), Ok(*method));
            assert_eq!(method.word(), *word);
        }
        assert_eq!(DcvMethod::read(None), Ok(DcvMethod::Email));
        assert!(DcvMethod::read(Some("dns")).is_err());
    }

    #[test]
    fn mails_go_to_the_addresses_that_fit_or_to_all() {
        for (wanted, count) in [(vec![], 5), (vec!["admin@example.com"], 1), (vec!["ceo@example.com"], 5)] {
            let network = Network::default();
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            send_mails(&network, "example.com", "example.com", &wanted, DateTime::UNIX_EPOCH);
            assert_eq!(network.mails.all().len(), count);
        }
    }
}
