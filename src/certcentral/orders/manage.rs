//! What can be done with an order besides placing it.

use std::time::Duration;

use bon::bon;
use futures_util::FutureExt as _;

use super::Orders;
use crate::{
    certcentral::{
        DateRange, DcvMethod, OrderId, RequestedOrderStatus, check, docs,
        recovery::{self, Sighting},
        sent, types,
    },
    client::call,
    error::Error,
    x509::Csr,
};

/// The longest span that changes can be asked for (guide p.48; addendum of the vendor's page).
const LONGEST_SPAN: Duration = Duration::from_secs(7 * 24 * 3600);

#[bon]
impl<'c> Orders<'c> {
    /// Lists the orders whose state changed recently (guide p.48, Status change list), each with its current state.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// for order in cc.orders().changes().within(Duration::from_secs(24 * 3600)).send().await? {
    ///     println!("{:?} is {:?} now", order.order_id, order.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the span is zero or longer than seven days, or neither a span nor dates are given.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::changes)] }))]
    #[builder(builder_type(name = ListChanges, doc { #[doc = docs!(call Orders::changes)] }))]
    pub async fn changes(
        self,
        /// How far back, at most seven days.
        within: Option<Duration>,
        /// The range of days, at most seven. The service counts days in its own Mountain Time. Orders that changed again later are left
        /// out.
        between: Option<DateRange>,
    ) -> Result<Vec<types::OrderStatusEntry>, Error> {
        let seconds = match within {
            Some(span) if span.is_zero() || span > LONGEST_SPAN => {
                return Err(Error::invalid("within", format!("{span:?}; expected more than zero and at most 7 days")));
            }
            Some(span) => Some(i64::try_from(span.as_secs().max(1)).unwrap_or(i64::MAX)),
            None if between.is_none() => return Err(Error::invalid("within", "set `within` or `between`")),
            None => None,
        };
        let between = between.map(|dates| dates.checked("between")).transpose()?;
        Ok(call!(self.client, order_status_changes(between.as_deref(), None, seconds))?.orders)
    }

    /// Cancels an order that is not issued yet, or its pending reissue, which leaves the order as it was before (vendor page
    /// orders/update-order-status).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::OrderId;
    ///
    /// cc.orders().cancel(OrderId(115429178)).comment("ordered twice").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the comment is empty: the service requires one; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::cancel)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CancelOrder, doc { #[doc = docs!(call Orders::cancel)] }))]
    pub async fn cancel(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The reason.
        comment: String,
        /// Whether to notify the people concerned by e-mail.
        send_emails: Option<bool>,
    ) -> Result<(), Error> {
        if comment.trim().is_empty() {
            return Err(Error::invalid("comment", "it is empty, and the service requires a reason"));
        }
        self.set_status(order, RequestedOrderStatus::Canceled, Some(comment), send_emails).await
    }

    /// Marks an order that came from another platform as renewed, or takes that back (vendor page orders/update-order-status). A renewed
    /// order cannot be renewed.
    ///
    /// # Errors
    ///
    /// Whatever the service returns: orders of CertCentral itself cannot be marked.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::mark_renewed)] }))]
    #[builder(builder_type(name = MarkRenewed, doc { #[doc = docs!(call Orders::mark_renewed)] }))]
    pub async fn mark_renewed(self, #[builder(start_fn)] order: OrderId, #[builder(start_fn)] renewed: bool) -> Result<(), Error> {
        let status = if renewed { RequestedOrderStatus::Renewed } else { RequestedOrderStatus::NotRenewed };
        self.set_status(order, status, None, None).await
    }

    async fn set_status(
        self,
        order: OrderId,
        status: RequestedOrderStatus,
        note: Option<String>,
        send_emails: Option<bool>,
    ) -> Result<(), Error> {
        call!(self.client, update_order_status(&order, &sent::OrderStatusUpdate { status, note, send_emails }))
    }

    /// Sets the additional recipients of an order's e-mails (guide p.39, Additional emails). This replaces the whole list; an empty list
    /// clears it.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if an address is not a valid e-mail address; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::set_additional_emails)] }))]
    #[builder(builder_type(name = SetAdditionalEmails, doc { #[doc = docs!(call Orders::set_additional_emails)] }))]
    pub async fn set_additional_emails(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The addresses.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Vec<String>,
    ) -> Result<(), Error> {
        let additional_emails = check::emails("emails", &emails)?;
        call!(self.client, set_additional_emails(&order, &sent::AdditionalEmails { additional_emails }))
    }

    /// Adds a note to an order (vendor page orders/add-note).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the text is empty; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::add_note)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = AddNote, doc { #[doc = docs!(call Orders::add_note)] }))]
    pub async fn add_note(self, #[builder(start_fn)] order: OrderId, #[builder(start_fn)] text: String) -> Result<types::OrderNote, Error> {
        if text.trim().is_empty() {
            return Err(Error::invalid("text", "it is empty"));
        }
        call!(self.client, add_order_note(&order, &sent::OrderNoteRequest { text }))
    }

    /// Turns the automatic reissue of an order's certificates on or off: each is reissued 30 days before it ends, until the plan ends
    /// (vendor page orders/update-auto-reissue-settings).
    ///
    /// # Errors
    ///
    /// Whatever the service returns: an account without multi-year plans has nothing to reissue.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::set_auto_reissue)] }))]
    #[builder(builder_type(name = SetAutoReissue, doc { #[doc = docs!(call Orders::set_auto_reissue)] }))]
    pub async fn set_auto_reissue(self, #[builder(start_fn)] order: OrderId, #[builder(start_fn)] enabled: bool) -> Result<(), Error> {
        call!(self.client, set_auto_reissue(&order, &sent::AutoReissueSetting { auto_reissue: enabled.into() }))
    }

    /// Resends the e-mail with which a verified contact approves an EV order (vendor page orders/resend-order-approval-email).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if there is no address, or one is not a valid e-mail address; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::resend_approval_emails)] }))]
    #[builder(builder_type(name = ResendApprovalEmails, doc { #[doc = docs!(call Orders::resend_approval_emails)] }))]
    pub async fn resend_approval_emails(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The addresses of verified contacts.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        to: Vec<String>,
    ) -> Result<(), Error> {
        let emails = check::emails("to", &to)?;
        if emails.is_empty() {
            return Err(Error::invalid("to", "at least one address is needed"));
        }
        call!(self.client, resend_order_approval_emails(&order, &sent::OrderApprovalEmails { emails }))
    }

    /// Lists the reissues of an order (guide p.59, List Reissues). The certificate in force is among them.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::reissues)] }))]
    #[builder(builder_type(name = ListReissues, doc { #[doc = docs!(call Orders::reissues)] }))]
    pub async fn reissues(
        self,
        #[builder(start_fn)] order: OrderId,
        /// Whether to include archived ones.
        archived: Option<bool>,
    ) -> Result<Vec<types::Reissue>, Error> {
        Ok(call!(self.client, list_reissues(&order, archived))?.certificates)
    }

    /// Lists the duplicates of an order (guide p.60, List Duplicates).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::duplicates)] }))]
    #[builder(builder_type(name = ListDuplicates, doc { #[doc = docs!(call Orders::duplicates)] }))]
    pub async fn duplicates(
        self,
        #[builder(start_fn)] order: OrderId,
        /// Whether to include archived ones.
        archived: Option<bool>,
    ) -> Result<Vec<types::Duplicate>, Error> {
        Ok(call!(self.client, list_duplicates(&order, archived))?.certificates)
    }

    /// Changes the validation method of an order's names (vendor page orders/dv-ssl-change-dcv-method). With e-mail, the service sends
    /// e-mails and returns nothing; with the other methods, it returns the one random value for all names of the order.
    ///
    /// # Errors
    ///
    /// Whatever the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::change_dcv_method)] }))]
    #[builder(builder_type(name = ChangeOrderDcvMethod, doc { #[doc = docs!(call Orders::change_dcv_method)] }))]
    pub async fn change_dcv_method(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] method: DcvMethod,
    ) -> Result<Option<types::OrderRandomValue>, Error> {
        call!(self.client, change_order_dcv_method(&order, &sent::OrderDcvMethodChange { dcv_method: method }))
    }

    /// Returns the random value of an order: the current one while it is valid, a new one after it expired (vendor page
    /// orders/dv-ssl-generate-dcv-token).
    ///
    /// # Errors
    ///
    /// Whatever the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::generate_dcv_token)] }))]
    #[builder(builder_type(name = GenerateOrderDcvToken, doc { #[doc = docs!(call Orders::generate_dcv_token)] }))]
    pub async fn generate_dcv_token(self, #[builder(start_fn)] order: OrderId) -> Result<types::OrderRandomValue, Error> {
        call!(self.client, order_dcv_random_value(&order))
    }

    /// Submits the CSR of an order that was placed without one and waits for it in the state
    /// [`NeedsCsr`](crate::certcentral::OrderStatus::NeedsCsr) (known from the vendor's old client).
    ///
    /// If the response is lost, the order is read: if it has this key by then, the call succeeds.
    ///
    /// # Errors
    ///
    /// Whatever the service returns: an order that does not wait for a CSR takes none, and codes such as
    /// [`ErrorCode::CsrInvalidCannotParse`](crate::certcentral::ErrorCode::CsrInvalidCannotParse) are the same as for a new order.
    /// [`Error::is_ambiguous`] if it could not be determined whether the CSR arrived.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::add_csr)] }))]
    #[builder(builder_type(name = AddCsr, doc { #[doc = docs!(call Orders::add_csr)] }))]
    pub async fn add_csr(self, #[builder(start_fn)] order: OrderId, #[builder(start_fn)] csr: Csr) -> Result<(), Error> {
        let request = sent::OrderCsr { csr: csr.as_pem().to_owned() };
        let add = || async { call!(self.client, add_order_csr(&order, &request)) }.boxed();
        let look = || {
            async {
                let told = self.get(order).send().await?.certificate.and_then(|certificate| certificate.csr);
                let has_key = told.filter(|told| !told.trim().is_empty()).map(|told| csr.has_key_of(&told));
                Ok(match has_key {
                    Some(Some(true)) => Sighting::Found(()),
                    Some(_) => Sighting::Unsure,
                    None => Sighting::Absent,
                })
            }
            .boxed()
        };
        recovery::recover(self.client, &format!("check whether order {order} has its CSR"), false, add, look).await
    }

    /// Reads which addresses of a client certificate's order are validated (vendor page orders/email-validation-status). The owner of a
    /// mailbox confirms it with the link in an e-mail. Other orders have no such addresses.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::email_validations)] }))]
    #[builder(builder_type(name = GetEmailValidations, doc { #[doc = docs!(call Orders::email_validations)] }))]
    pub async fn email_validations(self, #[builder(start_fn)] order: OrderId) -> Result<types::EmailValidations, Error> {
        call!(self.client, order_email_validations(&order))
    }

    /// Confirms an address of a client certificate with the token in the link of its e-mail (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the address is not a valid e-mail address or the token cannot be used in a URL;
    /// [`Error::is_not_found`] if the token does not belong to an e-mail to this address, or no longer does.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::validate_email)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = ValidateEmail, doc { #[doc = docs!(call Orders::validate_email)] }))]
    pub async fn validate_email(self, #[builder(start_fn)] token: String, #[builder(start_fn)] email: String) -> Result<(), Error> {
        let (token, email) = (check::path_segment("token", &token)?, check::email("email", &email)?);
        call!(self.client, validate_email(&token, &email))
    }

    /// Has the service check for the random value of an order now (vendor page orders/dv-ssl-check-dcv). With DNS methods, the response has
    /// a state for each name.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::FileRandomValueNotFound`](crate::certcentral::ErrorCode::FileRandomValueNotFound) if a file is not found;
    /// [`ErrorCode::InvalidDnsMethod`](crate::certcentral::ErrorCode::InvalidDnsMethod) if the order is validated by e-mail.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::check_dcv)] }))]
    #[builder(builder_type(name = CheckOrderDcv, doc { #[doc = docs!(call Orders::check_dcv)] }))]
    pub async fn check_dcv(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The names to check; all of them by default.
        #[builder(default, with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        names: Vec<String>,
    ) -> Result<types::OrderDcvCheck, Error> {
        let request = sent::OrderDcvCheckRequest {
            // The vendor's page writes this member both ways; this is the one of its table.
            dns_names_validations: check::certificate_names("names", &names, check::Trust::Private)?,
            dns_name_validations: Vec::new(),
        };
        call!(self.client, check_order_dcv(&order, &request))
    }

    /// Resends the validation e-mails of an order (vendor page orders/dv-ssl-resend-emails).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if a name or address is invalid; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::resend_dcv_emails)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = ResendOrderDcvEmails, doc { #[doc = docs!(call Orders::resend_dcv_emails)] }))]
    pub async fn resend_dcv_emails(
        self,
        #[builder(start_fn)] order: OrderId,
        /// Which address gets the e-mail for which domain; all of them by default.
        #[builder(default, with = |pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| {
            pairs.into_iter().map(|(domain, email)| (domain.into(), email.into())).collect()
        })]
        to: Vec<(String, String)>,
        /// The language of the e-mails.
        locale: Option<String>,
    ) -> Result<(), Error> {
        let approval = |(domain, email): &(String, String)| {
            Ok(sent::DomainApprovalEmail {
                domain: check::domain_name("to", domain)?,
                email: check::email("to", email)?,
                email_domain: None,
            })
        };
        let domain_approval_emails = to.iter().map(approval).collect::<Result<_, Error>>()?;
        call!(self.client, resend_order_dcv_emails(&order, &sent::OrderDcvEmailRequest { domain_approval_emails, locale }))
    }
}
