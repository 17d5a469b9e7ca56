//! The account itself: its settings, its balance, its custom fields, and what expires in it.

use bon::bon;

use super::{ContainerId, docs, handle, types};
use crate::{client::call, error::Error};

handle! {
    #[doc(alias = "アカウント")]
    /// The account: [`CertCentral::account`](super::CertCentral::account).
    Account
}

#[bon]
impl<'c> Account<'c> {
    /// Reads the details of the account (known from public clients).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// let account = cc.account().get().send().await?;
    /// println!("{:?} of {:?}", account.id, account.primary_organization_name);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Account::get)] }))]
    #[builder(builder_type(name = GetAccount, doc { #[doc = docs!(call Account::get)] }))]
    pub async fn get(self) -> Result<types::AccountDetails, Error> {
        call!(self.client, account_info())
    }

    /// Reads the balance (known from public clients). Its members are not documented, so all are kept as received.
    ///
    /// # Errors
    ///
    /// Any error that the service returns; accounts that do not pay in advance may be refused.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Account::balance)] }))]
    #[builder(builder_type(name = GetBalance, doc { #[doc = docs!(call Account::balance)] }))]
    pub async fn balance(self) -> Result<types::AccountBalance, Error> {
        call!(self.client, account_balance())
    }

    /// Counts the orders of a container that expire within 90, 60 and 30 days, or expired in the last week, which is reported as -7 (known
    /// from public clients).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::ContainerId;
    ///
    /// for count in cc.account().expiring_orders(ContainerId(5)).send().await? {
    ///     println!("{:?} within {:?} days", count.order_count, count.days_expiring);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such container.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Account::expiring_orders)] }))]
    #[builder(builder_type(name = CountExpiringOrders, doc { #[doc = docs!(call Account::expiring_orders)] }))]
    pub async fn expiring_orders(self, #[builder(start_fn)] container: ContainerId) -> Result<Vec<types::ExpiringOrderCount>, Error> {
        Ok(call!(self.client, expiring_orders(&container))?.expiring_orders)
    }

    /// Reads the custom fields that orders of the account can or must have (known from public clients). Their `id` is the `metadata_id` of
    /// an order's fields.
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Account::custom_fields)] }))]
    #[builder(builder_type(name = ListCustomFields, doc { #[doc = docs!(call Account::custom_fields)] }))]
    pub async fn custom_fields(self) -> Result<Vec<types::CustomFieldDefinition>, Error> {
        Ok(call!(self.client, list_custom_fields())?.metadata)
    }
}
