//! Changing an order's status by hand, and the list of what changed of late.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::list::short;
use super::{Order, OrderEvent, OrderStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing;
use crate::sandbox::certcentral::request::Action;
use crate::sandbox::http::{Answer, Call, Query, Reply};
use crate::sandbox::refusal::Refusal;

/// The longest window of changes.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(7);
/// The filter's times are Mountain Daylight Time, all year round.
const MOUNTAIN_TIME: TimeDelta = TimeDelta::hours(-6);
/// How long before the end of its certificate a migrated order may be marked as renewed.
const RENEWABLE_DAYS: i64 = 90;

impl Account {
    /// Cancels an order that waits, or the reissue it waits for; the note goes to the order and to its request.
    fn cancel(&mut self, id: u64, call: &Call) -> Result<(), Refusal> {
        let note = call.body.text("note").ok_or_else(|| Refusal::required("note"))?;
        let user = self.caller(call);
        let reissue = self.orders.get(id).and_then(|order| order.reissue_id);
        self.happen(id, OrderEvent::Canceled, call.now).ok_or_else(|| Refusal::invalid_value("status"))?;
        if let Some(order) = self.orders.get_mut(id) {
            order.add_note(note, user.id, call.now);
        }
        let action = reissue.map_or(Action::NewOrder, Action::Reissue);
        for request in self.orders.get(id).map(|order| order.request_ids.clone()).unwrap_or_default() {
            let Some(request) = self.requests.get_mut(request).filter(|request| request.action == action) else {
                continue;
            };
            // A reissue's request becomes rejected; that an order's stays as it was decided is inferred.
            match reissue {
                Some(_) => request.withdraw(note, user.id, call.now),
                None => request.processor_comment = Some(note.to_owned()),
            }
        }
        Ok(())
    }

    /// Marks a migrated order as renewed elsewhere, or takes the mark back.
    fn mark(&mut self, id: u64, renewed: bool, now: DateTime<Utc>) -> Result<(), Refusal> {
        let order = self.orders.get_mut(id).filter(|order| order.migrated && may_be_marked(order, renewed, now));
        // The code is inferred.
        order.ok_or_else(|| Refusal::invalid_value("status"))?.marked_renewed = renewed;
        Ok(())
    }
}

fn may_be_marked(order: &Order, renewed: bool, now: DateTime<Utc>) -> bool {
    if !renewed {
        return order.marked_renewed;
    }
    let ends_soon = order.last_day().is_some_and(|last_day| (last_day - now.date_naive()).num_days() <= RENEWABLE_DAYS);
    matches!(order.status, OrderStatus::Issued | OrderStatus::Expired) && ends_soon
}

/// `PUT /order/certificate/{order_id}/status`; documented in lower case, taken in either.
pub(crate) fn update(account: &mut Account, call: &Call) -> Answer {
    let id = account.order(call)?.id;
    let status = call.body.text("status").ok_or_else(|| Refusal::required("status"))?;
    match status.to_ascii_lowercase().as_str() {
        "canceled" => account.cancel(id, call)?,
        "renewed" => account.mark(id, true, call.now)?,
        "not_renewed" => account.mark(id, false, call.now)?,
        _ => return Err(Refusal::invalid_value("status")),
    }
    Ok(Reply::no_content())
}

/// The first moment of a window of changes and the one after its last.
fn window(query: &Query, now: DateTime<Utc>) -> Result<(NaiveDateTime, NaiveDateTime), Refusal> {
    let unreadable = |name: &str| Refusal::invalid_value(name);
    let too_long = || Refusal::invalid("time_frame_too_long", "The time frame cannot be longer than 7 days.");
    if let Some(range) = query.filter("status_last_updated").first() {
        let (from, to) = listing::span(range).ok_or_else(|| unreadable("status_last_updated"))?;
        return if to - from > LONGEST_WINDOW { Err(too_long()) } else { Ok((from - MOUNTAIN_TIME, to - MOUNTAIN_TIME)) };
    }
    let read = |name: &str| query.get(name).map(|text| text.trim().parse::<u32>().map_err(|_| unreadable(name))).transpose();
    let (minutes, seconds) = (read("minutes")?, read("seconds")?);
    // That one of the three must be given is documented, the code for none is inferred.
    if minutes.is_none() && seconds.is_none() {
        return Err(Refusal::required("minutes"));
    }
    let length = TimeDelta::minutes(minutes.unwrap_or_default().into()) + TimeDelta::seconds(seconds.unwrap_or_default().into());
    if length > LONGEST_WINDOW {
        return Err(too_long());
    }
    Ok((now.naive_utc() - length, now.naive_utc() + TimeDelta::seconds(1)))
}

/// `GET /order/certificate/status-changes`; `{}` when nothing changed.
pub(crate) fn changes(account: &mut Account, call: &Call) -> Answer {
    let (from, to) = window(&call.query, call.now)?;
    let changed = account.lists.orders.select().any_between(&[("status_last_updated", Some(from), Some(to))]);
    let orders: Vec<Value> = changed.numbered(true).filter_map(|id| account.orders.get(id)).map(short).collect();
    Ok(Reply::ok(if orders.is_empty() { json!({}) } else { json!({"orders": orders}) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let now = "2026-03-10T12:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let long = Err("time_frame_too_long");
        for (query, expected) in [
            ("minutes=10", Ok((at("2026-03-10T11:50:00"), at("2026-03-10T12:00:01")))),
            ("minutes=10080", Ok((at("2026-03-03T12:00:00"), at("2026-03-10T12:00:01")))),
            ("seconds=60&minutes=1", Ok((at("2026-03-10T11:58:00"), at("2026-03-10T12:00:01")))),
            ("minutes=10081", long),
            ("minutes=10080&seconds=1", long),
            ("seconds=604801", long),
            ("minutes=soon", Err("invalid_value:minutes")),
            ("", Err("required_param:minutes")),
            ("filters[status_last_updated]=2026-03-01...2026-03-07", Ok((at("2026-03-01T06:00:00"), at("2026-03-08T06:00:00")))),
            (
                "filters[status_last_updated]=2026-03-01+00:00:00...2026-03-01+23:59:59",
                Ok((at("2026-03-01T06:00:00"), at("2026-03-02T06:00:00"))),
            ),
            ("filters[status_last_updated]=2026-03-01...2026-03-08", long),
            ("filters[status_last_updated]=lately", Err("invalid_value:status_last_updated")),
        ] {
            let found = window(&Query::of(&format!("/?{query}").parse().unwrap()), now);
            let found = found.map_err(|refusal| refusal.body()["errors"][0]["code"].as_str().unwrap().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{query}");
        }
    }
}
