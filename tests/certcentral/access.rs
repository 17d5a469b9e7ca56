//! Who may do what, against the sandbox: keys open and close doors at once.

use shomei::{
    ApiKey, CertCentral, Error, Sandbox,
    certcentral::{AcmeProfileOption, ApiKeyRestriction, ApiKeyStatus, ContainerId, DcvMethod, OrganizationId, Product, UserId, UserRole},
};

use crate::judge::Judge;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
/// A standard user.
const LEON: UserId = UserId(17);

/// A client of another key.
fn with_key(judge: &Judge, key: ApiKey) -> CertCentral {
    CertCentral::builder(key).base_url("https://sandbox.invalid/services/v2").transport(judge.sandbox().clone()).build().unwrap()
}

fn code<T>(outcome: Result<T, Error>) -> String {
    let error = outcome.err().expect("the door is closed");
    assert!(error.is_forbidden() || error.is_unauthorized(), "{error}");
    error.code().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_made_changed_and_revoked() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let created = cc.api_keys().create(LEON, "deployment").send().await.unwrap();
    let theirs = with_key(&judge, created.key);
    assert_eq!(theirs.users().me().send().await.unwrap().id, LEON);

    cc.api_keys().edit(created.id).restriction(ApiKeyRestriction::ViewOnly).send().await.unwrap();
    theirs.orders().list().send().await.unwrap();
    let add = || theirs.domains().add("example.com").organization(ORGANIZATION).dcv_method(DcvMethod::DnsTxtToken).send();
    assert_eq!(code(add().await), "access_denied|missing_permission");
    cc.api_keys().edit(created.id).name("deploy").restriction(ApiKeyRestriction::OrdersDomainsOrganizations).send().await.unwrap();
    assert_eq!(code(theirs.account().get().send().await), "access_denied|missing_permission");
    let key = cc.api_keys().get(created.id).send().await.unwrap();
    assert_eq!((key.name.as_deref(), key.status), (Some("deploy"), Some(ApiKeyStatus::Active)));
    assert_eq!(cc.api_keys().list().user(LEON).send().await.unwrap().len(), 1);
    assert_eq!(cc.api_keys().restrictions().send().await.unwrap().len(), 4);

    cc.api_keys().revoke(created.id).send().await.unwrap();
    assert_eq!(code(theirs.orders().list().send().await), "access_denied|access_denied_invalid_key");
    cc.api_keys().activate(created.id).send().await.unwrap();
    theirs.orders().list().send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ones_own_key_is_revoked_by_its_name_only() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let key = cc.api_keys().list().send().await.unwrap().remove(0);
    for name in [None, Some("another")] {
        let error = cc.api_keys().revoke(key.id).maybe_own_key_named(name).send().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().starts_with("own_key_named: "), "{error}");
    }
    assert_eq!(judge.count("PUT"), 0);
    cc.api_keys().revoke(key.id).own_key_named(key.name.unwrap()).send().await.unwrap();
    assert_eq!(code(cc.users().me().send().await), "access_denied|access_denied_invalid_key");
}

#[tokio::test(start_paused = true)]
async fn a_user_comes_changes_and_goes() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let root = cc.users().me().send().await.unwrap().container.unwrap().id.unwrap();
    assert!(cc.containers().roles(root).send().await.unwrap().iter().any(|role| role.id == Some(UserRole::StandardUser)));
    let jane = cc.users().create("jane", UserRole::StandardUser).first_name("Jane").last_name("Roe").email("jane@example.com");
    let id = jane.job_title("manager").telephone("801-555-0101").container(root).send().await.unwrap();
    cc.users().edit(id).last_name("Doe").telephone("").send().await.unwrap();
    let jane = cc.users().get(id).send().await.unwrap();
    assert_eq!((jane.first_name.as_deref(), jane.last_name.as_deref()), (Some("Jane"), Some("Doe")));
    assert_eq!((jane.job_title.as_deref(), jane.telephone), (Some("manager"), None));

    let key = cc.api_keys().create(id, "hers").send().await.unwrap().key;
    let hers = with_key(&judge, key);
    assert_eq!(code(hers.users().set_role(id, UserRole::Administrator).send().await), "access_denied|missing_permission");
    cc.users().set_role(id, UserRole::Administrator).send().await.unwrap();
    hers.users().set_role(LEON, UserRole::Manager).send().await.unwrap();
    cc.users().delete(id).send().await.unwrap();
    assert_eq!(code(hers.users().me().send().await), "access_denied|access_denied_invalid_key");
    assert!(cc.users().get(id).send().await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_service_user_comes_with_a_key() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let robots = cc.users().create_service_user("robots@example.com", "deployment").restriction(ApiKeyRestriction::Orders);
    let robots = robots.send().await.unwrap();
    assert!(format!("{robots:?}").contains("ApiKey(…)") || !format!("{robots:?}").contains("key: \""), "{robots:?}");
    let theirs = with_key(&judge, robots.key);
    theirs.orders().list().send().await.unwrap();
    assert_eq!(code(theirs.domains().list().send().await), "access_denied|missing_permission");
    cc.users().edit(robots.id).email("machines@example.com").send().await.unwrap();
    assert_eq!(cc.users().get(robots.id).send().await.unwrap().email.as_deref(), Some("machines@example.com"));
}

#[tokio::test(start_paused = true)]
async fn containers_tell_what_their_users_may_be() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let root = cc.users().me().send().await.unwrap().container.unwrap().id.unwrap();
    let templates = cc.containers().templates(root).send().await.unwrap();
    for template in &templates {
        assert_eq!(cc.containers().template(root, template.id).send().await.unwrap().name, template.name);
    }
    let child = cc.containers().create_child(root, "History").template(templates[0].id).send().await.unwrap();
    assert!(!cc.containers().roles(child.id).send().await.unwrap().is_empty());
    assert!(cc.containers().templates(ContainerId(1)).send().await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn acme_credentials_are_made() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let made = cc.acme().create_credentials("web", Product::BASIC_OV).organization(ORGANIZATION).years(1);
    let made = made.profile(AcmeProfileOption::HttpSignedExchange).send().await.unwrap();
    assert!(made.acme_directory_url.expose().starts_with("https://"));
    cc.acme().create_legacy_credentials("former", Product::BASIC_OV).organization(ORGANIZATION).send().await.unwrap();
    let keys = cc.api_keys().list().send().await.unwrap();
    assert_eq!(keys.len(), 3);
    assert_eq!(cc.api_keys().get(keys[1].id).send().await.unwrap().organization_id, Some(ORGANIZATION));
}
