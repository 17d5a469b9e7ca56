//! Daily upkeep of an account: renewing what expires, and revalidating domains before their validation lapses.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bon::bon;
use chrono::{Days, NaiveDate};
use futures_util::{
    FutureExt as _, StreamExt as _, TryStreamExt as _, future,
    stream::{self, BoxStream},
};
use serde::Serialize;

use super::{
    DcvInstructions, DomainValidationState, PendingValidation,
    domain_validation::{Known, Publish, Wanted, submit},
};
use crate::{
    certcentral::{CertCentral, DateRange, DcvMethod, DomainId, Domains, OrderSort, OrderStatus, Orders, docs, types},
    error::Error,
    wait::{Polling, WaitError},
};

/// What to do about a certificate that expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RenewalAction {
    /// The plan has days left: a reissue costs nothing and lasts until the plan ends at most.
    #[non_exhaustive]
    Reissue {
        /// How many days of the plan are left after the certificate ends.
        plan_days_left: u32,
    },
    /// The plan ends within the same period: a new order has to renew it.
    Renew,
    /// The service does not say when the plan ends; check before you place a new order.
    Unknown,
}

impl fmt::Display for RenewalAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reissue { plan_days_left } => write!(f, "reissue it: {plan_days_left} days of its plan are left"),
            Self::Renew => f.write_str("renew it: its plan ends too"),
            Self::Unknown => f.write_str("check the order: the service does not say when its plan ends"),
        }
    }
}

/// An order whose certificate expires soon.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExpiringOrder {
    /// The order, as listed.
    pub order: types::ListedOrder,
    /// The last day of its certificate.
    pub certificate_until: NaiveDate,
    /// The last day of its plan, if the service reports it.
    pub plan_until: Option<NaiveDate>,
    /// What to do.
    pub action: RenewalAction,
}

impl ExpiringOrder {
    fn of(order: types::ListedOrder, last: NaiveDate) -> Option<Self> {
        let certificate_until = order.certificate.as_ref()?.valid_till?;
        let plan_until = order.order_valid_till;
        let action = match plan_until {
            None => RenewalAction::Unknown,
            Some(end) if end <= last => RenewalAction::Renew,
            Some(end) => match u32::try_from((end - certificate_until).num_days()) {
                Ok(plan_days_left @ 1..) => RenewalAction::Reissue { plan_days_left },
                _ => RenewalAction::Renew,
            },
        };
        Some(Self { order, certificate_until, plan_until, action })
    }
}

#[bon]
impl<'c> Orders<'c> {
    /// Streams the orders whose certificates expire within `within_days` days, soonest first, with what to do about each. Orders that were
    /// already renewed are left out.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut expiring = cc.orders().expiring(30).stream();
    /// while let Some(next) = expiring.try_next().await? {
    ///     println!("order {} ends on {}: {:?}", next.order.id, next.certificate_until, next.action);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`list`](Self::list), as items of the stream.
    #[builder(finish_fn(name = stream, doc { #[doc = docs!(stream Orders::expiring)] }))]
    #[builder(builder_type(name = ListExpiringOrders, doc { #[doc = docs!(call Orders::expiring)] }))]
    pub fn expiring(
        self,
        /// How many days to look ahead; a certificate that expires today counts.
        #[builder(start_fn)]
        within_days: u32,
    ) -> BoxStream<'static, Result<ExpiringOrder, Error>> {
        let today = self.client.core.now().date_naive();
        let last = today.checked_add_days(Days::new(within_days.into())).unwrap_or(NaiveDate::MAX);
        let listed = self
            .list()
            .status(OrderStatus::Issued)
            .expiring(DateRange::between(today, last))
            .sort(OrderSort::DateValidTill.ascending())
            .stream();
        // The list may hold more than requested: an order with reissues is found by the last day of any of its certificates.
        let ends_in_time = move |expiring: &ExpiringOrder| (today..=last).contains(&expiring.certificate_until);
        listed
            .try_filter_map(move |order| {
                let expiring = if order.is_renewed == Some(true) { None } else { ExpiringOrder::of(order, last) };
                future::ready(Ok(expiring.filter(ends_in_time)))
            })
            .boxed()
    }
}

/// The outcome for one domain whose validation was about to lapse.
#[derive(Debug)]
#[non_exhaustive]
pub struct Revalidated {
    /// The id of the domain.
    pub id: DomainId,
    /// Its name.
    pub name: String,
    /// The revalidated domain, or why it failed.
    pub result: Result<types::Domain, WaitError<DomainValidationState>>,
}

#[bon]
impl<'c> Domains<'c> {
    /// Revalidates every domain whose validation lapses within `within_days` days: submits the domain, has the hook publish the proof, and
    /// has the service check it. A validation can be reused only for a limited time, which gets shorter each year (see
    /// [`IssuanceLimits`](crate::certcentral::IssuanceLimits)): run this every day.
    ///
    /// [`publish_with`](RevalidateDomains::publish_with) and [`timeout_per_domain`](RevalidateDomains::timeout_per_domain) are required.
    ///
    /// The stream yields each domain as it is done, several at a time; an error of one does not stop the others.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use futures_util::StreamExt as _;
    ///
    /// let mut domains = cc.domains()
    ///     .revalidate(14)
    ///     .publish_with(|instructions| async move { println!("{instructions}"); Ok::<_, std::io::Error>(()) })
    ///     .timeout_per_domain(Duration::from_secs(3600))
    ///     .stream();
    /// while let Some(domain) = domains.next().await {
    ///     println!("{:?}", domain?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = stream, doc { #[doc = docs!(stream Domains::revalidate)] }))]
    #[builder(builder_type(name = RevalidateDomains, doc { #[doc = docs!(call Domains::revalidate)] }))]
    pub fn revalidate(
        self,
        /// How many days to look ahead.
        #[builder(start_fn)]
        within_days: u32,
        /// Publishes the proof.
        #[builder(setters(name = publish_hook, vis = ""))]
        publish: Publish,
        /// How to prove control; by default each domain's own method, or a TXT record if that is e-mail.
        dcv_method: Option<DcvMethod>,
        /// How long each domain may take.
        timeout_per_domain: Duration,
        /// How many domains are processed at a time; 4 by default.
        #[builder(default = 4)]
        concurrency: usize,
        /// How often each domain is checked.
        #[builder(default)]
        polling: Polling,
    ) -> BoxStream<'static, Result<Revalidated, Error>> {
        let client = self.client.clone();
        let lapse = client.core.now().checked_add_days(Days::new(within_days.into())).unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC);
        let work = Work { client: client.clone(), publish, dcv_method, timeout_per_domain, polling };
        stream::once(async move { all_domains(&client).await })
            .map_ok(move |domains| stream::iter(domains.into_iter().filter(move |domain| lapses_before(domain, lapse)).map(Ok)))
            .try_flatten()
            .map_ok(move |domain| work.clone().revalidate(domain))
            .try_buffer_unordered(concurrency.max(1))
            .boxed()
    }
}

impl<'c, S: revalidate_domains::State> RevalidateDomains<'c, S> {
    /// Sets the hook that publishes the proof: a TXT record, a CNAME record or a file. If it fails, its error is the domain's result.
    pub fn publish_with<F, R, E>(self, publish: F) -> RevalidateDomains<'c, revalidate_domains::SetPublish<S>>
    where
        S::Publish: revalidate_domains::IsUnset,
        F: Fn(DcvInstructions) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.publish_hook(Arc::new(move |instructions| publish(instructions).map(|done| done.map_err(Into::into)).boxed()))
    }
}

async fn all_domains(client: &CertCentral) -> Result<Vec<types::Domain>, Error> {
    client.domains().list().include_validation(true).stream().try_collect().await
}

fn lapses_before(domain: &types::Domain, lapse: chrono::DateTime<chrono::Utc>) -> bool {
    let by_time = domain.dcv_expiration_datetime.map(|end| end <= lapse);
    let by_day = || {
        let days = domain.dcv_expiration.as_ref()?;
        days.ov.into_iter().chain(days.ev).min().map(|end| end <= lapse.date_naive())
    };
    // A domain that was never validated has nothing that could lapse.
    domain.is_active != Some(false) && by_time.or_else(by_day).unwrap_or(false)
}

#[derive(Clone)]
struct Work {
    client: CertCentral,
    publish: Publish,
    dcv_method: Option<DcvMethod>,
    timeout_per_domain: Duration,
    polling: Polling,
}

impl Work {
    async fn revalidate(self, domain: types::Domain) -> Result<Revalidated, Error> {
        let id = domain.id;
        let name = domain.name.clone().unwrap_or_default();
        let result = match self.submit(domain).await {
            Ok(pending) => pending.polling(self.polling).wait(self.timeout_per_domain).await,
            Err(error) => Err(WaitError::failed(format!("domain {name}"), error)),
        };
        Ok(Revalidated { id, name, result })
    }

    async fn submit(&self, listed: types::Domain) -> Result<PendingValidation, Error> {
        let client = self.client.in_flow();
        let domains = client.domains();
        let domain = domains.get(listed.id).include_dcv(true).include_validation(true).send().await?;
        let own = domain.dcv_method.clone().filter(|method| *method != DcvMethod::Email);
        let method = self.dcv_method.clone().or(own).unwrap_or(DcvMethod::DnsTxtToken);
        let kinds = domain.validations.iter().filter_map(|validation| validation.type_.clone()).collect();
        let now = self.client.core.now();
        let wanted = Wanted { validations: kinds, since: Some(now) };
        let known = Known::of(domain, &wanted, now)?;
        let token = submit(domains, listed.id, &method, &wanted, &[]).await?;
        let known = known.renewed(domains, &method, token, &wanted).await?;
        let pending = PendingValidation::known(&client, known, wanted).await?;
        Ok(pending.publish_by(Arc::clone(&self.publish)))
    }
}
