//! Finding orders: the list with its filters, and the look-up by a caller's own id.

use chrono::NaiveTime;
use serde_json::{Value, json};

use super::listing::{self, SortKey};
use super::order::{Order, OrderStatus};
use super::validity::Term;
use super::{Account, STARTING_CONTAINER};
use crate::sandbox::http::{Answer, Call, Query, Reply};

/// The filters of one call.
struct Filters<'q> {
    query: &'q Query,
}

impl Filters<'_> {
    fn take(&self, account: &Account, order: &Order) -> bool {
        let certificate = account.certificates.get(order.certificate_id);
        let leaf = certificate.and_then(|certificate| certificate.issued.as_ref()).map(|issued| &issued.leaf);
        let names = certificate.map(|certificate| certificate.names()).unwrap_or_default();
        let common_name = account.common_name(order);
        let valid_till = leaf.map(|leaf| leaf.not_after.date_naive().and_time(NaiveTime::MIN));
        let text = |name: &str, values: &[&str]| listing::is_like(&self.query.filter(name), values);
        self.status(order.status)
            && self.id("id", order.id)
            && self.id("certificate_id", order.certificate_id)
            && self.id("organization_id", order.organization_id.unwrap_or_default())
            && self.id("user_id", account.key_user().id)
            && self.id("container_id", STARTING_CONTAINER)
            && self.id("is_renewed", order.renewed_by.is_some().into())
            && self.id("disable_renewal_notifications", order.details.disable_renewal_notifications.into())
            && listing::is_among(&self.query.filter("product_name_id"), order.product.name_id)
            && listing::is_among(&self.query.filter("serial_number"), leaf.map_or("", |leaf| &leaf.serial_number))
            && text("common_name", &[common_name])
            && text("domain_name", &names)
            && text("search", &[common_name])
            && listing::is_in_time(&self.query.filter("date_created"), Some(order.placed.naive_utc()))
            && listing::is_in_time(&self.query.filter("valid_till"), valid_till)
    }

    /// `issued` finds the expired ones too.
    fn status(&self, status: OrderStatus) -> bool {
        let wanted = self.query.filter("status");
        listing::is_among(&wanted, status.word())
            || status == OrderStatus::Expired && listing::is_among(&wanted, OrderStatus::Issued.word())
    }

    /// Some ids come as a filter or as a plain parameter.
    fn id(&self, name: &str, value: u64) -> bool {
        let mut wanted = self.query.filter(name);
        wanted.extend(self.query.get(name));
        wanted.is_empty() || wanted.iter().any(|wanted| wanted.parse() == Ok(value))
    }
}

fn sort_key(account: &Account, order: &Order, key: &str) -> Option<SortKey> {
    Some(match key {
        "order_id" | "id" => SortKey::Number(order.id),
        "date_created" => SortKey::Time(order.placed),
        "common_name" => SortKey::Text(account.common_name(order).to_owned()),
        "status" => SortKey::Text(order.status.word().to_owned()),
        "product_name" => SortKey::Text(order.product.name.to_owned()),
        "validity_years" => SortKey::Number(match order.plan.term {
            Term::Years(years) => years.unsigned_abs(),
            Term::Days(_) | Term::Until(_) => 0,
        }),
        "date_valid_till" | "valid_till" => {
            let issued = account.certificates.get(order.certificate_id).and_then(|certificate| certificate.issued.as_ref());
            SortKey::Day(issued.map(|issued| issued.leaf.not_after.date_naive()))
        }
        _ => return None,
    })
}

/// `GET /order/certificate`; newest first unless asked otherwise.
pub(super) fn list(account: &mut Account, call: &Call) -> Answer {
    let filters = Filters { query: &call.query };
    let mut orders: Vec<&Order> = account.orders.iter().rev().filter(|order| filters.take(account, order)).collect();
    listing::sort(&mut orders, &call.query, |order, key| sort_key(account, order, key));
    Ok(Reply::ok(listing::page(&orders, "orders", &call.query, |order| account.order_item(order, call.now))))
}

/// `GET /order/alternate/{alternative_order_id}`; an unknown id is an empty list, as lists are here (inferred).
pub(super) fn by_alternative_id(account: &mut Account, call: &Call) -> Answer {
    let orders: Vec<&Order> =
        account.orders.iter().filter(|order| order.details.alternative_order_id.as_deref() == Some(call.param(0))).collect();
    Ok(Reply::ok(listing::page(&orders, "orders", &call.query, |order| short(order))))
}

fn short(order: &Order) -> Value {
    json!({"order_id": order.id, "certificate_id": order.certificate_id, "status": order.status.word()})
}
