//! Watching the state of any number of orders with one call per sweep.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    time::Duration,
};

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    future::{Either, select},
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    certcentral::{
        CertCentral, CertificateId, OrderId, OrderStatus, Orders,
        sweeps::{KEPT, Member, Named, Sweep},
    },
    client::Moment,
    error::Error,
    page::LARGEST_PAGE,
};

/// About how often all orders are read, whatever the sweeps report.
const ALL: Duration = Duration::from_secs(3600);
/// The delay of the next read after a failed read or a refused sweep; it doubles each time.
const AFTER_FAULT: Duration = Duration::from_secs(5);
const AFTER_REFUSAL: Duration = Duration::from_secs(60);

/// The state of a watched order, reported at first and whenever it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderChange {
    /// The order.
    pub order: OrderId,
    /// The current state.
    pub status: Option<OrderStatus>,
    /// The current certificate; another one after a reissue.
    pub certificate: Option<CertificateId>,
    /// The previous state; `None` when the order is reported for the first time.
    pub previous: Option<OrderStatus>,
}

impl Orders<'_> {
    /// Watches any number of orders: yields the state of each, then every change of it, without end.
    ///
    /// First, all orders are read, from the list or one by one, whichever takes fewer calls. Then a sweep, one call every 15 seconds, asks
    /// for the changes since. It asks for a number of seconds, so the clock of this machine does not matter, and it reaches back to before
    /// the last sweep that succeeded, so a failed sweep loses nothing. No state is yielded twice in a row. As nothing proves that a sweep
    /// is complete, all orders are read again about once an hour, and after a gap longer than the seven days for which the service keeps
    /// changes. A state that came and went between two calls is not seen.
    ///
    /// An order that the account does not have yields an error and is no longer watched. Other errors are retried if they may be temporary;
    /// otherwise they end the stream.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::certcentral::OrderId;
    ///
    /// let mut changes = cc.orders().watch([OrderId(115429178), OrderId(115429179)]);
    /// while let Some(change) = changes.try_next().await? {
    ///     println!("order {}: {:?}, before {:?}", change.order, change.status, change.previous);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(self, orders: impl IntoIterator<Item = OrderId>) -> BoxStream<'static, Result<OrderChange, Error>> {
        let client = self.client.in_background();
        let orders: HashMap<_, _> = orders.into_iter().map(|order| (order, None)).collect();
        let member = client.sweeps.member(Duration::from_secs(60)).with(orders.len());
        let watching = Watching {
            client,
            orders,
            member,
            ready: VecDeque::new(),
            as_of: None,
            read_at: Instant::now(),
            faults: 0,
            refusals: 0,
            over: false,
        };
        stream::unfold(watching, |mut watching| async move { Some((watching.next().await?, watching)) }).fuse().boxed()
    }
}

struct Watching {
    client: CertCentral,
    orders: HashMap<OrderId, Option<Told>>,
    member: Member,
    ready: VecDeque<Result<OrderChange, Error>>,
    /// Up to when all changes are known; `None` until all orders were read.
    as_of: Option<Moment>,
    /// When all are read next.
    read_at: Instant,
    faults: u32,
    refusals: u32,
    over: bool,
}

/// What was yielded for an order.
struct Told {
    now: Named,
    before: Option<Named>,
}

impl Watching {
    async fn next(&mut self) -> Option<Result<OrderChange, Error>> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                return Some(change);
            }
            if self.over || self.orders.is_empty() {
                return None;
            }
            let as_of = self.as_of.filter(|as_of| self.client.core.since(*as_of) < KEPT && Instant::now() < self.read_at);
            let done = match as_of {
                None => self.read().await,
                Some(as_of) => self.sweep(as_of).await,
            };
            match done {
                Ok(()) => self.faults = 0,
                Err(error) if error.is_transient() || error.is_decode() => {
                    self.faults += 1;
                    sleep((AFTER_FAULT * 2_u32.saturating_pow(self.faults - 1)).min(AFTER_REFUSAL)).await;
                }
                Err(error) => {
                    self.over = true;
                    self.ready.push_back(Err(error));
                }
            }
        }
    }

    /// Reads all of them.
    async fn read(&mut self) -> Result<(), Error> {
        let start = self.client.core.moment();
        let mut left: Vec<OrderId> = self.orders.keys().copied().collect();
        let listed = self.listed(left.len()).await?;
        left.retain(|order| !listed.contains_key(order));
        for (order, named) in listed {
            self.hear(order, named).await?;
        }
        for order in left {
            self.look(order).await?;
        }
        self.as_of = Some(start);
        let distance = if self.refusals > 0 { AFTER_REFUSAL * 2_u32.saturating_pow(self.refusals - 1).min(60) } else { ALL };
        self.read_at = Instant::now() + distance.mul_f64(0.5 + fastrand::f64());
        Ok(())
    }

    /// What the list says of them, if that takes fewer calls than reading each.
    async fn listed(&self, count: usize) -> Result<HashMap<OrderId, Named>, Error> {
        const FEW: usize = 3;
        let mut found = HashMap::new();
        if count <= FEW {
            return Ok(found);
        }
        let mut pages = self.client.orders().list().pages();
        while let Some(page) = pages.try_next().await? {
            let named = page.items.into_iter().filter(|order| self.orders.contains_key(&order.id)).map(|order| {
                let certificate = order.certificate.as_ref().and_then(|certificate| certificate.id);
                (order.id, Named { status: order.status, certificate })
            });
            found.extend(named);
            let left = count - found.len();
            let is_far = page.total.is_none_or(|total| total / u64::from(LARGEST_PAGE) > left as u64);
            if left == 0 || is_far {
                break;
            }
        }
        Ok(found)
    }

    /// Reads one of them.
    async fn look(&mut self, order: OrderId) -> Result<(), Error> {
        match self.client.orders().get(order).send().await {
            Ok(found) if found.id == order => {
                let certificate = found.certificate.as_ref().and_then(|certificate| certificate.id);
                self.tell(order, Named { status: found.status, certificate });
                Ok(())
            }
            Ok(found) => Err(Error::decode("id".to_owned(), format!("got order {} instead of {order}", found.id), String::new())),
            Err(error) if error.is_not_found() && error.is_refusal() => {
                self.orders.remove(&order);
                self.member.set(self.orders.len());
                self.ready.push_back(Err(error.about(format!("order {order}"))));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for what has changed.
    async fn sweep(&mut self, as_of: Moment) -> Result<(), Error> {
        let coming = self.client.sweeps.next(&self.client, as_of);
        let sweep = match select(coming, pin!(sleep_until(self.read_at))).await {
            Either::Left((sweep, _)) => sweep,
            Either::Right(_) => return Ok(()),
        };
        if sweep.is_refused() {
            self.refusals = self.refusals.saturating_add(1);
            self.read_at = self.read_at.min(Instant::now() + AFTER_REFUSAL);
            return Ok(());
        }
        if sweep.is_good() {
            self.refusals = 0;
        }
        self.take(&sweep).await?;
        // Only a sweep that was handled completely is not asked for again.
        self.as_of = Some(sweep.advance(as_of));
        Ok(())
    }

    async fn take(&mut self, sweep: &Sweep) -> Result<(), Error> {
        let named: Vec<_> = self.orders.keys().filter_map(|order| Some((*order, sweep.of(*order)?.clone()))).collect();
        for (order, named) in named {
            self.hear(order, named).await?;
        }
        Ok(())
    }

    /// Takes what a list says of an order. The list may lag behind: if it undoes a change, the order itself is read.
    async fn hear(&mut self, order: OrderId, named: Named) -> Result<(), Error> {
        let Some(told) = self.orders.get(&order) else { return Ok(()) };
        let is_stale = told.as_ref().is_some_and(|told| told.before.as_ref() == Some(&named) && told.now != named);
        if is_stale {
            return self.look(order).await;
        }
        self.tell(order, named);
        Ok(())
    }

    fn tell(&mut self, order: OrderId, named: Named) {
        let Some(told) = self.orders.get_mut(&order) else { return };
        let before = told.take();
        if let Some(before) = before.as_ref().filter(|before| before.now == named) {
            *told = Some(Told { now: named, before: before.before.clone() });
            return;
        }
        let before = before.map(|before| before.now);
        let previous = before.as_ref().and_then(|before| before.status.clone());
        self.ready.push_back(Ok(OrderChange { order, status: named.status.clone(), certificate: named.certificate, previous }));
        *told = Some(Told { now: named, before });
    }
}
