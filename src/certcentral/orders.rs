//! Orders: placing them, and managing them afterwards.

mod adopt;
#[cfg_attr(test, allow(deprecated, reason = "its callers read order info in full"))]
mod carry;
mod identity;
mod ledger;
mod list;
mod manage;
mod new_order;
mod prepared;
mod present;
mod recovery;
mod reissue;
#[cfg_attr(test, allow(deprecated, reason = "it reads order info in full"))]
mod renew;
mod trail;
mod wanted;

use bon::bon;

use super::{OrderId, OrderRef, check, docs, handle, types};
use crate::{client::call, error::Error};

pub use self::{
    adopt::AdoptOrder,
    list::ListOrders,
    manage::{
        AddCsr, AddNote, CancelOrder, ChangeOrderDcvMethod, CheckOrderDcv, GenerateOrderDcvToken, GetEmailValidations, ListChanges,
        ListDuplicates, ListReissues, MarkRenewed, ResendApprovalEmails, ResendOrderDcvEmails, SetAdditionalEmails, SetAutoReissue,
        ValidateEmail,
    },
    new_order::{Contact, IssueCertificate, issue_certificate},
    reissue::{DuplicateCertificate, ReissueCertificate, duplicate_certificate, reissue_certificate},
    renew::{RenewOrder, renew_order},
};
pub(super) use self::{
    ledger::Ledger,
    prepared::{Prepared, Save, Write},
    trail::Before,
};

handle! {
    #[doc(alias = "オーダー")]
    /// The orders of an account: [`CertCentral::orders`](super::CertCentral::orders).
    Orders
}

#[bon]
impl<'c> Orders<'c> {
    /// Reads one order (guide p.42, Order Info).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::OrderId;
    ///
    /// let order = cc.orders().get(OrderId(115429178)).send().await?;
    /// println!("{:?} until {:?}", order.status, order.order_valid_till);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::get)] }))]
    #[builder(builder_type(name = GetOrder, doc { #[doc = docs!(call Orders::get)] }))]
    pub async fn get(
        self,
        #[builder(start_fn, into)] order: OrderRef,
        /// Adds the result of checking each name's CAA records, while the order is pending.
        include_caa_status: Option<bool>,
    ) -> Result<types::Order, Error> {
        let identifier = order.segment()?;
        call!(self.client, order_info(&identifier, include_caa_status))
    }

    /// Reads the validation status of an order: of its organization, and of each name (guide p.44, Validation Status).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::validation)] }))]
    #[builder(builder_type(name = GetOrderValidation, doc { #[doc = docs!(call Orders::validation)] }))]
    pub async fn validation(self, #[builder(start_fn)] order: OrderId) -> Result<types::OrderValidation, Error> {
        call!(self.client, order_validation(&order, None))
    }

    /// Finds the orders that were placed with this `alternative_order_id` (vendor page orders/get-orders-alternative-order-id). Several
    /// orders may share one id.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the id cannot be used in a URL; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::find_by_alternative_id)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = FindOrdersByAlternativeId, doc { #[doc = docs!(call Orders::find_by_alternative_id)] }))]
    pub async fn find_by_alternative_id(self, #[builder(start_fn)] id: String) -> Result<Vec<types::OrderStatusEntry>, Error> {
        let id = check::path_segment("alternative_order_id", &id)?;
        Ok(call!(self.client, orders_by_alternative_order_id(&id, None, None))?.orders)
    }
}
