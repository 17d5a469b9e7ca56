//! The account's own fields on orders ("metadata").

use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{Key, Member, Selection};
use crate::sandbox::certcentral::order::Order;
use crate::sandbox::http::{Answer, Call, Query, Reply};
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};

const DATA_TYPES: [&str; 4] = ["text", "int", "email_address", "email_list"];

/// `POST /account/metadata`
pub(crate) const ADD: Members = &[("label", Type::Text), ("data_type", Type::Text), ("is_required", Type::Flag)];

/// A field of an order; its value may be any JSON.
pub(crate) const FIELD: Members = &[("metadata_id", Type::Id), ("value", Type::Any)];

/// A field that orders may or must carry.
#[derive(Debug)]
pub(crate) struct CustomField {
    id: u64,
    label: String,
    data_type: &'static str,
    required: bool,
}

impl Account {
    /// Reads an order's `custom_fields`; the refusals are inferred.
    pub(crate) fn read_custom_fields(&self, body: &Body) -> Result<Vec<(u64, Value)>, Refusal> {
        let mut values = Vec::new();
        for item in body.items("custom_fields") {
            let id = item.id("metadata_id").filter(|id| self.custom_fields.get(*id).is_some());
            let id = id.ok_or_else(|| Refusal::invalid_value("custom_fields.metadata_id"))?;
            values.push((id, item.at("value").cloned().unwrap_or_default()));
        }
        let is_given = |id| values.iter().any(|(given, _)| *given == id);
        if self.custom_fields.iter().any(|field| field.required && !is_given(field.id)) {
            return Err(Refusal::required("custom_fields"));
        }
        Ok(values)
    }

    pub(crate) fn custom_fields_view(&self, order: &Order) -> Vec<Value> {
        let field = |(id, value): &(u64, Value)| {
            let label = self.custom_fields.get(*id).map(|field| field.label.clone())?;
            Some(json!({"metadata_id": id, "label": label, "value": value}))
        };
        order.details.custom_fields.iter().filter_map(field).collect()
    }
}

/// What lists find an order by, of its fields: number, value, and both.
pub(crate) fn keys(order: &Order) -> impl Iterator<Item = (Member, Key)> {
    order.details.custom_fields.iter().flat_map(|(id, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        [("metadata_id", Key::Number(*id)), ("metadata_value", Key::text(&value)), ("metadata", pair(*id, &value))]
    })
}

fn pair(id: u64, value: &str) -> Key {
    Key::text(&format!("{id}={value}"))
}

/// Those that carry the field and the value that a list is filtered by.
pub(crate) fn narrowed<'i>(orders: Selection<'i>, query: &Query) -> Selection<'i> {
    let (ids, values) = (query.filter("metadata_id"), query.filter("metadata_value"));
    if values.is_empty() {
        return orders.numbers("metadata_id", &ids);
    }
    if ids.is_empty() {
        return orders.any_of("metadata_value", &values.into_iter().map(Key::text).collect::<Vec<_>>());
    }
    let ids = ids.iter().filter_map(|id| id.parse().ok());
    let pairs: Vec<Key> = ids.flat_map(|id| values.iter().map(move |value| pair(id, value))).collect();
    orders.any_of("metadata", &pairs)
}

/// `GET /account/metadata`
pub(crate) fn list(account: &mut Account, _: &Call) -> Answer {
    let view = |field: &CustomField| {
        json!({
            "id": field.id,
            "label": field.label,
            "is_required": field.required,
            "is_active": true,
            "data_type": field.data_type,
            "show_in_receipt": false,
        })
    };
    let fields: Vec<Value> = account.custom_fields.iter().map(view).collect();
    Ok(Reply::ok(if fields.is_empty() { json!({}) } else { json!({"metadata": fields}) }))
}

/// `POST /account/metadata`; the path is known, its body and response follow the list.
pub(crate) fn add(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let mut refusals = Refusals::default();
    let label = refusals.require(call.body.text("label"), "label").to_owned();
    let data_type = call.body.text("data_type").unwrap_or("text");
    let data_type =
        refusals.note(DATA_TYPES.iter().find(|known| **known == data_type).ok_or_else(|| Refusal::invalid_value("data_type")).copied());
    refusals.into_result()?;
    let required = call.body.flag("is_required");
    let id = account.custom_fields.add(|id| CustomField { id, label, data_type, required });
    Ok(Reply::created(json!({"id": id})))
}
