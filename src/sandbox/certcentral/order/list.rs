//! Finding orders: the list with its filters, and the look-up by a caller's own id.

use chrono::NaiveTime;
use serde_json::{Value, json};

use super::{Order, OrderStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::certificate::{Certificate, is_same_number};
use crate::sandbox::certcentral::listing::{self, SortKey};
use crate::sandbox::certcentral::rules::validity::Term;
use crate::sandbox::http::{Answer, Call, Query, Reply};

/// The filters of one call.
struct Filters<'q> {
    query: &'q Query,
}

impl Filters<'_> {
    fn take(&self, account: &Account, order: &Order) -> bool {
        let certificate = account.certificates.get(order.certificate_id);
        let names = certificate.map(Certificate::names).unwrap_or_default();
        let common_name = account.common_name(order);
        let last_day = certificate.and_then(Certificate::leaf).map(|leaf| leaf.not_after.date_naive().and_time(NaiveTime::MIN));
        let emails = account.emails_of(order);
        let order_id = order.id.to_string();
        let searchable: Vec<&str> = [common_name, &order_id].into_iter().chain(emails.iter().copied()).collect();
        let text = |name: &str, values: &[&str]| listing::is_like(&self.query.filter(name), values);
        self.status(order.status)
            && self.id("id", order.id)
            && self.any_certificate(account, order)
            && self.id("organization_id", order.organization_id.unwrap_or_default())
            && self.id("user_id", order.user_id)
            && self.id("container_id", order.container_id)
            && self.id("is_renewed", order.is_renewed().into())
            && self.id("disable_renewal_notifications", order.details.disable_renewal_notifications.into())
            && listing::is_among(&self.query.filter("product_name_id"), order.product.name_id)
            && listing::is_among(&self.query.filter("origin"), if order.migrated { "migrated" } else { "certcentral" })
            && account.has_custom_field(order, self.query)
            && text("common_name", &[common_name])
            && text("domain_name", &names)
            && text("email", &emails)
            && text("search", &searchable)
            && listing::is_in_time(&self.query.filter("date_created"), Some(order.placed.naive_utc()))
            && listing::is_in_time(&self.query.filter("valid_till"), last_day)
    }

    /// Every certificate of an order finds it, by number or serial number.
    fn any_certificate(&self, account: &Account, order: &Order) -> bool {
        let serial_numbers = self.query.filter("serial_number");
        if serial_numbers.is_empty() && self.query.filter("certificate_id").is_empty() {
            return true;
        }
        account.certificates.iter().filter(|certificate| certificate.order_id == order.id).any(|certificate| {
            let is_it = |number: &&str| certificate.leaf().is_some_and(|leaf| is_same_number(&leaf.serial_number, number));
            self.id("certificate_id", certificate.id) && (serial_numbers.is_empty() || serial_numbers.iter().any(is_it))
        })
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

impl Account {
    /// The addresses an order is known by: whoever placed it, and the additional ones.
    fn emails_of<'a>(&self, order: &'a Order) -> Vec<&'a str> {
        let owner = self.user(order.user_id).map(|user| user.email);
        owner.into_iter().chain(order.details.additional_emails.iter().map(String::as_str)).collect()
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
            let leaf = account.certificates.get(order.certificate_id).and_then(Certificate::leaf);
            SortKey::Day(leaf.map(|leaf| leaf.not_after.date_naive()))
        }
        _ => return None,
    })
}

/// `GET /order/certificate`; newest first unless asked otherwise.
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let filters = Filters { query: &call.query };
    let mut orders: Vec<&Order> = account.orders.iter().rev().filter(|order| filters.take(account, order)).collect();
    listing::sort(&mut orders, &call.query, |order, key| sort_key(account, order, key));
    Ok(Reply::ok(listing::page(&orders, "orders", &call.query, |order| account.order_item(order, call.now))))
}

/// `GET /order/alternate/{alternative_order_id}`; an unknown id is an empty list, as lists are here (inferred).
pub(crate) fn by_alternative_id(account: &mut Account, call: &Call) -> Answer {
    let orders: Vec<&Order> =
        account.orders.iter().filter(|order| order.details.alternative_order_id.as_deref() == Some(call.param(0))).collect();
    Ok(Reply::ok(listing::page(&orders, "orders", &call.query, |order| short(order))))
}

/// An order as status lists show it.
pub(crate) fn short(order: &Order) -> Value {
    json!({"order_id": order.id, "certificate_id": order.certificate_id, "status": order.status.word()})
}
