//! Orders as the service shows them, with the types it gives their members.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Account;
use super::names::is_wildcard;
use super::order::{Certificate, Order, OrderStatus};
use super::requests::NEW_REQUEST;
use super::validity::Term;
use crate::sandbox::clock::{date, timestamp};

/// Platforms by number; the service's full table is not public.
const PLATFORMS: &[(i64, &str)] = &[
    (-1, "OTHER"),
    (2, "Apache"),
    (14, "Microsoft IIS 5 or 6"),
    (40, "Microsoft IIS 7"),
    (45, "nginx"),
    (55, "Java Web Server (Javasoft / Sun)"),
    (67, "Microsoft IIS 8"),
    (68, "Microsoft Exchange Server 2013"),
];

impl Account {
    pub(super) fn common_name(&self, order: &Order) -> &str {
        self.certificates.get(order.certificate_id).map_or("", |certificate| &certificate.common_name)
    }

    /// Order info, also inside Request info.
    pub(super) fn order_view(&self, order: &Order, now: DateTime<Utc>) -> Map<String, Value> {
        let user = self.key_user();
        let names = self.certificates.get(order.certificate_id).map(Certificate::names).unwrap_or_default();
        let body = json!({
            "id": order.id,
            "status": order.status.word(),
            "is_renewal": order.renewal_of.is_some(),
            "is_renewed": order.renewed_by.is_some(),
            "date_created": timestamp(order.placed),
            "disable_renewal_notifications": order.details.disable_renewal_notifications,
            "auto_renew": u8::from(order.details.auto_renew),
            "container": self.container_in_order(),
            "product": order.product.details(),
            "organization_contact": user.contact(),
            "technical_contact": user.contact(),
            "user": user.summary(),
            "purchased_dns_names": names.iter().filter(|name| !is_wildcard(name)).count(),
            "receipt_id": order.receipt_id,
            "cs_provisioning_method": "none",
            "additional_emails": order.details.additional_emails,
            "allow_duplicates": true,
            "is_out_of_contract": false,
            "payment_method": order.details.payment_method.as_deref().unwrap_or("balance"),
            "product_name_id": order.product.name_id,
            "disable_issuance_email": false,
            "disable_ct": order.details.disable_ct,
            "dcv_method": order.dcv_method.word(),
            "server_licenses": 1,
            "is_guest_access_enabled": false,
            "has_pending_request": order.status == OrderStatus::NeedsApproval,
        });
        let Value::Object(mut view) = body else {
            return Map::new();
        };
        if let Some(certificate) = self.certificates.get(order.certificate_id) {
            let mut certificate_view = certificate_view(order, certificate, now);
            certificate_view["ca_cert"] =
                json!({"id": self.authority.intermediate().serial_number, "name": self.authority.intermediate().common_name});
            certificate_view["user_id"] = user.id.into();
            view.insert("certificate".to_owned(), certificate_view);
        }
        if let Some(organization) = order.organization_id.and_then(|id| self.organizations.get(id)) {
            view.insert("organization".to_owned(), organization.in_order());
        }
        view.extend(plan_view(order));
        if let Some((first_day, _)) = order.plan.days {
            view.insert("order_valid_from".to_owned(), date(first_day).into());
        }
        let requests: Vec<Value> = order.request_ids.iter().filter_map(|id| self.request_in_order(*id)).collect();
        let optional = [
            ("requests", (!requests.is_empty()).then_some(Value::Array(requests))),
            ("renewed_order_id", order.renewed_by.map(Value::from)),
            ("renewal_of_order_id", order.renewal_of.map(Value::from)),
            ("alternative_order_id", order.details.alternative_order_id.clone().map(Value::from)),
            ("custom_renewal_message", order.details.custom_renewal_message.clone().map(Value::from)),
            ("notes", order.note.as_ref().map(|note| json!([{"id": 1, "text": note}]))),
        ];
        view.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        view
    }

    fn request_in_order(&self, id: u64) -> Option<Value> {
        let request = self.requests.get(id)?;
        let mut view = json!({
            "id": request.id,
            "date": timestamp(request.date),
            "type": NEW_REQUEST,
            "status": request.status.word(),
        });
        if let Some(comments) = &request.comments {
            view["comments"] = comments.clone().into();
        }
        Some(view)
    }

    /// An item of List orders.
    pub(super) fn order_item(&self, order: &Order, now: DateTime<Utc>) -> Value {
        let organization = order.organization_id.and_then(|id| self.organizations.get(id));
        let body = json!({
            "id": order.id,
            "status": order.status.word(),
            "is_renewed": order.renewed_by.is_some(),
            "date_created": timestamp(order.placed),
            // Domain-validated orders have an empty list in the organization's place.
            "organization": organization.map_or_else(|| json!([]), |organization| organization.summary()),
            "disable_renewal_notifications": order.details.disable_renewal_notifications,
            "container": self.container_summary(),
            "product": order.product.summary(),
            "has_duplicates": false,
            "has_reissues": false,
            "duplicates_count": 0,
            "reissues_count": 0,
            "product_name_id": order.product.name_id,
        });
        let Value::Object(mut item) = body else {
            return Value::Null;
        };
        item.extend(plan_view(order));
        if let Some(certificate) = self.certificates.get(order.certificate_id) {
            item.insert("number_of_sans".to_owned(), certificate.names().len().into());
            item.insert("certificate".to_owned(), certificate_item(order, certificate, now));
        }
        Value::Object(item)
    }
}

/// The plan's members; `is_multi_year_plan` is the text `"1"` or absent.
fn plan_view(order: &Order) -> Map<String, Value> {
    let mut view = Map::new();
    if let Term::Years(years) = order.plan.term {
        view.insert("validity_years".to_owned(), years.into());
    }
    view.insert("order_validity".to_owned(), order.plan.term.to_json());
    if let Some((_, last_day)) = order.plan.days {
        view.insert("order_valid_till".to_owned(), date(last_day).into());
    }
    if order.plan.multi_year {
        view.insert("is_multi_year_plan".to_owned(), "1".into());
    }
    view
}

fn certificate_item(order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Value {
    let mut view = Map::from_iter([
        ("common_name".to_owned(), certificate.common_name.clone().into()),
        ("dns_names".to_owned(), certificate.names().into()),
        ("signature_hash".to_owned(), certificate.signature_hash.clone().into()),
    ]);
    if order.status.shows_certificate_id() {
        view.insert("id".to_owned(), certificate.id.into());
    }
    view.extend(issued_view(certificate, now));
    view.into()
}

fn certificate_view(order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Value {
    let wildcards = certificate.names().iter().filter(|name| is_wildcard(name)).count();
    let body = json!({
        "common_name": certificate.common_name,
        "dns_names": certificate.names(),
        "date_created": timestamp(certificate.created),
        "csr": certificate.csr,
        "server_platform": platform(certificate.server_platform),
        "signature_hash": certificate.signature_hash,
        "key_size": certificate.key_size,
        // Numbers at the order's root, texts here.
        "receipt_id": order.receipt_id.to_string(),
        "purchased_dns_names": (certificate.names().len() - wildcards).to_string(),
        "purchased_wildcard_names": wildcards.to_string(),
    });
    let Value::Object(mut view) = body else {
        return Value::Null;
    };
    if order.status.shows_certificate_id() {
        view.insert("id".to_owned(), certificate.id.into());
    }
    if let Some(id) = order.organization_id {
        view.insert("organization".to_owned(), json!({"id": id}));
    }
    if let Some(validity) = certificate.validity {
        view.insert("cert_validity".to_owned(), validity.to_json());
    }
    if !certificate.organization_units.is_empty() {
        view.insert("organization_units".to_owned(), certificate.organization_units.clone().into());
    }
    view.extend(issued_view(certificate, now));
    view.into()
}

/// What only an issued certificate has.
fn issued_view(certificate: &Certificate, now: DateTime<Utc>) -> Map<String, Value> {
    let Some(issued) = &certificate.issued else {
        return Map::new();
    };
    let last_day = issued.leaf.not_after.date_naive();
    Map::from_iter([
        ("thumbprint".to_owned(), issued.leaf.thumbprint.clone().into()),
        ("serial_number".to_owned(), issued.leaf.serial_number.clone().into()),
        ("date_issued".to_owned(), timestamp(issued.at).into()),
        ("valid_from".to_owned(), date(issued.leaf.not_before.date_naive()).into()),
        ("valid_till".to_owned(), date(last_day).into()),
        ("days_remaining".to_owned(), (last_day - now.date_naive()).num_days().into()),
    ])
}

fn platform(id: i64) -> Value {
    let name = PLATFORMS.iter().find(|(known, _)| *known == id).map_or("OTHER", |(_, name)| name);
    json!({
        "id": id,
        "name": name,
        "install_url": "http://www.digicert.com/ssl-certificate-installation.htm",
        "csr_url": "http://www.digicert.com/csr-creation.htm",
    })
}
