//! Fleets of domains: two calls for a new one, and lists for all of them.

use std::{
    collections::HashMap,
    error::Error as StdError,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bon::bon;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::{
    Fleet, FleetEstimate,
    driver::{Setup, fleet},
    memory::{Memory, Standing},
    work::{Begun, Confirmed, Origin, Record, Work},
};
use crate::{
    certcentral::{
        CertCentral, DcvMethod, DomainId, Domains, OrganizationId, ValidationType, check,
        flow::{
            DcvInstructions, DomainValidationToken,
            domain_validation::{Adding, DomainValidation, Proof, Publish, Wanted, existing, kept},
        },
        types,
    },
    error::Error,
    wait::{Polling, Watch},
};

/// The default concurrency.
const CONCURRENCY: usize = 32;
/// The list is read again once there are a hundred results per page of it, so that it costs next to nothing.
const FOR_A_PAGE: usize = 100;
/// The longest time that a result waits to be read.
const LONGEST: Duration = Duration::from_secs(300);

#[bon]
impl<'c> Domains<'c> {
    /// See [`validate_all`](Self::validate_all).
    #[builder(start_fn(name = fleet_of, vis = ""))]
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(builder_type(name = ValidateAll, vis = "pub", doc { #[doc = "The builder of [`Domains::validate_all`]."] }))]
    fn fleet(
        self,
        #[builder(start_fn)] names: Names,
        /// The organization that the domains are validated for.
        organization: OrganizationId,
        /// How to prove control; a TXT record by default.
        #[builder(default = DcvMethod::DnsTxtToken)]
        dcv_method: DcvMethod,
        /// The kinds of certificate to validate the domains for; `ov` by default.
        #[builder(default = vec![ValidationType::Ov], with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// Publishes the proof.
        #[builder(setters(name = publish_hook, vis = ""))]
        publish: Publish,
        /// How long each domain may take once its proof is published; the time before that does not count. Each domain is checked once more
        /// shortly before its timeout; if that check has to wait for the rate limit, the domain takes that much longer.
        timeout_per_item: Duration,
        /// How many items are processed at a time; 32 by default. Items that wait for their record to be found do not count.
        #[builder(default = CONCURRENCY)]
        concurrency: usize,
        /// How often each domain is checked; less often if many wait: all together at most twice a second.
        #[builder(default)]
        polling: Polling,
        #[builder(setters(name = memory_hook, vis = ""))] memory: Option<Arc<dyn Memory>>,
    ) -> (Validating, Names, Setup) {
        let wanted = Wanted { validations, since: None };
        let client = self.client.in_background();
        let work = Validating { client, organization, method: dcv_method, wanted, publish, account: Mutex::default() };
        (work, names, Setup { concurrency, timeout: timeout_per_item, polling, memory })
    }

    /// Validates many domains, and yields each as it is validated. The id of an item is the name of its domain.
    ///
    /// The account's list of domains is read once. A missing name is added, an existing one is adopted as by [`validate`](Self::validate),
    /// and one that is already validated needs nothing. The hook publishes the proof, and the service is asked to check until it finds it.
    /// The results are read from the list, so a new domain takes two calls. [`organization`](ValidateAll::organization),
    /// [`publish_with`](ValidateAll::publish_with) and [`timeout_per_item`](ValidateAll::timeout_per_item) are required.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use futures_util::StreamExt as _;
    /// use shomei::certcentral::OrganizationId;
    ///
    /// let mut fleet = cc.domains()
    ///     .validate_all(["example.com", "example.net"])
    ///     .organization(OrganizationId(112233))
    ///     .publish_with(|instructions| async move { println!("{instructions}"); Ok::<_, std::io::Error>(()) })
    ///     .timeout_per_item(Duration::from_secs(86_400))
    ///     .start();
    /// let control = fleet.control();
    /// while let Some(item) = fleet.next().await {
    ///     let item = item?;
    ///     println!("{}: {}; {}", item.id, item.result.map_or_else(|error| error.to_string(), |_| "validated".into()), control.progress());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn validate_all<I>(self, names: I) -> ValidateAll<'c>
    where
        I: IntoIterator<Item: Into<String> + 'static, IntoIter: Send + 'static>,
    {
        Self::fleet_of(self, Box::new(names.into_iter().map(Into::into)))
    }
}

type Names = Box<dyn Iterator<Item = String> + Send>;

impl<'c, S: validate_all::State> ValidateAll<'c, S> {
    /// Sets the hook that publishes the proof: a TXT record, a CNAME record or a file. If it fails, its error is the domain's result.
    pub fn publish_with<F, R, E>(self, publish: F) -> ValidateAll<'c, validate_all::SetPublish<S>>
    where
        S::Publish: validate_all::IsUnset,
        F: Fn(DcvInstructions) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.publish_hook(Arc::new(move |instructions| publish(instructions).map(|done| done.map_err(Into::into)).boxed()))
    }

    /// Records what is done in a journal, so that the fleet can resume after it was killed. See [`Journal`](super::Journal).
    #[cfg(feature = "journal")]
    pub fn journal(self, journal: super::Journal) -> ValidateAll<'c, validate_all::SetMemory<S>>
    where
        S::Memory: validate_all::IsUnset,
    {
        self.memory_hook(Arc::new(journal))
    }
}

impl<S: validate_all::IsComplete> ValidateAll<'_, S> {
    /// Starts the fleet; nothing is sent before the stream is polled.
    pub fn start(self) -> Fleet<types::Domain> {
        let (work, names, setup) = self.prepare();
        fleet(work, stream::iter(names.map(|name| Ok((name, ())))).boxed(), setup)
    }

    /// Estimates what the fleet would do; only the list of domains is read.
    ///
    /// # Errors
    ///
    /// If the list or the journal cannot be read.
    pub async fn dry_run(self) -> Result<FleetEstimate, Error> {
        let (work, names, setup) = self.prepare();
        work.prepare().await?;
        let mut estimate = FleetEstimate::default();
        for name in names {
            match setup.memory.as_ref().and_then(|memory| memory.standing(&name)) {
                Some(Standing::Done) => estimate.count("done before", 0),
                Some(Standing::Begun) => estimate.count("under way", 2),
                Some(Standing::Refused) | None => match work.listed(&name) {
                    None => estimate.count("add", 2),
                    Some((_, true)) => estimate.count("validated already", 0),
                    Some((_, false)) => estimate.count("adopt", 2),
                },
            }
        }
        estimate.calls += 2 * work.account().pages as u64;
        Ok(estimate.under_the_limits_of(&work.client))
    }
}

pub(super) struct Validating {
    client: CertCentral,
    organization: OrganizationId,
    method: DcvMethod,
    wanted: Wanted,
    publish: Publish,
    account: Mutex<Account>,
}

/// The account's domains when its list was last read.
#[derive(Default)]
struct Account {
    /// By lowercase name: the id, and whether it is validated.
    domains: HashMap<String, (DomainId, bool)>,
    pages: usize,
}

/// Finds a domain again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Memo {
    Adding,
    Added(DomainValidationToken),
}

impl Validating {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listed(&self, name: &str) -> Option<(DomainId, bool)> {
        self.account().domains.get(&kept(name, &self.method).to_ascii_lowercase()).copied()
    }

    fn is_validated(&self, domain: &types::Domain) -> bool {
        let is_ours = domain.organization.as_ref().and_then(|own| own.id).is_none_or(|own| own == self.organization);
        // Checked by both clocks: a domain that has lapsed by either of them does not count.
        let core = &self.client.core;
        is_ours && domain.is_active != Some(false) && self.wanted.is_met(domain, core.now()) && self.wanted.is_met(domain, core.past())
    }

    /// Reads the account's list, and calls `each` with each domain.
    async fn list(&self, mut each: impl FnMut(types::Domain) + Send) -> Result<usize, Error> {
        let mut listed = self.client.domains().list().include_validation(true).pages();
        let mut pages = 0;
        while let Some(page) = listed.try_next().await? {
            pages += 1;
            page.items.into_iter().for_each(&mut each);
        }
        Ok(pages)
    }

    async fn read(&self, id: DomainId) -> Result<types::Domain, Error> {
        self.client.domains().get(id).include_dcv(true).include_validation(true).send().await
    }
}

impl Work for Validating {
    type Input = ();
    type Memo = Memo;
    type Flow = Proof;
    type Output = types::Domain;

    const KIND: &'static str = "domains";

    async fn prepare(&self) -> Result<(), Error> {
        if self.wanted.validations.is_empty() {
            return Err(Error::invalid("validations", "at least one kind of validation is needed"));
        }
        let mut domains = HashMap::new();
        let pages = self
            .list(|domain| {
                let is_validated = self.is_validated(&domain);
                if let Some(name) = domain.name {
                    domains.insert(name.to_ascii_lowercase(), (domain.id, is_validated));
                }
            })
            .await?;
        *self.account() = Account { domains, pages };
        Ok(())
    }

    async fn begin(&self, origin: Origin<Self>, record: &Arc<Record<Self>>) -> Result<Begun<Self>, Error> {
        let name = check::domain_name("name", &record.id)?;
        let domains = self.client.domains();
        let adding =
            Adding { domains, name: &name, organization: self.organization, method: &self.method, wanted: &self.wanted, emails: &[] };
        let known = match origin {
            Origin::Begun(Memo::Added(token)) => {
                let id = token.domain(&self.client)?;
                adding.prepare(id).await?
            }
            // The list may have been older.
            Origin::Begun(Memo::Adding) => match existing(domains, &name, &self.method).await? {
                Some(domain) => adding.prepare(domain.id).await?,
                None => adding.run().await?,
            },
            Origin::Given(()) => match self.listed(&name) {
                Some((id, true)) => return Ok(Begun::Confirmed((id, None))),
                Some((id, false)) => adding.prepare(id).await?,
                None => {
                    record.keep(Memo::Adding).await?;
                    adding.run().await?
                }
            },
        };
        let validation = DomainValidation::known(&self.client, known, self.wanted.clone()).await?;
        let validation = validation.publish_by(Arc::clone(&self.publish));
        if let Some(domain) = validation.validated() {
            return Ok(Begun::Confirmed((domain.id, Some(Box::new(domain.clone())))));
        }
        record.keep(Memo::Added(validation.resume_token())).await?;
        Ok(Begun::Waits(Proof(validation)))
    }

    fn is_time_to_finish(&self, confirmed: usize, oldest: Duration, is_idle: bool) -> bool {
        is_idle || oldest >= LONGEST || confirmed >= FOR_A_PAGE * self.account().pages.max(1)
    }

    /// Reads what was confirmed: from the list, or one by one where that takes fewer calls.
    async fn finish(&self, confirmed: Vec<(String, Confirmed<Self>)>) -> Vec<(String, Result<types::Domain, Error>)> {
        let unread = confirmed.iter().filter(|(_, (_, domain))| domain.is_none());
        let ids: HashMap<DomainId, ()> = unread.map(|(_, (id, _))| (*id, ())).collect();
        let mut read = HashMap::new();
        if ids.len() > self.account().pages.max(1) {
            let listed = self.list(|domain| {
                if ids.contains_key(&domain.id) && self.is_validated(&domain) {
                    read.insert(domain.id, domain);
                }
            });
            // Domains that the list lacks are read one by one.
            if let Ok(pages) = listed.await {
                self.account().pages = pages;
            }
        }
        let mut results = Vec::new();
        for (name, (id, domain)) in confirmed {
            let result = match domain.map(|domain| *domain).or_else(|| read.remove(&id)) {
                Some(domain) => Ok(domain),
                None => self.read(id).await,
            };
            results.push((name, result));
        }
        results
    }

    fn blocker(&self, watch: &Watch<Proof>) -> &'static str {
        watch.flow.0.blocker()
    }
}
