//! The endpoints of orders: placing and reading.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::form::OrderForm;
use super::{Order, OrderStatus, Plan};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::products;
use crate::sandbox::certcentral::account::users::User;
use crate::sandbox::certcentral::certificate::Origin;
use crate::sandbox::certcentral::domain::Domain;
use crate::sandbox::certcentral::request::Action;
use crate::sandbox::certcentral::request::submission::Ask;
use crate::sandbox::certcentral::rules::validations::Control;
use crate::sandbox::clock::timestamp;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::Role;

impl Account {
    /// The order of an id, or of the thumbprint or serial number of its certificate.
    pub(crate) fn order(&self, call: &Call) -> Result<&Order, Refusal> {
        let key = call.param(0);
        let by_id = key.parse().ok().and_then(|id| self.orders.get(id));
        let by_serial_number = || self.order_of_current(self.directory.certificate_by_serial_number(key));
        let order = by_id.or_else(by_serial_number).or_else(|| self.order_by_thumbprint(key));
        order.filter(|order| self.sees_order(call, order)).ok_or_else(|| Refusal::not_found("order"))
    }

    /// Limited users see what they ordered themselves.
    pub(crate) fn sees_order(&self, call: &Call, order: &Order) -> bool {
        order.user_id == call.caller || !self.is_limited(call)
    }

    pub(crate) fn is_limited(&self, call: &Call) -> bool {
        self.user(call.caller).is_some_and(|user| user.role == Role::LimitedUser)
    }

    /// The order whose current certificate has a thumbprint.
    pub(crate) fn order_by_thumbprint(&self, thumbprint: &str) -> Option<&Order> {
        self.order_of_current(self.directory.certificate_by_thumbprint(thumbprint))
    }

    /// The order of a certificate, if it is the order's current one.
    fn order_of_current(&self, certificate_id: Option<u64>) -> Option<&Order> {
        let certificate = self.certificates.get(certificate_id?)?;
        self.orders.get(certificate.order_id).filter(|order| order.certificate_id == certificate.id)
    }

    pub(crate) fn order_mut(&mut self, call: &Call) -> Result<&mut Order, Refusal> {
        let id = self.order(call)?.id;
        self.orders.get_mut(id).ok_or_else(|| Refusal::not_found("order"))
    }

    /// Enters an order, and asks for its approval; the request's number, where there is one.
    pub(crate) fn place(&mut self, form: OrderForm, user: &User, now: DateTime<Utc>) -> (u64, Option<u64>) {
        self.last_receipt += 1;
        let receipt_id = self.last_receipt;
        let comments = form.details.comments.clone();
        let order_id = self.orders.add(|id| Order {
            id,
            status: OrderStatus::NeedsApproval,
            changed: now,
            user_id: user.id,
            container_id: form.container_id,
            certificate_ids: Vec::new(),
            certificate_id: 0,
            reissue_id: None,
            product: form.product,
            organization_id: form.organization_id,
            plan: Plan { term: form.term, multi_year: form.multi_year, bonus_days: form.bonus_days, days: None },
            placed: now,
            held: false,
            released: None,
            dcv_method: form.dcv_method,
            scope: form.scope,
            provisioning: form.provisioning,
            addresses: Vec::new(),
            random_value: None,
            request_ids: Vec::new(),
            renewal_of: form.renewal_of,
            renewed_by: None,
            migrated: false,
            marked_renewed: false,
            receipt_id,
            notes: Vec::new(),
            reminded: None,
            details: form.details,
        });
        let certificate_id = self.enter(order_id, Origin::Original, user, form.certificate, now);
        if let Some(order) = self.orders.get_mut(order_id) {
            order.certificate_id = certificate_id;
        }
        if let Some(renewed) = form.renewal_of.and_then(|id| self.orders.get_mut(id)) {
            renewed.renewed_by = Some(order_id);
        }
        let skip_approval = form.skip_approval;
        let request_id = self.ask(Ask { order_id, action: Action::NewOrder, user, skip_approval, comments }, now);
        (certificate_id, request_id)
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
            view.insert("organization_name".to_owned(), organization.identity.name.clone().into());
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

/// `POST /order/certificate/{product_name_id}`
pub(crate) fn place(account: &mut Account, call: &Call) -> Answer {
    let product = products::ordered(call.param(0), &call.body)?;
    let form = account.read_order(product, call)?;
    let user = account.caller(call);
    let (certificate_id, request_id) = account.place(form, &user, call.now);
    account.catch_up(call.now);
    Ok(account.submitted(certificate_id, request_id, call.now))
}

/// `GET /order/certificate/{order_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let mut view = account.order_view(order, call.now);
    if call.query.flag("include_caa_status") && order.status == OrderStatus::Pending {
        let domains = account.names_of(order).into_iter().map(|name| (name, "CAA check is not called yet".into()));
        view.insert("caa_status_message".to_owned(), domains.collect::<Map<_, _>>().into());
    }
    Ok(Reply::ok(view))
}

/// `GET /order/certificate/{order_id}/validation`
pub(crate) fn validation(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    Ok(Reply::ok(account.validation_view(order, call.now)))
}
