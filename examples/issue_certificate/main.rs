//! The main task, end to end: adds a domain, proves control of it, orders a certificate for it, and verifies the chain.
//!
//! Without options it runs against the embedded sandbox. See `--help` for the real service.

mod options;
mod resume;

use std::{
    error::Error,
    fs,
    io::{ErrorKind, IsTerminal as _, Write as _},
    path::Path,
    time::Duration,
};

use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use shomei::{
    ApiKey, CertCentral, CertificateChain, Flow, KeyAlgorithm, Polling, PrivateKey, Progress, Sandbox,
    certcentral::{
        DcvMethod, OrganizationId, Plan, Product,
        flow::{DcvInstructions, Pending, PendingIssuance, PendingValidation},
    },
};

use crate::{options::Options, resume::Resume};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = Options::from_args()? else {
        println!("{}", options::HELP);
        return Ok(());
    };
    let service = Service::open(&options)?;
    let resumed = options.resume.as_deref().map(resume::read).transpose()?;
    let key = match resumed {
        Some(_) => PrivateKey::from_pem(&fs::read_to_string(&options.key)?)?,
        None => {
            let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
            // First of all: a certificate without its key is useless.
            keep(&key, &options.key)?;
            println!("the private key is in {}", options.key.display());
            key
        }
    };

    let order = match resumed {
        Some(Resume::Issuance(token)) => service.client.orders().resume_issuance(token).start().await?,
        Some(Resume::Validation(token)) => {
            let validation = service.client.domains().resume_validation(token).start().await?;
            service.validate(validation, &options).await?;
            service.order(&key, &options).await?
        }
        None => {
            let domains = service.client.domains();
            let validation = domains.validate(&options.domain).organization(service.organization).dcv_method(DcvMethod::DnsTxtToken);
            service.validate(validation.start().await?, &options).await?;
            service.order(&key, &options).await?
        }
    };
    let issued = service.watch(order, "waiting for the certificate", &options, Resume::Issuance).await?;
    println!("certificate {} is issued; its key, names and chain are verified", issued.certificate_id);

    fs::write(&options.output, issued.fullchain_pem())?;
    print_certificate(&issued.chain);
    println!("the certificate and its intermediates, as servers expect them, are in {}", options.output.display());
    if let Some(file) = &options.resume {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// Writes a private key into a new file that nobody else may read.
fn keep(key: &PrivateKey, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let mut file = file.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!(
            "{} exists, perhaps from an earlier run: resume that run with --resume, or name another file with --key or --output",
            path.display()
        ),
        _ => format!("could not write the key to {}: {error}; see --key", path.display()),
    })?;
    file.write_all(key.to_pem().expose().as_bytes())?;
    Ok(file.sync_all()?)
}

/// The source of the certificate: the real service, or the sandbox.
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
        println!("no --base-url given: using the embedded sandbox");
        let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(2)).build();
        Ok(Self {
            client: sandbox.certcentral()?,
            organization: OrganizationId(options.organization.unwrap_or(754_781)),
            polling: Polling::fixed(Duration::from_millis(500)),
            sandbox: Some(sandbox),
        })
    }

    async fn validate(&self, pending: PendingValidation, options: &Options) -> Result<(), Box<dyn Error>> {
        println!("domain {} has the id {}; publish this record:\n\n    {}\n", pending.name(), pending.id(), pending.instructions());
        self.publish(pending.instructions());
        let domain = self.watch(pending, "looking for the record", options, Resume::Validation).await?;
        println!("domain {} is validated", domain.name.unwrap_or_default());
        Ok(())
    }

    async fn order(&self, key: &PrivateKey, options: &Options) -> Result<PendingIssuance, Box<dyn Error>> {
        let names = [options.domain.clone(), format!("www.{}", options.domain)];
        let order = self.client.orders().issue(Product::SECURE_SITE_OV, key.sign_csr(&names)?);
        let order = order.common_name(&names[0]).dns_names([&names[1]]).organization(self.organization).plan(Plan::years(1));
        let pending = order.start().await?;
        println!("order {} is placed", pending.order_id());
        Ok(pending)
    }

    /// Shows the progress of a wait until it ends. On Ctrl-C, saves what another run needs to resume, and prints how.
    async fn watch<F: Flow>(
        &self,
        pending: Pending<F>,
        message: &'static str,
        options: &Options,
        resume: fn(F::Token) -> Resume,
    ) -> Result<F::Output, Box<dyn Error>> {
        let token = pending.resume_token();
        let bar = progress(message);
        let mut wait = pending.polling(self.polling).wait(options.within);
        loop {
            let step = tokio::select! {
                step = wait.next() => step.ok_or("the wait ended without a result")??,
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    bar.finish_and_clear();
                    match self.sandbox {
                        Some(_) => eprintln!("interrupted; the sandbox and its contents are lost"),
                        None => eprintln!("{}", resume::save(&resume(token), options)?),
                    }
                    std::process::exit(130);
                }
            };
            match step {
                Progress::InProgress(state) => bar.set_message(state.to_string()),
                Progress::Completed(result) => {
                    bar.finish_and_clear();
                    return Ok(result);
                }
                Progress::Fault(fault) => bar.set_message(fault.to_string()),
                _ => {}
            }
        }
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
