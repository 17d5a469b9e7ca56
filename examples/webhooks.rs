//! Receives webhook events with axum: passes the challenge, then receives the event of a certificate's issuance.
//!
//! It runs against the embedded sandbox, which sends its events to this machine.

use std::{error::Error, time::Duration};

use axum::Router;
use futures_util::StreamExt as _;
use shomei::{
    CertCentral, KeyAlgorithm, PrivateKey, Sandbox,
    certcentral::{OrganizationId, Plan, Product, WebhookEvent, WebhookEventName, WebhookEvents, WebhookReceiver},
};
use tokio::{net::TcpListener, time::timeout};

const HELP: &str = "\
Receives webhook events with axum: creates a webhook in a sandbox's account, passes the challenge, orders a certificate and waits for the
event of its issuance.

usage: webhooks [options]

  --help   this text";

/// The secret that authenticates the service. A real one is random, and stored with your other secrets.
const SECRET: &str = "a-secret-for-the-example-is-no-secret";
/// An organization of the sandbox that is not validated yet.
const ORGANIZATION: OrganizationId = OrganizationId(754_782);
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(argument) = lexopt::Parser::from_env().next()? {
        return match argument {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                println!("{HELP}");
                Ok(())
            }
            other => Err(other.unexpected().into()),
        };
    }
    // A real receiver is behind an HTTPS server.
    let (receiver, mut events) = WebhookReceiver::builder().secret(SECRET).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/certcentral", listener.local_addr()?);
    let app = Router::new().route_service("/certcentral", receiver);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral()?;
    activate(&cc, &endpoint, &mut events).await?;

    // The service writes the organization into the certificate, whatever the CSR says.
    let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?.sign_csr(["example.com"])?;
    let order = cc.orders().issue(Product::CODE_SIGNING, csr).common_name("Win The Customer, LLC");
    let order = order.organization(ORGANIZATION).plan(Plan::years(1)).send().await?;
    println!("order {} waits for the validation of its organization", order.id);
    // In reality, the vendor's staff does this.
    sandbox.validate_organization(ORGANIZATION.0)?;
    loop {
        let event = next(&mut events).await?;
        if let (WebhookEventName::CertificateIssued, Some(order)) = (&event.name, event.data.order_id) {
            // An event is a hint; the order itself is authoritative.
            println!("certificate_issued: order {order} is {:?} now", cc.orders().get(order).send().await?.status);
            return Ok(());
        }
        println!("{} is of no interest here", event.name);
    }
}

/// Creates a webhook for an address and activates it.
async fn activate(cc: &CertCentral, endpoint: &str, events: &mut WebhookEvents) -> Result<(), Box<dyn Error>> {
    let hooks = cc.webhooks();
    hooks.test_endpoint(endpoint).secret(SECRET).send().await?;
    println!("{} arrived", next(events).await?.name);
    let id = hooks.create(endpoint).secret(SECRET).events([WebhookEventName::CertificateIssued]).send().await?;
    hooks.send_challenge(id).send().await?;
    let token = next(events).await?.data.token.ok_or("the challenge has no token")?;
    hooks.check_challenge(id, token).send().await?;
    hooks.activate(id).send().await?;
    println!("the webhook is active");
    Ok(())
}

async fn next(events: &mut WebhookEvents) -> Result<WebhookEvent, Box<dyn Error>> {
    Ok(timeout(PATIENCE, events.next()).await?.ok_or("the receiver is gone")?)
}
