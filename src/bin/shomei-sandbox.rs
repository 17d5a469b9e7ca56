//! The sandbox on a loopback port, for clients in any language.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use shomei::sandbox::Sandbox;
use tokio::net::TcpListener;

const USAGE: &str = "\
An imitation of DigiCert CertCentral and PocketSign Verify on a loopback port.

Usage: shomei-sandbox [--listen ADDRESS] [--api-key KEY] [--empty]

The account has been in use for a year: domains, orders in every state, a request
that waits for an approval.

Options:
      --listen ADDRESS  where to listen, loopback only; port 0 takes a free one [default: 127.0.0.1:8089]
      --api-key KEY     the key to let in [default: sandbox]
      --empty           begin with a new account: organizations, but no domains and no orders
  -h, --help            show this text
";

struct Options {
    listen: SocketAddr,
    api_key: String,
    empty: bool,
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
    let mut options = Options { listen: SocketAddr::from(([127, 0, 0, 1], 8089)), api_key: "sandbox".to_owned(), empty: false };
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("listen") => options.listen = arguments.value()?.parse()?,
            Arg::Long("api-key") => options.api_key = arguments.value()?.string()?,
            Arg::Long("empty") => options.empty = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if !options.listen.ip().is_loopback() {
        return Err(format!("{} is not a loopback address", options.listen).into());
    }
    Ok(Some(options))
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
    let sandbox = Sandbox::builder().api_key(options.api_key);
    let sandbox = if options.empty { sandbox } else { sandbox.example_account() }.build();
    let address = listener.local_addr()?;
    let (certcentral, token) = (Sandbox::CERTCENTRAL, sandbox.pocketsign_token());
    let ready = format!("certcentral http://{address}{certcentral}\npocketsign http://{address} (token {token})\n");
    // In one piece: whoever started this may read one line and close the pipe.
    io::stdout().write_all(ready.as_bytes())?;
    sandbox.serve(listener, stop).await
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
