//! Reports: counts over orders and requests.

use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::order::{Order, OrderStatus};
use crate::sandbox::certcentral::request::{ApprovalRequest, TYPES};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// The report's periods in days; the last one looks back.
const PERIODS: [i64; 6] = [90, 60, 30, 7, 3, -7];

/// Whether a plan with so many days left belongs to a period: it ends within it, or has ended within it.
/// That periods hold each other is inferred.
fn is_within(days_left: i64, period: i64) -> bool {
    if period < 0 { (period..0).contains(&days_left) } else { (0..=period).contains(&days_left) }
}

/// `GET /report/order/{container_id}/expiring`
pub(crate) fn expiring_orders(account: &mut Account, call: &Call) -> Answer {
    let container = call.id(0);
    account.containers.get(container).ok_or_else(|| Refusal::not_found("container"))?;
    let today = call.now.date_naive();
    let days_left: Vec<i64> = account
        .orders
        .iter()
        .filter(|order| order.container_id == container && !order.is_renewed())
        .filter(|order| !matches!(order.status, OrderStatus::Revoked))
        .filter_map(Order::last_day)
        .map(|last_day| (last_day - today).num_days())
        .collect();
    let count = |period| days_left.iter().filter(|days| is_within(**days, period)).count();
    let periods: Vec<Value> = PERIODS.iter().map(|period| json!({"days_expiring": period, "order_count": count(*period)})).collect();
    Ok(Reply::ok(json!({"expiring_orders": periods})))
}

/// `GET /report/request`; counts those that wait.
pub(crate) fn requests(account: &mut Account, call: &Call) -> Answer {
    let container = call.query.number("container_id");
    let in_container = |request: &&ApprovalRequest| {
        container.is_none_or(|container| account.orders.get(request.order_id).is_some_and(|order| order.container_id == container))
    };
    let open: Vec<&ApprovalRequest> = account.requests.iter().filter(|request| request.is_open()).filter(in_container).collect();
    let count = |word: &str| open.iter().filter(|request| request.action.word() == word).count();
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
            let found: Vec<i64> = PERIODS.into_iter().filter(|period| is_within(days_left, *period)).collect();
            assert_eq!(found, periods, "{days_left}");
        }
    }
}
