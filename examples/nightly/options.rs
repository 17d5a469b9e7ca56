//! The options.

use std::{error::Error, path::PathBuf, time::Duration};

use shomei::Polling;

pub(crate) const HELP: &str = "\
Proves control of domains again and replaces certificates that expire soon, several at a time. A failure stops nothing else and is reported
at the end; unfinished work continues the next time.

usage: nightly [options]

Without --base-url it uses the example account of the embedded sandbox: no account, no network.

  --base-url URL      the real service, such as https://www.digicert.com/services/v2;
                      the API key is read from the environment variable CERTCENTRAL_API_KEY
  --folder FOLDER     where keys, tokens and certificates are kept (needed with --base-url)
  --within DAYS       how many days to look ahead (default: 30)
  --renew             renew orders whose plan ends: each is a new order, which the account pays for
  --publish COMMAND   publish a proof of control: run by the shell with DCV_METHOD (txt, cname or file), DCV_NAME and
                      DCV_VALUE in its environment
  --concurrency N     how many at a time (default: 4)
  --wait SECONDS      how long to wait for each of them (default: 3600)
  --poll SECONDS      how often to poll each of them (default: every 5 to 60)
  --help              this text

It exits with 0 if everything is done, 1 if something failed, and 2 if something is left to a person.";

pub(crate) struct Options {
    pub(crate) base_url: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) within_days: u32,
    pub(crate) renews: bool,
    pub(crate) publish: Option<String>,
    pub(crate) concurrency: usize,
    pub(crate) patience: Duration,
    pub(crate) polling: Polling,
}

/// Parses the command line; `None` if it asks for help.
pub(crate) fn read() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;

    let (mut base_url, mut folder, mut publish) = (None, None::<PathBuf>, None);
    let (mut within_days, mut renews, mut concurrency) = (30, false, 4);
    let (mut patience, mut polling) = (Duration::from_secs(3600), Polling::default());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("base-url") => base_url = Some(arguments.value()?.parse()?),
            Long("folder") => folder = Some(arguments.value()?.into()),
            Long("within") => within_days = arguments.value()?.parse()?,
            Long("renew") => renews = true,
            Long("publish") => publish = Some(arguments.value()?.parse()?),
            Long("concurrency") => concurrency = arguments.value()?.parse::<usize>()?.max(1),
            Long("wait") => patience = Duration::from_secs(arguments.value()?.parse()?),
            Long("poll") => polling = Polling::fixed(Duration::from_secs(arguments.value()?.parse()?)),
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    let folder = match folder {
        Some(folder) => folder,
        None if base_url.is_some() => return Err("--folder is needed with --base-url".into()),
        None => {
            // The sandbox costs nothing.
            renews = true;
            std::env::temp_dir().join(format!("shomei-nightly-{}", std::process::id()))
        }
    };
    Ok(Some(Options { base_url, folder, within_days, renews, publish, concurrency, patience, polling }))
}
