//! What renewals, reissues and duplicates carry over from an order that tells all there is to tell.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::{Value, json};
use shomei::{
    CertCentral, Error,
    certcentral::{
        CertificateDcvScope, Contact, ContainerId, CsProvisioningMethod, CustomFieldId, DcvMethod, OrderId, OrganizationId, PaymentMethod,
        Plan, Product, ProfileOption, ServerPlatformId, SignatureHash, UserId, Validity, flow::IssuanceWarning,
    },
};

use crate::{
    document::Document,
    judge::csr,
    scripted::{Scripted, answer},
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::load("certcentral"));

const ORDER: OrderId = OrderId(7);

/// A service that knows one order and one product.
struct Service(Scripted);

impl Service {
    fn new(order: Value) -> Self {
        Self::of(order, json!({"name_id": "ssl_securesite_flex", "allowed_ca_certs": [{"id": "39786C15468D713F", "name": "CA of today"}]}))
    }

    fn of(order: Value, product: Value) -> Self {
        Self(Scripted::new(move |request| {
            let path = request.path().trim_start_matches("/services/v2");
            Ok(match request.method().as_str() {
                "GET" if path.starts_with("/order/certificate/") => answer(200, order.to_string()),
                "GET" if path.starts_with("/product/") => answer(200, product.to_string()),
                "POST" => {
                    DOCUMENT.validate_request("POST", path, request.body()).unwrap();
                    answer(201, r#"{"id": 8, "certificate_id": 9}"#)
                }
                method => panic!("{method} {path}"),
            })
        }))
    }

    fn client(&self) -> CertCentral {
        self.0.certcentral()
    }

    /// The requests that were sent, beside those that read: their paths and their bodies.
    fn written(&self) -> Vec<(String, Value)> {
        let written = self.0.sent().into_iter().filter(|request| request.method() == "POST");
        let written = written.map(|request| (request.path().trim_start_matches("/services/v2").to_owned(), request.body().to_vec()));
        written.map(|(path, body)| (path, serde_json::from_slice(&body).unwrap())).collect()
    }

    /// The only one.
    fn asked(&self) -> (String, Value) {
        let asked = self.written();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.into_iter().next().unwrap()
    }

    /// What a renewal of the order sends.
    async fn renewal(&self) -> Value {
        self.client().orders().renew(ORDER, csr()).send().await.unwrap();
        self.asked().1
    }
}

/// An order that tells whatever order info can tell.
fn told() -> Value {
    json!({
        "id": 7,
        "status": "issued",
        "is_renewed": false,
        "product": {"name_id": "ssl_securesite_flex"},
        "certificate": {
            "id": 70,
            "common_name": "example.com",
            "dns_names": ["example.com", "www.example.com", " "],
            "signature_hash": "SHA384",
            "server_platform": {"id": 45, "name": "nginx"},
            "cert_validity": {"days": 90},
            "ca_cert": {"id": "39786c15468d713f", "name": "CA of today"},
            "organization": {"id": 112_233},
            "organization_units": [""],
            "emails": ["jill@example.com"],
        },
        "organization_contact": {"first_name": "Jill", "last_name": "Valentine", "telephone": "555-1", "email": "jill@example.com"},
        "technical_contact": {"user_id": 14, "first_name": "Leon", "last_name": "Kennedy", "contact_type": "technical_contact"},
        "order_validity": {"years": 3},
        "container": {"id": 5, "name": "a container"},
        "auto_renew": 1,
        "auto_reissue": 0,
        "custom_renewal_message": "Ask the web team.",
        "disable_renewal_notifications": true,
        "additional_emails": ["web@example.com"],
        "payment_method": "card",
        "dcv_method": "dns-cname-token",
        "disable_ct": true,
        "alternative_order_id": "of then",
        "custom_fields": [
            {"metadata_id": 1, "label": "Cost centre", "value": "4711"},
            {"metadata_id": 2, "label": "Number", "value": 12},
            {"metadata_id": 3, "label": "Mails", "value": ["a@example.com", {"b": null}]},
            {"metadata_id": 4, "label": "Nothing", "value": null},
        ],
        "cs_provisioning_method": "none",
    })
}

/// `told()` with one member, given by its dotted path, changed.
fn with(path: &str, value: Value) -> Value {
    let mut order = told();
    *path.split('.').fold(&mut order, |place, step| &mut place[step]) = value;
    order
}

#[tokio::test]
async fn a_renewal_carries_over_whatever_is_told() {
    let service = Service::new(told());
    let csr = csr();
    service.client().orders().renew(ORDER, csr.clone()).send().await.unwrap();
    let (path, body) = service.asked();
    assert_eq!(path, "/order/certificate/ssl_securesite_flex");
    assert_eq!(
        body,
        json!({
            "certificate": {
                "common_name": "example.com",
                "dns_names": ["www.example.com"],
                "csr": csr.as_pem(),
                "signature_hash": "sha384",
                "server_platform": {"id": 45},
                "cert_validity": {"days": 90},
                "ca_cert_id": "39786C15468D713F",
                "emails": ["jill@example.com"],
            },
            "organization": {
                "id": 112_233,
                "contacts": [
                    {
                        "contact_type": "organization_contact",
                        "first_name": "Jill",
                        "last_name": "Valentine",
                        "telephone": "555-1",
                        "email": "jill@example.com",
                    },
                    {"contact_type": "technical_contact", "user_id": 14},
                ],
            },
            "order_validity": {"years": 1},
            "container": {"id": 5},
            "auto_renew": 1,
            "auto_reissue": 0,
            "renewal_of_order_id": 7,
            "custom_renewal_message": "Ask the web team.",
            "disable_renewal_notifications": true,
            "additional_emails": ["web@example.com"],
            "dcv_method": "dns-cname-token",
            "disable_ct": true,
            "custom_fields": [
                {"metadata_id": 1, "value": "4711"},
                {"metadata_id": 2, "value": 12},
                {"metadata_id": 3, "value": ["a@example.com", {"b": null}]},
            ],
        })
    );
}

#[tokio::test]
async fn a_renewal_as_a_product_without_organization_has_its_contacts_at_the_root() {
    let service = Service::new(told());
    let renewal = service.client();
    renewal.orders().renew(ORDER, csr()).product(Product::GEOTRUST_DV).send().await.unwrap();
    let (path, body) = service.asked();
    assert_eq!(path, "/order/certificate/ssl_dv_geotrust_flex");
    assert_eq!(body.get("organization"), None);
    assert_eq!((&body["organization_contact"]["email"], &body["technical_contact"]["user_id"]), (&json!("jill@example.com"), &json!(14)));
}

#[tokio::test]
async fn reissues_and_duplicates_carry_over_what_is_told_of_the_certificate() {
    let service = Service::new(told());
    let csr = csr();
    let certificate = json!({
        "common_name": "example.com",
        "dns_names": ["www.example.com"],
        "csr": csr.as_pem(),
        "signature_hash": "sha384",
        "server_platform": {"id": 45},
        "cert_validity": {"days": 90},
        "ca_cert_id": "39786C15468D713F",
        "emails": ["jill@example.com"],
    });
    service.client().orders().reissue(ORDER, csr.clone()).send().await.unwrap();
    assert_eq!(service.asked(), ("/order/certificate/7/reissue".to_owned(), json!({"certificate": certificate})));
    service.client().orders().duplicate(ORDER, csr.clone()).send().await.unwrap();
    assert_eq!(service.asked(), ("/order/certificate/7/duplicate".to_owned(), json!({"certificate": certificate})));

    // What is not told is not made up.
    let service = Service::new(json!({"id": 7, "status": "issued", "certificate": {"common_name": "example.com"}}));
    let certificate = json!({"common_name": "example.com", "csr": csr.as_pem(), "signature_hash": "sha256"});
    service.client().orders().reissue(ORDER, csr.clone()).send().await.unwrap();
    assert_eq!(service.asked().1, json!({"certificate": certificate}));
    service.client().orders().duplicate(ORDER, csr.clone()).send().await.unwrap();
    assert_eq!(service.asked().1, json!({"certificate": certificate}));
}

/// What was right then, and is refused today or cannot be said again: the member of order info, and the setter that the error names.
fn refused() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("certificate.signature_hash", json!("sha1"), "signature_hash"),
        ("certificate.ca_cert", json!({"id": "0A", "name": "CA of then"}), "ca_cert_id"),
        ("certificate.organization_units", json!(["Web"]), "organization_units"),
        ("organization_contact", json!({"name": "Jill Valentine", "email": "jill@example.com"}), "organization_contact"),
        ("technical_contact", json!({"first_name": "Leon"}), "technical_contact"),
        ("custom_fields", json!([{"id": 9, "label": "Cost centre", "value": 4711}]), "custom_fields"),
    ]
}

#[tokio::test]
async fn what_cannot_be_carried_over_is_an_error_that_names_its_setter() {
    let setters =
        ["signature_hash", "ca_cert_id", "organization_units", "organization_contact", "technical_contact", "custom_fields", "dcv_method"];
    let mut cases = refused();
    cases.push(("dcv_method", json!("http-token"), "dcv_method"));
    let mut seen = BTreeSet::new();
    for (path, value, setter) in cases {
        let mut order = with(path, value);
        if setter == "dcv_method" {
            order["certificate"]["dns_names"] = json!(["*.example.com"]);
        }
        let service = Service::new(order);
        let error = service.client().orders().renew(ORDER, csr()).send().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().starts_with(&format!("{setter}: ")), "{path}: {error}");
        assert_eq!(service.written(), [], "{path}");
        // With its setter it goes through.
        let none: [&str; 0] = [];
        let cc = service.client();
        let renewal = cc.orders().renew(ORDER, csr());
        let user = || Contact::User(UserId(9));
        let sent = match setter {
            "signature_hash" => renewal.signature_hash(SignatureHash::Sha256).send().await,
            "ca_cert_id" => renewal.ca_cert_id("").send().await,
            "organization_units" => renewal.organization_units(none).send().await,
            "organization_contact" => renewal.organization_contact(user()).send().await,
            "technical_contact" => renewal.technical_contact(user()).send().await,
            "custom_fields" => renewal.custom_fields([(CustomFieldId(9), 4711)]).send().await,
            _ => renewal.dcv_method(DcvMethod::DnsTxtToken).send().await,
        };
        sent.unwrap_or_else(|error| panic!("{setter}: {error}"));
        service.asked();
        seen.insert(setter);
    }
    assert_eq!(seen, setters.into());

    // Reissues and duplicates have the same certificate.
    for (path, value, setter) in refused().into_iter().take(3) {
        let service = Service::new(with(path, value));
        let cc = service.client();
        for error in
            [cc.orders().reissue(ORDER, csr()).send().await.unwrap_err(), cc.orders().duplicate(ORDER, csr()).send().await.unwrap_err()]
        {
            assert!(error.is_invalid_input() && error.to_string().starts_with(&format!("{setter}: ")), "{path}: {error}");
        }
        assert_eq!(service.written(), [], "{path}");
    }
}

#[tokio::test]
async fn an_intermediate_is_known_by_its_id_or_its_name() {
    for (told, sent) in [
        (json!({"ca_cert": {"id": "39786c15468D713F"}}), json!("39786C15468D713F")),
        (json!({"ca_cert": {"id": "1005", "name": "CA of today"}}), json!("39786C15468D713F")),
        (json!({"ca_cert_id": "39786C15468D713F"}), json!("39786C15468D713F")),
        (json!({}), Value::Null),
    ] {
        let mut order = told_without_ca();
        order["certificate"].as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
        assert_eq!(Service::new(order).renewal().await["certificate"]["ca_cert_id"], sent, "{told}");
    }
    // A product that tells no choice says nothing against it.
    let service = Service::of(with("certificate.ca_cert", json!({"id": "0A"})), json!({"name_id": "ssl_securesite_flex"}));
    assert_eq!(service.renewal().await["certificate"]["ca_cert_id"], "0A");
}

fn told_without_ca() -> Value {
    let mut order = told();
    order["certificate"].as_object_mut().unwrap().remove("ca_cert");
    order
}

#[tokio::test]
async fn a_validity_is_carried_over_as_far_as_it_is_granted_today() {
    for (told, sent) in [
        (json!({"days": 90}), json!({"days": 90})),
        // Longer than any certificate lasts today, as long as it may: what a certificate gets without a wish.
        (json!({"days": 397}), Value::Null),
        (json!({"years": 1}), Value::Null),
        (json!({"custom_expiration_date": "2026-12-01"}), Value::Null),
    ] {
        let service = Service::new(with("certificate.cert_validity", told.clone()));
        assert_eq!(service.renewal().await["certificate"]["cert_validity"], sent, "{told}");
    }
    let mut order = with("certificate.cert_validity", json!({"years": 1}));
    order["product"]["name_id"] = json!("private_ssl_flex");
    let service = Service::new(order);
    service.client().orders().renew(ORDER, csr()).plan(Plan::years(2)).send().await.unwrap();
    assert_eq!(service.asked().1["certificate"]["cert_validity"], json!({"years": 1}), "a private one may last two");
}

#[tokio::test]
async fn a_renewal_says_that_the_service_renews_too() {
    for (told, warnings) in [(json!(1), vec![IssuanceWarning::RenewsItself(ORDER)]), (json!(0), vec![])] {
        let service = Service::new(with("auto_renew", told));
        let pending = service.client().orders().renew(ORDER, csr()).start().await.unwrap();
        assert_eq!(pending.warnings(), warnings);
        assert!(pending.warnings().iter().all(|warning| warning.to_string().contains("order 7 renews itself")));
    }
}

/// Sets whatever an order has setters for.
macro_rules! every_setter {
    ($builder:expr) => {
        $builder
            .common_name("shop.example.com")
            .dns_names(["www.shop.example.com"])
            .plan(Plan::years(2))
            .validity(Validity::days(30))
            .organization(OrganizationId(1))
            .organization_contact(Contact::Person {
                first_name: "Chris".to_owned(),
                last_name: "Redfield".to_owned(),
                job_title: "manager".to_owned(),
                telephone: "555-2".to_owned(),
                email: "chris@example.com".to_owned(),
            })
            .technical_contact(Contact::User(UserId(2)))
            .container(ContainerId(3))
            .signature_hash(SignatureHash::Sha512)
            .server_platform(ServerPlatformId(2))
            .dcv_method(DcvMethod::Email)
            .dcv_scope(CertificateDcvScope::Fqdn)
            .dcv_emails([("shop.example.com", "admin@example.com")])
            .ca_cert_id("0B")
            .profile(ProfileOption::ServerAuthOnlyEku)
            .organization_units(["Web"])
            .emails(["jill@example.com"])
            .cs_provisioning_method(CsProvisioningMethod::ClientApp)
            .alternative_order_id("of today")
            .skip_approval(true)
            .payment_method(PaymentMethod::Balance)
            .additional_emails(["shop@example.com"])
            .custom_fields([(CustomFieldId(1), json!(false))])
            .comment("please")
            .custom_renewal_message("Ask the shop.")
            .auto_renew(false)
            .auto_reissue(true)
            .disable_renewal_notifications(false)
            .disable_ct(false)
            .locale("ja")
    };
}

#[tokio::test]
async fn a_renewal_has_every_setter_of_an_order() {
    let service = Service::new(told());
    let (cc, csr) = (service.client(), csr());
    every_setter!(cc.orders().issue(Product::PRIVATE_SSL, csr.clone())).send().await.unwrap();
    let (path, mut ordered) = service.asked();
    assert_eq!(path, "/order/certificate/private_ssl_flex");
    every_setter!(cc.orders().renew(ORDER, csr.clone()).product(Product::PRIVATE_SSL)).send().await.unwrap();
    ordered["renewal_of_order_id"] = json!(7);
    assert_eq!(service.asked(), (path, ordered.clone()), "nothing of the old order shows");

    // They reach every member but those that one other says better.
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/certcentral.yaml")).unwrap();
    let document: Value = serde_norway::from_str(&text).unwrap();
    let schema = &document["components"]["schemas"]["OrderRequest"]["properties"];
    let members: BTreeSet<_> = schema.as_object().unwrap().keys().cloned().collect();
    let set: BTreeSet<_> = ordered.as_object().unwrap().keys().cloned().collect();
    let rest: Vec<_> = members.difference(&set).map(String::as_str).collect();
    let at_the_root_without_organization = ["organization_contact", "technical_contact"];
    let older = ["custom_expiration_date", "validity_days", "validity_years"];
    let expected: BTreeSet<_> =
        [&at_the_root_without_organization[..], &older, &["product", "renewed_thumbprint"]].concat().into_iter().collect();
    assert_eq!(rest.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn reissues_and_duplicates_have_the_setters_of_their_documents() {
    let service = Service::new(with("product.name_id", json!("private_ssl_flex")));
    let (cc, csr) = (service.client(), csr());
    macro_rules! again {
        ($builder:expr) => {
            $builder
                .common_name("www.example.com")
                .dns_names(["example.com"])
                .validity(Validity::days(30))
                .signature_hash(SignatureHash::Sha512)
                .server_platform(ServerPlatformId(2))
                .ca_cert_id("0B")
                .profile(ProfileOption::ServerAuthOnlyEku)
                .organization_units(["Web"])
                .emails(["jill@example.com"])
                .skip_approval(true)
        };
    }
    let certificate = json!({
        "common_name": "www.example.com",
        "dns_names": ["example.com"],
        "csr": csr.as_pem(),
        "signature_hash": "sha512",
        "server_platform": {"id": 2},
        "cert_validity": {"days": 30},
        "ca_cert_id": "0B",
        "organization_units": ["Web"],
        "emails": ["jill@example.com"],
        "profile_option": "server_auth_only_eku",
    });
    again!(cc.orders().duplicate(ORDER, csr.clone())).send().await.unwrap();
    let mut expected = json!({"certificate": certificate, "skip_approval": true});
    assert_eq!(service.asked().1, expected);
    let reissue = again!(cc.orders().reissue(ORDER, csr.clone())).dcv_method(DcvMethod::Email).dcv_scope(CertificateDcvScope::Fqdn);
    let reissue = reissue.comment("please").store_reissue_as_duplicate(true).cs_provisioning_method(CsProvisioningMethod::Email);
    reissue.send().await.unwrap();
    expected["dcv_method"] = json!("email");
    expected["certificate_dcv_scope"] = json!("fqdn");
    expected["comments"] = json!("please");
    expected["store_reissue_as_duplicate"] = json!(true);
    expected["cs_provisioning_method"] = json!("email");
    assert_eq!(service.asked().1, expected);

    let error: Error = cc.orders().duplicate(ORDER, csr).dns_names(["shop.example.com"]).send().await.unwrap_err();
    assert!(error.to_string().starts_with("dns_names: www.example.com is missing"), "{error}");
}
