//! Debug and Display, tokens, steps, panics.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::StreamExt as _;
use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, PocketSign, PrivateKey, Sandbox,
    certcentral::{OrganizationId, Plan, Product, flow::DcvInstructions},
    pocketsign::{Freshness, HashAlgorithm, SignInOutcome, SignedData},
    sandbox::{ApprovalMode, PersonDetails},
};

use super::{ADDRESS, BIRTH_DATE, KEY, NAME, panic_of, silent};
use crate::{numbers::Numbers, recorder::Recorder};

const HOUR: Duration = Duration::from_secs(3600);

/// A private key as bytes that would show.
fn secret_of(key: &PrivateKey) -> Vec<u8> {
    let pem = key.to_pem();
    STANDARD.decode(pem.expose().lines().filter(|line| !line.starts_with("---")).collect::<String>()).unwrap()[36..68].to_vec()
}

#[tokio::test(start_paused = true)]
async fn nothing_of_certcentral_shows_a_key_on_the_whole_way_to_a_certificate() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let sandbox = Sandbox::builder().api_key(KEY).approval(ApprovalMode::OneStep).issue_delay(Duration::from_secs(60)).build();
    let key = ApiKey::new(KEY).unwrap();
    let builder = CertCentral::builder(key.clone());
    let mut shown = format!("{key:?} {key:#?} {builder:?} {builder:#?} {sandbox:?}");
    let cc = sandbox.certcentral().unwrap();
    shown += &format!("{cc:?} {cc:#?} {:?} {:?} {:?} {:?} {:?}", cc.domains(), cc.orders(), cc.raw(), cc.usage(), cc.account());

    let pending = cc.domains().validate("example.com").organization(OrganizationId(754_781)).start().await.unwrap();
    shown += &format!("{pending:?} {} {:?}", pending.instructions(), pending.resume_token());
    shown += &serde_json::to_string(&pending.resume_token()).unwrap();
    let DcvInstructions::Txt { name, value, .. } = pending.instructions().clone() else { panic!() };
    let mut wait = pending.wait(HOUR);
    shown += &format!("{wait:?} {:?}", wait.next().await);
    sandbox.dns().publish_txt(&name, &value);
    shown += &format!("{:?}", wait.await.unwrap());

    let private = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let csr = private.sign_csr(["example.com"]).unwrap();
    shown += &format!("{private:?} {private:#?} {csr:?}");
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr.clone()).common_name("example.com").organization(OrganizationId(754_781));
    let pending = order.plan(Plan::years(1)).start().await.unwrap();
    shown += &format!("{pending:?} {:?} {:?}", pending.response(), pending.resume_token());
    shown += &serde_json::to_string(&pending.resume_token()).unwrap();
    let mut wait = pending.wait(HOUR);
    shown += &format!("{:?}", wait.next().await);
    let issued = wait.await.unwrap();
    shown += &format!("{issued:?} {}", issued.fullchain_pem());
    let revoked = cc.orders().revoke(issued.order.id).start().await.unwrap();
    shown += &format!("{revoked:?} {}", serde_json::to_string(&revoked.resume_token()).unwrap());
    shown += &format!("{:?}", revoked.wait(HOUR).await.unwrap());

    shown += &panic_of(|| panic!("{key:?} {cc:?} {private:?}"));
    shown += &panic_of(|| panic!("{:#?}", (&key, &cc)));
    assert!(shown.contains("BEGIN CERTIFICATE") && recorder.text().contains("order_certificate"));
    let secrets: [&[u8]; 2] = [KEY.as_bytes(), &secret_of(&private)];
    silent(&shown, &secrets);
    silent(&recorder.text(), &secrets);
}

#[test]
fn nothing_of_pocketsign_shows_a_token_or_a_person_labels_included() {
    let numbers = Numbers::default();
    let (recorder, _guard) = Recorder::of_this_thread();
    numbers.of(async {
        let sandbox = Sandbox::new();
        let token = sandbox.pocketsign_token();
        let details = PersonDetails {
            name: NAME.to_owned(),
            address: ADDRESS.to_owned(),
            date_of_birth: BIRTH_DATE.to_owned(),
            ..PersonDetails::default()
        };
        let card = sandbox.jpki().card(details);
        let (digest, signature) = card.signing.sign(b"a challenge");
        let ps = sandbox.pocketsign().unwrap();
        let builder = PocketSign::builder(ApiKey::new(&*token).unwrap());
        let sign_in = ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap());
        let mut shown = format!("{ps:?} {builder:?} {card:?} {sign_in:?}");
        let SignInOutcome::New(person) = sign_in.send().await.unwrap() else { panic!("known") };
        shown += &format!("{person:?} {person:#?}");
        let mut sweep = ps.sweep().targets([person.user.clone()]).freshness(Freshness::Now).start().await.unwrap();
        shown += &format!("{sweep:?} {:?}", sweep.next().await);
        shown += &serde_json::to_string(&sweep.cursor()).unwrap();
        shown += &panic_of(|| panic!("{ps:?} {person:?} {card:?}"));
        shown += &numbers.names().join(" ");
        let user = person.user.to_string();
        assert!(shown.contains("operation=verify") && shown.contains(&user));
        assert!(!numbers.names().join(" ").contains(&user) && !recorder.text().contains(&user), "ids are for the caller only");

        let der = card.signing.der();
        let (public, serial) = (&der[der.len() / 2..der.len() / 2 + 40], &der[..60]);
        let secrets: [&[u8]; 8] =
            [token.as_bytes(), NAME.as_bytes(), ADDRESS.as_bytes(), BIRTH_DATE.as_bytes(), &digest, &signature[..40], public, serial];
        silent(&shown, &secrets);
        silent(&recorder.text(), &secrets);
    });
}
