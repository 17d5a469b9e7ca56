//! What people write instead: reqwest, serde_json, and structs with the members that come.

#![allow(dead_code, reason = "read, as a program would read them")]

use chrono::{DateTime, NaiveDate, Utc};
use reqwest::Client;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct List {
    pub(crate) orders: Vec<Listed>,
    page: Page,
}

#[derive(Deserialize)]
struct Page {
    limit: u64,
    offset: u64,
    total: u64,
}

#[derive(Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    certificate: ListedCertificate,
    container: Named,
    organization: Named,
    product: Product,
    status: String,
    date_created: DateTime<Utc>,
    is_multi_year_plan: Option<String>,
    is_renewed: Option<bool>,
    disable_renewal_notifications: Option<bool>,
    has_duplicates: Option<bool>,
    has_reissues: Option<bool>,
    duplicates_count: Option<u32>,
    reissues_count: Option<u32>,
    number_of_sans: Option<u32>,
    order_validity: Option<Validity>,
    product_name_id: Option<String>,
    validity_years: Option<u32>,
}

#[derive(Deserialize)]
struct ListedCertificate {
    id: Option<u64>,
    common_name: String,
    dns_names: Vec<String>,
    signature_hash: Option<String>,
    valid_till: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    name_id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Validity {
    years: Option<u32>,
}

#[derive(Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
    certificate: Certificate,
    status: String,
    container: Named,
    organization: Organization,
    product: Product,
    date_created: DateTime<Utc>,
    last_reissued_date: Option<DateTime<Utc>>,
    order_valid_from: Option<NaiveDate>,
    order_valid_till: Option<NaiveDate>,
    order_validity: Option<Validity>,
    additional_emails: Vec<String>,
    organization_contact: Option<Contact>,
    technical_contact: Option<Contact>,
    user: Option<User>,
    requests: Vec<Request>,
    allow_duplicates: Option<bool>,
    auto_reissue: Option<u8>,
    auto_renew: Option<u8>,
    cs_provisioning_method: Option<String>,
    dcv_method: Option<String>,
    disable_ct: Option<bool>,
    disable_issuance_email: Option<bool>,
    disable_renewal_notifications: Option<bool>,
    duplicates_count: Option<u32>,
    has_pending_request: Option<bool>,
    is_guest_access_enabled: Option<bool>,
    is_multi_year_plan: Option<String>,
    is_out_of_contract: Option<bool>,
    is_renewal: Option<bool>,
    is_renewed: Option<bool>,
    payment_method: Option<String>,
    product_name_id: Option<String>,
    purchased_dns_names: Option<u32>,
    receipt_id: Option<u64>,
    reissues_count: Option<u32>,
    server_licenses: Option<u32>,
    validity_years: Option<u32>,
}

#[derive(Deserialize)]
struct Certificate {
    id: u64,
    common_name: String,
    dns_names: Vec<String>,
    csr: Option<String>,
    serial_number: Option<String>,
    thumbprint: Option<String>,
    status: Option<String>,
    date_created: Option<DateTime<Utc>>,
    date_issued: Option<DateTime<Utc>>,
    days_remaining: Option<i32>,
    key_size: Option<u32>,
    purchased_dns_names: Option<String>,
    purchased_wildcard_names: Option<String>,
    receipt_id: Option<String>,
    signature_hash: Option<String>,
    user_id: Option<u64>,
    valid_from: Option<NaiveDate>,
    valid_till: Option<NaiveDate>,
    ca_cert: Option<CaCertificate>,
    server_platform: Option<ServerPlatform>,
}

#[derive(Deserialize)]
struct CaCertificate {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct ServerPlatform {
    id: i64,
    name: String,
    best_format: Option<String>,
    install_url: Option<String>,
    csr_url: Option<String>,
}

#[derive(Deserialize)]
struct Organization {
    id: u64,
    name: String,
    display_name: Option<String>,
    is_active: Option<bool>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    telephone: Option<String>,
}

#[derive(Deserialize)]
struct Contact {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    name: Option<String>,
    telephone: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    id: u64,
    date: Option<DateTime<Utc>>,
    status: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Clone)]
pub(crate) struct ByHand {
    client: Client,
    base: String,
}

impl ByHand {
    pub(crate) fn new(base: &str) -> Self {
        let client = Client::builder().tls_certs_only([]).build().expect("a client");
        Self { client, base: base.to_owned() }
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let request = self.client.get(format!("{}{path}", self.base)).header("X-DC-DEVKEY", "KEY");
        let response = request.send().await.expect("a response").error_for_status().expect("a success");
        serde_json::from_slice(&response.bytes().await.expect("a body")).expect("as it should be")
    }

    pub(crate) async fn order(&self) -> Order {
        self.get("/order/certificate/115429178").await
    }

    /// So many pages, one after the other.
    pub(crate) async fn orders(&self, pages: u64, mut each: impl AsyncFnMut(Listed)) {
        for page in 0..pages {
            let list: List = self.get(&format!("/order/certificate?limit=1000&offset={}", page * 1000)).await;
            for order in list.orders {
                each(order).await;
            }
        }
    }
}
