//! The sandbox as a whole: version, settings, faults, log and reset.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::asked::{Asked, required};
use super::surroundings::time;
use crate::sandbox::fault::Particulars;
use crate::sandbox::http::{Answer, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{CallMatcher, Exchange, Fault, FaultPlan, Sandbox, SandboxError, SandboxSettings};

/// `GET /_sandbox`: the status of the sandbox, for programs that wait for its start.
pub(super) fn index(sandbox: &Sandbox, _: &Asked) -> Answer {
    Ok(Reply::ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "now": time(sandbox.clock().now()),
        "certcentral": Sandbox::CERTCENTRAL,
        "root_certificate": sandbox.root_certificate(),
    })))
}

/// `POST /_sandbox/reset`
pub(super) fn reset(sandbox: &Sandbox, asked: &Asked) -> Answer {
    sandbox.reset(asked.word("account")?.unwrap_or_else(|| sandbox.starting_account()));
    Ok(Reply::no_content())
}

/// The members of the settings.
pub(super) const SETTINGS: &[&str] = &[
    "approval",
    "issue_after_seconds",
    "rate_limits",
    "retry_after_seconds",
    "missing_key_status",
    "max_certificate_days",
    "max_plan_years",
    "dcv_reuse_days",
    "reissue_revocation_delay_seconds",
    "revoke_order_with_last_certificate",
    "domain_locking",
    "dcv_polling",
    "webhook_attempts",
];

fn view(settings: &SandboxSettings) -> Value {
    json!({
        "approval": settings.approval.as_str(),
        "issue_after_seconds": settings.issue_delay.as_secs(),
        "rate_limits": settings.rate_limits,
        "retry_after_seconds": settings.retry_after.map(|delay| delay.as_secs()),
        "missing_key_status": settings.missing_key_status.as_u16(),
        "max_certificate_days": settings.max_certificate_days,
        "max_plan_years": settings.max_plan_years,
        "dcv_reuse_days": settings.dcv_reuse_days,
        "reissue_revocation_delay_seconds": settings.reissue_revocation_delay.as_secs(),
        "revoke_order_with_last_certificate": settings.revoke_order_with_last_certificate,
        "domain_locking": settings.domain_locking,
        "dcv_polling": settings.dcv_polling,
        "webhook_attempts": settings.webhook_attempts,
    })
}

/// `GET /_sandbox/settings`
pub(super) fn settings(sandbox: &Sandbox, _: &Asked) -> Answer {
    Ok(Reply::ok(view(&sandbox.settings())))
}

/// `PUT /_sandbox/settings`: what is not named stays.
pub(super) fn change_settings(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let settings = sandbox.change_settings(|settings| {
        change(&mut settings.approval, asked.word("approval")?);
        change(&mut settings.issue_delay, asked.number("issue_after_seconds")?.map(Duration::from_secs));
        change(&mut settings.rate_limits, asked.flag("rate_limits")?);
        change(&mut settings.retry_after, asked.number("retry_after_seconds")?.map(Duration::from_secs).map(Some));
        change(&mut settings.missing_key_status, status(asked, "missing_key_status")?);
        change(&mut settings.max_certificate_days, small(asked, "max_certificate_days")?);
        change(&mut settings.max_plan_years, small(asked, "max_plan_years")?);
        change(&mut settings.dcv_reuse_days, small(asked, "dcv_reuse_days")?);
        let delay = asked.number("reissue_revocation_delay_seconds")?.map(Duration::from_secs);
        change(&mut settings.reissue_revocation_delay, delay);
        change(&mut settings.revoke_order_with_last_certificate, asked.flag("revoke_order_with_last_certificate")?);
        change(&mut settings.domain_locking, asked.flag("domain_locking")?);
        change(&mut settings.dcv_polling, asked.flag("dcv_polling")?);
        change(&mut settings.webhook_attempts, small(asked, "webhook_attempts")?);
        Ok::<_, SandboxError>(())
    })?;
    Ok(Reply::ok(view(&settings)))
}

fn change<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

/// A number, saturated to `u32`.
fn small(asked: &Asked, member: &'static str) -> Result<Option<u32>, SandboxError> {
    Ok(asked.number(member)?.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
}

fn status(asked: &Asked, member: &'static str) -> Result<Option<StatusCode>, SandboxError> {
    let read = |number: u64| u16::try_from(number).ok().and_then(|number| StatusCode::from_u16(number).ok());
    let given = asked.number(member)?;
    given.map(|number| read(number).ok_or_else(|| SandboxError::invalid(member, "expected an HTTP status"))).transpose()
}

/// `GET /_sandbox/faults`
pub(super) fn faults_met(sandbox: &Sandbox, _: &Asked) -> Answer {
    let met: Vec<Value> = sandbox.faults_met().iter().map(|met| json!({"call": met.call, "fault": met.fault.word()})).collect();
    Ok(Reply::ok(json!({"met": met})))
}

/// `PUT /_sandbox/faults`: at random from a seed, by rules, or both.
pub(super) fn set_faults(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let mut plan = match (asked.number("seed")?, asked.rate("rate")?) {
        (Some(seed), None) => FaultPlan::seeded(seed),
        (Some(seed), Some(rate)) => FaultPlan::seeded(seed).rate(rate),
        (None, None) if asked.has("rules") => FaultPlan::new(),
        (None, _) => return Err(Refusal::invalid("required_param:seed", "Either seed or rules is required.")),
    };
    for rule in asked.items("rules")?.unwrap_or_default() {
        let (calls, fault) = read_rule(rule)?;
        plan = plan.on(calls, fault);
    }
    sandbox.set_faults(plan);
    Ok(Reply::no_content())
}

fn read_rule(rule: Value) -> Result<(CallMatcher, Fault), Refusal> {
    let Value::Object(members) = rule else { return Err(SandboxError::invalid("rules", "expected a list of objects").into()) };
    let rule = Asked::of(members);
    rule.only(&["calls", "nth", "first", "fault", "status", "seconds", "location"])?;
    let calls = rule.text("calls")?.map_or_else(CallMatcher::all, |operation| CallMatcher::to(&operation));
    let calls = match (rule.number("nth")?, rule.number("first")?) {
        (None, None) => calls,
        (Some(number), None) => calls.nth(number),
        (None, Some(count)) => calls.first(count),
        (Some(_), Some(_)) => return Err(SandboxError::invalid("nth", "cannot be combined with first").into()),
    };
    let particulars = Particulars {
        status: status(&rule, "status")?.map(|status| status.as_u16()),
        seconds: rule.number("seconds")?,
        location: rule.text("location")?,
    };
    Ok((calls, Fault::read(&required("fault", rule.text("fault")?)?, particulars)?))
}

/// `DELETE /_sandbox/faults`
pub(super) fn end_faults(sandbox: &Sandbox, _: &Asked) -> Answer {
    sandbox.set_faults(FaultPlan::new());
    Ok(Reply::no_content())
}

/// `GET /_sandbox/log`; with `follow=true` it is [`follow`](super::follow) that responds, where that is possible.
pub(super) fn log(sandbox: &Sandbox, asked: &Asked) -> Answer {
    asked.flag("follow")?;
    let exchanges = sandbox.exchanges_after(asked.number("after")?.unwrap_or_default());
    let exchanges: Vec<Value> = exchanges.iter().map(Exchange::view).collect();
    Ok(Reply::ok(json!({"exchanges": exchanges})))
}

/// `DELETE /_sandbox/log`
pub(super) fn clear_log(sandbox: &Sandbox, _: &Asked) -> Answer {
    sandbox.clear_exchanges();
    Ok(Reply::no_content())
}
