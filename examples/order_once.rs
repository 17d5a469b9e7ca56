//! Orders exactly once, even if the program is killed at any moment: it stores the key and the token of the order in a folder, and resumes
//! from there.
//!
//! Without options it runs against the embedded sandbox. See `--help` for the real service.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, Polling, PrivateKey, Sandbox,
    certcentral::{
        OrderId, OrganizationId, Plan, Product,
        flow::{DcvInstructions, IssuanceToken, Issued},
    },
};

const HELP: &str = "\
Orders a certificate, once. If it was killed, start it again with the same folder to resume.

usage: order_once [options]

Without --base-url it uses the embedded sandbox: no account, no network. With it, it orders a real certificate, which the account pays for.

  --base-url URL       the real service, such as https://www.digicert.com/services/v2;
                       the API key is read from the environment variable CERTCENTRAL_API_KEY
  --folder FOLDER      where key.pem, order.json and chain.pem are kept (needed with --base-url)
  --domain NAME        the domain of a new order (default: example.com)
  --organization ID    the organization of a new order (default: 754781, that of the sandbox)
  --renew ORDER        renew this order instead
  --reissue ORDER      reissue the certificate of this order instead
  --duplicate ORDER    duplicate the certificate of this order instead
  --search SECONDS     the longest time to search for what may have been sent
  --send-again         send again what may have been sent before but is not found; this may order twice
  --help               this text

It exits with 3 if it is unknown whether the order was placed.";

enum What {
    Order,
    Renew(OrderId),
    Reissue(OrderId),
    Duplicate(OrderId),
}

struct Options {
    base_url: Option<String>,
    folder: PathBuf,
    domain: String,
    organization: OrganizationId,
    what: What,
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
    match run(&cc, &options, polling).await {
        Ok(issued) => {
            write_whole(&options.folder.join("chain.pem"), &issued.fullchain_pem())?;
            println!("certificate {} of order {} is issued, ordered once", issued.certificate_id, issued.order.id);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match error.downcast_ref::<shomei::Error>() {
            Some(unsure) if unsure.is_ambiguous() => {
                println!("unknown whether it was placed: {unsure}");
                Ok(ExitCode::from(3))
            }
            _ => Err(error),
        },
    }
}

async fn run(cc: &CertCentral, options: &Options, polling: Polling) -> Result<Issued, Box<dyn Error>> {
    let kept = options.folder.join("order.json");
    let token = match fs::read_to_string(&kept) {
        Ok(token) => serde_json::from_str(&token)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = prepare(cc, options).await?;
            save(&kept, &token)?;
            token
        }
        Err(error) => return Err(error.into()),
    };
    let resumed = cc.orders().resume_issuance(token).send_again(options.send_again);
    let pending = resumed.save_with(move |token| std::future::ready(save(&kept, &token))).start().await?;
    println!("order {} is placed", pending.order_id());
    pending.warnings().iter().for_each(|warning| println!("note: {warning}"));
    Ok(pending.polling(polling).wait(Duration::from_secs(600)).await?)
}

/// Prepares the order and sends nothing.
async fn prepare(cc: &CertCentral, options: &Options) -> Result<IssuanceToken, Box<dyn Error>> {
    let csr = key(&options.folder.join("key.pem"))?.sign_csr([&options.domain])?;
    let orders = cc.orders();
    Ok(match options.what {
        What::Order => {
            let order = orders.issue(Product::SECURE_SITE_OV, csr).common_name(&options.domain).organization(options.organization);
            order.plan(Plan::years(1)).prepare()?
        }
        What::Renew(order) => orders.renew(order, csr).prepare().await?,
        What::Reissue(order) => orders.reissue(order, csr).prepare().await?,
        What::Duplicate(order) => orders.duplicate(order, csr).prepare().await?,
    })
}

/// The stored key, or a new one. A certificate without its key is useless.
fn key(path: &Path) -> Result<PrivateKey, Box<dyn Error>> {
    match fs::read_to_string(path) {
        Ok(key) => Ok(PrivateKey::from_pem(&key)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
            write_whole(path, key.to_pem().expose())?;
            Ok(key)
        }
        Err(error) => Err(error.into()),
    }
}

fn save(path: &Path, token: &IssuanceToken) -> Result<(), io::Error> {
    write_whole(path, &serde_json::to_string(token)?)
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
        if let Some(timeout) = options.search {
            builder = builder.recovery_timeout(timeout);
        }
        return Ok((builder.build()?, Polling::default()));
    }
    println!("no --base-url given: using the embedded sandbox");
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral()?;
    let polling = Polling::fixed(Duration::from_millis(200));
    let pending = cc.domains().validate(&options.domain).organization(options.organization).start().await?;
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        sandbox.dns().publish_txt(name, value);
    }
    pending.polling(polling).wait(Duration::from_secs(60)).await?;
    Ok((cc, polling))
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;

    let (mut base_url, mut folder, mut domain, mut organization) = (None, None::<PathBuf>, "example.com".to_owned(), 754_781);
    let (mut what, mut search, mut send_again) = (What::Order, None, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("base-url") => base_url = Some(arguments.value()?.parse()?),
            Long("folder") => folder = Some(arguments.value()?.into()),
            Long("domain") => domain = arguments.value()?.parse()?,
            Long("organization") => organization = arguments.value()?.parse()?,
            Long("renew") => what = What::Renew(arguments.value()?.parse()?),
            Long("reissue") => what = What::Reissue(arguments.value()?.parse()?),
            Long("duplicate") => what = What::Duplicate(arguments.value()?.parse()?),
            Long("search") => search = Some(Duration::from_secs(arguments.value()?.parse()?)),
            Long("send-again") => send_again = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    let folder = match folder {
        Some(folder) => folder,
        None if base_url.is_some() => return Err("--folder is needed with --base-url".into()),
        None => std::env::temp_dir().join(format!("shomei-once-{}", std::process::id())),
    };
    let organization = OrganizationId(organization);
    Ok(Some(Options { base_url, folder, domain, organization, what, search, send_again }))
}
