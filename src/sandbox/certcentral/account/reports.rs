//! Reports: counts over orders and requests.

use chrono::{NaiveTime, TimeDelta};
use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::Key;
use crate::sandbox::certcentral::order::OrderStatus;
use crate::sandbox::certcentral::request::TYPES;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// The report's periods in days; the last one looks back.
const PERIODS: [i64; 6] = [90, 60, 30, 7, 3, -7];

/// The fewest and the most days that plans of a period have left: they end within it, or have ended within it.
/// That periods hold each other is inferred.
fn days_within(period: i64) -> (i64, i64) {
    if period < 0 { (period, -1) } else { (0, period) }
}

/// `GET /report/order/{container_id}/expiring`
pub(crate) fn expiring_orders(account: &mut Account, call: &Call) -> Answer {
    let container = call.id(0);
    account.containers.get(container).ok_or_else(|| Refusal::not_found("container"))?;
    let today = call.now.date_naive().and_time(NaiveTime::MIN);
    let ending = |period: i64| {
        let (first, last) = days_within(period);
        let range = (Some(today + TimeDelta::days(first)), Some(today + TimeDelta::days(last + 1)));
        account.lists.orders.select().any_between(&[("order_valid_till", range.0, range.1)])
    };
    let count = |period: i64| {
        let orders = ending(period).any_of("container_id", &[Key::Number(container)]).any_of("is_renewed", &[Key::Number(0)]);
        orders.len() - orders.any_of("status", &[Key::Word(OrderStatus::Revoked.word())]).len()
    };
    let periods: Vec<Value> = PERIODS.iter().map(|period| json!({"days_expiring": period, "order_count": count(*period)})).collect();
    Ok(Reply::ok(json!({"expiring_orders": periods})))
}

/// `GET /report/request`; counts those that wait.
pub(crate) fn requests(account: &mut Account, call: &Call) -> Answer {
    let container = call.query.number("container_id");
    let open = account.lists.requests.select().any_of("is_open", &[Key::Number(1)]);
    let open = match container {
        Some(container) => open.any_of("container_id", &[Key::text(&container.to_string())]),
        None => open,
    };
    let count = |word: &'static str| open.clone().any_of("type", &[Key::Word(word)]).len();
    let types: Vec<Value> = TYPES.iter().map(|word| json!({"type": word, "request_count": count(word)})).collect();
    Ok(Reply::ok(json!({"request": {"total": open.len(), "types": types}})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        for (days_left, periods) in
            [(91, &[][..]), (90, &[90][..]), (7, &[90, 60, 30, 7]), (0, &[90, 60, 30, 7, 3]), (-1, &[-7]), (-7, &[-7]), (-8, &[])]
        {
            let found: Vec<i64> =
                PERIODS.into_iter().filter(|period| (days_within(*period).0..=days_within(*period).1).contains(&days_left)).collect();
            assert_eq!(found, periods, "{days_left}");
        }
    }
}
