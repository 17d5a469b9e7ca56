//! People whom orders and organizations name: users of the account, or anybody.

use serde_json::{Map, Value};

use crate::sandbox::certcentral::Account;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::Refusal;

/// A contact as a body names it.
pub(crate) const CONTACT: Members = &[
    ("contact_type", Type::Text),
    ("user_id", Type::Id),
    ("first_name", Type::Text),
    ("last_name", Type::Text),
    ("job_title", Type::Text),
    ("telephone", Type::Digits),
    ("telephone_extension", Type::Digits),
    ("email", Type::Text),
];

/// What a contact that is no user shows of itself.
const SHOWN: [&str; 6] = ["first_name", "last_name", "email", "job_title", "telephone", "telephone_extension"];

impl Account {
    /// A contact as it is shown later on. That an unknown user is refused is inferred.
    pub(crate) fn read_contact(&self, contact: &Body, path: &str) -> Result<Value, Refusal> {
        if let Some(id) = contact.id("user_id") {
            let user = self.user(id).ok_or_else(|| Refusal::invalid_value(&format!("{path}.user_id")))?;
            return Ok(user.contact());
        }
        let mut view: Map<String, Value> = SHOWN.iter().filter_map(|name| Some(((*name).to_owned(), contact.text(name)?.into()))).collect();
        let name: Vec<&str> = ["first_name", "last_name"].iter().filter_map(|name| contact.text(name)).collect();
        if !name.is_empty() {
            view.insert("name".to_owned(), name.join(" ").into());
        }
        Ok(view.into())
    }

    /// The contact of a kind that an order names: at its root, or among those of its organization.
    pub(crate) fn read_order_contact(&self, body: &Body, kind: &str) -> Result<Option<Value>, Refusal> {
        const OF_ORGANIZATION: &str = "organization.contacts";
        if let Some(contact) = body.object(kind) {
            return self.read_contact(&contact, kind).map(Some);
        }
        let contacts = body.items(OF_ORGANIZATION);
        let contact = contacts.iter().find(|contact| contact.text("contact_type") == Some(kind));
        contact.map(|contact| self.read_contact(contact, OF_ORGANIZATION)).transpose()
    }
}
