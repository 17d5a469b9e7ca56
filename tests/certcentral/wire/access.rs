//! Who may do what: API keys, credentials for ACME, users, and what containers allow them.

use serde_json::{Value, json};
use shomei::{
    CertCentral,
    certcentral::{
        AcmeProfileOption, ApiKeyId, ApiKeyRestriction, ContainerId, ContainerTemplateId, OrganizationId, Product, UserId, UserRole,
    },
};

use super::Wire;

pub(super) async fn keys(wire: &Wire, cc: &CertCentral) {
    let (id, user) = (ApiKeyId(184), UserId(14));
    assert_eq!(wire.row(cc.api_keys().list().send(), "GET /key", Value::Null).await.len(), 2);
    wire.row(cc.api_keys().list().user(user).send(), "GET /key?user_id=14", Value::Null).await;
    assert_eq!(wire.row(cc.api_keys().restrictions().send(), "GET /key/api-roles", Value::Null).await.len(), 4);
    wire.row(cc.api_keys().get(id).send(), "GET /key/184", Value::Null).await;
    let created = wire
        .rows(
            cc.api_keys().create(user, "api_key_01").send(),
            &[("GET /key?user_id=14", Value::Null), ("POST /key/user/14", json!({"name": "api_key_01"}))],
        )
        .await;
    assert!(created.id == id && !format!("{created:?}").contains("EXAMPLE"), "{created:?}");
    let limited = json!({"name": "api_key_03", "restricted_to_role_id": 102});
    wire.rows(
        cc.api_keys().create(user, "api_key_03").restriction(ApiKeyRestriction::ViewOnly).send(),
        &[("GET /key?user_id=14", Value::Null), ("POST /key/user/14", limited.clone())],
    )
    .await;

    wire.row(cc.api_keys().edit(id).name("api_key_03").restriction(ApiKeyRestriction::ViewOnly).send(), "PUT /key/184", limited).await;
    // What is not said stays, so it is read.
    let kept = json!({"name": "web", "restricted_to_role_id": 0});
    wire.rows(cc.api_keys().edit(id).name("web").send(), &[("GET /key/184", Value::Null), ("PUT /key/184", kept)]).await;
    let kept = json!({"name": "web servers", "restricted_to_role_id": 103});
    let limit = cc.api_keys().edit(id).restriction(ApiKeyRestriction::UserManagement).send();
    wire.rows(limit, &[("GET /key/184", Value::Null), ("PUT /key/184", kept)]).await;

    wire.row(cc.api_keys().activate(id).send(), "PUT /key/184/status", json!({"status": "active"})).await;
    wire.rows(
        cc.api_keys().revoke(id).own_key_named("web servers").send(),
        &[("GET /key/184", Value::Null), ("GET /user/me", Value::Null), ("PUT /key/184/status", json!({"status": "revoked"}))],
    )
    .await;
}

pub(super) async fn acme(wire: &Wire, cc: &CertCentral) {
    let before = ("GET /key", Value::Null);
    let made = wire
        .rows(
            cc.acme().create_credentials("web servers", Product::GEOTRUST_DV).days(90).send(),
            &[
                before.clone(),
                ("POST /key/acme-eab/tlm", json!({"name": "web servers", "product_name_id": "ssl_dv_geotrust_flex", "validity_days": 90})),
            ],
        )
        .await;
    assert_eq!(made.ext_act_kid.expose(), "EXAMPLE0KID");
    assert!(!format!("{made:?}").contains("EXAMPLE0KID") && !format!("{made:?}").contains("example.com"), "{made:?}");
    let whole = cc.acme().create_credentials("web", Product::BASIC_OV).organization(OrganizationId(5)).years(1).days(199);
    wire.rows(
        whole.profile(AcmeProfileOption::HttpSignedExchange).send(),
        &[
            before.clone(),
            (
                "POST /key/acme-eab/tlm",
                json!({"name": "web", "product_name_id": "ssl_basic", "organization_id": 5, "validity_years": 1, "validity_days": 199,
                    "profile_option": "http_signed_exchange"}),
            ),
        ],
    )
    .await;
    wire.rows(
        cc.acme().create_legacy_credentials("web", Product::BASIC_OV).organization(OrganizationId(5)).send(),
        &[
            before,
            ("POST /key/acme-eab", json!({"name": "web", "product_name_id": "ssl_basic", "organization_id": 5, "validity_years": 1})),
        ],
    )
    .await;
}

macro_rules! jane {
    ($cc:expr) => {
        $cc.users().create("jane.doe@example.com", UserRole::StandardUser).first_name("Jane").last_name("Doe").email("jane.doe@example.com")
    };
}

pub(super) async fn users(wire: &Wire, cc: &CertCentral) {
    let id = UserId(14);
    let before = ("GET /user?limit=1000&offset=0", Value::Null);
    let jane = json!({"username": "jane.doe@example.com", "first_name": "Jane", "last_name": "Doe", "email": "jane.doe@example.com",
        "access_roles": [{"id": 5}]});
    wire.rows(jane!(cc).send(), &[before.clone(), ("POST /user", jane.clone())]).await;
    let mut whole = jane;
    for (member, value) in [
        ("job_title", json!("manager")),
        ("telephone", json!("801-555-0101")),
        ("container", json!({"id": 3})),
        ("container_id_assignments", json!([3, 4])),
        ("is_saml_sso_only", json!(false)),
    ] {
        whole[member] = value;
    }
    let create = jane!(cc).job_title("manager").telephone("801-555-0101").container(ContainerId(3)).limited_to([3, 4].map(ContainerId));
    wire.rows(create.saml_only(false).send(), &[before.clone(), ("POST /user", whole)]).await;

    let robots = cc.users().create_service_user("robots@example.com", "deployment");
    let robots = robots.restriction(ApiKeyRestriction::Orders).limited_to([ContainerId(3)]).send();
    let body = json!({"is_api_only": true, "email": "robots@example.com", "api_name": "deployment", "restricted_to_role_id": 100,
        "container_id_assignments": [3]});
    let robots = wire.rows(robots, &[before, ("POST /user", body)]).await;
    assert!(!format!("{robots:?}").contains("EXAMPLE"), "{robots:?}");

    // What is not said stays, so it is read.
    let present = cc.users().get(id).send().await.unwrap();
    wire.sent();
    let mut change = json!({"email": present.email.unwrap(), "last_name": "Doe"});
    for (member, value) in [("job_title", present.job_title), ("telephone", present.telephone)] {
        if let Some(value) = value {
            change[member] = json!(value);
        }
    }
    wire.rows(cc.users().edit(id).last_name("Doe").send(), &[("GET /user/14", Value::Null), ("PUT /user/14", change)]).await;
    let whole =
        json!({"username": "jane", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "is_saml_sso_only": true});
    let edit = cc.users().edit(id).username("jane").first_name("Jane").last_name("Doe").email("jane@example.com").saml_only(true);
    wire.rows(edit.job_title("").telephone("").send(), &[("GET /user/14", Value::Null), ("PUT /user/14", whole)]).await;

    wire.row(cc.users().set_role(id, UserRole::Manager).send(), "PUT /user/14/role", json!({"access_roles": [{"id": 4}]})).await;
    wire.row(cc.users().delete(id).send(), "DELETE /user/14", Value::Null).await;
}

pub(super) async fn containers(wire: &Wire, cc: &CertCentral) {
    let id = ContainerId(3);
    wire.row(cc.containers().templates(id).send(), "GET /container/3/template", Value::Null).await;
    wire.row(cc.containers().template(id, ContainerTemplateId(5)).send(), "GET /container/3/template/5", Value::Null).await;
    wire.row(cc.containers().roles(id).send(), "GET /container/3/role", Value::Null).await;
}

pub(super) async fn bad_keys(wire: &Wire, cc: &CertCentral) {
    let (id, user) = (ApiKeyId(184), UserId(14));
    wire.refuses("name", cc.api_keys().create(user, " ").send()).await;
    wire.refuses("name", cc.api_keys().edit(id).send()).await;
    wire.refuses("name", cc.api_keys().edit(id).name("").send()).await;

    // One's own key needs its name: whose it is, is read, and nothing is changed.
    for name in [None, Some(""), Some("Web servers")] {
        let error = cc.api_keys().revoke(id).maybe_own_key_named(name).send().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("\"web servers\""), "{error}");
        let sent = wire.sent();
        assert!(sent.iter().all(|(line, _)| line.starts_with("GET ")), "{sent:?}");
    }

    let organization = OrganizationId(5);
    wire.refuses("name", cc.acme().create_credentials("", Product::BASIC_OV).organization(organization).days(90).send()).await;
    wire.refuses("organization", cc.acme().create_credentials("web", Product::BASIC_OV).days(90).send()).await;
    wire.refuses("days", cc.acme().create_credentials("web", Product::GEOTRUST_DV).send()).await;
    wire.refuses("days", cc.acme().create_credentials("web", Product::GEOTRUST_DV).days(0).send()).await;
    wire.refuses("years", cc.acme().create_credentials("web", Product::GEOTRUST_DV).years(0).send()).await;
    let signing = cc.acme().create_credentials("web", Product::CODE_SIGNING).organization(organization);
    wire.refuses("product", signing.days(90).send()).await;
    wire.refuses("product", cc.acme().create_legacy_credentials("web", Product::GEOTRUST_DV).organization(organization).send()).await;
}

pub(super) async fn bad_users(wire: &Wire, cc: &CertCentral) {
    let (id, long) = (UserId(14), "a".repeat(129));
    for username in ["", " "] {
        let create = cc.users().create(username, UserRole::Manager).first_name("Jane").last_name("Doe");
        wire.refuses("username", create.email("jane@example.com").send()).await;
    }
    for (field, first_name, last_name, email) in [
        ("first_name", "", "Doe", "jane@example.com"),
        ("first_name", &long, "Doe", "jane@example.com"),
        ("last_name", "Jane", " ", "jane@example.com"),
        ("email", "Jane", "Doe", "jane"),
    ] {
        let create = cc.users().create("jane", UserRole::Manager).first_name(first_name).last_name(last_name).email(email);
        wire.refuses(field, create.send()).await;
    }
    wire.refuses("job_title", jane!(cc).job_title("a".repeat(65)).send()).await;
    wire.refuses("telephone", jane!(cc).telephone("").send()).await;
    wire.refuses("email", cc.users().create_service_user("robots", "deployment").send()).await;
    wire.refuses("key_name", cc.users().create_service_user("robots@example.com", "").send()).await;
    wire.refuses("username", cc.users().edit(id).username("").send()).await;
    wire.refuses("last_name", cc.users().edit(id).last_name(long.clone()).send()).await;
    wire.refuses("email", cc.users().edit(id).email("jane").send()).await;
    wire.refuses("telephone", cc.users().edit(id).telephone("1".repeat(65)).send()).await;

    wire.refuses("token", cc.orders().validate_email("../user", "jane@example.com").send()).await;
    wire.refuses("email", cc.orders().validate_email("0a1b", "jane").send()).await;
}
