//! The options.

use std::{error::Error, fs, path::PathBuf, time::Duration};

pub(crate) const HELP: &str = "\
Adds a domain, proves control of it with a TXT record, orders a Secure Site OV certificate for it and writes its key and chain.

usage: issue_certificate [options]

Without --base-url it uses the embedded sandbox: no account, no network. With it, it orders a real certificate, which the account pays for.

  --base-url URL       the real service, such as https://www.digicert.com/services/v2;
                       the API key is read from the environment variable CERTCENTRAL_API_KEY
  --domain NAME        the domain (default: example.com)
  --organization ID    the organization that the certificate is issued to (needed with --base-url)
  --within MINUTES     how long to wait for each of validation and issuance (default: 60)
  --output FILE        where to write the certificate and its intermediates, for a server
                       (default: chain.pem, here; from the sandbox, in a new temporary folder)
  --key FILE           where to write the private key, before anything is ordered, readable only by its owner; an existing file is
                       never overwritten (default: the name of the output, ending in .key)
  --resume FILE        resume a run that was interrupted with Ctrl-C, with the same options; that run prints the file
  --help               this text";

pub(crate) struct Options {
    pub(crate) base_url: Option<String>,
    pub(crate) domain: String,
    pub(crate) organization: Option<u64>,
    pub(crate) within: Duration,
    pub(crate) output: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) resume: Option<PathBuf>,
}

impl Options {
    /// Parses the command line; `None` if it asks for help.
    pub(crate) fn from_args() -> Result<Option<Self>, Box<dyn Error>> {
        use lexopt::prelude::*;

        let (mut base_url, mut domain, mut organization) = (None, "example.com".to_owned(), None);
        let (mut within, mut output, mut key, mut resume) = (Duration::from_secs(3600), None::<PathBuf>, None::<PathBuf>, None);
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("base-url") => base_url = Some(arguments.value()?.parse()?),
                Long("domain") => domain = arguments.value()?.parse()?,
                Long("organization") => organization = Some(arguments.value()?.parse()?),
                Long("within") => within = Duration::from_secs(arguments.value()?.parse::<u64>()?.saturating_mul(60)),
                Long("output") => output = Some(arguments.value()?.into()),
                Long("resume") => resume = Some(arguments.value()?.into()),
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
            return Err("the key and the certificate need separate files; see --key".into());
        }
        if resume.is_some() && base_url.is_none() {
            return Err("--resume needs the real service; the sandbox is lost when its run ends".into());
        }
        Ok(Some(Self { base_url, domain, organization, within, output, key, resume }))
    }
}
