//! The endpoints of domains.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Domain;
use super::form::read_kinds;
use super::lock::Lock;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::certificate::CertificateStatus;
use crate::sandbox::certcentral::organization::Organization;
use crate::sandbox::certcentral::rules::dcv::{self, DcvMethod, DcvToken};
use crate::sandbox::certcentral::rules::names::{host_name, is_at_or_below};
use crate::sandbox::certcentral::rules::validations::{Control, ValidationKind};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::{Refusal, Refusals};

/// How control over a new domain is to be shown: by a token, or by a link in mails.
pub(crate) struct AskedControl<'a> {
    pub(crate) method: DcvMethod,
    pub(crate) token: Option<DcvToken>,
    pub(crate) mailed_to: &'a [String],
}

impl Account {
    pub(crate) fn domain_mut(&mut self, call: &Call) -> Result<&mut Domain, Refusal> {
        self.domains.get_mut(call.id(0)).ok_or_else(|| Refusal::not_found("domain"))
    }

    pub(crate) fn domain(&self, call: &Call) -> Result<&Domain, Refusal> {
        self.domains.get(call.id(0)).ok_or_else(|| Refusal::not_found("domain"))
    }

    pub(crate) fn organization_of_domain(&self, domain: &Domain) -> Option<&Organization> {
        domain.organization_id.and_then(|id| self.organizations.get(id))
    }

    /// Enters a domain and begins to validate it.
    pub(crate) fn register_domain(
        &mut self,
        name: String,
        organization_id: Option<u64>,
        kinds: Vec<ValidationKind>,
        control: AskedControl<'_>,
        now: DateTime<Utc>,
    ) -> u64 {
        let AskedControl { method, token, mailed_to } = control;
        if token.is_none() {
            dcv::send_mails(&self.network, &name, &name, mailed_to, now);
        }
        let id = self.domains.add(|id| Domain {
            id,
            name,
            organization_id,
            active: true,
            created: now,
            submitted: now,
            kinds,
            method,
            token,
            pending: true,
            approval: None,
            lock: Lock::default(),
        });
        if let Some(domain) = self.domains.get(id) {
            self.directory.enter_domain(domain);
        }
        id
    }

    /// The domains at a name and above it, the nearest first.
    pub(crate) fn domains_above(&self, name: &str) -> impl Iterator<Item = &Domain> {
        self.directory.domains_above(name).filter_map(|id| self.domains.get(id))
    }

    /// The values that show control over a domain: its own token and those of orders waiting for it.
    ///
    /// An expired value no longer counts; the service's response then is not documented, and here it is that for
    /// a missing record.
    pub(crate) fn values_for<'a>(&'a self, domain: &'a Domain, now: DateTime<Utc>) -> impl Iterator<Item = &'a str> {
        let own = domain.token.iter();
        let of_orders = self
            .directory
            .waiting_below(&domain.name)
            .filter_map(|id| self.certificates.get(id))
            .filter(|certificate| certificate.status == CertificateStatus::Pending)
            .filter(|certificate| certificate.names().into_iter().any(|name| domain.answers_for(name)))
            .filter_map(|certificate| self.orders.get(certificate.order_id)?.random_value.as_ref());
        own.chain(of_orders).filter_map(move |token| token.live_value(now))
    }

    /// The service looks by itself for the values of domains that wait.
    pub(crate) fn poll_domains(&mut self, published: BTreeSet<u64>, now: DateTime<Utc>) {
        let found: Vec<u64> = published
            .into_iter()
            .filter_map(|id| self.domains.get(id))
            .filter(|domain| domain.pending)
            .filter(|domain| domain.method.check(&domain.name, self.values_for(domain, now), &self.network).is_ok())
            .map(|domain| domain.id)
            .collect();
        for id in found {
            if let Some(domain) = self.domains.get_mut(id) {
                domain.approve(domain.method, now, self.settings.dcv_reuse_days);
            }
        }
    }

    /// The container a domain is in: its organization's.
    pub(crate) fn container_of_domain(&self, domain: &Domain) -> u64 {
        self.container_of(self.organization_of_domain(domain))
    }
}

/// `POST /domain`
pub(crate) fn add(account: &mut Account, call: &Call) -> Answer {
    let mut refusals = Refusals::default();
    let body = &call.body;
    let given_name = refusals.require(body.text("name"), "name");
    let organization_id = refusals.require(body.id("organization.id"), "organization.id");
    let kinds = refusals.note(read_kinds(body));
    let method = match DcvMethod::read(body.text("dcv_method").or_else(|| body.text("dcv.method"))) {
        Ok(method) => method,
        Err(refusal) => {
            refusals.push(refusal);
            DcvMethod::Email
        }
    };
    let wanted = body.texts("email_array");
    refusals.into_result()?;

    let Some(name) = host_name(given_name) else {
        return Err(Refusal::invalid_value("name"));
    };
    let keep_www = body.flag("keep_www") || !method.covers_subdomains();
    let name = match name.strip_prefix("www.").and_then(host_name) {
        Some(stripped) if !keep_www => stripped,
        _ => name,
    };
    if !account.organization(organization_id)?.active {
        return Err(Refusal::invalid_value("organization.id"));
    }
    // Inferred: no source says what a second domain of the same name is answered.
    if account.directory.domain(&name).is_some() {
        return Err(Refusal::invalid("duplicate_domain", format!("The domain {name} already exists in this account.")));
    }
    let token = method.uses_token().then(|| DcvToken::draw(&mut account.random, call.now));
    let id = account.register_domain(name, Some(organization_id), kinds, AskedControl { method, token, mailed_to: &wanted }, call.now);
    let domain = account.domains.get(id).ok_or_else(|| Refusal::not_found("domain"))?;
    let mut reply = Map::from_iter([("id".to_owned(), id.into())]);
    match &domain.token {
        Some(token) => reply.insert("dcv_token".to_owned(), token.view(method, &domain.name).into()),
        None => reply.insert("validation_emails".to_owned(), dcv::addresses_view(&domain.name).into()),
    };
    Ok(Reply::created(reply))
}

/// `GET /domain/{domain_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    let organization = account.organization_of_domain(domain);
    let mut view = domain.view(organization, account.container_summary(account.container_of_domain(domain)), call.now);
    if call.query.flag("include_validation") {
        view.insert("validations".to_owned(), domain.validations_view(organization, call.now).into());
    }
    if call.query.flag("include_dcv") {
        view.extend(domain.dcv_view());
    }
    view.extend(account.lock_view(domain, call.now));
    Ok(Reply::ok(view))
}

/// `PUT /domain/{domain_id}/activate`
pub(crate) fn activate(account: &mut Account, call: &Call) -> Answer {
    account.domain_mut(call)?.active = true;
    Ok(Reply::no_content())
}

/// `PUT /domain/{domain_id}/deactivate`
pub(crate) fn deactivate(account: &mut Account, call: &Call) -> Answer {
    account.domain_mut(call)?.active = false;
    Ok(Reply::no_content())
}

/// `GET /domain/{domain_id}/validation`
pub(crate) fn validation(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    let validations = domain.validations_view(account.organization_of_domain(domain), call.now);
    Ok(Reply::ok(json!({"validations": validations})))
}

/// `POST /domain/{domain_id}/validation`; answers as it does today, with a body.
pub(crate) fn submit(account: &mut Account, call: &Call) -> Answer {
    let kinds = read_kinds(&call.body)?;
    let new_method = call.body.text("dcv_method").map(|word| DcvMethod::read(Some(word))).transpose()?;
    let wanted = call.body.texts("email_array");
    let domain = account.domain_mut(call)?;
    domain.submit(&kinds, call.now);
    let method = new_method.unwrap_or(domain.method);
    let id = domain.id;
    let Value::Object(mut reply) = begin_control(account, call, method, true, &wanted)? else {
        return Err(Refusal::not_found("domain"));
    };
    reply.insert("id".to_owned(), id.into());
    Ok(Reply::ok(reply))
}

/// `PUT /domain/{domain_id}/dcv/method`
pub(crate) fn change_method(account: &mut Account, call: &Call) -> Answer {
    account.domain(call)?;
    let method = call.body.text("dcv_method").ok_or_else(|| Refusal::required("dcv_method"))?;
    let method = DcvMethod::read(Some(method))?;
    let mail = !call.body.is_given("send_dcv_email_flag") || call.body.flag("send_dcv_email_flag");
    // Asking for e-mail again sends nothing.
    let mail = mail && account.domain(call)?.method != DcvMethod::Email;
    Ok(Reply::ok(begin_control(account, call, method, mail, &[])?))
}

/// Sets the method; hands out its token (the one there is, while it lives and the method stays) or sends mail.
fn begin_control(account: &mut Account, call: &Call, method: DcvMethod, mail: bool, wanted: &[String]) -> Result<Value, Refusal> {
    let fresh = DcvToken::draw(&mut account.random, call.now);
    let network = account.network.clone();
    let domain = account.domain_mut(call)?;
    let unchanged = domain.method == method;
    domain.method = method;
    if !method.uses_token() {
        domain.token = None;
        if mail {
            dcv::send_mails(&network, &domain.name, &domain.name, wanted, call.now);
        }
        return Ok(json!({"validation_emails": dcv::addresses_view(&domain.name)}));
    }
    let kept = domain.token.take().filter(|token| unchanged && !token.found && token.is_live(call.now));
    let token = domain.token.insert(kept.unwrap_or(fresh));
    Ok(json!({"dcv_token": token.view_with_status(method, &domain.name)}))
}

/// `POST /domain/{domain_id}/dcv/token`; the former token no longer counts.
pub(crate) fn new_token(account: &mut Account, call: &Call) -> Answer {
    let fresh = DcvToken::draw(&mut account.random, call.now);
    let domain = account.domain_mut(call)?;
    if !domain.method.uses_token() {
        return Err(Refusal::invalid("invalid_dcv_method", "The DCV method of the domain does not use a token."));
    }
    let view = fresh.view(domain.method, &domain.name);
    domain.token = Some(fresh);
    Ok(Reply::created(view))
}

/// `PUT /domain/{domain_id}/dcv/validate-token`
pub(crate) fn check(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    domain.method.check(&domain.name, account.values_for(domain, call.now), &account.network)?;
    let reuse_days = account.settings.dcv_reuse_days;
    let domain = account.domain_mut(call)?;
    // A token proves control once; a second check of a valid domain changes nothing.
    let proven = domain.control(call.now) == Control::Complete && !domain.pending;
    let used = domain.token.as_ref().is_some_and(|token| token.found);
    if !(proven && used) {
        domain.approve(domain.method, call.now, reuse_days);
    }
    let mut reply = Map::from_iter([("status".to_owned(), "active".into())]);
    if let Some(token) = &domain.token {
        reply.insert("token".to_owned(), token.value.clone().into());
    }
    Ok(Reply::ok(reply))
}

/// `GET /domain/{domain_id}/dcv/emails`; a host name may stand in the id's place.
pub(crate) fn emails(account: &mut Account, call: &Call) -> Answer {
    let name = match account.domain(call) {
        Ok(domain) => domain.name.clone(),
        Err(not_found) => host_name(call.param(0)).ok_or(not_found)?,
    };
    Ok(Reply::ok(dcv::addresses_view(&name)))
}

/// `PUT /domain/{domain_id}/dcv/emails`
pub(crate) fn resend_emails(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    let name_scope = match call.body.text("name_scope") {
        Some(scope) => {
            host_name(scope).filter(|scope| is_at_or_below(&domain.name, scope)).ok_or_else(|| Refusal::invalid_value("name_scope"))?
        }
        None => domain.name.clone(),
    };
    dcv::send_mails(&account.network, &domain.name, &name_scope, &call.body.texts("email_array"), call.now);
    Ok(Reply::no_content())
}
