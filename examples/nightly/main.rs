//! The nightly job of an account: proves control of domains again, and reissues or renews certificates that expire soon. Unfinished work
//! continues the next night.
//!
//! Without options it runs against the embedded sandbox. See `--help` for the real service.

mod hook;
mod kept;
mod options;

use std::{error::Error, process::ExitCode, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shomei::{
    ApiKey, CertCentral, Polling, Sandbox,
    certcentral::{
        OrderId,
        flow::{ExpiringOrder, IssuanceToken, RenewalAction},
    },
};

use crate::{
    hook::Hook,
    kept::Kept,
    options::{HELP, Options},
};

/// The outcome for an order or a domain.
enum Fate {
    Done(String),
    /// A person has to look at it.
    Left(String),
    Failed(Box<dyn Error + Send + Sync>),
}

struct Job {
    cc: CertCentral,
    kept: Kept,
    hook: Hook,
    options: Options,
    polling: Polling,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = options::read()? else {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let job = Job::new(options)?;
    let unfinished = job.kept.unfinished()?;
    if !unfinished.is_empty() {
        println!("{} of an earlier night are not finished", unfinished.len());
    }
    // Domain control first: with a valid proof, certificates are issued at once.
    let mut fates = job.revalidate().await?;
    let due: Vec<_> = job.cc.orders().expiring(job.options.within_days).stream().try_collect().await?;
    let due = due.into_iter().filter(|due| !unfinished.iter().any(|(order, _)| *order == due.order.id));
    let resumed = unfinished.iter().map(|(order, token)| (*order, job.finish(*order, token.clone())));
    fates.extend(side_by_side(job.options.concurrency, resumed).await);
    let replaced = due.map(|due| (due.order.id, job.replace(due)));
    fates.extend(side_by_side(job.options.concurrency, replaced).await);
    Ok(report(fates))
}

/// Does several at a time; a failure does not stop the others.
async fn side_by_side(concurrency: usize, work: impl Iterator<Item = (OrderId, impl Future<Output = Fate>)>) -> Vec<(String, Fate)> {
    let work = work.map(|(order, fate)| async move { told(format!("order {order}"), fate.await) });
    stream::iter(work).buffer_unordered(concurrency).collect().await
}

/// Prints at once what is done; the rest is reported at the end.
fn told(what: String, fate: Fate) -> (String, Fate) {
    if let Fate::Done(how) = &fate {
        println!("{what}: {how}");
    }
    (what, fate)
}

impl Job {
    fn new(options: Options) -> Result<Self, Box<dyn Error>> {
        let kept = Kept::in_folder(&options.folder)?;
        let (cc, hook, polling) = match &options.base_url {
            Some(base_url) => {
                let cc = CertCentral::builder(ApiKey::from_env("CERTCENTRAL_API_KEY")?).base_url(base_url).build()?;
                (cc, Hook::command(options.publish.clone()), options.polling)
            }
            None => {
                println!("no --base-url given: using the example account of the embedded sandbox");
                let sandbox = Sandbox::with_example_account();
                (sandbox.certcentral()?, Hook::sandbox(sandbox), Polling::fixed(Duration::from_millis(200)))
            }
        };
        Ok(Self { cc, kept, hook, options, polling })
    }

    /// Proves control again where the proof lapses within these days.
    async fn revalidate(&self) -> Result<Vec<(String, Fate)>, shomei::Error> {
        let hook = self.hook.clone();
        let domains = self.cc.domains().revalidate(self.options.within_days).publish_with(move |proof| hook.clone().publish(proof));
        let domains =
            domains.timeout_per_domain(self.options.patience).concurrency(self.options.concurrency).polling(self.polling).stream();
        let fates = domains.map_ok(|domain| {
            let done = |_| Fate::Done("control is proved again".to_owned());
            told(format!("domain {}", domain.name), domain.result.map_or_else(|error| Fate::Failed(Box::new(error)), done))
        });
        fates.try_collect().await
    }

    /// Reissues or renews one order.
    async fn replace(&self, due: ExpiringOrder) -> Fate {
        let order = due.order.id;
        if !matches!(due.action, RenewalAction::Reissue { .. } | RenewalAction::Renew) {
            return Fate::Left(due.action.to_string());
        }
        if due.action == RenewalAction::Renew && !self.options.renews {
            return Fate::Left(format!("{}; that is paid, and wants --renew", due.action));
        }
        match self.prepare(&due).await {
            Ok(token) => self.finish(order, token).await,
            Err(error) => Fate::Failed(error),
        }
    }

    /// Prepares the order to send. Its key and its token are stored before anything is sent.
    async fn prepare(&self, due: &ExpiringOrder) -> Result<IssuanceToken, Box<dyn Error + Send + Sync>> {
        let order = due.order.id;
        let name = due.order.certificate.as_ref().and_then(|certificate| certificate.common_name.clone());
        let csr = self.kept.new_key(order)?.sign_csr(name)?;
        let token = match due.action {
            RenewalAction::Renew => self.cc.orders().renew(order, csr).prepare().await?,
            _ => self.cc.orders().reissue(order, csr).prepare().await?,
        };
        self.kept.save_token(order, &token)?;
        Ok(token)
    }

    /// Sends the order if not sent yet, and waits for the certificate.
    async fn finish(&self, order: OrderId, token: IssuanceToken) -> Fate {
        let kept = self.kept.clone();
        let save = move |token| std::future::ready(kept.save_token(order, &token));
        let outcome = async {
            let pending = self.cc.orders().resume_issuance(token).save_with(save).start().await?;
            let issued = pending.polling(self.polling).wait(self.options.patience).await?;
            let path = self.kept.finish(order, &issued)?;
            let until = issued.chain.leaf().not_after().date_naive();
            Ok::<_, Box<dyn Error + Send + Sync>>(format!("certificate {} until {until} in {}", issued.certificate_id, path.display()))
        };
        outcome.await.map_or_else(Fate::Failed, Fate::Done)
    }
}

/// Reports what was not done, each with its reason, and returns the exit code.
fn report(fates: Vec<(String, Fate)>) -> ExitCode {
    let (mut done, mut left, mut failed) = (0, 0, 0);
    for (what, fate) in fates {
        match fate {
            Fate::Done(_) => done += 1,
            Fate::Left(why) => {
                left += 1;
                println!("{what}: left: {why}");
            }
            Fate::Failed(error) => {
                failed += 1;
                eprintln!("{what}: {error:#}");
            }
        }
    }
    println!("{done} done, {left} left to a person, {failed} failed");
    ExitCode::from(if failed > 0 { 1 } else { u8::from(left > 0) * 2 })
}
