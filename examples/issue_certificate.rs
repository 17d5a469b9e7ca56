//! The main job, end to end: add a domain, prove control of it, order a certificate for it, hold the verified chain.
//!
//! Without options it runs against the embedded sandbox. See `--help` for the real service.

use std::{
    error::Error,
    fs,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use shomei::{
    ApiKey, CertCentral, CertificateChain, KeyAlgorithm, Polling, PrivateKey, Progress, Sandbox,
    certcentral::{
        DcvMethod, OrganizationId, Plan, Product,
        flow::{DcvInstructions, PendingIssuance, PendingValidation},
    },
};

const HELP: &str = "\
Adds a domain, proves control of it by a TXT record, orders a Secure Site OV certificate for it and writes its key and chain.

usage: issue_certificate [options]

Without --base-url it starts the embedded sandbox: no account, no network. With it a real certificate is ordered, which the account pays.

  --base-url URL       the real service, such as https://www.digicert.com/services/v2;
                       the API key is read from the environment variable CERTCENTRAL_API_KEY
  --domain NAME        the domain (default: example.com)
  --organization ID    the organization that the certificate is issued to (needed with --base-url)
  --within MINUTES     how long to wait for each of validation and issuance (default: 60)
  --output FILE        where to write the certificate and its intermediates, for a server
                       (default: chain.pem, here; from the sandbox, in a new temporary folder)
  --key FILE           where to write the private key, before anything is ordered, readable for its owner only; a file that exists is
                       never overwritten (default: the name of the output, ending in .key)
  --help               this text";

struct Options {
    base_url: Option<String>,
    domain: String,
    organization: Option<u64>,
    within: Duration,
    output: PathBuf,
    key: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let service = Service::open(&options)?;
    let names = [options.domain.clone(), format!("www.{}", options.domain)];
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
    // First of all: a certificate whose key is lost is paid for nothing.
    keep(&key, &options.key)?;
    println!("the private key is in {}", options.key.display());
    let csr = key.sign_csr(&names)?;

    let pending = service
        .client
        .domains()
        .validate(&options.domain)
        .organization(service.organization)
        .dcv_method(DcvMethod::DnsTxtToken)
        .start()
        .await?
        .polling(service.polling);
    println!("domain {} has the id {}; publish this record:\n\n    {}\n", pending.name(), pending.id(), pending.instructions());
    service.publish(pending.instructions());
    validate(pending, options.within).await?;

    let pending = service
        .client
        .orders()
        .issue(Product::SECURE_SITE_OV, csr)
        .common_name(&names[0])
        .dns_names([&names[1]])
        .organization(service.organization)
        .plan(Plan::years(1))
        .start()
        .await?
        .polling(service.polling);
    println!("order {} is placed", pending.order_id());
    let chain = issue(pending, options.within).await?;

    fs::write(&options.output, chain.fullchain_pem())?;
    print_certificate(&chain);
    println!("the certificate and its intermediates, as servers want them, are in {}", options.output.display());
    Ok(())
}

/// Writes a private key into a new file that nobody else may read.
fn keep(key: &PrivateKey, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let mut file = file.open(path).map_err(|error| format!("the key cannot be kept in {}: {error}; see --key", path.display()))?;
    file.write_all(key.to_pem().expose().as_bytes())?;
    Ok(file.sync_all()?)
}

/// Where the certificate comes from: the real service, or the sandbox.
struct Service {
    client: CertCentral,
    organization: OrganizationId,
    polling: Polling,
    sandbox: Option<Sandbox>,
}

impl Service {
    fn open(options: &Options) -> Result<Self, Box<dyn Error>> {
        if let Some(base_url) = &options.base_url {
            let client = CertCentral::builder(ApiKey::from_env("CERTCENTRAL_API_KEY")?).base_url(base_url).build()?;
            let organization = options.organization.ok_or("--organization is needed with --base-url")?;
            return Ok(Self { client, organization: OrganizationId(organization), polling: Polling::default(), sandbox: None });
        }
        println!("no --base-url given: this is the embedded sandbox");
        let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(2)).build();
        Ok(Self {
            client: sandbox.certcentral()?,
            organization: OrganizationId(options.organization.unwrap_or(754_781)),
            polling: Polling::fixed(Duration::from_millis(500)),
            sandbox: Some(sandbox),
        })
    }

    /// In the sandbox the record is published a moment later, as a person would; with the real service that person is you.
    fn publish(&self, instructions: &DcvInstructions) {
        if let (Some(sandbox), DcvInstructions::Txt { name, value, .. }) = (self.sandbox.clone(), instructions.clone()) {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                sandbox.dns().publish_txt(&name, &value);
            });
        }
    }
}

async fn validate(pending: PendingValidation, within: Duration) -> Result<(), Box<dyn Error>> {
    let bar = progress("looking for the record");
    let mut wait = pending.wait(within);
    while let Some(step) = wait.next().await {
        match step? {
            Progress::InProgress(state) => bar.set_message(format!("not found yet: {state:?}")),
            Progress::Completed(domain) => {
                bar.finish_and_clear();
                println!("domain {} is validated", domain.name.unwrap_or_default());
            }
            _ => {}
        }
    }
    Ok(())
}

async fn issue(pending: PendingIssuance, within: Duration) -> Result<CertificateChain, Box<dyn Error>> {
    let bar = progress("waiting for the certificate");
    let mut wait = pending.wait(within);
    while let Some(step) = wait.next().await {
        match step? {
            Progress::InProgress(state) => bar.set_message(format!("waiting for {:?}", state.waiting_for)),
            Progress::Completed(issued) => {
                bar.finish_and_clear();
                println!("certificate {} is issued; its key, names and chain are verified", issued.certificate_id);
                return Ok(issued.chain);
            }
            _ => {}
        }
    }
    Err("the wait ended without a certificate".into())
}

fn print_certificate(chain: &CertificateChain) {
    let leaf = chain.leaf();
    println!("subject   {}", leaf.subject());
    println!("names     {}", leaf.subject_alt_names().join(", "));
    println!("validity  {} to {}", leaf.not_before().date_naive(), leaf.not_after().date_naive());
    println!("serial    {}", leaf.serial_number());
    println!("issuer    {}", leaf.issuer());
}

fn progress(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {msg}").expect("the template is valid"));
    if std::io::stderr().is_terminal() {
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;

    let (mut base_url, mut domain, mut organization) = (None, "example.com".to_owned(), None);
    let (mut within, mut output, mut key) = (Duration::from_secs(3600), None::<PathBuf>, None::<PathBuf>);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("base-url") => base_url = Some(arguments.value()?.parse()?),
            Long("domain") => domain = arguments.value()?.parse()?,
            Long("organization") => organization = Some(arguments.value()?.parse()?),
            Long("within") => within = Duration::from_secs(arguments.value()?.parse::<u64>()?.saturating_mul(60)),
            Long("output") => output = Some(arguments.value()?.into()),
            Long("key") => key = Some(arguments.value()?.into()),
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    let output = match output {
        Some(output) => output,
        None if base_url.is_some() => "chain.pem".into(),
        None => {
            let folder = std::env::temp_dir().join(format!("shomei-{}", std::process::id()));
            fs::create_dir(&folder)?;
            folder.join("chain.pem")
        }
    };
    let key = key.unwrap_or_else(|| output.with_extension("key"));
    if key == output {
        return Err("the key and the certificate are two files; see --key".into());
    }
    Ok(Some(Options { base_url, domain, organization, within, output, key }))
}
