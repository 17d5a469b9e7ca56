//! What a caller gives to be found or put into a path: the service gets it as it was given, and nothing else.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::LocalBoxFuture;
use reqwest::Url;
use shomei::{
    Error,
    certcentral::{
        CertificateId, ContainerId, DateRange, DcvMethod, OrderId, OrderSort, OrderStatus, OrganizationId, OrganizationStatus, Product,
        RequestStatus, RequestType, TextFilter,
    },
};

use super::{
    judge,
    script::{Answer, Clients, KEY, Script, play},
};

type Kind = for<'c> fn(&'c Clients, Given<'c>) -> LocalBoxFuture<'c, ()>;

const KINDS: &[(&str, Kind)] = &[
    ("orders", |clients, given| Box::pin(orders(clients, given))),
    ("domains", |clients, given| Box::pin(domains(clients, given))),
    ("requests", |clients, given| Box::pin(requests(clients, given))),
    ("organizations", |clients, given| Box::pin(organizations(clients, given))),
    ("users", |clients, given| Box::pin(users(clients, given))),
    ("changes", |clients, given| Box::pin(changes(clients, given))),
    ("paths", |clients, given| Box::pin(paths(clients, given))),
    ("pocketsign", |clients, given| Box::pin(pocketsign(clients, given))),
];

/// What is given, one a line. The first line says what to.
pub fn filters(data: &[u8]) {
    let script = Script::read(data);
    let (_, kind) = script.choose(KINDS);
    // Who searches for the key itself finds it in the URL.
    let text = String::from_utf8_lossy(script.rest).replace(KEY, "");
    play(vec![Answer::empty()], async |clients| kind(clients, Given(text.split('\n').collect())).await);
}

/// What a caller gives, from the last line to the first; without more lines, nothing.
struct Given<'a>(Vec<&'a str>);

impl Given<'_> {
    fn text(&mut self) -> Option<String> {
        self.0.pop().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn number(&mut self) -> Option<u64> {
        self.0.pop()?.parse().ok()
    }

    fn flag(&mut self) -> Option<bool> {
        self.0.pop()?.parse().ok()
    }

    fn dates(&mut self) -> Option<DateRange> {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let text = self.0.pop()?;
        match text.split_once(' ') {
            Some(("before", date)) => Some(DateRange::before(day(date)?)),
            Some(("after", date)) => Some(DateRange::after(day(date)?)),
            Some((first, last)) => match (day(first), day(last)) {
                (Some(first), Some(last)) => Some(DateRange::between(first, last)),
                _ => Some(DateRange::between_times(moment(first)?, moment(last)?)),
            },
            None => None,
        }
    }
}

/// The parameters a request should have.
#[derive(Default)]
struct Expected(Vec<(String, String)>);

impl Expected {
    fn add(&mut self, name: &str, value: Option<impl ToString>) {
        self.0.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }

    fn flag(&mut self, name: &str, value: Option<bool>) {
        self.add(name, value.map(u8::from));
    }

    /// Holds the one request against what is expected, or sees that nothing was sent.
    fn check<T>(mut self, clients: &Clients, path: &str, outcome: Result<T, Error>) {
        let Err(error) = outcome else { panic!("an empty answer was taken for a list") };
        judge::error(clients, &error);
        let sent = clients.sent();
        if error.is_invalid_input() {
            assert!(sent.is_empty(), "refused, but sent");
            return;
        }
        assert_eq!(sent.len(), 1, "{error}");
        let url = &sent[0].url;
        assert_eq!((url.path(), url.fragment()), (path, None));
        let mut found: Vec<(String, String)> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        found.sort();
        self.0.sort();
        assert_eq!(found, self.0);
    }
}

/// What a text is to be found as: it is searched for as it stands.
fn search(given: &mut Given<'_>) -> Option<TextFilter> {
    let text = given.text()?;
    Some(match text.strip_prefix("under ") {
        Some(domain) => TextFilter::suffix(domain),
        None => TextFilter::exact(text),
    })
}

async fn orders(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let status = given.text().map(OrderStatus::from);
    expected.add("filters[status]", status.as_ref());
    let mut text = |given: &mut Given<'_>, name: &str| {
        let search = search(given);
        expected.add(name, search.as_ref());
        search
    };
    let (all, common_name) = (text(&mut given, "filters[search]"), text(&mut given, "filters[common_name]"));
    let (domain_name, email) = (text(&mut given, "filters[domain_name]"), text(&mut given, "filters[email]"));
    let serial_number = text(&mut given, "filters[serial_number]");
    let (expiring, created) = (given.dates(), given.dates());
    expected.add("filters[valid_till]", expiring);
    expected.add("filters[date_created]", created);
    let (id, container) = (given.number().map(OrderId), given.number().map(ContainerId));
    expected.add("filters[id]", id);
    expected.add("container_id", container);
    let (certificate, organization) = (given.number().map(CertificateId), given.number().map(OrganizationId));
    expected.add("filters[certificate_id]", certificate);
    expected.add("organization_id", organization);
    let (renewed, off) = (given.flag(), given.flag());
    expected.flag("filters[is_renewed]", renewed);
    expected.flag("filters[disable_renewal_notifications]", off);
    let (page_size, offset) = page(&mut given, &mut expected);
    let mut products = Vec::new();
    while let Some(product) = given.text() {
        products.push(Product::new(product));
    }
    match &products[..] {
        [one] => expected.add("filters[product_name_id]", Some(one.id())),
        several => {
            for (index, product) in several.iter().enumerate() {
                expected.add(&format!("filters[product_name_id][{index}]"), Some(product.id()));
            }
        }
    }
    let sort = OrderSort::DateValidTill.descending();
    expected.add("sort", Some(sort));
    let list = clients.cc.orders().list().maybe_status(status).maybe_search(all).maybe_common_name(common_name).maybe_email(email);
    let list = list.maybe_domain_name(domain_name).maybe_serial_number(serial_number).maybe_expiring(expiring).maybe_created(created);
    let list = list.maybe_id(id).maybe_container(container).maybe_certificate(certificate).maybe_organization(organization);
    let list = list.maybe_renewed(renewed).maybe_reminders_off(off).products(products).sort(sort).page_size(page_size).offset(offset);
    expected.check(clients, "/services/v2/order/certificate", list.send().await);
}

/// A page of any size from anywhere. The service gives a thousand at most, and counts to the largest signed number.
fn page(given: &mut Given<'_>, expected: &mut Expected) -> (u32, u64) {
    let size = given.number().map_or(1000, |size| u32::try_from(size).unwrap_or(u32::MAX));
    let offset = given.number().unwrap_or_default();
    expected.add("limit", Some(size.clamp(1, 1000)));
    expected.add("offset", Some(offset.min(i64::MAX as u64)));
    (size, offset)
}

async fn domains(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let (all, method, sort) = (search(&mut given), given.text().map(DcvMethod::from), given.text());
    expected.add("filters[search]", all.as_ref());
    expected.add("filters[dcv_method]", method.as_ref());
    expected.add("sort", sort.as_ref());
    let (page_size, offset) = page(&mut given, &mut expected);
    let list = clients.cc.domains().list().maybe_search(all).maybe_dcv_method(method).maybe_sort(sort).page_size(page_size).offset(offset);
    expected.check(clients, "/services/v2/domain", list.send().await);
}

async fn requests(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let (status, kind, all) = (given.text().map(RequestStatus::from), given.text().map(RequestType::from), search(&mut given));
    expected.add("filters[status]", status.as_ref());
    expected.add("filters[type]", kind.as_ref());
    expected.add("filters[search]", all.as_ref());
    let (page_size, offset) = page(&mut given, &mut expected);
    let list = clients.cc.requests().list().maybe_status(status).maybe_kind(kind).maybe_search(all).page_size(page_size).offset(offset);
    expected.check(clients, "/services/v2/request", list.send().await);
}

async fn organizations(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let (status, all, sort) = (given.text().map(OrganizationStatus::from), search(&mut given), given.text());
    expected.add("filters[status]", status.as_ref());
    expected.add("filters[search]", all.as_ref());
    expected.add("sort", sort.as_ref());
    let (page_size, offset) = page(&mut given, &mut expected);
    let list = clients.cc.organizations().list().maybe_status(status).maybe_search(all).maybe_sort(sort);
    expected.check(clients, "/services/v2/organization", list.page_size(page_size).offset(offset).send().await);
}

async fn users(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let (page_size, offset) = page(&mut given, &mut expected);
    expected.check(clients, "/services/v2/user", clients.cc.users().list().page_size(page_size).offset(offset).send().await);
}

async fn changes(clients: &Clients, mut given: Given<'_>) {
    let mut expected = Expected::default();
    let Some(dates) = given.dates() else { return };
    expected.add("filters[status_last_updated]", Some(dates));
    expected.check(clients, "/services/v2/order/certificate/status-changes", clients.cc.orders().changes().between(dates).send().await);
}

/// Texts in paths stay one segment, and the same.
async fn paths(clients: &Clients, mut given: Given<'_>) {
    while let Some(text) = given.text() {
        let order = clients.cc.orders().get(text.as_str()).send().await;
        segment(clients, &text, "/services/v2/order/certificate/", "", order);
        let own = clients.cc.orders().find_by_alternative_id(text.as_str()).send().await;
        segment(clients, &text, "/services/v2/order/alternate/", "", own);
        let product = clients.cc.products().get(Product::new(text.clone())).send().await;
        segment(clients, &text, "/services/v2/product/", "", product);
        let emails = clients.cc.domains().dcv_emails(text.as_str()).send().await;
        segment(clients, &text.to_lowercase(), "/services/v2/domain/", "/dcv/emails", emails);
        let revoked = clients.cc.certificates().revoke(text.as_str()).start().await;
        segment(clients, &text, "/services/v2/certificate/", "/revoke", revoked);
        let user = clients.v1.users().get(text.as_str()).send().await;
        segment(clients, &text, "/users/", "", user);
        let certificate = clients.v1.certificates().check_status(text.as_str()).send().await;
        segment(clients, &text, "/certificates/", "/status", certificate);
    }
}

fn segment<T>(clients: &Clients, text: &str, before: &str, after: &str, outcome: Result<T, Error>) {
    let Err(error) = outcome else { panic!("an empty answer was taken for more") };
    judge::error(clients, &error);
    let sent = clients.sent();
    if error.is_invalid_input() {
        assert!(sent.is_empty(), "refused, but sent");
        return;
    }
    let url = &sent[0].url;
    let inner = url.path().strip_prefix(before).and_then(|path| path.strip_suffix(after));
    let inner = inner.unwrap_or_else(|| panic!("{text:?} leads to {}", url.path()));
    assert!(!inner.contains('/') && url.query().is_none() && url.fragment().is_none(), "{text:?} leads to {url}");
    let plain = |text: &str| text.trim().trim_end_matches('.').to_lowercase();
    assert_eq!(plain(&decoded(inner)), plain(text));
}

/// Percent-decoding, by the same rules as a query's but for `+`.
fn decoded(segment: &str) -> String {
    let query = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    Url::parse(&format!("x:?{query}")).expect("a URL").query_pairs().map(|(name, _)| name.into_owned()).collect()
}

/// Ids and tokens of PocketSign reach it as they are given.
async fn pocketsign(clients: &Clients, mut given: Given<'_>) {
    let (token, size, user) = (given.text(), given.number(), given.text());
    let mut list = clients.v2.certificates().list();
    if let Some(token) = &token {
        list = list.page_token(token.as_str());
    }
    if let Some(size) = size {
        list = list.page_size(u32::try_from(size).unwrap_or(u32::MAX));
    }
    if let Some(user) = &user {
        list = list.user(user.as_str());
    }
    let error = list.send().await.expect_err("404");
    judge::personal_error(clients, &error);
    if error.is_invalid_input() {
        return assert!(clients.sent().is_empty(), "refused, but sent");
    }
    let body: serde_json::Value = serde_json::from_slice(&clients.sent()[0].body).expect("JSON");
    assert_eq!(body["pageToken"].as_str(), token.as_deref());
    assert_eq!(body["filter"]["userIds"][0].as_str(), user.as_deref());
}
