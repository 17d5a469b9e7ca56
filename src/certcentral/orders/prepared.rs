//! Orders, reissues and duplicates as they will be sent: searched for first, sent once, and saved before that if requested.

use std::{
    error::Error as StdError,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use tokio::time::Instant;
use tracing::warn;

use super::{
    identity::OrderIdentity,
    ledger::Outcome,
    recovery::FurtherKind,
    trail::{Before, Trail},
};
use crate::{
    certcentral::{
        CertCentral, CertificateId, OrderId, Product,
        flow::{Awaited, IssuanceToken, IssuanceWarning, PendingIssuance},
        recovery::{self, Outcome as Searched},
        sent, types,
    },
    error::Error,
    random::random,
    x509::{Csr, require_verification},
};

/// Saves a token where it survives the process.
pub(in crate::certcentral) type Save =
    Arc<dyn Fn(IssuanceToken) -> BoxFuture<'static, Result<(), Box<dyn StdError + Send + Sync>>> + Send + Sync>;

/// What is requested, and what its certificate has to match.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::certcentral) struct Write {
    pub(super) body: Body,
    pub(super) csr: Csr,
    pub(super) approve: bool,
    /// Whether to request another one even if one exists.
    pub(super) another: bool,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Body {
    /// `is_fresh` if its `alternative_order_id` was made for it.
    Order {
        product: String,
        is_fresh: bool,
        #[serde(deserialize_with = "exact")]
        request: Box<sent::OrderRequest>,
    },
    /// `previous` is the certificate that it replaces.
    Reissue {
        order: OrderId,
        previous: Option<CertificateId>,
        tls: bool,
        #[serde(deserialize_with = "exact")]
        request: Box<sent::ReissueRequest>,
    },
    Duplicate {
        order: OrderId,
        tls: bool,
        #[serde(deserialize_with = "exact")]
        request: Box<sent::DuplicateRequest>,
    },
}

/// A write that is ready to be sent.
pub(in crate::certcentral) struct Prepared {
    pub(super) client: CertCentral,
    pub(super) write: Write,
    /// What the caller should know about it.
    pub(super) warnings: Vec<IssuanceWarning>,
    /// Whether it was prepared just now, so that it cannot have been sent yet.
    is_new: bool,
    /// Why it cannot be sent; if it exists already, it need not be.
    pub(super) refusal: Option<Error>,
    /// The certificate that already has its key, according to what was read before.
    pub(super) same_key: Option<CertificateId>,
}

impl Prepared {
    /// A new write. What the document refuses is neither searched for nor saved.
    pub(in crate::certcentral) fn new(client: CertCentral, write: Write) -> Result<Self, Error> {
        match &write.body {
            Body::Order { request, .. } => client.core.check("order_certificate", request),
            Body::Reissue { request, .. } => client.core.check("reissue_certificate", request),
            Body::Duplicate { request, .. } => client.core.check("duplicate_certificate", request),
        }?;
        Ok(Self { client, write, warnings: Vec::new(), is_new: true, refusal: None, same_key: None })
    }

    /// A write that was saved. The same token may have been resumed before.
    pub(in crate::certcentral) fn kept(client: &CertCentral, write: Write) -> Self {
        Self { client: client.clone(), write, warnings: Vec::new(), is_new: false, refusal: None, same_key: None }
    }

    /// Sends the write alone, in one call.
    pub(super) async fn send(self) -> Result<types::OrderResponse, Error> {
        match (self.refusal, self.same_key.filter(|_| !self.write.another)) {
            (Some(refusal), _) => Err(refusal),
            (None, Some(id)) => Err(self.write.same_key(id)),
            (None, None) => self.write.send(&self.client, &AtomicBool::default()).await,
        }
    }

    /// The write as a token, to be saved and sent later.
    pub(super) fn token(self) -> Result<IssuanceToken, Error> {
        require_verification(self.write.is_tls())?;
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(IssuanceToken::prepared(&self.client, self.write.identified())),
        }
    }

    /// Adopts what exists already, or sends the write once; if the response is lost, finds what it has done.
    pub(in crate::certcentral) async fn start(mut self, save: Option<&Save>) -> Result<PendingIssuance, Error> {
        require_verification(self.write.is_tls())?;
        self.write = self.write.identified();
        let client = self.client.in_flow();
        let orders = client.orders();
        let write = self.write.clone();
        let mut last = client.ledger.turn(&write.key()).await;
        let trail = Trail::new(orders, &write, self.is_new).await?;
        if !write.another {
            if let Some(present) = trail.present(orders, &last).await? {
                *last = Outcome::Placed(Box::new(present.clone()));
                return self.placed(present, save).await;
            }
            if *last == Outcome::Unsure {
                return Err(write.unsure("was sent by this client a moment ago and is not listed yet; `another(true)` sends it again"));
            }
        }
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        if let Some(save) = save {
            save(IssuanceToken::sending(&client, write.clone(), trail.before())).await.map_err(not_saved)?;
        }
        let mut doubt = Doubt { outcome: &mut last, left: AtomicBool::default() };
        let placed = trail.run(orders, || write.send(&client, &doubt.left).boxed()).await;
        doubt.settle(&placed);
        drop(doubt);
        drop(last);
        self.placed(placed?, save).await
    }

    /// Finds what was sent by a process that died before the response. It is sent again only on request.
    pub(in crate::certcentral) async fn find(
        self,
        before: &Before,
        send_again: bool,
        save: Option<&Save>,
    ) -> Result<PendingIssuance, Error> {
        require_verification(self.write.is_tls())?;
        let client = self.client.in_flow();
        let orders = client.orders();
        let write = self.write.clone();
        let (trail, left) = (Trail::after(&write, before), AtomicBool::default());
        let unsure = write.unsure("may have been sent, and is not listed; `send_again(true)` sends it again");
        let placed = match recovery::search(&client, recovery::time_to_search(&client, Instant::now()), &unsure, || {
            trail.look(orders).boxed()
        })
        .await
        {
            Searched::Found(placed) => placed,
            Searched::Absent if send_again => trail.run(orders, || write.send(&client, &left).boxed()).await?,
            Searched::Absent | Searched::Unknown => return Err(unsure),
        };
        self.placed(placed, save).await
    }

    async fn placed(self, placed: types::OrderResponse, save: Option<&Save>) -> Result<PendingIssuance, Error> {
        let pending = self.pending(placed);
        if let Some(save) = save
            && let Err(error) = save(pending.resume_token()).await
        {
            // It is placed, and the previous token leads to it.
            warn!(target: "shomei", %error, "the token of a placed order could not be saved");
        }
        Ok(pending)
    }

    fn pending(self, placed: types::OrderResponse) -> PendingIssuance {
        let Self { client, write, warnings, .. } = self;
        let tls = write.is_tls();
        let (order, certificate, awaited) = match write.body {
            Body::Order { request, .. } => (placed.id, request.certificate, Awaited::Order),
            Body::Reissue { order, previous, request, .. } => {
                // What was adopted may be in place already.
                let previous = previous.filter(|previous| Some(*previous) != placed.certificate_id);
                (order, request.certificate, Awaited::Reissue { previous })
            }
            Body::Duplicate { order, request, .. } => {
                (order, request.certificate, Awaited::Duplicate { certificate: placed.certificate_id })
            }
        };
        PendingIssuance::new(client, order, placed, write.csr, certificate, tls, write.approve, awaited).warning(warnings)
    }
}

impl Write {
    pub(super) fn order(product: &Product, request: sent::OrderRequest, csr: Csr, approve: bool, another: bool) -> Self {
        let is_fresh = request.alternative_order_id.is_none();
        Self { body: Body::Order { product: product.id().to_owned(), is_fresh, request: Box::new(request) }, csr, approve, another }
    }

    /// Gives an order that has none an id to find it by.
    fn identified(mut self) -> Self {
        if let Body::Order { request, .. } = &mut self.body {
            request.alternative_order_id.get_or_insert_with(|| format!("{:032x}", random()));
        }
        self
    }

    /// Sends it. `left` says whether the request may have left, also when the future is dropped.
    async fn send(&self, client: &CertCentral, left: &AtomicBool) -> Result<types::OrderResponse, Error> {
        let call = client.call();
        let response = {
            let _leaving = Leaving(|| left.fetch_or(call.has_begun(), Ordering::Relaxed));
            match &self.body {
                Body::Order { product, request, .. } => call.order_certificate(product, request).await,
                Body::Reissue { order, request, .. } => call.reissue_certificate(order, request).await,
                Body::Duplicate { order, request, .. } => call.duplicate_certificate(order, request).await,
            }
        };
        call.lift(response).await
    }

    fn is_tls(&self) -> bool {
        match &self.body {
            Body::Order { product, .. } => Product::new(product.clone()).is_tls(),
            Body::Reissue { tls, .. } | Body::Duplicate { tls, .. } => *tls,
        }
    }

    /// The identity of an order.
    pub(super) fn identity(&self) -> OrderIdentity<'_> {
        let Body::Order { product, is_fresh, request } = &self.body else { unreachable!("only an order is known by an id of its own") };
        let id = request.alternative_order_id.as_deref().unwrap_or_default();
        OrderIdentity { id, is_fresh: *is_fresh, csr: &self.csr, product, request }
    }

    /// What a reissue or a duplicate is for.
    pub(super) fn further(&self) -> Option<(FurtherKind, OrderId, &sent::RequestedCertificate)> {
        match &self.body {
            Body::Order { .. } => None,
            Body::Reissue { order, request, .. } => Some((FurtherKind::Reissue, *order, &request.certificate)),
            Body::Duplicate { order, request, .. } => Some((FurtherKind::Duplicate, *order, &request.certificate)),
        }
    }

    /// The key by which a client remembers it.
    fn key(&self) -> String {
        let key = || self.csr.public_key_der().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match &self.body {
            Body::Order { request, .. } => format!("order {}", request.alternative_order_id.as_deref().unwrap_or_default()),
            Body::Reissue { order, .. } => format!("reissue {order} {}", key()),
            Body::Duplicate { order, .. } => format!("duplicate {order} {}", key()),
        }
    }

    fn same_key(&self, id: CertificateId) -> Error {
        Error::mismatch(format!(
            "certificate {id} already has this key: {self} needs a new one; nothing was sent. `another(true)` sends it"
        ))
    }

    fn unsure(&self, why: &str) -> Error {
        Error::mismatch(format!("{self} {why}")).perhaps_done().leaving(self.to_string())
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Order { request, .. } => {
                write!(f, "an order with the alternative_order_id {}", request.alternative_order_id.as_deref().unwrap_or_default())
            }
            Body::Reissue { order, .. } => write!(f, "a reissue of order {order} with this CSR"),
            Body::Duplicate { order, .. } => write!(f, "a duplicate of order {order} with this CSR"),
        }
    }
}

/// A request holds personal data and what is ordered.
impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Write({self})")
    }
}

/// Runs a closure when it goes out of scope or is dropped.
struct Leaving<R, F: Fn() -> R>(F);

impl<R, F: Fn() -> R> Drop for Leaving<R, F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// Remembers what became of a write; one that is dropped in flight may have been done.
struct Doubt<'l> {
    outcome: &'l mut Outcome,
    left: AtomicBool,
}

impl Doubt<'_> {
    fn settle(&mut self, result: &Result<types::OrderResponse, Error>) {
        *self.left.get_mut() = matches!(result, Err(error) if error.is_ambiguous());
        *self.outcome = match result {
            Ok(placed) => Outcome::Placed(Box::new(placed.clone())),
            Err(_) => Outcome::Nothing,
        };
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if *self.left.get_mut() {
            *self.outcome = Outcome::Unsure;
        }
    }
}

fn not_saved(error: Box<dyn StdError + Send + Sync>) -> Error {
    Error::invalid("save_with", format!("the token could not be saved, so nothing was sent: {error}"))
}

/// A request exactly as it was written: a member that is ignored in reading would not be sealed.
fn exact<'de, D: Deserializer<'de>, T: Serialize + DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let written = serde_json::Value::deserialize(deserializer)?;
    let request: T = serde_json::from_value(written.clone()).map_err(D::Error::custom)?;
    match serde_json::to_value(&request) {
        Ok(read) if read == written => Ok(request),
        _ => Err(D::Error::custom("the request is not as it was written")),
    }
}
