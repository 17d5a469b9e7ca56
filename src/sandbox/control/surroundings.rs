//! The environment of the services: DNS, web servers, mailboxes, time.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::asked::{Asked, required};
use crate::sandbox::http::{Answer, Reply};
use crate::sandbox::network::must_be_url;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{DnsRecord, Mail, RecordType, Sandbox, SandboxError};

/// `GET /_sandbox/dns`
pub(super) fn records(sandbox: &Sandbox, _: &Asked) -> Answer {
    let view = |record: DnsRecord| json!({"name": record.name, "type": record.record_type.as_str(), "value": record.value});
    let records: Vec<Value> = sandbox.dns().records().into_iter().map(view).collect();
    Ok(Reply::ok(json!({"records": records})))
}

/// `PUT /_sandbox/dns`
pub(super) fn publish_record(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let name = required("name", asked.text("name")?)?;
    let record_type: RecordType = required("type", asked.word("type")?)?;
    let value = required("value", asked.text("value")?)?;
    sandbox.dns().publish(&name, record_type, &value)?;
    Ok(Reply::no_content())
}

/// `DELETE /_sandbox/dns`
pub(super) fn remove_records(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let name = required("name", asked.text("name")?)?;
    let (record_type, value) = (asked.word("type")?, asked.text("value")?);
    match sandbox.dns().remove_records(&name, record_type, value.as_deref()) {
        0 => Err(SandboxError::not_found("record").into()),
        _ => Ok(Reply::no_content()),
    }
}

/// `GET /_sandbox/files`
pub(super) fn files(sandbox: &Sandbox, _: &Asked) -> Answer {
    let files: Vec<Value> = sandbox.files().all().into_iter().map(|(url, body)| json!({"url": url, "body": body})).collect();
    Ok(Reply::ok(json!({"files": files})))
}

/// `PUT /_sandbox/files`
pub(super) fn publish_file(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let url = required("url", asked.text("url")?)?;
    let body = required("body", asked.text("body")?)?;
    must_be_url(&url)?;
    sandbox.files().publish(&url, &body);
    Ok(Reply::no_content())
}

/// `DELETE /_sandbox/files`
pub(super) fn remove_file(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let url = required("url", asked.text("url")?)?;
    if sandbox.files().remove(&url) { Ok(Reply::no_content()) } else { Err(SandboxError::not_found("file").into()) }
}

/// `GET /_sandbox/mails`
pub(super) fn mails(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let mails = match asked.text("to")? {
        Some(address) => sandbox.mails().to(&address),
        None => sandbox.mails().all(),
    };
    let mails: Vec<Value> = mails.iter().map(mail).collect();
    Ok(Reply::ok(json!({"mails": mails})))
}

fn mail(mail: &Mail) -> Value {
    json!({
        "id": mail.id,
        "to": mail.to,
        "kind": mail.kind.as_str(),
        "subject": mail.subject,
        "domain": mail.domain,
        "order_id": mail.order_id,
        "sent": time(mail.sent),
    })
}

/// `POST /_sandbox/mails/{id}/follow`
pub(super) fn follow_mail(sandbox: &Sandbox, asked: &Asked) -> Answer {
    sandbox.follow_mail(asked.id())?;
    Ok(Reply::no_content())
}

/// `GET /_sandbox/clock`
pub(super) fn clock(sandbox: &Sandbox, _: &Asked) -> Answer {
    Ok(Reply::ok(json!({"now": time(sandbox.clock().now())})))
}

/// `POST /_sandbox/clock`: by a duration, or to a time.
pub(super) fn advance_clock(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let to = match asked.text("now")? {
        Some(text) => {
            Some(text.parse::<DateTime<Utc>>().map_err(|_| SandboxError::invalid("now", "expected a time such as 2026-03-01T09:30:00Z"))?)
        }
        None => None,
    };
    match (asked.number("advance_seconds")?, to) {
        (Some(seconds), None) => sandbox.clock().advance_by(Duration::from_secs(seconds))?,
        (None, Some(to)) => sandbox.clock().advance_to(to)?,
        (None, None) => return Err(Refusal::invalid("required_param:advance_seconds", "Either advance_seconds or now is required.")),
        (Some(_), Some(_)) => return Err(SandboxError::invalid("now", "cannot be combined with advance_seconds").into()),
    }
    clock(sandbox, asked)
}

/// A time as this interface writes it.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
