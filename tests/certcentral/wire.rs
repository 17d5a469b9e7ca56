//! What each builder sends, to the letter; and that it reads the answer that the document gives as an example.

mod access;
mod orders;
mod webhooks;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, Mutex},
};

use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::{StreamExt as _, TryStreamExt as _, future::BoxFuture};
use serde_json::{Value, json};
use shomei::{
    ApiKey, CertCentral, Error, ResponseBody, Transport, TransportError, TransportRequest,
    certcentral::{
        CertificateFormat, CertificateId, Contact, ContainerId, ContainerTemplateId, ContainerUserRequest, CustomFieldId, DateRange,
        DcvMethod, DomainId, OrderId, OrderSort, OrderStatus, OrganizationId, OrganizationStatus, Plan, Product, RequestId, RequestStatus,
        RequestType, ServerPlatformId, TextFilter, UserId, ValidationExpiry, ValidationType,
    },
};

use crate::{
    document::{Document, Part},
    judge::csr,
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::load("certcentral"));

/// The operations that have no row here: they read the order first, and are in `lifecycle.rs`.
const WITHOUT_ROW: [&str; 2] = ["duplicate_certificate", "reissue_certificate"];

/// Writes requests down, holds them against the document, and answers with its longest sample of success.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Record>>);

#[derive(Default)]
struct Record {
    sent: Vec<(String, Value)>,
    operations: BTreeSet<String>,
}

impl Wire {
    fn client(&self) -> CertCentral {
        CertCentral::builder(ApiKey::new("KEY").unwrap()).transport(self.clone()).build().unwrap()
    }

    fn sent(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.0.lock().unwrap().sent)
    }

    /// One row: the call succeeds, and one request was sent, which is this one. No body is `null`.
    async fn row<T>(&self, call: impl Future<Output = Result<T, Error>>, line: &str, body: Value) -> T {
        let answer = Box::pin(call).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(self.sent(), [(line.to_owned(), body)]);
        answer
    }

    /// A call of several requests, all of which are these.
    async fn rows<T>(&self, call: impl Future<Output = Result<T, Error>>, lines: &[(&str, Value)]) -> T {
        let answer = Box::pin(call).await.unwrap_or_else(|error| panic!("{}: {error}", lines[0].0));
        assert_eq!(self.sent(), lines.iter().map(|(line, body)| ((*line).to_owned(), body.clone())).collect::<Vec<_>>());
        answer
    }

    /// One row of what is refused before anything is sent.
    async fn refuses<T>(&self, field: &str, call: impl Future<Output = Result<T, Error>>) {
        let error = Box::pin(call).await.err().unwrap_or_else(|| panic!("{field} is not refused"));
        assert!(error.is_invalid_input() && error.to_string().starts_with(&format!("{field}: ")), "{field}: {error}");
        assert_eq!(self.sent(), [], "{field}");
    }
}

impl Transport for Wire {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let url: reqwest::Url = request.url().parse().unwrap();
        let path = url.path().trim_start_matches("/services/v2");
        let query: Vec<String> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let body = request.body();
        let method = request.method().as_str();
        let operation = DOCUMENT.operation(method, path).unwrap_or_else(|| panic!("no operation {method} {path}"));
        DOCUMENT.validate_request(method, path, body).unwrap();

        let mut record = self.0.lock().unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
        record.sent.push((format!("{method} {path}{query}"), body));
        record.operations.insert(operation.id.to_owned());

        let (status, content_type) = operation.success(&DOCUMENT);
        let part = Part::Response(status.to_string());
        let samples = DOCUMENT.samples().into_iter().filter(|sample| sample.owner == operation.id && sample.part == part);
        let sample = samples.map(|sample| sample.value.to_string()).max_by_key(String::len);
        let body = match (sample, &content_type) {
            (Some(sample), _) => sample,
            (None, Some(_)) => "a file".to_owned(),
            (None, None) => String::new(),
        };
        let mut answer = http::Response::builder().status(status);
        if let Some(content_type) = content_type {
            answer = answer.header("content-type", content_type);
        }
        Box::pin(std::future::ready(Ok(answer.body(Bytes::from(body)).unwrap().map(Into::into))))
    }
}

/// A new organization with all that it has to have.
macro_rules! create {
    ($cc:expr, $name:expr) => {
        $cc.organizations().create($name).address("2801 North Thanksgiving Way").city("Lehi").state("Utah").zip("84043").country("US")
    };
}

#[tokio::test]
async fn every_builder_sends_what_the_document_describes() {
    let wire = Wire::default();
    let cc = wire.client();
    Box::pin(domains(&wire, &cc)).await;
    Box::pin(orders::manage(&wire, &cc)).await;
    Box::pin(locks_and_validations(&wire, &cc)).await;
    Box::pin(orders(&wire, &cc)).await;
    Box::pin(certificates(&wire, &cc)).await;
    Box::pin(requests(&wire, &cc)).await;
    Box::pin(organizations(&wire, &cc)).await;
    Box::pin(new_organizations(&wire, &cc)).await;
    Box::pin(containers_users_products_account(&wire, &cc)).await;
    Box::pin(access::keys(&wire, &cc)).await;
    Box::pin(access::acme(&wire, &cc)).await;
    Box::pin(access::users(&wire, &cc)).await;
    Box::pin(access::containers(&wire, &cc)).await;
    Box::pin(webhooks::webhooks(&wire, &cc)).await;

    let with_row = wire.0.lock().unwrap().operations.clone();
    let all = DOCUMENT.operations().map(|operation| operation.id.to_owned());
    let missing: Vec<_> = all.filter(|id| !with_row.contains(id)).collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(missing, WITHOUT_ROW, "each operation either has a row or is listed, never both");
}

async fn domains(wire: &Wire, cc: &CertCentral) {
    let id = DomainId(7);
    let organization = OrganizationId(5);
    wire.row(
        cc.domains()
            .add("Example.com.")
            .organization(organization)
            .dcv_method(DcvMethod::Email)
            .emails(["a@example.com"])
            .locale("ja")
            .send(),
        "POST /domain",
        json!({"name": "example.com", "organization": {"id": 5}, "validations": [{"type": "ov"}], "dcv_method": "email",
            "email_array": ["a@example.com"], "locale": "ja"}),
    )
    .await;
    wire.row(
        cc.domains().add("www.example.com").organization(organization).validations([ValidationType::Ev]).keep_www(true).send(),
        "POST /domain",
        json!({"name": "www.example.com", "organization": {"id": 5}, "validations": [{"type": "ev"}], "keep_www": true}),
    )
    .await;
    wire.row(cc.domains().get(id).send(), "GET /domain/7", Value::Null).await;
    wire.row(
        cc.domains().get(id).include_dcv(true).include_validation(false).send(),
        "GET /domain/7?include_dcv=true&include_validation=false",
        Value::Null,
    )
    .await;
    let list = cc.domains().list().send();
    assert_eq!(wire.row(list, "GET /domain?limit=1000&offset=0", Value::Null).await.domains.len(), 2);
    wire.row(
        cc.domains()
            .list()
            .container(ContainerId(3))
            .search(TextFilter::suffix("example.com"))
            .dcv_method(DcvMethod::HttpToken)
            .validation_ends(ValidationType::Ov, ValidationExpiry::Within30Days)
            .include_validation(true)
            .include_reuse_status(true)
            .include_expiration_time(true)
            .sort("-name")
            .page_size(20)
            .offset(40)
            .send(),
        "GET /domain?container_id=3&filters[dcv_method]=http-token&filters[include_validation_reuse_status]=true\
         &filters[search]=%example.com&filters[validation]=ov_expiring_within_30_days&include_dcv_expiration_time=true\
         &include_validation=true&limit=20&offset=40&sort=-name",
        Value::Null,
    )
    .await;
    let items = async { cc.domains().list().stream().try_collect::<Vec<_>>().await };
    assert_eq!(wire.row(items, "GET /domain?limit=1000&offset=0", Value::Null).await.len(), 2);
    wire.row(
        cc.domains().change_dcv_method(id, DcvMethod::DnsTxtToken).send(),
        "PUT /domain/7/dcv/method",
        json!({"dcv_method": "dns-txt-token"}),
    )
    .await;
    wire.row(
        cc.domains().change_dcv_method(id, DcvMethod::Email).send_emails(false).send(),
        "PUT /domain/7/dcv/method",
        json!({"dcv_method": "email", "send_dcv_email_flag": false}),
    )
    .await;
    wire.row(cc.domains().generate_dcv_token(id).send(), "POST /domain/7/dcv/token", Value::Null).await;
    wire.row(cc.domains().check_dcv(id).send(), "PUT /domain/7/dcv/validate-token", Value::Null).await;
    wire.row(cc.domains().dcv_emails(id).send(), "GET /domain/7/dcv/emails", Value::Null).await;
    wire.row(cc.domains().dcv_emails("Example.com").send(), "GET /domain/example.com/dcv/emails", Value::Null).await;
    wire.row(cc.domains().resend_dcv_emails(id).send(), "PUT /domain/7/dcv/emails", json!({})).await;
    wire.row(
        cc.domains().resend_dcv_emails(id).name_scope("sub.example.com").locale("en").to(["admin@example.com"]).send(),
        "PUT /domain/7/dcv/emails",
        json!({"name_scope": "sub.example.com", "locale": "en", "email_array": ["admin@example.com"]}),
    )
    .await;
}

async fn locks_and_validations(wire: &Wire, cc: &CertCentral) {
    let id = DomainId(7);
    wire.row(cc.domains().activate(id).send(), "PUT /domain/7/activate", Value::Null).await;
    wire.row(cc.domains().deactivate(id).send(), "PUT /domain/7/deactivate", Value::Null).await;
    let submitted = cc.domains().submit(id).send();
    let submitted = wire.row(submitted, "POST /domain/7/validation", json!({"validations": [{"type": "ov"}]})).await;
    assert!(submitted.unwrap().id.is_some());
    wire.row(
        cc.domains()
            .submit(id)
            .validations([ValidationType::Ov, ValidationType::Ev])
            .dcv_method(DcvMethod::Email)
            .emails(["admin@example.com"])
            .send(),
        "POST /domain/7/validation",
        json!({"validations": [{"type": "ov"}, {"type": "ev"}], "dcv_method": "email", "email_array": ["admin@example.com"]}),
    )
    .await;
    assert_eq!(wire.row(cc.domains().validations(id).send(), "GET /domain/7/validation", Value::Null).await.len(), 2);
    wire.row(cc.domains().lock(id).send(), "PUT /domain/7/activate-domain-locking", Value::Null).await;
    wire.row(cc.domains().unlock(id).send(), "PUT /domain/7/deactivate-domain-locking", Value::Null).await;
    let check = cc.domains().check_lock(id, "0a1b2c").send();
    assert!(wire.row(check, "PUT /domain/7/caa", json!({"account_token": "0a1b2c"})).await.status.is_some());
}

async fn orders(wire: &Wire, cc: &CertCentral) {
    let csr = csr();
    wire.row(
        cc.orders()
            .issue(Product::SECURE_SITE_OV, csr.clone())
            .common_name("example.com")
            .dns_names(["www.example.com"])
            .organization(OrganizationId(5))
            .organization_contact(Contact::User(UserId(9)))
            .plan(Plan::years(1))
            .skip_approval(true)
            .alternative_order_id("mine")
            .send(),
        "POST /order/certificate/ssl_securesite_flex",
        json!({
            "certificate": {"common_name": "example.com", "dns_names": ["www.example.com"], "csr": csr.as_pem(), "signature_hash": "sha256"},
            "organization": {"id": 5, "contacts": [{"contact_type": "organization_contact", "user_id": 9}]},
            "order_validity": {"years": 1},
            "skip_approval": true,
            "alternative_order_id": "mine",
        }),
    )
    .await;
    wire.row(cc.orders().get(OrderId(1)).send(), "GET /order/certificate/1", Value::Null).await;
    wire.row(cc.orders().get("0A1B").include_caa_status(true).send(), "GET /order/certificate/0A1B?include_caa_status=true", Value::Null)
        .await;
    wire.row(cc.orders().validation(OrderId(1)).send(), "GET /order/certificate/1/validation", Value::Null).await;
    wire.row(cc.orders().find_by_alternative_id("my id").send(), "GET /order/alternate/my%20id", Value::Null).await;
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    wire.row(
        cc.orders()
            .list()
            .status(OrderStatus::Issued)
            .common_name(TextFilter::suffix("example.com"))
            .products([Product::SECURE_SITE_OV])
            .expiring(DateRange::before(day))
            .sort(OrderSort::DateValidTill.descending())
            .send(),
        "GET /order/certificate?filters[common_name]=%example.com&filters[product_name_id]=ssl_securesite_flex&filters[status]=issued\
         &filters[valid_till]=<2026-11-23&limit=1000&offset=0&sort=-date_valid_till",
        Value::Null,
    )
    .await;
}

async fn certificates(wire: &Wire, cc: &CertCentral) {
    let id = CertificateId(2);
    let order = OrderId(1);
    let file = cc.certificates().download(id, CertificateFormat::PemAll).send();
    let file = wire.row(file, "GET /certificate/2/download/format/pem_all", Value::Null).await;
    assert_eq!((&file.body[..], file.content_type.as_deref()), (&b"a file"[..], Some("application/x-pem-file")));
    wire.row(cc.certificates().download_for_order(order).send(), "GET /certificate/download/order/1", Value::Null).await;
    wire.row(
        cc.certificates().download_for_order(order).format(CertificateFormat::P7b).send(),
        "GET /certificate/download/order/1/format/p7b",
        Value::Null,
    )
    .await;
    wire.row(cc.certificates().download_best_format(id).send(), "GET /certificate/2/download/platform", Value::Null).await;
    wire.row(
        cc.certificates().download_best_format(id).platform(ServerPlatformId(-1)).send(),
        "GET /certificate/2/download/platform/-1",
        Value::Null,
    )
    .await;
    let intermediates = cc.certificates().intermediates().send();
    assert_eq!(wire.row(intermediates, "GET /certificate/intermediates", Value::Null).await.len(), 2);
    wire.row(cc.certificates().archive(id).send(), "PUT /certificate/2/archive", Value::Null).await;
    wire.row(cc.certificates().unarchive(id).send(), "PUT /certificate/2/unarchive", Value::Null).await;

    // The document's sample has a placeholder for each certificate, so this one call ends with an error once it is answered.
    assert!(cc.certificates().chain(id).send().await.unwrap_err().is_mismatch());
    assert_eq!(wire.sent(), [("GET /certificate/2/chain".to_owned(), Value::Null)]);
}

async fn requests(wire: &Wire, cc: &CertCentral) {
    let id = RequestId(4);
    wire.row(cc.requests().get(id).send(), "GET /request/4", Value::Null).await;
    wire.row(cc.requests().list().send(), "GET /request?limit=1000&offset=0", Value::Null).await;
    wire.row(cc.requests().list().offset(u64::MAX).send(), "GET /request?limit=1000&offset=9223372036854775807", Value::Null).await;
    wire.row(
        cc.requests()
            .list()
            .status(RequestStatus::Pending)
            .kind(RequestType::Revoke)
            .search("www.example.com")
            .container(ContainerId(3))
            .custom_field(CustomFieldId(12))
            .custom_value("blue")
            .sort("-date")
            .page_size(20)
            .offset(40)
            .send(),
        "GET /request?filters[container_id]=3&filters[metadata_id]=12&filters[metadata_value]=blue&filters[search]=www.example.com\
         &filters[status]=pending&filters[type]=revoke&limit=20&offset=40&sort=-date",
        Value::Null,
    )
    .await;
    let page = async { cc.requests().list().page_size(2).pages().next().await.unwrap() };
    assert!(!wire.row(page, "GET /request?limit=2&offset=0", Value::Null).await.items.is_empty());
    wire.row(cc.requests().approve(id).send(), "PUT /request/4/status", json!({"status": "approved"})).await;
    wire.row(
        cc.requests().review(id).comment("seen").send(),
        "PUT /request/4/status",
        json!({"status": "pending", "processor_comment": "seen"}),
    )
    .await;
    wire.row(cc.requests().reject(id).send(), "PUT /request/4/status", json!({"status": "rejected"})).await;
    assert!(wire.row(cc.requests().count().send(), "GET /report/request", Value::Null).await.request.is_some());
    wire.row(cc.requests().count().container(ContainerId(3)).send(), "GET /report/request?container_id=3", Value::Null).await;
}

async fn organizations(wire: &Wire, cc: &CertCentral) {
    let id = OrganizationId(5);
    wire.row(cc.organizations().get(id).send(), "GET /organization/5", Value::Null).await;
    wire.row(
        cc.organizations()
            .list()
            .container(ContainerId(3))
            .status(OrganizationStatus::Active)
            .search(TextFilter::suffix("Inc"))
            .include_validation(true)
            .sort("name")
            .page_size(20)
            .offset(40)
            .send(),
        "GET /organization?container_id=3&filters[search]=%Inc&filters[status]=active&include_validation=true&limit=20&offset=40&sort=name",
        Value::Null,
    )
    .await;
    let items = async { cc.organizations().list().stream().try_next().await };
    assert!(wire.row(items, "GET /organization?limit=1000&offset=0", Value::Null).await.is_some());
    assert_eq!(wire.row(cc.organizations().validations(id).send(), "GET /organization/5/validation", Value::Null).await.len(), 2);
    wire.row(
        cc.organizations()
            .submit(id)
            .validations([ValidationType::Ov, ValidationType::Ev])
            .verified_users([Contact::User(UserId(12))])
            .send(),
        "POST /organization/5/validation",
        json!({"validations": [{"type": "ov", "verified_users": [{"id": 12}]}, {"type": "ev", "verified_users": [{"id": 12}]}]}),
    )
    .await;
    wire.row(
        cc.organizations().submit(id).validations([ValidationType::Ov]).verified_users([jane("jane.roe@example.com")]).send(),
        "POST /organization/5/validation",
        json!({"validations": [{"type": "ov", "verified_users": [{"first_name": "Jane", "last_name": "Roe", "job_title": "manager",
            "telephone": "801-555-0101", "email": "jane.roe@example.com"}]}]}),
    )
    .await;
    wire.row(cc.organizations().activate(id).send(), "PUT /organization/5/activate", Value::Null).await;
    wire.row(cc.organizations().deactivate(id).send(), "PUT /organization/5/deactivate", Value::Null).await;
    wire.row(cc.organizations().delete(id).send(), "DELETE /organization/5", Value::Null).await;
}

async fn new_organizations(wire: &Wire, cc: &CertCentral) {
    let address = json!({"name": "Example Organization", "address": "2801 North Thanksgiving Way", "city": "Lehi", "state": "Utah",
        "zip": "84043", "country": "us"});
    wire.row(create!(cc, "Example Organization").send(), "POST /organization", address.clone()).await;
    let mut whole = address;
    for (member, value) in [
        ("assumed_name", json!("Example")),
        ("address2", json!("Suite 500")),
        ("telephone", json!("801-555-0100")),
        (
            "organization_contact",
            json!({"first_name": "Jane", "last_name": "Roe", "email": "jane.roe@example.com", "job_title": "manager",
                "telephone": "801-555-0101"}),
        ),
        ("validations", json!([{"type": "ev", "verified_users": [{"id": 12}]}])),
        ("skip_duplicate_org_check", json!(true)),
    ] {
        whole[member] = value;
    }
    wire.row(
        create!(cc, "Example Organization")
            .assumed_name("Example")
            .address2("Suite 500")
            .telephone("801-555-0100")
            .contact(jane("jane.roe@example.com"))
            .validations([ValidationType::Ev])
            .verified_users([Contact::User(UserId(12))])
            .skip_duplicate_check(true)
            .send(),
        "POST /organization",
        whole,
    )
    .await;
}

async fn containers_users_products_account(wire: &Wire, cc: &CertCentral) {
    let container = ContainerId(3);
    wire.row(cc.containers().list().send(), "GET /container", Value::Null).await;
    wire.row(cc.containers().get(container).send(), "GET /container/3", Value::Null).await;
    wire.row(cc.containers().children(container).send(), "GET /container/3/children", Value::Null).await;
    let user = ContainerUserRequest { email: Some("jane.roe@example.com".to_owned()), ..Default::default() };
    wire.row(
        cc.containers().create_child(container, "History").description("Ancient").template(ContainerTemplateId(5)).user(user).send(),
        "POST /container/3/children",
        json!({"name": "History", "description": "Ancient", "template_id": 5, "user": {"email": "jane.roe@example.com"}}),
    )
    .await;
    wire.row(cc.containers().create_child(container, "History").send(), "POST /container/3/children", json!({"name": "History"})).await;

    wire.row(cc.users().me().send(), "GET /user/me", Value::Null).await;
    wire.row(cc.users().get(UserId(14)).send(), "GET /user/14", Value::Null).await;
    wire.row(cc.users().list().page_size(20).offset(40).send(), "GET /user?limit=20&offset=40", Value::Null).await;
    let items = async { cc.users().list().stream().try_collect::<Vec<_>>().await };
    assert_eq!(wire.row(items, "GET /user?limit=1000&offset=0", Value::Null).await.len(), 2);

    assert_eq!(wire.row(cc.products().list().send(), "GET /product", Value::Null).await.len(), 5);
    wire.row(cc.products().get(Product::BASIC_OV).send(), "GET /product/ssl_basic", Value::Null).await;
    wire.row(cc.products().get(Product::BASIC_OV).container(container).send(), "GET /product/ssl_basic?container_id=3", Value::Null).await;

    wire.row(cc.account().get().send(), "GET /account", Value::Null).await;
    wire.row(cc.account().balance().send(), "GET /account/balance", Value::Null).await;
    assert_eq!(wire.row(cc.account().expiring_orders(container).send(), "GET /report/order/3/expiring", Value::Null).await.len(), 4);
    assert_eq!(wire.row(cc.account().custom_fields().send(), "GET /account/metadata", Value::Null).await.len(), 5);
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let wire = Wire::default();
    let cc = wire.client();
    Box::pin(bad_domains_and_lists(&wire, &cc)).await;
    Box::pin(bad_organizations(&wire, &cc)).await;
    Box::pin(access::bad_keys(&wire, &cc)).await;
    Box::pin(access::bad_users(&wire, &cc)).await;
    Box::pin(webhooks::bad_webhooks(&wire, &cc)).await;
}

async fn bad_domains_and_lists(wire: &Wire, cc: &CertCentral) {
    let id = DomainId(7);
    wire.refuses("validations", cc.domains().submit(id).validations([]).send()).await;
    wire.refuses("emails", cc.domains().submit(id).emails(["admin"]).send()).await;
    wire.refuses("account_token", cc.domains().check_lock(id, " ").send()).await;
    wire.refuses("search", cc.domains().list().search("%").send()).await;
    wire.refuses("search", async { cc.requests().list().search("").stream().try_next().await }).await;
    wire.refuses("search", async { cc.organizations().list().search(" ").pages().try_next().await }).await;
    wire.refuses("validation_ends", cc.domains().list().validation_ends(ValidationType::Cs, ValidationExpiry::Within7Days).send()).await;
    wire.refuses("product", cc.products().get(Product::new("../user")).send()).await;
    wire.refuses("product", cc.products().get(Product::new("")).send()).await;
    wire.refuses("name", cc.containers().create_child(ContainerId(3), "").send()).await;
    let user = ContainerUserRequest { email: Some("jane".to_owned()), ..Default::default() };
    wire.refuses("user", cc.containers().create_child(ContainerId(3), "History").user(user).send()).await;
}

async fn bad_organizations(wire: &Wire, cc: &CertCentral) {
    // Characters count, not bytes: 64 of three bytes each are taken.
    create!(cc, "証".repeat(64)).send().await.unwrap();
    create!(cc, "a".repeat(54)).assumed_name("b".repeat(7)).send().await.unwrap();
    wire.sent();
    wire.refuses("name", create!(cc, "").send()).await;
    wire.refuses("name", create!(cc, "a".repeat(65)).send()).await;
    wire.refuses("assumed_name", create!(cc, "a".repeat(55)).assumed_name("b".repeat(7)).send()).await;
    wire.refuses("address2", create!(cc, "Example").address2("a".repeat(65)).send()).await;
    wire.refuses("contact", create!(cc, "Example").contact(jane("jane")).send()).await;
    wire.refuses("verified_users", create!(cc, "Example").verified_users([Contact::User(UserId(12))]).send()).await;
    for (field, country, zip) in [("country", "usa", "84043"), ("country", "日", "84043"), ("country", "", "84043"), ("zip", "us", "")] {
        let create = cc.organizations().create("Example").address("1 Way").city("Lehi").state("Utah").zip(zip).country(country);
        wire.refuses(field, create.send()).await;
    }
    for field in ["address", "city", "state"] {
        for wrong in [String::new(), "a".repeat(65)] {
            let given = |member: &str| if member == field { wrong.clone() } else { "Lehi".to_owned() };
            let create = cc.organizations().create("Example").address(given("address")).city(given("city")).state(given("state"));
            wire.refuses(field, create.zip("84043").country("us").send()).await;
        }
    }
    let id = OrganizationId(5);
    let nobody: [Contact; 0] = [];
    wire.refuses("validations", cc.organizations().submit(id).validations([]).verified_users([Contact::User(UserId(12))]).send()).await;
    wire.refuses("verified_users", cc.organizations().submit(id).validations([ValidationType::Ov]).verified_users(nobody).send()).await;
    wire.refuses("verified_users", cc.organizations().submit(id).validations([ValidationType::Ov]).verified_users([jane("jane")]).send())
        .await;
    wire.refuses("verified_users", cc.organizations().submit(id).validations([ValidationType::Ov]).verified_users([nameless()]).send())
        .await;
}

fn jane(email: &str) -> Contact {
    person("Jane", email)
}

fn nameless() -> Contact {
    person("", "jane.roe@example.com")
}

fn person(first_name: &str, email: &str) -> Contact {
    Contact::Person {
        first_name: first_name.to_owned(),
        last_name: "Roe".to_owned(),
        job_title: "manager".to_owned(),
        telephone: "801-555-0101".to_owned(),
        email: email.to_owned(),
    }
}
