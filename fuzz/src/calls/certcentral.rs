//! Every operation of CertCentral.

use std::time::Duration;

use shomei::{
    Csr, Error,
    certcentral::{
        ApiKeyId, CertificateFormat, CertificateId, ContainerId, ContainerTemplateId, DcvMethod, DomainId, OrderId, OrganizationId, Plan,
        Product, RequestId, ServerPlatformId, UserId, UserRole, ValidationType, WebhookId, types::ApprovalRequest,
    },
};

use super::{super::judge, table};

const ORDER: OrderId = OrderId(7);
const DOMAIN: DomainId = DomainId(7);
const CERTIFICATE: CertificateId = CertificateId(7);
const ORGANIZATION: OrganizationId = OrganizationId(7);
const KEY: ApiKeyId = ApiKeyId(7);
const WEBHOOK: WebhookId = WebhookId(7);
const CONTAINER: ContainerId = ContainerId(7);

pub(super) fn csr() -> Csr {
    Csr::from_pem(include_str!("../../fixtures/request.pem")).expect("the fixture")
}

/// What a revocation tells.
async fn request(
    revocation: impl Future<Output = Result<shomei::certcentral::flow::PendingRevocation, Error>>,
) -> Result<Option<ApprovalRequest>, Error> {
    revocation.await.map(|pending| pending.request().cloned())
}

/// The number of a key that was made.
async fn key(created: impl Future<Output = Result<shomei::certcentral::CreatedApiKey, Error>>) -> Result<ApiKeyId, Error> {
    created.await.map(|created| created.id)
}

table! { CALLS, |clients| &clients.cc => cc {
    "add_domain" answer: cc.domains().add("example.com").organization(ORGANIZATION).dcv_method(DcvMethod::DnsTxtToken).send();
    "list_domains" answer: cc.domains().list().send();
    "domain_info" answer: cc.domains().get(DOMAIN).include_dcv(true).include_validation(true).send();
    "change_dcv_method" answer: cc.domains().change_dcv_method(DOMAIN, DcvMethod::DnsTxtToken).send();
    "generate_dcv_token" answer: cc.domains().generate_dcv_token(DOMAIN).send();
    "check_domain_dcv" answer: cc.domains().check_dcv(DOMAIN).send();
    "domain_emails" answer: cc.domains().dcv_emails(DOMAIN).send();
    "resend_dcv_emails" answer: cc.domains().resend_dcv_emails(DOMAIN).send();
    "activate_domain" answer: cc.domains().activate(DOMAIN).send();
    "deactivate_domain" answer: cc.domains().deactivate(DOMAIN).send();
    "submit_domain_validation" answer: cc.domains().submit(DOMAIN).send();
    "domain_validations" answer: cc.domains().validations(DOMAIN).send();
    "activate_domain_locking" answer: cc.domains().lock(DOMAIN).send();
    "deactivate_domain_locking" answer: cc.domains().unlock(DOMAIN).send();
    "check_domain_caa" answer: cc.domains().check_lock(DOMAIN, "0a1b2c").send();
    "order_certificate" answer: cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION)
        .plan(Plan::years(1)).alternative_order_id("mine").send();
    "order_info" answer: cc.orders().get(ORDER).send();
    "order_validation" answer: cc.orders().validation(ORDER).send();
    "list_orders" answer: cc.orders().list().send();
    "orders_by_alternative_order_id" answer: cc.orders().find_by_alternative_id("mine").send();
    "order_status_changes" answer: cc.orders().changes().within(Duration::from_secs(600)).send();
    "update_order_status" answer: cc.orders().cancel(ORDER).comment("ordered twice").send();
    "set_additional_emails" answer: cc.orders().set_additional_emails(ORDER).emails(["a@example.com"]).send();
    "add_order_note" answer: cc.orders().add_note(ORDER, "a note").send();
    "reissue_certificate" answer: cc.orders().reissue(ORDER, csr()).accept_revocation(true).send();
    "list_reissues" answer: cc.orders().reissues(ORDER).send();
    "duplicate_certificate" answer: cc.orders().duplicate(ORDER, csr()).send();
    "list_duplicates" answer: cc.orders().duplicates(ORDER).send();
    "revoke_order" answer: request(cc.orders().revoke(ORDER).start());
    "set_auto_reissue" answer: cc.orders().set_auto_reissue(ORDER, true).send();
    "resend_order_approval_emails" answer: cc.orders().resend_approval_emails(ORDER).to(["a@example.com"]).send();
    "change_order_dcv_method" answer: cc.orders().change_dcv_method(ORDER, DcvMethod::DnsTxtToken).send();
    "order_dcv_random_value" answer: cc.orders().generate_dcv_token(ORDER).send();
    "check_order_dcv" answer: cc.orders().check_dcv(ORDER).send();
    "resend_order_dcv_emails" answer: cc.orders().resend_dcv_emails(ORDER).to([("example.com", "admin@example.com")]).send();
    "add_order_csr" answer: cc.orders().add_csr(ORDER, csr()).send();
    "order_email_validations" answer: cc.orders().email_validations(ORDER).send();
    "validate_email" answer: cc.orders().validate_email("0a1b", "jane@example.com").send();
    "download_certificate" file: cc.certificates().download(CERTIFICATE, CertificateFormat::PemAll).send();
    "certificate_chain" chain: cc.certificates().chain(CERTIFICATE).send();
    "download_order_certificate" file: cc.certificates().download_for_order(ORDER).send();
    "download_order_certificate_format" file: cc.certificates().download_for_order(ORDER).format(CertificateFormat::P7b).send();
    "download_certificate_best_format" file: cc.certificates().download_best_format(CERTIFICATE).send();
    "download_certificate_for_platform" file: cc.certificates().download_best_format(CERTIFICATE).platform(ServerPlatformId(-1)).send();
    "list_intermediates" answer: cc.certificates().intermediates().send();
    "archive_certificate" answer: cc.certificates().archive(CERTIFICATE).send();
    "unarchive_certificate" answer: cc.certificates().unarchive(CERTIFICATE).send();
    "revoke_certificate" answer: request(cc.certificates().revoke(CERTIFICATE).start());
    "list_requests" answer: cc.requests().list().send();
    "request_info" answer: cc.requests().get(RequestId(7)).send();
    "update_request_status" answer: cc.requests().approve(RequestId(7)).send();
    "request_summary" answer: cc.requests().count().send();
    "list_organizations" answer: cc.organizations().list().send();
    "create_organization" answer: cc.organizations().create("Example").address("1 Way").city("Lehi").state("Utah").zip("84043").country("us")
        .send();
    "organization_info" answer: cc.organizations().get(ORGANIZATION).send();
    "delete_organization" answer: cc.organizations().delete(ORGANIZATION).send();
    "organization_validations" answer: cc.organizations().validations(ORGANIZATION).send();
    "submit_organization_validation" answer: cc.organizations().submit(ORGANIZATION).validations([ValidationType::Ov])
        .verified_users([shomei::certcentral::Contact::User(UserId(7))]).send();
    "activate_organization" answer: cc.organizations().activate(ORGANIZATION).send();
    "deactivate_organization" answer: cc.organizations().deactivate(ORGANIZATION).send();
    "list_containers" answer: cc.containers().list().send();
    "container_info" answer: cc.containers().get(CONTAINER).send();
    "list_child_containers" answer: cc.containers().children(CONTAINER).send();
    "create_child_container" answer: cc.containers().create_child(CONTAINER, "History").send();
    "list_container_templates" answer: cc.containers().templates(CONTAINER).send();
    "container_template_info" answer: cc.containers().template(CONTAINER, ContainerTemplateId(7)).send();
    "list_container_roles" answer: cc.containers().roles(CONTAINER).send();
    "list_users" answer: cc.users().list().send();
    "user_me" answer: cc.users().me().send();
    "user_info" answer: cc.users().get(UserId(7)).send();
    "create_user" answer: cc.users().create("jane", UserRole::Manager).first_name("Jane").last_name("Doe").email("jane@example.com").send();
    "edit_user" answer: cc.users().edit(UserId(7)).first_name("Jane").send();
    "change_user_role" answer: cc.users().set_role(UserId(7), UserRole::Manager).send();
    "delete_user" answer: cc.users().delete(UserId(7)).send();
    "list_webhooks" answer: cc.webhooks().list().send();
    "create_webhook" answer: cc.webhooks().create("https://hooks.example.com/").send();
    "edit_webhook" answer: cc.webhooks().edit(WEBHOOK, "https://hooks.example.com/").send();
    "test_webhook_endpoint" answer: cc.webhooks().test_endpoint("https://hooks.example.com/").send();
    "send_webhook_challenge" answer: cc.webhooks().send_challenge(WEBHOOK).send();
    "check_webhook_challenge" answer: cc.webhooks().check_challenge(WEBHOOK, "token").send();
    "activate_webhook" answer: cc.webhooks().activate(WEBHOOK).send();
    "deactivate_webhook" answer: cc.webhooks().deactivate(WEBHOOK).send();
    "webhook_event_logs" answer: cc.webhooks().event_logs().send();
    "event_logs_of_webhook" answer: cc.webhooks().event_logs().webhook(WEBHOOK).send();
    "list_api_keys" answer: cc.api_keys().list().send();
    "list_api_key_roles" answer: cc.api_keys().restrictions().send();
    "create_api_key" answer: key(cc.api_keys().create(UserId(7), "deployment").send());
    "api_key_info" answer: cc.api_keys().get(KEY).send();
    "edit_api_key" answer: cc.api_keys().edit(KEY).name("deployment").send();
    "update_api_key_status" answer: cc.api_keys().revoke(KEY).own_key_named("deployment").send();
    "create_acme_credentials" answer: cc.acme().create_credentials("web", Product::GEOTRUST_DV).days(90).send();
    "create_legacy_acme_credentials" answer: cc.acme().create_legacy_credentials("web", Product::BASIC_OV).organization(ORGANIZATION).send();
    "list_products" answer: cc.products().list().send();
    "product_info" answer: cc.products().get(Product::BASIC_OV).send();
    "account_info" answer: cc.account().get().send();
    "account_balance" answer: cc.account().balance().send();
    "list_custom_fields" answer: cc.account().custom_fields().send();
    "expiring_orders" answer: cc.account().expiring_orders(CONTAINER).send();
}}
