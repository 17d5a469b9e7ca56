//! Certificates that serve no TLS, and a product that the service picks, against the sandbox.

use std::time::Duration;

use shomei::{
    Sandbox,
    certcentral::{CsProvisioningMethod, EmailValidationStatus, ErrorCode, OrganizationId, Plan, Product},
    sandbox::MailKind,
};

use crate::judge::{Judge, csr};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn code_signing_certificates_are_waited_for() {
    for product in [Product::CODE_SIGNING, Product::CODE_SIGNING_EV] {
        let judge = Judge::new(Sandbox::new());
        let cc = judge.client();
        let order = cc.orders().issue(product, csr()).common_name("Win The Customer, LLC").organization(ORGANIZATION);
        let order = order.plan(Plan::years(1)).cs_provisioning_method(CsProvisioningMethod::ClientApp);
        let pending = order.start().await.unwrap();
        judge.sandbox().validate_organization(ORGANIZATION.0).unwrap();
        let issued = pending.wait(HOUR).await.unwrap();
        assert_eq!(issued.chain.leaf().subject_alt_names(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_certificate_waits_for_the_readers_of_its_addresses() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let order = cc.orders().issue(Product::new("client_premium"), csr()).common_name("Jane Roe").emails(["jane@example.com"]);
    let pending = order.organization(ORGANIZATION).plan(Plan::years(1)).start().await.unwrap();
    let id = pending.response().unwrap().id;
    let status = async || cc.orders().email_validations(id).send().await.unwrap().emails[0].status.clone();
    assert_eq!(status().await, Some(EmailValidationStatus::Unvalidated));
    let mail = judge.sandbox().mails().to("jane@example.com").pop().unwrap();
    assert_eq!(mail.kind, MailKind::EmailValidation);
    let token = mail.token.unwrap();
    assert!(cc.orders().validate_email(&token, "joe@example.com").send().await.unwrap_err().is_not_found());
    cc.orders().validate_email(&token, "jane@example.com").send().await.unwrap();
    assert_eq!(status().await, Some(EmailValidationStatus::Validated));
    pending.wait(HOUR).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_service_picks_a_product_by_a_hint() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let order = |hint: &'static str| {
        let order = cc.orders().issue(Product::by_type_hint(hint), csr()).common_name("example.com").organization(ORGANIZATION);
        order.plan(Plan::years(1))
    };
    let placed = order("ov").send().await.unwrap();
    let picked = cc.orders().get(placed.id).send().await.unwrap().product.unwrap().name_id;
    assert_eq!(picked.unwrap().to_string(), "ssl_plus");
    let error = order("something").send().await.unwrap_err();
    assert_eq!(error.certcentral_code(), Some(ErrorCode::AmbiguousProduct));
}
