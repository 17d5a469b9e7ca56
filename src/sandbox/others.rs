//! Actions of other people: the vendor's staff, colleagues in the account, recipients of mail.

use chrono::{DateTime, Utc};

use super::certcentral::{Account, Overview};
use super::settings::FurtherKey;
use super::{DomainShape, KeyScope, OrderShape, Role, Sandbox, SandboxError};

/// Actions of other people.
impl Sandbox {
    fn others(&self, act: impl FnOnce(&mut Account, DateTime<Utc>) -> Result<(), SandboxError>) -> Result<(), SandboxError> {
        self.in_account(|account, now| account.at(now, |account| act(account, now)))
    }

    /// Follows the newest approval link in a mailbox, as its owner, and so approves a domain.
    ///
    /// # Errors
    ///
    /// There is no approval mail from the last 30 days to this address, or its domain now uses another validation method.
    pub fn approve_dcv_mail(&self, address: &str) -> Result<(), SandboxError> {
        self.others(|account, now| account.approve_dcv_mail(address, now))
    }

    /// Rejects an order, as DigiCert.
    ///
    /// # Errors
    ///
    /// There is no such order, or it is finished.
    pub fn reject_order(&self, order_id: impl Into<u64>, reason: &str) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.reject_order(order_id, reason, now))
    }

    /// Holds an order for the final check, as DigiCert: it stays `pending` even though everything is validated.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn hold_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.hold_order(order_id, true, now))
    }

    /// Completes the final check of an order, as DigiCert.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn release_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, now| account.hold_order(order_id, false, now))
    }

    /// Migrates an order from an older console, as DigiCert. Such orders can be marked as renewed.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn migrate_order(&self, order_id: impl Into<u64>) -> Result<(), SandboxError> {
        let order_id = order_id.into();
        self.others(|account, _| account.migrate_order(order_id))
    }

    /// Adds an API key of a user with this role, as an administrator.
    ///
    /// # Errors
    ///
    /// The key contains characters not allowed in a header, or already exists.
    pub fn add_api_key(&self, key: impl Into<String>, role: Role, scope: KeyScope) -> Result<(), SandboxError> {
        let key = FurtherKey { key: key.into(), role, scope };
        if key.key.is_empty() || !key.key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SandboxError::invalid("key", "expected visible ASCII characters without spaces"));
        }
        self.in_account(|account, now| {
            if account.has_key(&key.key) {
                return Err(SandboxError::state("this key already exists"));
            }
            account.add_key(key, now);
            Ok(())
        })
    }

    /// Adds a random API key, like [`add_api_key`](Self::add_api_key), and returns it.
    #[must_use]
    pub fn new_api_key(&self, role: Role, scope: KeyScope) -> String {
        self.in_account(|account, now| account.new_key(role, scope, now))
    }

    /// Checks the proof of control of a domain, as the service does on request.
    ///
    /// # Errors
    ///
    /// There is no such domain, or control is not proved.
    pub fn check_domain(&self, domain_id: impl Into<u64>) -> Result<(), SandboxError> {
        let domain_id = domain_id.into();
        self.others(|account, now| account.check_domain(domain_id, now))
    }

    /// The account at a glance.
    pub(crate) fn overview(&self) -> Overview {
        self.in_account(|account, now| account.at(now, |account| account.overview(now)))
    }

    /// Returns the certificate of an order and its intermediate, as PEM.
    ///
    /// # Errors
    ///
    /// There is no such order, or it has no certificate yet.
    pub fn certificate_of(&self, order_id: impl Into<u64>) -> Result<String, SandboxError> {
        let order_id = order_id.into();
        self.in_account(|account, now| account.at(now, |account| account.certificate_of(order_id))).map(|pem| pem())
    }

    /// Follows the link in a mail, as its recipient, and so approves a domain or confirms an address. `mail_id` is
    /// [`Mail::id`](super::Mail::id).
    ///
    /// # Errors
    ///
    /// There is no such mail, it has no link, or the link is no longer valid: it is older than 30 days, or the domain now uses
    /// another validation method.
    pub fn follow_mail(&self, mail_id: impl Into<u64>) -> Result<(), SandboxError> {
        let mail_id = mail_id.into();
        self.others(|account, now| account.follow_mail(mail_id, now))
    }

    /// Places many orders of one shape at once and returns their ids. Other calls wait meanwhile.
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
    /// The service would refuse such an order. Then none is placed.
    pub fn add_orders(&self, shape: &OrderShape) -> Result<Vec<u64>, SandboxError> {
        self.in_account(|account, now| account.at(now, |account| account.add_orders(shape, now)))
    }

    /// Adds many domains of one shape at once and returns their ids.
    ///
    /// # Errors
    ///
    /// The service would refuse such a domain, or already has one of that name. Then none is added.
    pub fn add_domains(&self, shape: &DomainShape) -> Result<Vec<u64>, SandboxError> {
        self.in_account(|account, now| account.at(now, |account| account.add_domains(shape, now)))
    }

    /// Completes the validations of an organization, in every kind asked for, as DigiCert.
    ///
    /// # Errors
    ///
    /// There is no such organization.
    pub fn validate_organization(&self, organization_id: impl Into<u64>) -> Result<(), SandboxError> {
        let organization_id = organization_id.into();
        self.others(|account, now| account.validate_organization(organization_id, now))
    }

    /// Reviews a request, as a colleague: the first of two steps.
    ///
    /// # Errors
    ///
    /// There is no such request, or it does not wait for a review.
    pub fn review_request(&self, request_id: impl Into<u64>) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.review_request(request_id, now))
    }

    /// Approves a request, as colleagues, in as many steps as are left.
    ///
    /// # Errors
    ///
    /// There is no such request, or it was rejected.
    pub fn approve_request(&self, request_id: impl Into<u64>) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.approve_request(request_id, now))
    }

    /// Rejects a request, as a colleague.
    ///
    /// # Errors
    ///
    /// There is no such request, or it is already decided.
    pub fn reject_request(&self, request_id: impl Into<u64>, comment: &str) -> Result<(), SandboxError> {
        let request_id = request_id.into();
        self.others(|account, now| account.reject_request(request_id, comment, now))
    }
}
