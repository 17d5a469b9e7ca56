//! What the account itself has, beside its domains, orders and requests: people, keys, departments, products, money.

pub(super) mod contacts;
pub(super) mod containers;
pub(super) mod custom_fields;
pub(super) mod finance;
pub(super) mod keys;
pub(super) mod platforms;
pub(super) mod products;
pub(super) mod reports;
pub(super) mod users;
