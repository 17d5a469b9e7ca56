//! Renews orders whose certificate expires within 30 days: reissues if the plan continues, places a new order if it ends. Runs against the
//! sandbox's example account; with CERTCENTRAL_API_KEY in the environment, it only lists what it would do in that account.

use std::{error::Error, time::Duration};

use futures_util::TryStreamExt as _;
use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, Polling, PrivateKey, Sandbox,
    certcentral::flow::{ExpiringOrder, RenewalAction},
};

const WITHIN: Duration = Duration::from_secs(600);

const HELP: &str = "\
Renews certificates that expire within 30 days, in the sandbox's example account. With CERTCENTRAL_API_KEY in the environment, it only
lists what it would do in that account.

usage: renew_expiring [--help]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().len() > 1 {
        println!("{HELP}");
        return Ok(());
    }
    if let Ok(key) = ApiKey::from_env("CERTCENTRAL_API_KEY") {
        let cc = CertCentral::new(key)?;
        for next in cc.orders().expiring(30).stream().try_collect::<Vec<_>>().await? {
            describe(&next);
        }
        return Ok(());
    }
    println!("CERTCENTRAL_API_KEY is not set: using the sandbox's example account");
    let sandbox = Sandbox::with_example_account();
    let cc = sandbox.certcentral()?;
    let expiring: Vec<_> = cc.orders().expiring(30).stream().try_collect().await?;
    for next in expiring {
        describe(&next);
        let names = next.order.certificate.as_ref().and_then(|certificate| certificate.common_name.clone()).unwrap_or_default();
        // A real program stores the key.
        let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?.sign_csr([names])?;
        let pending = match next.action {
            RenewalAction::Reissue { .. } => cc.orders().reissue(next.order.id, csr).start().await?,
            RenewalAction::Renew => cc.orders().renew(next.order.id, csr).start().await?,
            _ => continue,
        };
        let issued = pending.polling(Polling::fixed(Duration::from_millis(200))).wait(WITHIN).await?;
        let leaf = issued.chain.leaf();
        println!("  order {}: {} until {}", issued.order.id, leaf.subject_alt_names().join(", "), leaf.not_after().date_naive());
    }
    Ok(())
}

fn describe(next: &ExpiringOrder) {
    let name = next.order.certificate.as_ref().and_then(|certificate| certificate.common_name.as_deref()).unwrap_or("?");
    let step = next.action;
    println!("order {} for {name} ends on {}: {step}", next.order.id, next.certificate_until);
}
