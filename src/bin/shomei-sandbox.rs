//! The sandbox on a loopback port, for clients in any language.

use std::fs::{self, OpenOptions};
use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use shomei::sandbox::{Card, FaultPlan, PersonDetails, Sandbox};
use tokio::net::TcpListener;

const USAGE: &str = "\
An imitation of DigiCert CertCentral and PocketSign Verify on a loopback port.

Usage: shomei-sandbox [--listen ADDRESS] [--api-key KEY] [--empty]
                      [--pocketsign-token TOKEN] [--card DIRECTORY]... [--faults SEED]

The account has been in use for a year: domains, orders in every state, a request
that waits for an approval.

Options:
      --listen ADDRESS  where to listen, loopback only; port 0 takes a free one [default: 127.0.0.1:8089]
      --api-key KEY     CertCentral: the key to let in [default: sandbox]
      --empty           CertCentral: begin with a new account: organizations, but no domains and no orders
      --pocketsign-token TOKEN
                        PocketSign Verify: the token to let in [default: random]
      --card DIRECTORY  PocketSign Verify: write the My Number card of an invented person, one for each
                        --card: signing.pem and authentication.pem are its certificates, signing.key and
                        authentication.key their private keys (RSA, PKCS #8). They are good until the
                        program ends; files of the same names are written over
      --faults SEED     have one call in ten go wrong, the same ones in the same way for each number:
                        connections refused and reset, answers late, broken, lost and spoiled
  -h, --help            show this text

Sign with a card: openssl dgst -sha256 -sign DIRECTORY/signing.key CHALLENGE
";

struct Options {
    listen: SocketAddr,
    api_key: String,
    empty: bool,
    pocketsign_token: Option<String>,
    cards: Vec<PathBuf>,
    faults: FaultPlan,
}

fn main() -> ExitCode {
    match read_options(Parser::from_env()) {
        Ok(Some(options)) => run(options),
        Ok(None) => {
            // A reader that hangs up early has seen enough.
            let _ = io::stdout().write_all(USAGE.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("shomei-sandbox: {error}");
            eprintln!("Try 'shomei-sandbox --help'.");
            ExitCode::from(2)
        }
    }
}

/// The options, or `None` when help was asked for.
fn read_options(mut arguments: Parser) -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 8089)),
        api_key: "sandbox".to_owned(),
        empty: false,
        pocketsign_token: None,
        cards: Vec::new(),
        faults: FaultPlan::new(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("listen") => options.listen = arguments.value()?.parse()?,
            Arg::Long("api-key") => options.api_key = arguments.value()?.string()?,
            Arg::Long("empty") => options.empty = true,
            Arg::Long("pocketsign-token") => options.pocketsign_token = Some(arguments.value()?.parse_with(token)?),
            Arg::Long("card") => options.cards.push(arguments.value()?.into()),
            Arg::Long("faults") => options.faults = FaultPlan::seeded(arguments.value()?.parse()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if !options.listen.ip().is_loopback() {
        return Err(format!("{} is not a loopback address", options.listen).into());
    }
    Ok(Some(options))
}

/// A token that a header can carry.
fn token(given: &str) -> Result<String, &'static str> {
    let sendable = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_graphic());
    sendable.then(|| given.to_owned()).ok_or("a token has visible ASCII characters, and no blanks")
}

fn run(options: Options) -> ExitCode {
    let served = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| runtime.block_on(serve(options)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shomei-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    // Before the address is printed, so that whoever reads it may send a signal at once.
    let stop = stop_signal()?;
    let listener = TcpListener::bind(options.listen).await?;
    let mut sandbox = Sandbox::builder().api_key(options.api_key).faults(options.faults);
    if !options.empty {
        sandbox = sandbox.example_account();
    }
    if let Some(token) = options.pocketsign_token {
        sandbox = sandbox.pocketsign_token(token);
    }
    let sandbox = sandbox.build();
    for directory in &options.cards {
        let card = sandbox.jpki().card(PersonDetails::default());
        write_card(&card, directory).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))?;
    }
    let address = listener.local_addr()?;
    let (certcentral, token) = (Sandbox::CERTCENTRAL, sandbox.pocketsign_token());
    let ready = format!("certcentral http://{address}{certcentral}\npocketsign http://{address} (token {token})\n");
    // In one piece: whoever started this may read one line and close the pipe.
    io::stdout().write_all(ready.as_bytes())?;
    sandbox.serve(listener, stop).await
}

/// Writes the certificates and keys of a card, the keys for their owner's eyes only.
fn write_card(card: &Card, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, certificate) in [("signing", &card.signing), ("authentication", &card.authentication)] {
        fs::write(directory.join(format!("{name}.pem")), certificate.pem())?;
        let key = directory.join(format!("{name}.key"));
        // What is there already keeps its permissions when it is written over.
        match fs::remove_file(&key) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut new = OpenOptions::new();
        new.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
        new.open(key)?.write_all(certificate.private_key_pem().as_bytes())?;
    }
    Ok(())
}

/// Completes on Ctrl-C or SIGTERM; the handlers are in place when this returns.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
