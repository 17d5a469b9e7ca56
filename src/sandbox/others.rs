//! What other people do: the vendor's staff, colleagues in the account, readers of mail.

use chrono::{DateTime, Utc};

use super::certcentral::{Account, Overview};
use super::settings::FurtherKey;
use super::{DomainShape, KeyScope, OrderShape, Role, Sandbox, SandboxError};

/// What other people do.
impl Sandbox {
    fn others(&self, act: impl FnOnce(&mut Account, DateTime<Utc>) -> Result<(), SandboxError>) -> Result<(), SandboxError> {
        self.in_account(|account, now| account.at(now, |account| act(account, now)))
    }

    /// The reader of a mailbox follows the newest link in it and so approves a domain.
    ///
    /// # Errors
    ///
    /// There is no approval mail of the last 30 days to this address, or its domain is validated in another way by now.
    pub fn approve_dcv_mail(&self, address: &str) -> Result<(), SandboxError> {
        self.others(|account, now| account.approve_dcv_mail(address, now))
    }

    /// DigiCert rejects an order.
    ///
    /// # Errors
    ///
    /// There is no such order, or it is finished.
    pub fn reject_order(&self, order_id: impl Into<u64>, reason: &str) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.reject_order(order_id, reason, now))
    }

    /// DigiCert holds an order back for its final check: it stays `pending` though everything is validated.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn hold_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.hold_order(order_id, true, now))
    }

    /// DigiCert has finished its final check.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn release_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.hold_order(order_id, false, now))
    }

    /// DigiCert brings an order over from an older console; such orders can be marked as renewed.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn migrate_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, _| account.migrate_order(order_id))
    }

    /// An administrator makes one more API key, of a user with this role.
    ///
    /// # Errors
    ///
    /// No header can carry the key, or there is one like it.
    pub fn add_api_key(&self, key: impl Into<String>, role: Role, scope: KeyScope) -> Result<(), SandboxError> {
        let key = FurtherKey { key: key.into(), role, scope };
        if key.key.is_empty() || !key.key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SandboxError::invalid("key", "expected visible ASCII characters without blanks"));
        }
        self.in_account(|account, now| {
            if account.has_key(&key.key) {
                return Err(SandboxError::state("there is such a key already"));
            }
            account.add_key(key, now);
            Ok(())
        })
    }

    /// The same with a random key, which is returned.
    #[must_use]
    pub fn new_api_key(&self, role: Role, scope: KeyScope) -> String {
        self.in_account(|account, now| account.new_key(role, scope, now))
    }

    /// DigiCert looks for what shows control of a domain, as the service does when it is asked to check.
    ///
    /// # Errors
    ///
    /// There is no such domain, or it is not shown.
    pub fn check_domain(&self, domain_id: impl Into<u64>) -> Result<(), SandboxError> {
        let domain_id = domain_id.into();
        self.others(|account, now| account.check_domain(domain_id, now))
    }

    /// The account at a glance.
    pub(crate) fn overview(&self) -> Overview {
        self.in_account(|account, now| account.at(now, |account| account.overview(now)))
    }

    /// The certificate of an order and its intermediate, as PEM.
    ///
    /// # Errors
    ///
    /// There is no such order, or it has no certificate yet.
    pub fn certificate_of(&self, order_id: impl Into<u64>) -> Result<String, SandboxError> {
        let order_id = order_id.into();
        self.in_account(|account, now| account.at(now, |account| account.certificate_of(order_id)))
    }

    /// The reader of a mail follows the link in it and so approves a domain: [`Mail::id`](super::Mail::id) is its number.
    ///
    /// # Errors
    ///
    /// There is no such mail, no link in it that approves anything, or the link is no longer good: it is older than 30 days, or the domain
    /// is validated in another way by now.
    pub fn follow_mail(&self, mail_id: impl Into<u64>) -> Result<(), SandboxError> {
        let mail_id = mail_id.into();
        self.others(|account, now| account.follow_mail(mail_id, now))
    }

    /// Places many orders of one shape at once, and gives their ids. Other calls wait meanwhile.
    ///
    /// ```
    /// # use shomei::sandbox::{OrderShape, Sandbox};
    /// # fn main() -> Result<(), shomei::sandbox::SandboxError> {
    /// let sandbox = Sandbox::new();
    /// let ids = sandbox.add_orders(&OrderShape::new(3).common_name("host-{n}.example.com"))?;
    /// assert_eq!(ids.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The service would refuse such an order. Then there is none of them.
    pub fn add_orders(&self, shape: &OrderShape) -> Result<Vec<u64>, SandboxError> {
        self.in_account(|account, now| account.at(now, |account| account.add_orders(shape, now)))
    }

    /// Adds many domains of one shape at once, and gives their ids.
    ///
    /// # Errors
    ///
    /// The service would refuse such a domain, or has one of that name. Then there is none of them.
    pub fn add_domains(&self, shape: &DomainShape) -> Result<Vec<u64>, SandboxError> {
        self.in_account(|account, now| account.at(now, |account| account.add_domains(shape, now)))
    }

    /// DigiCert has validated an organization, in every kind asked for.
    ///
    /// # Errors
    ///
    /// There is no such organization.
    pub fn validate_organization(&self, organization_id: impl Into<u64>) -> Result<(), SandboxError> {
        let organization_id = organization_id.into();
        self.others(|account, now| account.validate_organization(organization_id, now))
    }

    /// A colleague reviews a request: the first of two steps.
    ///
    /// # Errors
    ///
    /// There is no such request, or it is not waiting for a review.
    pub fn review_request(&self, request_id: impl Into<u64>) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.review_request(request_id, now))
    }

    /// Colleagues approve a request, in as many steps as are left.
    ///
    /// # Errors
    ///
    /// There is no such request, or it was rejected.
    pub fn approve_request(&self, request_id: impl Into<u64>) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.approve_request(request_id, now))
    }

    /// A colleague rejects a request.
    ///
    /// # Errors
    ///
    /// There is no such request, or it is decided.
    pub fn reject_request(&self, request_id: impl Into<u64>, comment: &str) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.reject_request(request_id, comment, now))
    }
}
