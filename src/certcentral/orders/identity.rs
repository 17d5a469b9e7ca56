//! How an order, a reissue or a duplicate is recognized as the requested one: by its id and its key, never by a clock.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::{
    certcentral::{recovery::Sighting, sent, types},
    x509::Csr,
};

/// Whether something is the requested one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::certcentral) enum Evidence {
    Ours,
    /// Its id differs, or its key, which could be read.
    NotOurs,
    /// Too little is reported, or it cannot be compared.
    Unsure,
}

impl Evidence {
    /// The evidence of a key that is only ours; `None` for one that could not be read.
    pub(super) fn of_key(is_same: Option<bool>) -> Self {
        match is_same {
            Some(true) => Self::Ours,
            Some(false) => Self::NotOurs,
            None => Self::Unsure,
        }
    }
}

/// The one that certainly is the requested one, if there is only one.
pub(in crate::certcentral) fn only<T>(judged: impl IntoIterator<Item = (T, Evidence)>) -> Sighting<T> {
    let (mut ours, mut unsure) = (Vec::new(), false);
    for (item, evidence) in judged {
        match evidence {
            Evidence::Ours => ours.push(item),
            Evidence::NotOurs => {}
            Evidence::Unsure => unsure = true,
        }
    }
    match (ours.len().cmp(&1), ours.pop()) {
        (Ordering::Equal, Some(only)) => Sighting::Found(only),
        (Ordering::Less, _) if !unsure => Sighting::Absent,
        _ => Sighting::Unsure,
    }
}

/// What identifies an order that is being placed.
#[derive(Clone, Copy)]
pub(in crate::certcentral) struct OrderIdentity<'a> {
    /// Its `alternative_order_id`.
    pub(super) id: &'a str,
    /// Whether no other order can have that id, since it was made for this one.
    pub(super) is_fresh: bool,
    pub(super) csr: &'a Csr,
    pub(super) product: &'a str,
    pub(super) request: &'a sent::OrderRequest,
}

impl OrderIdentity<'_> {
    /// Whether an order that was not there before is this one. An order that was there before never is.
    pub(in crate::certcentral) fn judge(&self, order: &types::Order) -> Evidence {
        let told = order.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
        let key = told.and_then(|told| self.csr.has_key_of(told));
        let id = order.alternative_order_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        if self.is_renewed(order) || key == Some(false) {
            return Evidence::NotOurs;
        }
        match id {
            Some(id) if id == self.id => match key {
                None if !self.is_fresh && !self.is_alike(order) => Evidence::Unsure,
                _ => Evidence::Ours,
            },
            // Some look-ups ignore case; whether this one does is not known.
            Some(id) if id.eq_ignore_ascii_case(self.id) => Evidence::Unsure,
            Some(_) => Evidence::NotOurs,
            None if key == Some(true) && self.is_alike(order) => Evidence::Ours,
            None => Evidence::Unsure,
        }
    }

    /// Whether this order renews that one, which has the same names, and may have the same key.
    pub(super) fn is_renewed(&self, order: &types::Order) -> bool {
        let thumbprint = order.certificate.as_ref().and_then(|certificate| certificate.thumbprint.as_deref());
        let is_named = self.request.renewed_thumbprint.as_deref().zip(thumbprint).is_some_and(|(own, told)| own.eq_ignore_ascii_case(told));
        self.request.renewal_of_order_id == Some(order.id) || is_named
    }

    /// Whether an order is for the same names and product, and renews the same order, as far as it is reported; what is not reported is not
    /// alike.
    pub(in crate::certcentral) fn is_alike(&self, order: &types::Order) -> bool {
        let product = order.product_name_id.as_ref().or_else(|| order.product.as_ref().and_then(|product| product.name_id.as_ref()));
        let renewed = order.renewal_of_order_id.filter(|id| id.0 != 0);
        let renews = match self.request.renewed_thumbprint {
            Some(_) => renewed.is_some(),
            None => renewed == self.request.renewal_of_order_id,
        };
        let own = &self.request.certificate;
        let own = names(Some(&own.common_name), &own.dns_names);
        let told = order.certificate.as_ref().map(|told| names(told.common_name.as_ref(), &told.dns_names));
        // Which product was picked by a hint is not known here.
        let is_product = |product: &str| self.request.product.is_some() || product == self.product;
        product.is_some_and(|product| is_product(product.as_str())) && renews && told == Some(own)
    }
}

/// All names of a certificate, however they are written and listed.
pub(super) fn names<'n>(common_name: Option<&'n String>, dns_names: &'n [String]) -> BTreeSet<String> {
    let all = common_name.into_iter().chain(dns_names);
    all.map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}
