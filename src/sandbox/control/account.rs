//! Actions of other people in the CertCentral account.

use serde_json::json;

use super::asked::{Asked, required};
use crate::sandbox::http::{Answer, Reply};
use crate::sandbox::{DomainShape, KeyScope, OrderShape, Role, Sandbox, SandboxError};

/// `POST /_sandbox/requests/{id}/approve`
pub(super) fn approve_request(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.approve_request(asked.id()))
}

/// `POST /_sandbox/requests/{id}/review`
pub(super) fn review_request(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.review_request(asked.id()))
}

/// `POST /_sandbox/requests/{id}/reject`
pub(super) fn reject_request(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let comment = asked.text("comment")?.unwrap_or_else(|| "Rejected.".to_owned());
    done(sandbox.reject_request(asked.id(), &comment))
}

/// `POST /_sandbox/orders/{id}/reject`
pub(super) fn reject_order(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let reason = asked.text("reason")?.unwrap_or_else(|| "Rejected.".to_owned());
    done(sandbox.reject_order(asked.id(), &reason))
}

/// `POST /_sandbox/orders/{id}/hold`
pub(super) fn hold_order(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.hold_order(asked.id()))
}

/// `POST /_sandbox/orders/{id}/release`
pub(super) fn release_order(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.release_order(asked.id()))
}

/// `POST /_sandbox/orders/{id}/migrate`
pub(super) fn migrate_order(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.migrate_order(asked.id()))
}

/// `POST /_sandbox/organizations/{id}/validate`
pub(super) fn validate_organization(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.validate_organization(asked.id()))
}

/// `POST /_sandbox/orders`
pub(super) fn add_orders(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let mut shape = OrderShape::new(required("count", asked.number("count")?)?);
    shape = set(shape, asked.word("status")?, OrderShape::state);
    shape = set(shape, asked.text("product")?, OrderShape::product);
    shape = set(shape, asked.text("common_name")?, OrderShape::common_name);
    shape = set(shape, asked.number("organization_id")?, OrderShape::organization);
    shape = set(shape, asked.number("years")?, OrderShape::years);
    shape = set(shape, asked.text("csr")?, OrderShape::csr);
    Ok(Reply::ok(json!({"ids": sandbox.add_orders(&shape)?})))
}

/// `POST /_sandbox/domains`
pub(super) fn add_domains(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let mut shape = DomainShape::new(required("count", asked.number("count")?)?);
    shape = set(shape, asked.text("name")?, DomainShape::name);
    shape = set(shape, asked.number("organization_id")?, DomainShape::organization);
    shape = set(shape, asked.text("dcv_method")?, DomainShape::dcv_method);
    shape = set(shape, asked.flag("validated")?, DomainShape::validated);
    Ok(Reply::ok(json!({"ids": sandbox.add_domains(&shape)?})))
}

fn set<S, T>(shape: S, value: Option<T>, set: impl FnOnce(S, T) -> S) -> S {
    match value {
        Some(value) => set(shape, value),
        None => shape,
    }
}

/// `POST /_sandbox/domains/{id}/check`
pub(super) fn check_domain(sandbox: &Sandbox, asked: &Asked) -> Answer {
    done(sandbox.check_domain(asked.id()))
}

/// `GET /_sandbox/orders/{id}/certificate`
pub(super) fn certificate(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let pem = sandbox.certificate_of(asked.id())?;
    Ok(Reply::file("application/x-pem-file", format!("{}.pem", asked.id()), pem))
}

/// `POST /_sandbox/keys`
pub(super) fn add_key(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let role = asked.word("role")?.unwrap_or(Role::Administrator);
    let scope = asked.word("scope")?.unwrap_or(KeyScope::Unrestricted);
    let key = match asked.text("key")? {
        Some(key) => {
            sandbox.add_api_key(key.clone(), role, scope)?;
            key
        }
        None => sandbox.new_api_key(role, scope),
    };
    Ok(Reply::ok(json!({"key": key, "role": role.as_str(), "scope": scope.as_str()})))
}

fn done(done: Result<(), SandboxError>) -> Answer {
    done?;
    Ok(Reply::no_content())
}
