//! Finding orders: the list with its filters, and the look-up by a caller's own id.

use chrono::NaiveTime;
use serde_json::{Value, json};

use super::{Order, OrderStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::custom_fields;
use crate::sandbox::certcentral::certificate::{Certificate, plain_number};
use crate::sandbox::certcentral::listing::{self, Key, Member, Selection};
use crate::sandbox::certcentral::rules::validity::Term;
use crate::sandbox::http::{Answer, Call, Query, Reply};

/// The numbers that orders are filtered by.
const NUMBERS: [Member; 6] = ["id", "organization_id", "user_id", "container_id", "is_renewed", "disable_renewal_notifications"];

impl Account {
    /// What lists find and sort an order by.
    pub(crate) fn order_keys(&self, order: &Order) -> Vec<(Member, Key)> {
        let certificate = self.certificates.get(order.certificate_id);
        let common_name = self.common_name(order);
        let midnight = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let last_day = certificate.and_then(Certificate::leaf).map(|leaf| midnight(leaf.not_after.date_naive()));
        let years = match order.plan.term {
            Term::Years(years) => years.unsigned_abs(),
            Term::Days(_) | Term::Until(_) => 0,
        };
        let mut keys = vec![
            ("id", Key::Number(order.id)),
            ("order_number", Key::searched(&order.id.to_string())),
            ("status", Key::Word(order.status.word())),
            ("organization_id", Key::Number(order.organization_id.unwrap_or_default())),
            ("user_id", Key::Number(order.user_id)),
            ("container_id", Key::Number(order.container_id)),
            ("is_renewed", Key::Number(order.is_renewed().into())),
            ("disable_renewal_notifications", Key::Number(order.details.disable_renewal_notifications.into())),
            ("product_name_id", Key::Word(order.product.name_id)),
            ("product_name", Key::Word(order.product.name)),
            ("origin", Key::Word(if order.migrated { "migrated" } else { "certcentral" })),
            ("common_name", Key::searched(common_name)),
            ("date_created", Key::Time(Some(order.placed))),
            ("status_last_updated", Key::Time(Some(order.changed))),
            ("valid_till", Key::Time(last_day)),
            ("order_valid_till", Key::Time(order.last_day().map(midnight))),
            ("validity_years", Key::Number(years)),
        ];
        keys.extend(certificate.into_iter().flat_map(Certificate::names).map(|name| ("domain_name", Key::searched(name))));
        keys.extend(self.emails_of(order).into_iter().map(|email| ("email", Key::searched(email))));
        keys.extend(order.details.alternative_order_id.iter().map(|id| ("alternative_order_id", Key::text(id))));
        keys.extend(order.addresses.iter().map(|address| ("email_token", Key::text(&address.token))));
        keys.extend(custom_fields::keys(order));
        keys
    }

    /// The addresses an order is known by: whoever placed it, and the additional ones.
    fn emails_of<'a>(&'a self, order: &'a Order) -> Vec<&'a str> {
        let owner = self.user(order.user_id).map(|user| user.email.as_str());
        owner.into_iter().chain(order.details.additional_emails.iter().map(String::as_str)).collect()
    }

    /// Every certificate of an order finds it, by number or serial number.
    fn with_certificate<'i>(&self, orders: Selection<'i>, query: &Query) -> Selection<'i> {
        let (serial_numbers, ids) = (query.filter("serial_number"), query.filter("certificate_id"));
        let candidates: Vec<u64> = if !ids.is_empty() {
            ids.iter().filter_map(|id| id.parse().ok()).collect()
        } else if !serial_numbers.is_empty() {
            serial_numbers.iter().filter_map(|number| self.directory.certificate_by_serial_number(number)).collect()
        } else {
            return orders;
        };
        let has_number = |certificate: &&Certificate| {
            let number = certificate.leaf().map(|leaf| plain_number(&leaf.serial_number));
            serial_numbers.is_empty() || number.is_some_and(|number| serial_numbers.iter().any(|wanted| plain_number(wanted) == number))
        };
        let found = candidates.into_iter().filter_map(|id| self.certificates.get(id)).filter(has_number);
        orders.ids(found.map(|certificate| certificate.order_id))
    }
}

/// Some ids come as a filter or as a plain parameter.
fn given<'q>(query: &'q Query, name: &str) -> Vec<&'q str> {
    let mut wanted = query.filter(name);
    wanted.extend(query.get(name));
    wanted
}

fn sorted_by(key: &str) -> Option<Member> {
    Some(match key {
        "order_id" | "id" => "id",
        "date_created" => "date_created",
        "common_name" => "common_name",
        "status" => "status",
        "product_name" => "product_name",
        "validity_years" => "validity_years",
        "date_valid_till" | "valid_till" => "valid_till",
        _ => return None,
    })
}

/// `GET /order/certificate`; newest first unless asked otherwise.
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let filter = |name: &str| query.filter(name);
    let mut statuses = filter("status");
    // `issued` finds the expired ones too.
    if listing::is_named(&statuses, OrderStatus::Issued.word()) {
        statuses.push(OrderStatus::Expired.word());
    }
    let all = account.lists.orders.select().words("status", &statuses);
    let own = call.caller.to_string();
    let all = if account.is_limited(call) { all.numbers("user_id", &[&own]) } else { all };
    let orders = NUMBERS.into_iter().fold(all, |orders, name| orders.numbers(name, &given(query, name)));
    let orders = account.with_certificate(orders, query);
    let orders = custom_fields::narrowed(orders, query)
        .words("product_name_id", &filter("product_name_id"))
        .words("origin", &filter("origin"))
        .like(&["common_name"], &filter("common_name"))
        .like(&["domain_name"], &filter("domain_name"))
        .like(&["email"], &filter("email"))
        .like(&["common_name", "order_number", "email"], &filter("search"))
        .in_time("date_created", &filter("date_created"))
        .in_time("valid_till", &filter("valid_till"));
    Ok(Reply::ok(orders.page("orders", query, sorted_by, |id| account.orders.get(id).map(|order| account.order_item(order, call.now)))))
}

/// `GET /order/alternate/{alternative_order_id}`; an unknown id is an empty list, as lists are here (inferred).
pub(crate) fn by_alternative_id(account: &mut Account, call: &Call) -> Answer {
    let found = account.lists.orders.select().any_of("alternative_order_id", &[Key::text(call.param(0))]);
    let orders = found.numbered(false).filter_map(|id| account.orders.get(id));
    let orders: Vec<&Order> = orders.filter(|order| account.sees_order(call, order)).collect();
    Ok(Reply::ok(listing::page(&orders, "orders", &call.query, |order| short(order))))
}

/// An order as status lists show it.
pub(crate) fn short(order: &Order) -> Value {
    json!({"order_id": order.id, "certificate_id": order.certificate_id, "status": order.status.word()})
}
