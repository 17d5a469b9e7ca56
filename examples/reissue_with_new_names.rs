//! Changes the names of an order's certificate: adds one first, then removes one, which revokes the earlier certificates.
//! Runs against the sandbox.

use std::{error::Error, time::Duration};

use shomei::{
    KeyAlgorithm, Polling, PrivateKey, Sandbox,
    certcentral::{
        OrganizationId, Plan, Product,
        flow::{DcvInstructions, PendingIssuance},
    },
};

const WITHIN: Duration = Duration::from_secs(600);
const ORGANIZATION: OrganizationId = OrganizationId(754_781);

const HELP: &str = "\
Changes the names of an order's certificate: adds one first, then removes one, which revokes the earlier certificates.

usage: reissue_with_new_names [--help]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().len() > 1 {
        println!("{HELP}");
        return Ok(());
    }
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral()?;
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await?;
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        sandbox.dns().publish_txt(name, value);
    }
    pending.wait(WITHIN).await?;

    // A real program stores each key.
    let csr = || PrivateKey::generate(KeyAlgorithm::EcdsaP256)?.sign_csr(["example.com"]);
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()?).common_name("example.com").dns_names(["www.example.com"]);
    let pending = order.organization(ORGANIZATION).plan(Plan::years(1)).start().await?;
    let id = pending.order_id();
    print("issued", pending).await?;

    let more = cc.orders().reissue(id, csr()?).dns_names(["www.example.com", "shop.example.com"]);
    print("a name more", more.start().await?).await?;

    let fewer = || Ok::<_, shomei::Error>(cc.orders().reissue(id, csr()?).dns_names(["www.example.com"]));
    let refusal = fewer()?.send().await.expect_err("leaving a name out wants to be agreed to");
    println!("one name less: {refusal}");
    print("agreed", fewer()?.accept_revocation(true).start().await?).await?;

    sandbox.clock().advance(Duration::from_secs(72 * 3600));
    println!("72 hours later:");
    for reissue in cc.orders().reissues(id).send().await? {
        println!(
            "  {} {} {}",
            reissue.id,
            reissue.status.map(|status| status.to_string()).unwrap_or_default(),
            reissue.dns_names.join(", ")
        );
    }
    Ok(())
}

async fn print(what: &str, pending: PendingIssuance) -> Result<(), Box<dyn Error>> {
    let issued = pending.polling(Polling::fixed(Duration::from_millis(200))).wait(WITHIN).await?;
    println!("{what}: certificate {} for {}", issued.certificate_id, issued.chain.leaf().subject_alt_names().join(", "));
    Ok(())
}
