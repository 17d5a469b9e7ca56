//! The endpoints of orders: placing, reading, cancelling.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Account;
use super::dcv::{self, DcvToken};
use super::domain::Domain;
use super::order::{Certificate, Order, OrderEvent, OrderStatus, Plan};
use super::order_form::OrderForm;
use super::products;
use super::request::{ApprovalRequest, RequestStatus, first_status};
use super::validations::Control;
use crate::sandbox::authority;
use crate::sandbox::clock::timestamp;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Account {
    /// The order of an id, or of the thumbprint or serial number of its certificate.
    pub(super) fn order(&self, call: &Call) -> Result<&Order, Refusal> {
        let key = call.param(0);
        let by_id = key.parse().ok().and_then(|id| self.orders.get(id));
        by_id
            .or_else(|| self.order_by_leaf(|leaf| is_same_number(key, &leaf.serial_number) || key.eq_ignore_ascii_case(&leaf.thumbprint)))
            .ok_or_else(|| Refusal::not_found("order"))
    }

    /// The order whose current certificate is the one wanted.
    pub(super) fn order_by_leaf(&self, wanted: impl Fn(&authority::Certificate) -> bool) -> Option<&Order> {
        self.orders.iter().find(|order| {
            let issued = self.certificates.get(order.certificate_id).and_then(|certificate| certificate.issued.as_ref());
            issued.is_some_and(|issued| wanted(&issued.leaf))
        })
    }

    fn place(&mut self, form: OrderForm, now: DateTime<Utc>) -> u64 {
        let user = self.key_user();
        let first_status = first_status(self.settings.approval, &user, form.skip_approval);
        let receipt_id = self.receipts.add(|id| id);
        let comments = form.details.comments.clone();
        let order_id = self.orders.add(|id| Order {
            id,
            status: OrderStatus::NeedsApproval,
            certificate_id: 0,
            product: form.product,
            organization_id: form.organization_id,
            plan: Plan { term: form.term, multi_year: form.multi_year, bonus_days: form.bonus_days, days: None },
            placed: now,
            validated: None,
            held: false,
            dcv_method: form.dcv_method,
            scope: form.scope,
            random_value: None,
            request_ids: Vec::new(),
            renewal_of: form.renewal_of,
            renewed_by: None,
            receipt_id,
            note: None,
            details: form.details,
        });
        let wanted = form.certificate;
        let certificate_id = self.certificates.add(|id| Certificate {
            id,
            common_name: wanted.common_name,
            dns_names: wanted.dns_names,
            csr: wanted.csr,
            key_size: wanted.key_size,
            signature_hash: wanted.signature_hash,
            server_platform: wanted.server_platform,
            validity: wanted.validity,
            organization_units: wanted.organization_units,
            client_auth: wanted.client_auth,
            created: now,
            issued: None,
        });
        let decided = first_status == Some(RequestStatus::Approved);
        let request_id = first_status.map(|status| {
            self.requests.add(|id| ApprovalRequest {
                id,
                order_id,
                date: now,
                status,
                requester: user.id,
                reviewer: None,
                processor: decided.then_some(user.id),
                processed: decided.then_some(now),
                comments,
                processor_comment: None,
            })
        });
        if let Some(order) = self.orders.get_mut(order_id) {
            order.certificate_id = certificate_id;
            order.request_ids.extend(request_id);
        }
        if let Some(renewed) = form.renewal_of.and_then(|id| self.orders.get_mut(id)) {
            renewed.renewed_by = Some(order_id);
        }
        if first_status.is_none() || decided {
            self.happen(order_id, OrderEvent::Approved);
            self.submit_names(order_id, now);
        }
        order_id
    }

    /// Submits an approved order's names: domains not known yet are registered, expired ones begin again.
    pub(super) fn submit_names(&mut self, order_id: u64, now: DateTime<Utc>) {
        let Some(order) = self.orders.get(order_id) else {
            return;
        };
        let kinds: Vec<_> = order.product.organization_validation().into_iter().collect();
        let (organization_id, method) = (order.organization_id, order.dcv_method);
        if let (Some(kind), Some(organization)) = (kinds.first(), organization_id.and_then(|id| self.organizations.get_mut(id))) {
            organization.submit(*kind, now);
        }
        let unproven = self.unproven_names(order, now);
        let asked: Vec<String> = unproven.iter().map(|name| self.domain_asked(order, name).to_owned()).collect();
        let random_value = (method.uses_token() && !asked.is_empty()).then(|| DcvToken::draw(&mut self.random, now));
        for (name, domain_name) in unproven.into_iter().zip(asked) {
            let Some(id) = self.domain_for(&name, &domain_name) else {
                self.register_domain(domain_name, organization_id, kinds.clone(), method, &[], now);
                continue;
            };
            let fresh = DcvToken::draw(&mut self.random, now);
            let Some(domain) = self.domains.get_mut(id) else {
                continue;
            };
            if domain.control(now) == Control::Expired && !domain.pending {
                domain.token = domain.method.uses_token().then_some(fresh);
                if domain.token.is_none() {
                    dcv::send_mails(&self.network, &domain.name, &domain.name, &[], now);
                }
            }
            domain.submit(&kinds, now);
        }
        if let Some(order) = self.orders.get_mut(order_id) {
            order.random_value = random_value;
        }
    }

    /// The registered domain that will answer for a name, once control is shown: the nearest above it.
    fn domain_for(&self, name: &str, domain_name: &str) -> Option<u64> {
        self.domains
            .iter()
            .filter(|domain| domain.name == domain_name || domain.answers_for(name))
            .max_by_key(|domain| domain.name.len())
            .map(|domain| domain.id)
    }

    /// The domains an order waits for.
    fn domains_awaited(&self, order: &Order, now: DateTime<Utc>) -> Vec<&Domain> {
        let mut ids: Vec<u64> =
            self.unproven_names(order, now).iter().filter_map(|name| self.domain_for(name, self.domain_asked(order, name))).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.domains.get(id)).collect()
    }

    /// The answer to an order: who must approve, what must be validated, or the chain at once.
    fn placed_view(&self, order: &Order, now: DateTime<Utc>) -> Value {
        let mut view = Map::from_iter([("id".to_owned(), order.id.into())]);
        let requests: Vec<Value> = order
            .request_ids
            .iter()
            .filter_map(|id| self.requests.get(*id))
            .map(|request| json!({"id": request.id, "status": request.status.word()}))
            .collect();
        if !requests.is_empty() {
            view.insert("requests".to_owned(), requests.into());
        }
        if order.status == OrderStatus::NeedsApproval {
            return view.into();
        }
        view.insert("certificate_id".to_owned(), order.certificate_id.into());
        let domains: Vec<Value> = self
            .domains_awaited(order, now)
            .into_iter()
            .map(|domain| {
                let mut view = json!({"id": domain.id, "name": domain.name});
                if let Some(token) = &domain.token {
                    view["dcv_token"] = token.view_with_status(domain.method, &domain.name);
                }
                view
            })
            .collect();
        // Domain-validated orders answer with the order's value alone.
        if !domains.is_empty() && order.organization_id.is_some() {
            view.insert("domains".to_owned(), domains.into());
        }
        if let Some(value) = &order.random_value {
            view.insert("dcv_random_value".to_owned(), value.value.clone().into());
        }
        if let Some(chain) = self.chain_view(order.certificate_id) {
            view.insert("certificate_chain".to_owned(), chain);
        }
        view.into()
    }

    fn validation_view(&self, order: &Order, now: DateTime<Utc>) -> Value {
        let mut view = Map::from_iter([
            ("order_id".to_owned(), order.id.to_string().into()),
            ("order_status".to_owned(), order.status.word().into()),
            ("order_name_scope".to_owned(), order.scope.word().into()),
            ("order_dcv_method".to_owned(), order.dcv_method.word().into()),
        ]);
        let organization = order.organization_id.and_then(|id| self.organizations.get(id).map(|organization| (id, organization)));
        if let (Some((id, organization)), Some(kind)) = (organization, order.product.organization_validation()) {
            view.insert("organization_id".to_owned(), id.to_string().into());
            view.insert("organization_name".to_owned(), organization.name.clone().into());
            view.insert("organization_validations".to_owned(), organization.validation_in_order(kind, now).into());
        }
        let mut by_domain: Vec<(&Domain, Vec<String>)> = Vec::new();
        for name in self.names_of(order) {
            let Some(domain) = self.domain_for(&name, self.domain_asked(order, &name)).and_then(|id| self.domains.get(id)) else {
                continue;
            };
            match by_domain.iter_mut().find(|(known, _)| known.id == domain.id) {
                Some((_, names)) => names.push(name),
                None => by_domain.push((domain, vec![name])),
            }
        }
        let validations: Vec<Value> = by_domain.into_iter().map(|(domain, names)| name_validation(domain, &names, now)).collect();
        if !validations.is_empty() {
            view.insert("dns_name_validations".to_owned(), validations.into());
        }
        view.into()
    }
}

/// Ids are texts here, and the end of the approval has no offset.
fn name_validation(domain: &Domain, names: &[String], now: DateTime<Utc>) -> Value {
    let method = domain.approval.map_or(domain.method, |approval| approval.method);
    let mut view = json!({
        "domain_id": domain.id.to_string(),
        "name_scope": domain.name,
        "approval_scope": if method.covers_subdomains() { "subdomains" } else { "fqdn" },
        "status": if domain.control(now) == Control::Complete { "approved" } else { "pending" },
        "method": method.word(),
        "dns_names": names,
    });
    if let Some(approval) = domain.approval {
        view["approval_expiration_date"] = timestamp(approval.until).trim_end_matches("+00:00").into();
    }
    view
}

/// Serial numbers compare without case and without leading zeros.
fn is_same_number(left: &str, right: &str) -> bool {
    left.trim_start_matches('0').eq_ignore_ascii_case(right.trim_start_matches('0'))
}

/// `POST /order/certificate/{product_name_id}`
pub(super) fn place(account: &mut Account, call: &Call) -> Answer {
    let product = products::find(call.param(0))?;
    let form = account.read_order(product, call)?;
    let id = account.place(form, call.now);
    account.catch_up(call.now);
    let order = account.orders.get(id).ok_or_else(|| Refusal::not_found("order"))?;
    Ok(Reply::created(account.placed_view(order, call.now)))
}

/// `GET /order/certificate/{order_id}`
pub(super) fn info(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let mut view = account.order_view(order, call.now);
    if call.query.flag("include_caa_status") && order.status == OrderStatus::Pending {
        let domains = account.names_of(order).into_iter().map(|name| (name, "CAA check is not called yet".into()));
        view.insert("caa_status_message".to_owned(), domains.collect::<Map<_, _>>().into());
    }
    Ok(Reply::ok(view.into()))
}

/// `GET /order/certificate/{order_id}/validation`
pub(super) fn validation(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    Ok(Reply::ok(account.validation_view(order, call.now)))
}

/// `PUT /order/certificate/{order_id}/status`; the note goes to the order and to its request.
pub(super) fn update_status(account: &mut Account, call: &Call) -> Answer {
    let id = account.order(call)?.id;
    let status = call.body.text("status").ok_or_else(|| Refusal::required("status"))?;
    if !status.eq_ignore_ascii_case("canceled") {
        return Err(Refusal::invalid_value("status"));
    }
    let note = call.body.text("note").ok_or_else(|| Refusal::required("note"))?;
    account.happen(id, OrderEvent::Canceled).ok_or_else(|| Refusal::invalid_value("status"))?;
    if let Some(order) = account.orders.get_mut(id) {
        order.note = Some(note.to_owned());
    }
    Ok(Reply::no_content())
}
