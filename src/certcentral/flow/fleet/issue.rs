//! Fleets of orders: new ones, renewals and reissues alike.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use bon::bon;
use futures_util::{FutureExt as _, Stream, StreamExt as _, future::BoxFuture, stream};
use tokio::time::Instant;

use super::{
    Fleet, FleetEstimate,
    driver::{Setup, Source, fleet},
    memory::{Memory, Standing},
    work::{Begun, Confirmed, Origin, Record, Work},
};
use crate::{
    certcentral::{
        CertCentral, Orders,
        flow::{ExpiringOrder, Issuance, IssuanceToken, Issued, RenewalAction, issuance::go_on},
        sweeps::{Coming, Sweep},
    },
    client::Moment,
    error::Error,
    wait::{Polling, Watch},
    x509::Csr,
};

/// The default concurrency: enough to use up the rate limit, and few enough that none waits long for its turn.
const CONCURRENCY: usize = 32;

/// What to request when the item's turn comes.
pub(super) struct Asked {
    step: &'static str,
    prepare: Box<dyn FnOnce() -> BoxFuture<'static, Result<IssuanceToken, Error>> + Send>,
}

#[bon]
impl<'c> Orders<'c> {
    /// See [`issue_all`](Self::issue_all) and [`renew_all`](Self::renew_all).
    #[builder(start_fn(name = fleet_of, vis = ""))]
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(builder_type(name = IssueAll, vis = "pub", doc { #[doc = "The builder of [`Orders::issue_all`] and [`Orders::renew_all`]."] }))]
    fn fleet(
        self,
        #[builder(start_fn)] source: Source<Issuing>,
        /// How long each item may take once it is placed; the time before that does not count. Each item is polled once more shortly before
        /// its timeout; if that poll has to wait for the rate limit, the item takes that much longer.
        timeout_per_item: Duration,
        /// How many items are processed at a time; 32 by default. Items that wait for the service do not count.
        #[builder(default = CONCURRENCY)]
        concurrency: usize,
        /// How often each order is polled while fewer than ten wait. From ten on, they share a list of changes.
        #[builder(default)]
        polling: Polling,
        #[builder(setters(name = memory_hook, vis = ""))] memory: Option<Arc<dyn Memory>>,
        /// Resends an order that may have been sent before, if it is certainly not listed at the end. **It may order twice**: see
        /// [`ResumeIssuance::send_again`](super::super::ResumeIssuance::send_again).
        #[builder(default)]
        send_again: bool,
    ) -> (Issuing, Source<Issuing>, Setup) {
        let work = Issuing { client: self.client.in_background(), send_again };
        (work, source, Setup { concurrency, timeout: timeout_per_item, polling, memory })
    }

    /// Orders many certificates, each once, and yields each as it is issued.
    ///
    /// Each item has a unique id. When its turn comes, `prepare` builds its order and
    /// [prepares](crate::certcentral::builders::IssueCertificate::prepare) it; a reissue or a duplicate works as well. The order is then
    /// placed, approved if the key is allowed to, waited for and checked, as by
    /// [`start`](crate::certcentral::builders::IssueCertificate::start) and [`wait`](crate::certcentral::flow::Pending::wait).
    /// [`timeout_per_item`](IssueAll::timeout_per_item) is required.
    ///
    /// With a `journal` (feature `journal`) the fleet can resume after it was killed, and places each order once: pass the same items
    /// again, and those in the journal are found instead of placed. Save each private key before `prepare` returns.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use futures_util::StreamExt as _;
    /// use shomei::{Csr, certcentral::{OrganizationId, Plan, Product}};
    ///
    /// let client = cc.clone();
    /// let prepare = move |name: String| {
    ///     let client = client.clone();
    ///     async move {
    ///         // Keep the key of each CSR.
    ///         let csr = Csr::from_pem(&std::fs::read_to_string(format!("{name}.csr"))?)?;
    ///         let order = client.orders().issue(Product::SECURE_SITE_OV, csr).common_name(&name);
    ///         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(order.organization(OrganizationId(112233)).plan(Plan::years(1)).prepare()?)
    ///     }
    /// };
    /// let mut fleet = cc.orders().issue_all(["a.example.com", "b.example.com"], prepare).timeout_per_item(Duration::from_secs(86_400)).start();
    /// while let Some(item) = fleet.next().await {
    ///     let item = item?;
    ///     match item.result {
    ///         Ok(issued) => println!("{}: {}", item.id, issued.fullchain_pem()),
    ///         Err(error) => println!("{}: {error}", item.id),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn issue_all<I, P, R, E>(self, ids: I, prepare: P) -> IssueAll<'c>
    where
        I: IntoIterator<Item: Into<String> + 'static, IntoIter: Send + 'static>,
        P: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<IssuanceToken, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let prepare = Arc::new(prepare);
        let source = stream::iter(ids.into_iter().map(Into::into).map(move |id: String| {
            let (prepare, name) = (Arc::clone(&prepare), id.clone());
            let prepare = Box::new(move || prepare(name).map(|token| token.map_err(|error| unprepared(error.into()))).boxed());
            Ok((id, Asked { step: "order", prepare }))
        }));
        Self::fleet_of(self, source.boxed())
    }

    /// Renews many orders, each once: reissues the certificate if the plan allows it, and places a new order if the plan ends too. The hook
    /// returns the CSR for each order; save its private key before that. If the service does not say when the plan ends, the item fails.
    /// The id of an item is the id of its order.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use futures_util::StreamExt as _;
    ///
    /// let expiring = cc.orders().expiring(30).stream();
    /// let make_csr = move |_order| { let csr = csr.clone(); async move { Ok::<_, std::io::Error>(csr) } };
    /// let mut fleet = cc.orders().renew_all(expiring, make_csr).timeout_per_item(Duration::from_secs(86_400)).start();
    /// while let Some(item) = fleet.next().await {
    ///     println!("{:?}", item?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn renew_all<S, C, R, E>(self, expiring: S, csr: C) -> IssueAll<'c>
    where
        S: Stream<Item = Result<ExpiringOrder, Error>> + Send + 'static,
        C: Fn(ExpiringOrder) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Csr, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (csr, client) = (Arc::new(csr), self.client.in_background());
        let source = expiring.map(move |order| {
            let order = order?;
            let (csr, client, id) = (Arc::clone(&csr), client.clone(), order.order.id);
            let action = order.action;
            let step = match action {
                RenewalAction::Renew => "order",
                RenewalAction::Reissue { .. } => "reissue",
                RenewalAction::Unknown => "unclear",
            };
            let prepare = move || {
                async move {
                    if action == RenewalAction::Unknown {
                        return Err(Error::mismatch(format!("the service does not say when the plan of order {id} ends")));
                    }
                    let csr = csr(order).await.map_err(|error| unprepared(error.into()))?;
                    match action {
                        RenewalAction::Reissue { .. } => client.orders().reissue(id, csr).prepare().await,
                        _ => client.orders().renew(id, csr).prepare().await,
                    }
                }
                .boxed()
            };
            Ok((id.to_string(), Asked { step, prepare: Box::new(prepare) }))
        });
        Self::fleet_of(self, source.boxed())
    }
}

/// A failure of the caller's hook.
fn unprepared(error: Box<dyn StdError + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => *own,
        Err(other) => Error::invalid("prepare", other.to_string()),
    }
}

impl<S: issue_all::IsComplete> IssueAll<'_, S> {
    /// Starts the fleet; nothing is sent before the stream is polled.
    pub fn start(self) -> Fleet<Issued> {
        let (work, source, setup) = self.prepare();
        fleet(work, source, setup)
    }

    /// Estimates what the fleet would do, with nothing sent and nothing prepared.
    ///
    /// # Errors
    ///
    /// If the items or the journal cannot be read.
    pub async fn dry_run(self) -> Result<FleetEstimate, Error> {
        let (work, mut source, setup) = self.prepare();
        let mut estimate = FleetEstimate::default();
        while let Some(item) = source.next().await {
            let (id, asked) = item?;
            match setup.memory.as_ref().and_then(|memory| memory.standing(&id)) {
                Some(Standing::Done) => estimate.count("done before", 0),
                Some(Standing::Begun) => estimate.count("under way", 2),
                // Placed, polled once, downloaded; for a renewal or reissue, the old order is read as well.
                Some(Standing::Refused) | None => estimate.count(asked.step, 3),
            }
        }
        Ok(estimate.under_the_limits_of(&work.client))
    }
}

#[cfg(feature = "journal")]
impl<'c, S: issue_all::State> IssueAll<'c, S> {
    /// Records what is done in a journal, so that the fleet can resume after it was killed. See [`Journal`](super::Journal).
    pub fn journal(self, journal: super::Journal) -> IssueAll<'c, issue_all::SetMemory<S>>
    where
        S::Memory: issue_all::IsUnset,
    {
        self.memory_hook(Arc::new(journal))
    }
}

pub(super) struct Issuing {
    client: CertCentral,
    send_again: bool,
}

impl Work for Issuing {
    type Input = Asked;
    type Memo = IssuanceToken;
    type Flow = Issuance;
    type Output = Issued;

    const KIND: &'static str = "orders";

    async fn begin(&self, origin: Origin<Self>, record: &Arc<Record<Self>>) -> Result<Begun<Self>, Error> {
        let (token, send_again) = match origin {
            Origin::Given(asked) => ((asked.prepare)().await?, false),
            Origin::Begun(token) => (token, self.send_again),
        };
        let record = Arc::clone(record);
        let save = Arc::new(move |token| {
            let record = Arc::clone(&record);
            async move { record.keep(token).await.map_err(Into::into) }.boxed()
        });
        let pending = go_on(&self.client, token, Some(save), send_again).await?;
        Ok(Begun::Waits(pending.flow))
    }

    async fn finish(&self, confirmed: Vec<(String, Confirmed<Self>)>) -> Vec<(String, Result<Issued, Error>)> {
        confirmed.into_iter().map(|(id, issued)| (id, Ok(issued))).collect()
    }

    /// New orders take half of the slots: each takes at least as many calls again, to be seen and downloaded.
    fn distance(&self) -> Duration {
        let each = self.client.usage().into_iter().map(|usage| usage.rate.window / usage.rate.limit.max(1));
        2 * each.max().unwrap_or_default()
    }

    fn blocker(&self, watch: &Watch<Issuance>) -> &'static str {
        watch.flow.blocker(&watch.progress)
    }

    fn sweep(&self, as_of: Moment) -> Option<Coming> {
        let sweeps = &self.client.sweeps;
        sweeps.itself(Instant::now()).map(|_| sweeps.next(&self.client, as_of))
    }

    fn itself(&self, next: Instant, _: usize) -> Instant {
        self.client.sweeps.itself(next).unwrap_or(next)
    }

    fn as_of(&self, watch: &Watch<Issuance>) -> Option<Moment> {
        watch.progress.as_of
    }

    fn is_news(&self, watch: &mut Watch<Issuance>, sweep: &Sweep) -> bool {
        watch.flow.is_news(&mut watch.progress, sweep)
    }
}
