//! Orders many certificates, each once, even if the program is killed at any moment: a journal records what was started.
//!
//! Without options it runs against the embedded sandbox. SIGTERM and Ctrl-C stop it cleanly; start it again to resume.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use futures_util::StreamExt as _;
use shomei::{
    ApiKey, CallOptions, CertCentral, Csr, KeyAlgorithm, Polling, PrivateKey, Sandbox,
    certcentral::{
        OrganizationId, Plan, Product,
        flow::{DcvInstructions, FleetControl, IssuanceToken, Journal},
    },
};

const HELP: &str = "\
Orders a certificate for each of many names, each once. If it was killed, start it again with the same folder to resume.

usage: fleet [options]

Without --base-url it uses the embedded sandbox: no account, no network. With it, it orders real certificates, which the account pays for.

  --base-url URL       the real service, such as https://www.digicert.com/services/v2;
                       the API key is read from the environment variable CERTCENTRAL_API_KEY
  --folder FOLDER      where the journal, the keys and the certificates are kept (needed with --base-url)
  --domain NAME        the domain; the names are 0.NAME, 1.NAME and so on (default: example.com)
  --count N            how many names (default: 100)
  --organization ID    the organization (default: 754781, that of the sandbox)
  --dry-run            only print what would be done, and what it would cost
  --no-limits          apply no rate limit; the sandbox has none
  --search SECONDS     the longest time to search for what may have been sent
  --send-again         send again what may have been sent before but is not found; this may order twice
  --help               this text

It exits with 3 if it is unknown whether some orders were placed.";

struct Options {
    base_url: Option<String>,
    folder: PathBuf,
    domain: String,
    count: usize,
    organization: OrganizationId,
    dry_run: bool,
    no_limits: bool,
    search: Option<Duration>,
    send_again: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(&options.folder)?;
    let (cc, polling) = client(&options).await?;
    let (client, folder, organization) = (cc.clone(), options.folder.clone(), options.organization);
    let prepare = move |name: String| std::future::ready(order(&client, &folder, organization, &name));
    let names = (0..options.count).map(|number| format!("{number}.{}", options.domain)).collect::<Vec<_>>();
    let fleet = cc.orders().issue_all(names, prepare).timeout_per_item(Duration::from_secs(86_400)).polling(polling);
    let fleet = fleet.send_again(options.send_again).journal(Journal::open(options.folder.join("journal.jsonl"))?);
    if options.dry_run {
        println!("{}", fleet.dry_run().await?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut fleet = fleet.start();
    let control = fleet.control();
    tokio::spawn(stop_at_a_signal(control.clone()));
    let (mut unsure, mut failed) = (0, 0);
    while let Some(item) = fleet.next().await {
        let item = item?;
        match item.result {
            Ok(issued) => write_whole(&options.folder.join(format!("{}.pem", item.id)), &issued.fullchain_pem())?,
            Err(error) if error.is_ambiguous() => {
                unsure += 1;
                println!("{}: unknown whether it was placed: {error}", item.id);
            }
            Err(error) => {
                failed += 1;
                println!("{}: {error}", item.id);
            }
        }
    }
    println!("{}", control.progress());
    Ok(match (failed, unsure) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(3),
        _ => ExitCode::FAILURE,
    })
}

/// Orders being sent are finished and recorded; the rest is left for the next run.
async fn stop_at_a_signal(control: FleetControl) -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    println!("stopping: finishing what is being sent");
    control.stop();
    Ok(())
}

/// Prepares the order for a name and sends nothing. The key is stored first: a certificate without its key is useless.
fn order(cc: &CertCentral, folder: &Path, organization: OrganizationId, name: &str) -> Result<IssuanceToken, Box<dyn Error + Send + Sync>> {
    let path = folder.join(format!("{name}.key"));
    let key = match fs::read_to_string(&path) {
        Ok(key) => PrivateKey::from_pem(&key)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
            write_whole(&path, key.to_pem().expose())?;
            key
        }
        Err(error) => return Err(error.into()),
    };
    let csr: Csr = key.sign_csr([name])?;
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name(name).organization(organization);
    Ok(order.plan(Plan::years(1)).prepare()?)
}

/// Writes a file atomically, readable only by its owner.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or_else(|| Path::new(".")))?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

async fn client(options: &Options) -> Result<(CertCentral, Polling), Box<dyn Error>> {
    if let Some(base_url) = &options.base_url {
        let mut builder = CertCentral::builder(ApiKey::from_env("CERTCENTRAL_API_KEY")?).base_url(base_url);
        if options.no_limits {
            builder = builder.rate_limits([]);
        }
        let mut cc = builder.build()?;
        if let Some(search) = options.search {
            cc = cc.with_options(CallOptions::default().recovery_timeout(search));
        }
        return Ok((cc, Polling::default()));
    }
    println!("no --base-url given: using the embedded sandbox");
    let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(2)).build();
    let cc = sandbox.certcentral()?;
    let pending = cc.domains().validate(&options.domain).organization(options.organization).start().await?;
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        sandbox.dns().publish_txt(name, value);
    }
    pending.wait(Duration::from_secs(60)).await?;
    Ok((cc, Polling::fixed(Duration::from_secs(1))))
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;

    let (mut base_url, mut folder, mut domain, mut count) = (None, None::<PathBuf>, "example.com".to_owned(), 100);
    let (mut organization, mut dry_run, mut no_limits, mut search, mut send_again) = (754_781, false, false, None, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("base-url") => base_url = Some(arguments.value()?.parse()?),
            Long("folder") => folder = Some(arguments.value()?.into()),
            Long("domain") => domain = arguments.value()?.parse()?,
            Long("count") => count = arguments.value()?.parse()?,
            Long("organization") => organization = arguments.value()?.parse()?,
            Long("dry-run") => dry_run = true,
            Long("no-limits") => no_limits = true,
            Long("search") => search = Some(Duration::from_secs(arguments.value()?.parse()?)),
            Long("send-again") => send_again = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    let folder = match folder {
        Some(folder) => folder,
        None if base_url.is_some() => return Err("--folder is needed with --base-url".into()),
        None => std::env::temp_dir().join(format!("shomei-fleet-{}", std::process::id())),
    };
    let organization = OrganizationId(organization);
    Ok(Some(Options { base_url, folder, domain, count, organization, dry_run, no_limits, search, send_again }))
}
