//! API keys: whose they are and what they open.

use http::Method;

use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::KeyScope;

const ORDERS: &[&str] = &["order", "request", "certificate"];
const ORDERS_DOMAINS_ORGANIZATIONS: &[&str] = &["order", "request", "certificate", "domain", "organization"];
const USERS: &[&str] = &["user"];
/// Read by clients of any scope before they order; that the narrower ones may is inferred.
const ALWAYS_READABLE: &[&str] = &["user", "product", "container"];

impl KeyScope {
    /// Whether the scope takes a call; `family` is the first word of its path.
    pub(crate) fn allows(self, method: &Method, family: &str) -> bool {
        let reads = method == Method::GET;
        let families = match self {
            Self::Unrestricted => return true,
            Self::ViewOnly => return reads,
            Self::UserManagement => return USERS.contains(&family),
            Self::Orders => ORDERS,
            Self::OrdersDomainsOrganizations => ORDERS_DOMAINS_ORGANIZATIONS,
        };
        families.contains(&family) || reads && ALWAYS_READABLE.contains(&family)
    }
}

/// A key that is let in.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    pub(crate) key: String,
    pub(crate) user_id: u64,
    pub(crate) scope: KeyScope,
}

impl ApiKey {
    pub(crate) fn must_allow(&self, method: &Method, family: &str) -> Result<(), Refusal> {
        if self.scope.allows(method, family) { Ok(()) } else { Err(Refusal::missing_permission()) }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyScope::{Orders, OrdersDomainsOrganizations, Unrestricted, UserManagement, ViewOnly};
    use super::*;

    #[test]
    fn scopes() {
        for (scope, method, family, allowed) in [
            (Unrestricted, Method::DELETE, "organization", true),
            (ViewOnly, Method::GET, "order", true),
            (ViewOnly, Method::PUT, "order", false),
            (ViewOnly, Method::POST, "domain", false),
            (Orders, Method::POST, "order", true),
            (Orders, Method::PUT, "certificate", true),
            (Orders, Method::GET, "domain", false),
            (Orders, Method::GET, "user", true),
            (OrdersDomainsOrganizations, Method::POST, "domain", true),
            (OrdersDomainsOrganizations, Method::POST, "container", false),
            (UserManagement, Method::GET, "user", true),
            (UserManagement, Method::GET, "order", false),
        ] {
            assert_eq!(scope.allows(&method, family), allowed, "{scope:?} {method} {family}");
        }
    }
}
