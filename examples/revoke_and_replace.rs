//! Handles a compromised key: reissues the certificate with a new key, revokes the old one, and keeps the order and its plan.
//! Runs against the sandbox.

use std::{error::Error, time::Duration};

use shomei::{
    KeyAlgorithm, Polling, PrivateKey, Sandbox,
    certcentral::{OrganizationId, Plan, Product, RevocationReason, flow::DcvInstructions},
};

const WITHIN: Duration = Duration::from_secs(600);
const ORGANIZATION: OrganizationId = OrganizationId(754_781);

const HELP: &str = "\
Handles a compromised key: reissues the certificate with a new key, revokes the old one, and keeps the order and its plan.

usage: revoke_and_replace [--help]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().len() > 1 {
        println!("{HELP}");
        return Ok(());
    }
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral()?;
    let polling = Polling::fixed(Duration::from_millis(200));
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await?;
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        sandbox.dns().publish_txt(name, value);
    }
    pending.wait(WITHIN).await?;

    // A real program stores each key.
    let csr = || PrivateKey::generate(KeyAlgorithm::EcdsaP256)?.sign_csr(["example.com"]);
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()?).common_name("example.com").organization(ORGANIZATION);
    let old = order.plan(Plan::years(2)).start().await?.polling(polling).wait(WITHIN).await?;
    println!("order {} has the certificate {}", old.order.id, old.chain.leaf().serial_number());

    // The replacement first, so that the site is never without a certificate.
    let new = cc.orders().reissue(old.order.id, csr()?).start().await?.polling(polling).wait(WITHIN).await?;
    println!("replaced by {}", new.chain.leaf().serial_number());

    let revocation = cc.certificates().revoke(old.certificate_id).reason(RevocationReason::KeyCompromise);
    let pending = revocation.comment("the key was on a lost laptop").start().await?;
    let request = pending.polling(polling).wait(WITHIN).await?;
    println!("revoked {}, approved as request {:?}", old.certificate_id, request.map(|request| request.id));

    for reissue in cc.orders().reissues(old.order.id).send().await? {
        println!("  {} is {}", reissue.id, reissue.status.map(|status| status.to_string()).unwrap_or_default());
    }
    let days_left = cc.orders().plan_days_left(old.order.id).send().await?;
    println!("the plan goes on for {} days", days_left.unwrap_or_default());
    Ok(())
}
