//! Orders as the service shows them, with the types it gives their members.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Note, Order, Provisioning};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::containers::Named;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::certcentral::account::products::ProductSummary;
use crate::sandbox::certcentral::certificate::{Certificate, CertificateStatus, Origin};
use crate::sandbox::certcentral::request::ApprovalRequest;
use crate::sandbox::certcentral::rules::validity::Term;
use crate::sandbox::clock::{date, timestamp};

impl Account {
    pub(crate) fn common_name(&self, order: &Order) -> &str {
        self.certificates.get(order.certificate_id).map_or("", |certificate| &certificate.common_name)
    }

    /// Order info.
    pub(crate) fn order_view(&self, order: &Order, now: DateTime<Utc>) -> Map<String, Value> {
        self.order_view_with(order, order.certificate_id, now)
    }

    /// Order info with one of the order's certificates, as Request info has it.
    pub(crate) fn order_view_with(&self, order: &Order, certificate_id: u64, now: DateTime<Utc>) -> Map<String, Value> {
        let user = self.user(order.user_id).cloned().unwrap_or_else(|| self.owner());
        let requests = || order.request_ids.iter().filter_map(|id| self.requests.get(*id));
        let counts = self.counts(order);
        let (plain_names, _) = self.certificates.get(order.certificate_id).map(Certificate::name_counts).unwrap_or_default();
        let body = json!({
            "id": order.id,
            "status": order.status.word(),
            "is_renewal": order.renewal_of.is_some(),
            "is_renewed": order.is_renewed(),
            "date_created": timestamp(order.placed),
            "disable_renewal_notifications": order.details.disable_renewal_notifications,
            "auto_renew": u8::from(order.details.auto_renew),
            "auto_reissue": u8::from(order.details.auto_reissue),
            "container": self.container_in_order(order.container_id),
            "product": order.product.details(),
            "organization_contact": order.details.organization_contact.clone().unwrap_or_else(|| user.contact()),
            "technical_contact": order.details.technical_contact.clone().unwrap_or_else(|| user.contact()),
            "user": user.summary(),
            "purchased_dns_names": plain_names,
            "receipt_id": order.receipt_id,
            "cs_provisioning_method": order.provisioning.map_or("none", Provisioning::word),
            "additional_emails": order.details.additional_emails,
            "allow_duplicates": order.product.allows_duplicates(),
            "is_out_of_contract": false,
            "payment_method": order.details.payment_method.as_deref().unwrap_or("balance"),
            "product_name_id": order.product.name_id,
            "disable_issuance_email": false,
            "disable_ct": order.details.disable_ct,
            "dcv_method": order.dcv_method.word(),
            "server_licenses": 1,
            "is_guest_access_enabled": false,
            "has_pending_request": requests().any(ApprovalRequest::is_open),
            "duplicates_count": counts.duplicates,
            "reissues_count": counts.reissues,
        });
        let Value::Object(mut view) = body else {
            return Map::new();
        };
        if let Some(certificate) = self.certificates.get(certificate_id) {
            let mut certificate_view = certificate_view(order, certificate, now);
            let issuer = self.authority.intermediate(order.product.purpose());
            certificate_view["ca_cert"] = json!({"id": issuer.serial_number, "name": issuer.common_name});
            certificate_view["user_id"] = certificate.user_id.into();
            view.insert("certificate".to_owned(), certificate_view);
        }
        if let Some(organization) = order.organization_id.and_then(|id| self.organizations.get(id)) {
            view.insert("organization".to_owned(), organization.in_order());
        }
        extend(&mut view, &plan_view(order));
        if let Some((first_day, _)) = order.plan.days {
            view.insert("order_valid_from".to_owned(), date(first_day).into());
        }
        let requests: Vec<Value> = requests().map(request_in_order).collect();
        let notes: Vec<Value> = order.notes.iter().zip(1..).map(|(note, id)| self.note_view(note, id)).collect();
        let fields = self.custom_fields_view(order);
        let reissues = self.all_certificates_of(order).filter(|certificate| certificate.origin == Origin::Reissue);
        let reissued = reissues.filter_map(|certificate| certificate.issued.as_ref()).map(|issued| issued.at).max();
        let optional = [
            ("last_reissued_date", reissued.map(|at| timestamp(at).into())),
            ("requests", (!requests.is_empty()).then_some(Value::Array(requests))),
            ("renewed_order_id", order.renewed_by.map(Value::from)),
            ("renewal_of_order_id", order.renewal_of.map(Value::from)),
            ("alternative_order_id", order.details.alternative_order_id.clone().map(Value::from)),
            ("custom_renewal_message", order.details.custom_renewal_message.clone().map(Value::from)),
            ("notes", (!notes.is_empty()).then_some(Value::Array(notes))),
            ("custom_fields", (!fields.is_empty()).then_some(Value::Array(fields))),
        ];
        view.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        view
    }

    fn note_view(&self, note: &Note, id: u64) -> Value {
        let mut view = json!({"id": id, "date_created": timestamp(note.created), "text": note.text});
        // The vendor's staff are no users.
        if let Some(user) = self.user(note.user_id) {
            view["user"] = user.summary();
        }
        view
    }

    /// Certificates beside the first that were issued, as orders count them.
    fn counts(&self, order: &Order) -> Counts {
        let issued = self.all_certificates_of(order).filter(|certificate| certificate.issued.is_some());
        issued.fold(Counts::default(), |mut counts, certificate| {
            match certificate.origin {
                Origin::Original => {}
                Origin::Reissue => counts.reissues += 1,
                Origin::Duplicate => counts.duplicates += 1,
            }
            counts
        })
    }

    /// An item of List orders.
    pub(crate) fn order_item<'a>(&'a self, order: &'a Order, now: DateTime<Utc>) -> OrderItem<'a> {
        let organization = order.organization_id.and_then(|id| self.organizations.get(id));
        let counts = self.counts(order);
        let certificate = self.certificates.get(order.certificate_id).map(|certificate| certificate_item(order, certificate, now));
        OrderItem {
            id: order.id,
            status: order.status.word(),
            is_renewed: order.is_renewed(),
            date_created: timestamp(order.placed),
            organization: organization.map_or(MaybeNamed::None([]), |organization| MaybeNamed::Some(organization.summary())),
            disable_renewal_notifications: order.details.disable_renewal_notifications,
            container: self.container_summary(order.container_id),
            product: order.product.summary(),
            has_duplicates: counts.duplicates > 0,
            has_reissues: counts.reissues > 0,
            duplicates_count: counts.duplicates,
            reissues_count: counts.reissues,
            product_name_id: order.product.name_id,
            plan: plan_view(order),
            number_of_sans: certificate.as_ref().map(|certificate| certificate.dns_names.len()),
            certificate,
        }
    }
}

/// An item of List orders. Lists are long, so their items are written as they are, not gathered in a [`Value`] first.
#[derive(Debug, Serialize)]
pub(crate) struct OrderItem<'a> {
    id: u64,
    status: &'static str,
    is_renewed: bool,
    date_created: String,
    organization: MaybeNamed<'a>,
    disable_renewal_notifications: bool,
    container: Named<'a>,
    product: ProductSummary,
    has_duplicates: bool,
    has_reissues: bool,
    duplicates_count: u32,
    reissues_count: u32,
    product_name_id: &'static str,
    #[serde(flatten)]
    plan: PlanView,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_sans: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateItem<'a>>,
}

/// Domain-validated orders have an empty list in the organization's place.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum MaybeNamed<'a> {
    Some(Named<'a>),
    None([u64; 0]),
}

#[derive(Debug, Serialize)]
struct CertificateItem<'a> {
    common_name: &'a str,
    dns_names: Vec<&'a str>,
    signature_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(flatten)]
    issued: Option<IssuedView<'a>>,
}

/// The plan's members.
#[derive(Debug, Serialize)]
struct PlanView {
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_years: Option<i64>,
    order_validity: Term,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_valid_till: Option<String>,
    /// The text `"1"` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_multi_year_plan: Option<&'static str>,
}

/// What only an issued certificate has.
#[derive(Debug, Serialize)]
pub(crate) struct IssuedView<'a> {
    thumbprint: &'a str,
    serial_number: &'a str,
    date_issued: String,
    valid_from: String,
    valid_till: String,
    days_remaining: i64,
}

/// Adds the members of one view to another.
pub(crate) fn extend(view: &mut Map<String, Value>, with: &impl Serialize) {
    if let Value::Object(members) = json!(with) {
        view.extend(members);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    reissues: u32,
    duplicates: u32,
}

fn request_in_order(request: &ApprovalRequest) -> Value {
    let mut view = json!({
        "id": request.id,
        "date": timestamp(request.date),
        "type": request.action.word(),
        "status": request.status.word(),
    });
    if let Some(comments) = &request.comments {
        view["comments"] = comments.clone().into();
    }
    view
}

fn plan_view(order: &Order) -> PlanView {
    PlanView {
        validity_years: match order.plan.term {
            Term::Years(years) => Some(years),
            Term::Days(_) | Term::Until(_) => None,
        },
        order_validity: order.plan.term,
        order_valid_till: order.plan.days.map(|(_, last_day)| date(last_day)),
        is_multi_year_plan: order.plan.multi_year.then_some("1"),
    }
}

fn certificate_item<'a>(order: &Order, certificate: &'a Certificate, now: DateTime<Utc>) -> CertificateItem<'a> {
    CertificateItem {
        common_name: &certificate.common_name,
        dns_names: certificate.names(),
        signature_hash: &certificate.signature_hash,
        id: order.status.shows_certificate_id().then_some(certificate.id),
        issued: issued_view(certificate, now),
    }
}

fn certificate_view(order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Value {
    let (plain_names, wildcards) = certificate.name_counts();
    let body = json!({
        "common_name": certificate.common_name,
        "dns_names": certificate.names(),
        "date_created": timestamp(certificate.created),
        "server_platform": platforms::view(certificate.server_platform),
        "signature_hash": certificate.signature_hash,
        // Numbers at the order's root, texts here.
        "receipt_id": order.receipt_id.to_string(),
        "purchased_dns_names": plain_names.to_string(),
        "purchased_wildcard_names": wildcards.to_string(),
    });
    let Value::Object(mut view) = body else {
        return Value::Null;
    };
    // An order that waits for its CSR has no key to speak of.
    if !certificate.csr.is_empty() {
        view.insert("csr".to_owned(), certificate.csr.clone().into());
        view.insert("key_size".to_owned(), certificate.key_size.into());
    }
    if !certificate.emails.is_empty() {
        view.insert("emails".to_owned(), certificate.emails.clone().into());
    }
    if order.status.shows_certificate_id() {
        view.insert("id".to_owned(), certificate.id.into());
    }
    if let Some(id) = order.organization_id {
        view.insert("organization".to_owned(), json!({"id": id}));
    }
    if let Some(validity) = certificate.validity {
        view.insert("cert_validity".to_owned(), json!(validity));
    }
    if !certificate.organization_units.is_empty() {
        view.insert("organization_units".to_owned(), certificate.organization_units.clone().into());
    }
    // Told only of a certificate that was reissued or revoked.
    if certificate.status == CertificateStatus::Revoked || certificate.origin == Origin::Reissue {
        view.insert("status".to_owned(), certificate.status.word().into());
    }
    extend(&mut view, &issued_view(certificate, now));
    view.into()
}

pub(crate) fn issued_view(certificate: &Certificate, now: DateTime<Utc>) -> Option<IssuedView<'_>> {
    let issued = certificate.issued.as_ref()?;
    let last_day = issued.leaf.not_after.date_naive();
    Some(IssuedView {
        thumbprint: issued.leaf.thumbprint(),
        serial_number: &issued.leaf.serial_number,
        date_issued: timestamp(issued.at),
        valid_from: date(issued.leaf.not_before.date_naive()),
        valid_till: date(last_day),
        days_remaining: (last_day - now.date_naive()).num_days(),
    })
}
