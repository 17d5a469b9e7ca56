//! Many orders or domains of one shape at once, for tests with a full account.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Account;
use super::account::products;
use super::domain::endpoints::AskedControl;
use super::order::OrderStatus;
use super::order::form::ORDER;
use super::organization::FIRST_ID;
use super::rules::dcv::{DcvMethod, DcvToken};
use super::rules::names::host_name;
use super::rules::validations::ValidationKind;
use crate::sandbox::SandboxError;
use crate::sandbox::authority::unheld_csr;
use crate::sandbox::http::{Call, Query};
use crate::sandbox::json::Body;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::{ApprovalMode, Role};
use crate::sandbox::words::words;

/// More than this at once would block other calls for too long.
const MOST: u64 = 100_000;
/// The placeholder for an item's number in a pattern.
const NUMBER: &str = "{n}";

/// The number and the properties of the orders that [`Sandbox::add_orders`](crate::sandbox::Sandbox::add_orders) places.
///
/// ```
/// # use shomei::sandbox::{OrderShape, OrderState};
/// let shape = OrderShape::new(1000).state(OrderState::Pending).product("ssl_basic").common_name("host-{n}.example.net").years(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a shape does nothing until a sandbox gets it"]
pub struct OrderShape {
    count: u64,
    state: OrderState,
    product: String,
    common_name: String,
    organization_id: u64,
    years: u64,
    csr: Option<String>,
}

/// The state of the orders of a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderState {
    /// Requested by a standard user, and not approved yet.
    NeedsApproval,
    /// Approved, and waiting for proof of control of its name; if that is already proved, for DigiCert's final check, as if
    /// [held](crate::sandbox::Sandbox::hold_order).
    Pending,
    /// Issued: control of its name was proved.
    #[default]
    Issued,
    /// Issued, and then revoked.
    Revoked,
}

words! { pub OrderState, "status": NeedsApproval = "needs_approval", Pending = "pending", Issued = "issued", Revoked = "revoked" }

impl OrderShape {
    /// Creates a shape for `count` orders, at most 100,000: issued, of Basic OV, for `host-1.example.com` and so on, for a year, for the
    /// first organization.
    pub fn new(count: u64) -> Self {
        Self {
            count,
            state: OrderState::default(),
            product: "ssl_basic".to_owned(),
            common_name: "host-{n}.example.com".to_owned(),
            organization_id: FIRST_ID,
            years: 1,
            csr: None,
        }
    }

    /// Sets the state of the orders.
    pub fn state(mut self, state: OrderState) -> Self {
        self.state = state;
        self
    }

    /// Sets the product, by its name in paths: `ssl_basic`.
    pub fn product(mut self, name_id: impl Into<String>) -> Self {
        self.product = name_id.into();
        self
    }

    /// Sets the common name; `{n}` in it is the number of the order, from 1 on.
    pub fn common_name(mut self, pattern: impl Into<String>) -> Self {
        self.common_name = pattern.into();
        self
    }

    /// Sets the organization; products with domain validation only have none.
    pub fn organization(mut self, id: impl Into<u64>) -> Self {
        self.organization_id = id.into();
        self
    }

    /// Sets the length of the plan.
    pub fn years(mut self, years: u64) -> Self {
        self.years = years;
        self
    }

    /// Sets the CSR, as PEM; by default, one whose key nobody has.
    pub fn csr(mut self, pem: impl Into<String>) -> Self {
        self.csr = Some(pem.into());
        self
    }
}

/// The number and the properties of the domains that [`Sandbox::add_domains`](crate::sandbox::Sandbox::add_domains) adds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a shape does nothing until a sandbox gets it"]
pub struct DomainShape {
    count: u64,
    name: String,
    organization_id: u64,
    method: String,
    validated: bool,
}

impl DomainShape {
    /// Creates a shape for `count` domains, at most 100,000: `example-1.com` and so on, of the first organization, to be validated for OV
    /// by a TXT record.
    pub fn new(count: u64) -> Self {
        let (name, method) = ("example-{n}.com".to_owned(), DcvMethod::DnsTxt.word().to_owned());
        Self { count, name, organization_id: FIRST_ID, method, validated: false }
    }

    /// Sets the name; `{n}` in it is the number of the domain, from 1 on.
    pub fn name(mut self, pattern: impl Into<String>) -> Self {
        self.name = pattern.into();
        self
    }

    /// Sets the organization.
    pub fn organization(mut self, id: impl Into<u64>) -> Self {
        self.organization_id = id.into();
        self
    }

    /// Sets the validation method, as the service writes it: `dns-txt-token`.
    pub fn dcv_method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Sets whether control of the domains was proved.
    pub fn validated(mut self, validated: bool) -> Self {
        self.validated = validated;
        self
    }
}

impl Account {
    /// Places all orders of a shape, or none.
    pub(crate) fn add_orders(&mut self, shape: &OrderShape, now: DateTime<Utc>) -> Result<Vec<u64>, SandboxError> {
        must_be_count(shape.count)?;
        let product = products::find(&shape.product).map_err(|_| SandboxError::invalid("product", "there is no such product"))?;
        let waits = matches!(shape.state, OrderState::NeedsApproval | OrderState::Pending);
        if let Some(kind) = product.organization_validation() {
            let organization = self.organizations.get(shape.organization_id);
            let organization = organization.ok_or_else(|| SandboxError::invalid("organization_id", "there is no such organization"))?;
            if !waits && !organization.is_validated(kind, now) {
                return Err(SandboxError::invalid("organization_id", "the organization is not validated for this product"));
            }
        }
        let requester = if shape.state == OrderState::NeedsApproval { Role::StandardUser } else { Role::Administrator };
        let requester = self.user_with_role(requester);
        let requester = self.user(requester).cloned().unwrap_or_else(|| self.owner());
        let csr = shape.csr.clone().unwrap_or_else(unheld_csr);
        let read = |number: u64| {
            let body = json!({
                "certificate": {"common_name": shape.common_name.replace(NUMBER, &number.to_string()), "csr": csr, "signature_hash": "sha256"},
                "organization": {"id": shape.organization_id},
                "order_validity": {"years": shape.years},
                "dcv_method": DcvMethod::DnsTxt.word(),
            });
            let body = Body::read(body.to_string().as_bytes(), ORDER)?;
            let call = Call { params: Vec::new(), query: Query::default(), body, now, caller: requester.id };
            self.read_order(product, &call)
        };
        let forms = (1..=shape.count).map(read).collect::<Result<Vec<_>, Refusal>>().map_err(|refusal| member_refused(&refusal))?;

        let usual = self.settings.clone();
        self.settings.issue_delay = Duration::ZERO;
        if shape.state == OrderState::NeedsApproval && usual.approval != ApprovalMode::TwoStep {
            self.settings.approval = ApprovalMode::OneStep;
        }
        let mut ids = Vec::with_capacity(forms.len());
        for mut form in forms {
            form.skip_approval = shape.state != OrderState::NeedsApproval;
            let (certificate_id, _) = self.place(form, &requester, now);
            ids.extend(self.certificates.get(certificate_id).map(|certificate| certificate.order_id));
        }
        for id in &ids {
            match shape.state {
                OrderState::NeedsApproval => {}
                OrderState::Pending => self.hold_if_ready(*id, now),
                OrderState::Issued | OrderState::Revoked => self.show_control(*id, now),
            }
        }
        self.catch_up(now);
        self.settings = usual;
        if shape.state == OrderState::Revoked {
            for id in &ids {
                let _ = self.revoke_order(*id, now);
            }
        }
        Ok(ids)
    }

    /// Proves control of all domains that an order waits for.
    fn show_control(&mut self, order_id: u64, now: DateTime<Utc>) {
        let reuse_days = self.settings.dcv_reuse_days;
        for id in self.awaited_domains(order_id, now) {
            if let Some(domain) = self.domains.get_mut(id) {
                domain.approve(domain.method, now, reuse_days);
            }
        }
    }

    /// Holds an order that would not wait for anything else.
    fn hold_if_ready(&mut self, order_id: u64, now: DateTime<Utc>) {
        let waits = !self.awaited_domains(order_id, now).is_empty();
        if let Some(order) = self.orders.get_mut(order_id).filter(|order| !waits && order.status == OrderStatus::Pending) {
            order.held = true;
        }
    }

    fn awaited_domains(&self, order_id: u64, now: DateTime<Utc>) -> Vec<u64> {
        let order = self.orders.get(order_id);
        let certificate = order.and_then(|order| self.certificates.get(order.certificate_id));
        let awaited = order.zip(certificate).map(|(order, certificate)| self.domains_awaited(order, certificate, now));
        awaited.into_iter().flatten().map(|domain| domain.id).collect()
    }

    /// Adds all domains of a shape, or none.
    pub(crate) fn add_domains(&mut self, shape: &DomainShape, now: DateTime<Utc>) -> Result<Vec<u64>, SandboxError> {
        must_be_count(shape.count)?;
        let method = DcvMethod::read(Some(&shape.method)).map_err(|_| SandboxError::invalid("dcv_method", "there is no such method"))?;
        if self.organizations.get(shape.organization_id).is_none_or(|organization| !organization.active) {
            return Err(SandboxError::invalid("organization_id", "the organization does not exist or is not active"));
        }
        let names = (1..=shape.count).map(|number| host_name(&shape.name.replace(NUMBER, &number.to_string())));
        let names: Vec<String> = names.collect::<Option<_>>().ok_or_else(|| SandboxError::invalid("name", "expected a domain name"))?;
        let different: BTreeSet<&String> = names.iter().collect();
        if different.len() < names.len() || names.iter().any(|name| self.directory.domain(name).is_some()) {
            return Err(SandboxError::invalid("name", "two domains would have the same name"));
        }
        let reuse_days = self.settings.dcv_reuse_days;
        let add = |name| {
            let token = method.uses_token().then(|| DcvToken::draw(&mut self.random, now));
            let control = AskedControl { method, token, mailed_to: &[] };
            let id = self.register_domain(name, Some(shape.organization_id), vec![ValidationKind::Ov], control, now);
            if let Some(domain) = self.domains.get_mut(id).filter(|_| shape.validated) {
                domain.approve(method, now, reuse_days);
            }
            id
        };
        Ok(names.into_iter().map(add).collect())
    }
}

fn must_be_count(count: u64) -> Result<(), SandboxError> {
    if (1..=MOST).contains(&count) { Ok(()) } else { Err(SandboxError::invalid("count", format!("expected a number from 1 to {MOST}"))) }
}

/// The member of a shape that an order is refused for.
fn member_refused(refusal: &Refusal) -> SandboxError {
    let code = refusal.code();
    let members = [
        ("csr", "csr"),
        ("validity", "years"),
        ("years", "years"),
        ("organization", "organization_id"),
        ("common_name", "common_name"),
        ("caa", "common_name"),
    ];
    let member = members.into_iter().find(|(part, _)| code.contains(part)).map_or("product", |(_, member)| member);
    SandboxError::invalid(member, format!("the service would refuse such an order: {code}"))
}
