//! Every flow once, on a faulty way, and what must be true of the account afterwards.

use std::{convert::Infallible, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::LocalBoxFuture};
use shomei::{
    Error, RetryPolicy, Sandbox,
    certcentral::{CertificateFormat, OrderId, Plan, Product},
    pocketsign::{CertificateId, Freshness, HashAlgorithm, SignInOutcome, SignedData, Target, UserId},
    sandbox::{ApprovalMode, Card, FaultPlan, InjectedFault},
};
use tokio::time::timeout;

use crate::{
    ground::{self, BODY_LIMIT, HALF_AN_HOUR, KEY, ORGANIZATION, PIECE, csr},
    outcome::{kind, texts},
    watch::Watch,
};

/// Enough for every call of a start to take its whole deadline, and for the looks after a lost answer.
const START: Duration = Duration::from_secs(3600);
/// A wait keeps its own deadline to the second.
const WAIT: Duration = Duration::from_secs(1801);

/// How each flow of one run ended, and what was wrong with it.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) endings: Vec<(&'static str, String)>,
    pub(crate) complaints: Vec<String>,
    /// Which calls met what.
    pub(crate) met: Vec<InjectedFault>,
    /// The errors in words, for who looks at one run alone.
    pub(crate) errors: Vec<String>,
    secrets: Vec<String>,
}

/// How a flow ended, for what must be true afterwards.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Ending {
    /// What it was to do has been asked for.
    Placed,
    /// It says that nothing was done.
    NotDone,
    Unknown,
}

impl Run {
    fn new(secrets: &[&str]) -> Self {
        Self { secrets: secrets.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    pub(crate) fn panicked() -> Self {
        Self { complaints: vec!["it panicked".to_owned()], ..Self::default() }
    }

    /// Lets a part of a flow run, at most so long.
    async fn part<T>(&mut self, name: &'static str, within: Duration, part: impl Future<Output = Result<T, Error>>) -> Result<T, Ending> {
        let Ok(ended) = timeout(within, part).await else {
            self.complaints.push(format!("{name}: still not over after {within:?}"));
            return Err(Ending::Unknown);
        };
        ended.map_err(|error| {
            self.endings.push((name, kind(&error)));
            self.errors.push(format!("{name}: {error}"));
            let texts = texts(&error);
            if let Some(secret) = self.secrets.iter().find(|secret| texts.contains(*secret)) {
                self.complaints.push(format!("{name}: the error tells {}…: {error}", secret.chars().take(4).collect::<String>()));
            }
            if error.is_ambiguous() { Ending::Unknown } else { Ending::NotDone }
        })
    }

    /// Notes how a flow of two parts ended: what was started, then waited for.
    fn flow<'r, P: 'r, T: 'r>(
        &'r mut self,
        name: &'static str,
        start: impl Future<Output = Result<P, Error>> + 'r,
        wait: impl AsyncFnOnce(P) -> Result<T, Error> + 'r,
    ) -> LocalBoxFuture<'r, Ending> {
        async move {
            let pending = match self.part(name, START, start).await {
                Ok(pending) => pending,
                Err(ending) => return ending,
            };
            if self.part(name, WAIT, wait(pending)).await.is_ok() {
                self.endings.push((name, "done".to_owned()));
            }
            Ending::Placed
        }
        .boxed_local()
    }

    /// A flow of one part.
    async fn call<T>(&mut self, name: &'static str, call: impl Future<Output = Result<T, Error>>) -> Option<T> {
        let done = self.part(name, START, call).await.ok();
        if done.is_some() {
            self.endings.push((name, "done".to_owned()));
        }
        done
    }

    /// What was asked for once is there once, or not at all if the flow says so.
    fn expect(&mut self, what: &str, ending: Ending, found: usize) {
        let fits = match ending {
            Ending::Placed => found == 1,
            Ending::NotDone => found == 0,
            Ending::Unknown => found <= 1,
        };
        if !fits {
            self.complaints.push(format!("{what}: {ending:?}, but there are {found}"));
        }
    }

    /// Ends the faults and judges what was seen of them.
    fn judge(&mut self, sandbox: &Sandbox, watch: &Watch) {
        self.met = sandbox.faults_met();
        sandbox.set_faults(FaultPlan::new());
        self.complaints.extend(watch.leaks().into_iter().map(|leak| format!("the secret is in {leak}")));
        if watch.most_read() > BODY_LIMIT + PIECE {
            self.complaints.push(format!("{} bytes of one answer were read", watch.most_read()));
        }
    }
}

/// The flows of CertCentral, in an account with one issued order.
pub(crate) async fn certcentral(plan: FaultPlan, approval: ApprovalMode) -> Run {
    let sandbox = ground::sandbox(Sandbox::builder().approval(approval).issue_delay(Duration::from_secs(30)));
    ground::validate(&sandbox, "example.com").await;
    let first = ground::issued(&sandbox, csr(0)).await;
    let (watch, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
    let mut run = Run::new(&[KEY]);
    let mail = |sandbox: &Sandbox| {
        let sandbox = sandbox.clone();
        move |instructions| {
            ground::publish(&sandbox, &instructions);
            async { Ok::<_, Infallible>(()) }
        }
    };
    sandbox.set_faults(plan);

    let start = cc.domains().validate("example.net").organization(ORGANIZATION).start();
    let publish = mail(&sandbox);
    let domain = run.flow("domain", start, async |pending| Ok(pending.publish_with(publish).wait(HALF_AN_HOUR).await?)).await;
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr(1)).common_name("shop.example.com").organization(ORGANIZATION);
    let order = run.flow("order", order.plan(Plan::years(1)).start(), async |pending| Ok(pending.wait(HALF_AN_HOUR).await?)).await;
    let download = async {
        let file = cc.certificates().download(first.certificate_id, CertificateFormat::PemAll).send().await?;
        file.chain()?.verify_key(&csr(0))
    };
    run.call("download", Box::pin(download)).await;
    let id = first.order.id;
    let reissue = run.flow("reissue", cc.orders().reissue(id, csr(2)).start(), async |pending| Ok(pending.wait(HALF_AN_HOUR).await?)).await;
    let copy =
        run.flow("duplicate", cc.orders().duplicate(id, csr(3)).start(), async |pending| Ok(pending.wait(HALF_AN_HOUR).await?)).await;
    let renewal = run.flow("renew", cc.orders().renew(id, csr(4)).start(), async |pending| Ok(pending.wait(HALF_AN_HOUR).await?)).await;
    run.call("expiring", async { cc.orders().expiring(400).stream().try_collect::<Vec<_>>().await }).await;
    let fleet = cc.domains().revalidate(400).publish_with(mail(&sandbox)).timeout_per_domain(HALF_AN_HOUR).stream();
    run.call("revalidate", async {
        for domain in fleet.try_collect::<Vec<_>>().await? {
            domain.result?;
        }
        Ok(())
    })
    .await;
    run.flow("revoke", cc.orders().revoke(id).start(), async |pending| Ok(pending.wait(HALF_AN_HOUR).await?)).await;

    run.judge(&sandbox, &watch);
    look_over(&mut run, &sandbox, id, [domain, order, reissue, copy, renewal]).await;
    run
}

/// Looks at the account without faults.
async fn look_over(run: &mut Run, sandbox: &Sandbox, first: OrderId, endings: [Ending; 5]) {
    let (_, cc) = ground::certcentral(sandbox, RetryPolicy::default());
    let [domain, order, reissue, copy, renewal] = endings;
    let domains: Vec<_> = cc.domains().list().stream().try_collect().await.unwrap();
    // Its start goes on to read what it added: that this failed says nothing about the adding.
    let domain = if domain == Ending::Placed { domain } else { Ending::Unknown };
    run.expect("domain", domain, domains.iter().filter(|domain| domain.name.as_deref() == Some("example.net")).count());
    let orders: Vec<_> = cc.orders().list().stream().try_collect().await.unwrap();
    let named = |name: &str| {
        let common_name = |order: &&shomei::certcentral::types::ListedOrder| {
            order.id != first && order.certificate.as_ref().and_then(|certificate| certificate.common_name.as_deref()) == Some(name)
        };
        orders.iter().filter(common_name).count()
    };
    run.expect("order", order, named("shop.example.com"));
    run.expect("renewal", renewal, named("example.com"));
    let reissues = cc.orders().reissues(first).send().await.unwrap();
    run.expect("reissue", reissue, reissues.iter().filter(|one| is_for(one.csr.as_deref(), 2)).count());
    let duplicates = cc.orders().duplicates(first).send().await.unwrap();
    run.expect("duplicate", copy, duplicates.iter().filter(|one| is_for(one.csr.as_deref(), 3)).count());
}

fn is_for(pem: Option<&str>, number: usize) -> bool {
    pem.is_some_and(|pem| shomei::Csr::from_pem(pem).is_ok_and(|listed| listed == csr(number)))
}

/// The flows of one version of PocketSign Verify.
macro_rules! pocketsign_flows {
    ($run:ident, $client:ident, $card:ident, $user:ident, $certificate:ident) => {{
        let (digest, signature) = ground::signed($card);
        let sign_in = $client.sign_in(SignedData::new($card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send();
        let ending = $run.part("sign in", START, sign_in).await;
        if ending.is_ok() {
            $run.endings.push(("sign in", "done".to_owned()));
        }
        let check = $client.certificates().check_status(&$certificate).fresh(Freshness::SameDay).fall_back_to_crl(true).send();
        $run.call("check", async { Ok(check.await?) }).await;
        let check = $client.users().check_status(&$user).fresh(Freshness::Now).send();
        $run.call("check user", async { Ok(check.await?) }).await;
        let targets: [Target; 2] = [$certificate.clone().into(), $user.clone().into()];
        let sweep = $client.sweep().targets(targets).freshness(Freshness::Cheapest).start().await.unwrap();
        $run.call("sweep", async {
            for swept in sweep.collect::<Vec<_>>().await {
                swept.outcome?;
            }
            Ok(())
        })
        .await;
        match ending {
            Ok(_) => Ending::Placed,
            Err(ending) => ending,
        }
    }};
}

/// The flows of PocketSign Verify, for a tenant of its own that knows one person and meets another.
pub(crate) async fn pocketsign(sandbox: &Sandbox, [known, met]: &[Card; 2], plan: FaultPlan, by_v1: bool) -> Run {
    let token = sandbox.add_pocketsign_tenant();
    let (_, _, setup) = ground::pocketsign(sandbox, &token, RetryPolicy::default());
    let (digest, signature) = ground::signed(known);
    let outcome =
        setup.sign_in(SignedData::new(known.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send().await.unwrap();
    let SignInOutcome::New(person) = outcome else { panic!("nobody is known yet") };
    let (user, certificate): (UserId, CertificateId) = (person.user, person.certificate.unwrap());

    let (watch, v1, v2) = ground::pocketsign(sandbox, &token, RetryPolicy::default());
    let mut run = Run::new(&[&token, "証明", "花子", "例示町", "319850401"]);
    sandbox.set_faults(plan);
    let signed_in =
        if by_v1 { pocketsign_flows!(run, v1, met, user, certificate) } else { pocketsign_flows!(run, v2, met, user, certificate) };

    run.judge(sandbox, &watch);
    // Of the known person there is one; what the flow made comes on top.
    let verifications: Vec<_> = setup.verifications().list().stream().try_collect().await.unwrap();
    run.expect("verification", signed_in, verifications.len() - 1);
    run
}
