//! The sandbox on a loopback port, for clients in any language.

use std::fs::{self, OpenOptions};
use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures_util::StreamExt as _;
use http::StatusCode;
use lexopt::{Arg, Parser, ValueExt};
use shomei::sandbox::{ApprovalMode, Card, FaultPlan, PersonDetails, Sandbox, SandboxBuilder};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the end waits for the last lines of the log to be read.
const LOG_GRACE: Duration = Duration::from_secs(1);

const USAGE: &str = "\
Imitates DigiCert CertCentral and PocketSign Verify on a loopback port.

Usage: shomei-sandbox [OPTION]...

It starts with an example account: domains, orders in every state, a request that
waits for approval. Open the address in a browser to see it.

Options:
      --listen ADDRESS  address to listen on, loopback only; port 0 picks a free port [default: 127.0.0.1:8089]
      --api-key KEY     CertCentral: the API key [default: sandbox]
      --empty           CertCentral: start with a new account: organizations, but no domains and no orders
      --approval MODE   CertCentral: auto (requests by users who may approve are approved at once), one-step,
                        two-step (a reviewer and an approver) or skip [default: auto]
      --issue-after SECONDS
                        CertCentral: how long an order is processed once everything is validated [default: 0]
      --rate-limits on|off
                        CertCentral: refuse a key beyond 100 calls in 5 seconds or 1000 in 3 minutes [default: off]
      --start DATE      the day (2026-03-01) or the time (2026-03-01T09:30:00Z) at which the clock starts
                        [default: now]
      --seed NUMBER     derive tokens, random values and ids from this number, the same ones in each run
      --resolver ADDRESS
                        CertCentral: look up domains (TXT, CNAME, CAA) at this DNS server, loopback only, instead
                        of in the built-in zone; needs the feature resolver
      --http-port PORT  CertCentral: fetch files that prove control from this port on 127.0.0.1, whatever the host
      --pocketsign-token TOKEN
                        PocketSign Verify: the token [default: random]
      --card DIRECTORY  PocketSign Verify: write the My Number card of an invented person, another person for
                        each --card: signing.pem and authentication.pem are its certificates, signing.key and
                        authentication.key their private keys (RSA, PKCS #8), authorities.pem their issuers.
                        They are valid until the program ends; existing files and links with these names
                        are replaced
      --faults SEED     disturb one call in ten, the same ones in the same way for each number: connections
                        refused and reset, responses late, broken, lost and malformed
      --log             write each exchange with the services to standard error, as a line of JSON: bodies, but no
                        credentials, secrets or personal data
      --allow-host HOST allow this host name for the control interface, in addition to those of the loopback interface
  -h, --help            show this text
      --version         show the version

Further CertCentral options:
      --key-may-approve on|off         whether the key's user may approve requests [default: on]
      --max-certificate-days NUMBER    the longest lifetime of a certificate [default: 199]
      --max-plan-years NUMBER          the longest plan [default: 3]
      --dcv-reuse-days NUMBER          how long a domain's validation is valid [default: 199]
      --dcv-polling on|off             find published values without a request to check [default: off]
      --webhook-attempts NUMBER        how many times a webhook event is sent until it is accepted [default: 1]
      --domain-locking on|off          whether the account has domain locking [default: on]
      --reissue-revocation-delay SECONDS
                                       how long earlier certificates stay valid after a reissue that drops a name
                                       [default: 216000]
      --revoke-order-with-last-certificate on|off
                                       whether an order is revoked with the last of its certificates [default: off]
      --retry-after SECONDS            the Retry-After of a rate-limited call [default: none]
      --missing-key-status STATUS      the status for a call without a key, from 400 to 599 [default: 403]

To publish records, approve requests, advance the clock and so on, use http://ADDRESS/_sandbox:
  curl --json '{\"name\":\"example.com\",\"type\":\"TXT\",\"value\":\"TOKEN\"}' -X PUT http://127.0.0.1:8089/_sandbox/dns
  curl -X POST http://127.0.0.1:8089/_sandbox/requests/ID/approve
Sign with a card: openssl dgst -sha256 -sign DIRECTORY/signing.key CHALLENGE
Verify a card:    openssl verify -CAfile DIRECTORY/authorities.pem DIRECTORY/signing.pem
";

struct Options {
    listen: SocketAddr,
    sandbox: SandboxBuilder,
    cards: Vec<PathBuf>,
    log: bool,
}

/// What the command line asks for.
enum Asked {
    Serve(Box<Options>),
    Say(String),
}

fn main() -> ExitCode {
    match read_options(Parser::from_env()) {
        Ok(Asked::Serve(options)) => run(*options),
        Ok(Asked::Say(text)) => {
            // A reader that closes the pipe early has seen enough.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("shomei-sandbox: {error}");
            eprintln!("Try 'shomei-sandbox --help'.");
            ExitCode::from(2)
        }
    }
}

fn read_options(mut arguments: Parser) -> Result<Asked, lexopt::Error> {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8089));
    let mut sandbox = Sandbox::builder().api_key("sandbox");
    let (mut empty, mut log, mut cards) = (false, false, Vec::new());
    while let Some(argument) = arguments.next()? {
        sandbox = match argument {
            Arg::Long("api-key") => sandbox.api_key(arguments.value()?.parse_with(header_value)?),
            Arg::Long("approval") => sandbox.approval(arguments.value()?.parse_with(approval)?),
            Arg::Long("issue-after") => sandbox.issue_delay(seconds(&mut arguments)?),
            Arg::Long("rate-limits") => sandbox.rate_limits(on_or_off(&mut arguments)?),
            Arg::Long("retry-after") => sandbox.retry_after(seconds(&mut arguments)?),
            Arg::Long("start") => sandbox.start_at(arguments.value()?.parse_with(time)?),
            Arg::Long("seed") => sandbox.seed(arguments.value()?.parse()?),
            Arg::Long("pocketsign-token") => sandbox.pocketsign_token(arguments.value()?.parse_with(header_value)?),
            Arg::Long("faults") => sandbox.faults(FaultPlan::seeded(arguments.value()?.parse()?)),
            Arg::Long("allow-host") => sandbox.allow_host(arguments.value()?.parse_with(header_value)?),
            Arg::Long("key-may-approve") => sandbox.key_may_approve(on_or_off(&mut arguments)?),
            Arg::Long("max-certificate-days") => sandbox.max_certificate_days(number_up_to(3650, &mut arguments)?),
            Arg::Long("max-plan-years") => sandbox.max_plan_years(number_up_to(10, &mut arguments)?),
            Arg::Long("dcv-reuse-days") => sandbox.dcv_reuse_days(number_up_to(3650, &mut arguments)?),
            Arg::Long("dcv-polling") => sandbox.dcv_polling(on_or_off(&mut arguments)?),
            Arg::Long("webhook-attempts") => sandbox.webhook_attempts(number_up_to(10, &mut arguments)?),
            Arg::Long("domain-locking") => sandbox.domain_locking(on_or_off(&mut arguments)?),
            Arg::Long("reissue-revocation-delay") => sandbox.reissue_revocation_delay(seconds(&mut arguments)?),
            Arg::Long("revoke-order-with-last-certificate") => sandbox.revoke_order_with_last_certificate(on_or_off(&mut arguments)?),
            #[cfg(feature = "resolver")]
            Arg::Long("resolver") => sandbox.resolver(arguments.value()?.parse_with(loopback)?),
            #[cfg(not(feature = "resolver"))]
            Arg::Long("resolver") => return Err("--resolver needs a program built with the feature resolver".into()),
            Arg::Long("http-port") => sandbox.http_port(arguments.value()?.parse()?),
            Arg::Long("missing-key-status") => sandbox.missing_key_status(arguments.value()?.parse_with(refusing_status)?),
            other => {
                match other {
                    Arg::Long("listen") => listen = arguments.value()?.parse()?,
                    Arg::Long("empty") => empty = true,
                    Arg::Long("log") => log = true,
                    Arg::Long("card") => cards.push(arguments.value()?.into()),
                    Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Say(USAGE.to_owned())),
                    Arg::Long("version") => return Ok(Asked::Say(concat!("shomei-sandbox ", env!("CARGO_PKG_VERSION"), "\n").to_owned())),
                    other => return Err(other.unexpected()),
                }
                sandbox
            }
        };
    }
    if !listen.ip().is_loopback() {
        return Err(format!("{listen} is not a loopback address").into());
    }
    if !empty {
        sandbox = sandbox.example_account();
    }
    let sandbox = (0..cards.len()).map(person).fold(sandbox, SandboxBuilder::card);
    Ok(Asked::Serve(Box::new(Options { listen, sandbox, cards, log })))
}

/// A key or a token of characters allowed in a header.
fn header_value(given: &str) -> Result<String, &'static str> {
    let sendable = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_graphic());
    sendable.then(|| given.to_owned()).ok_or("expected visible ASCII characters without spaces")
}

/// A loopback address: the sandbox must not trust data from a network.
#[cfg(feature = "resolver")]
fn loopback(given: &str) -> Result<SocketAddr, &'static str> {
    let address = given.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
    address.ok_or("expected a loopback address with a port, such as 127.0.0.1:5353")
}

fn approval(given: &str) -> Result<ApprovalMode, &'static str> {
    given.parse().map_err(|_| "expected auto, one-step, two-step or skip")
}

fn on_or_off(arguments: &mut Parser) -> Result<bool, lexopt::Error> {
    arguments.value()?.parse_with(|given| match given {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off"),
    })
}

fn seconds(arguments: &mut Parser) -> Result<Duration, lexopt::Error> {
    Ok(Duration::from_secs(arguments.value()?.parse()?))
}

fn number_up_to(most: u32, arguments: &mut Parser) -> Result<u32, lexopt::Error> {
    let expected = || format!("expected a number from 1 to {most}");
    arguments.value()?.parse_with(|given| given.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(expected))
}

fn refusing_status(given: &str) -> Result<StatusCode, &'static str> {
    let status = given.parse::<StatusCode>().ok().filter(|status| status.is_client_error() || status.is_server_error());
    status.ok_or("expected a status from 400 to 599")
}

/// A day, meaning its first second, or a time.
fn time(given: &str) -> Result<DateTime<Utc>, &'static str> {
    let midnight = given.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    midnight.or_else(|_| given.parse()).map_err(|_| "expected a date such as 2026-03-01, or a time such as 2026-03-01T09:30:00Z")
}

fn run(options: Options) -> ExitCode {
    let served = tokio::runtime::Builder::new_multi_thread().enable_all().build().and_then(|runtime| runtime.block_on(serve(options)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shomei-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    // Before the address is printed, so that its reader may send a signal at once.
    let stop = stop_signal()?;
    let listener = TcpListener::bind(options.listen).await?;
    let sandbox = options.sandbox.build();
    for (card, directory) in sandbox.jpki().cards().iter().zip(&options.cards) {
        write_card(card, &sandbox.jpki().authorities_pem(), directory)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))?;
    }
    let (ended, end) = oneshot::channel();
    let log = options.log.then(|| tokio::spawn(write_log(sandbox.clone(), end)));
    let address = listener.local_addr()?;
    let (certcentral, token) = (Sandbox::CERTCENTRAL, sandbox.pocketsign_token());
    let ready = format!(
        "certcentral http://{address}{certcentral}\npocketsign http://{address} (token {token})\ncontrol http://{address}/_sandbox\n"
    );
    // In one write: the parent may read one line and close the pipe.
    io::stdout().write_all(ready.as_bytes())?;
    sandbox.serve(listener, stop).await?;
    drop(ended);
    if let Some(log) = log {
        // A log that nobody reads must not keep the program from ending.
        let _ = timeout(LOG_GRACE, log).await;
    }
    Ok(())
}

/// Writes every exchange to standard error, until the program ends. If nobody reads it, only the log stalls.
async fn write_log(sandbox: Sandbox, end: oneshot::Receiver<()>) -> io::Result<()> {
    let mut exchanges = std::pin::pin!(sandbox.follow_exchanges(0).take_until(end));
    let (mut errors, mut written) = (tokio::io::stderr(), 0);
    while let Some(exchange) = exchanges.next().await {
        errors.write_all(format!("{}\n", exchange.to_json()).as_bytes()).await?;
        written = exchange.id;
    }
    for exchange in sandbox.exchanges_after(written) {
        errors.write_all(format!("{}\n", exchange.to_json()).as_bytes()).await?;
    }
    errors.flush().await
}

/// The invented person of a card: a different one for each number.
fn person(number: usize) -> PersonDetails {
    const NAMES: [(&str, &str); 4] = [("証明　花子", "2"), ("署名　太郎", "1"), ("検証　桃子", "2"), ("認証　次郎", "1")];
    let ((name, gender), round) = (NAMES[number % NAMES.len()], number / NAMES.len());
    // From the second round on, people of one name live next door.
    let (year, house) = (1985 - number % 40, ["１", "２", "３", "４", "５", "６", "７", "８", "９"][round % 9]);
    PersonDetails {
        name: name.to_owned(),
        gender: gender.to_owned(),
        date_of_birth: format!("3{year}0401"),
        address: format!("東京都千代田区例示町一丁目１番{house}号"),
    }
}

/// Writes the certificates, keys and issuers of a card. Only the file owner may read the keys.
fn write_card(card: &Card, authorities: &str, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    write_new(&directory.join("authorities.pem"), authorities.as_bytes(), 0o644)?;
    for (name, certificate) in [("signing", &card.signing), ("authentication", &card.authentication)] {
        write_new(&directory.join(format!("{name}.pem")), certificate.pem().as_bytes(), 0o644)?;
        write_new(&directory.join(format!("{name}.key")), certificate.private_key_pem().as_bytes(), 0o600)?;
    }
    Ok(())
}

/// Writes a new file. An existing one is removed first, since a link would lead elsewhere and a file would keep its permissions.
fn write_new(file: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, mode);
    #[cfg(not(unix))]
    let _ = mode;
    new.open(file)?.write_all(text)
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
