//! The lookups that a call will need, so that they can be done before the account is locked.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request};

use super::certificate::Certificate;
use super::domain::Domain;
use super::order::form::ORDER;
use super::rules::names::without_wildcard;
use super::{Account, BASE};
use crate::sandbox::http::segments;
use crate::sandbox::json::Body;
use crate::sandbox::network::Question;

impl Account {
    /// The questions of a call.
    pub(crate) fn questions(&self, request: &Request<Bytes>, now: DateTime<Utc>) -> BTreeSet<Question> {
        let segments = segments(request.uri(), BASE).unwrap_or_default();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut questions = BTreeSet::new();
        match (request.method(), &segments[..]) {
            (&Method::PUT, ["domain", id, "dcv", "validate-token"]) => {
                if let Some(domain) = id.parse().ok().and_then(|id| self.domains.get(id)) {
                    questions.extend(self.proofs(domain, now));
                    // What waits for the domain may be issued at once.
                    let waiting = self.directory.waiting_below(&domain.name).filter_map(|id| self.certificates.get(id));
                    questions.extend(waiting.flat_map(Certificate::names).flat_map(caa));
                }
            }
            (&Method::PUT, ["domain", id, "caa"]) => {
                let domain = id.parse().ok().and_then(|id| self.domains.get(id));
                questions.extend(domain.into_iter().flat_map(|domain| caa(&domain.name)));
            }
            (&Method::PUT, ["order", "certificate", id, "check-dcv"]) => {
                let order = id.parse().ok().and_then(|id| self.orders.get(id));
                if let Some((order, certificate)) = order.and_then(|order| Some((order, self.certificates.get(order.working_id())?))) {
                    let awaited = self.domains_awaited(order, certificate, now);
                    questions.extend(awaited.into_iter().flat_map(|domain| {
                        order.dcv_method.proofs(&domain.name, order.values_for(domain, now)).map(|(question, _)| question)
                    }));
                    questions.extend(certificate.names().into_iter().flat_map(caa));
                }
            }
            // Whatever is ordered, reissued or duplicated states its names alike.
            (&Method::POST, ["order", "certificate", ..]) => {
                if let Ok(body) = Body::read(request.body(), ORDER) {
                    let names =
                        body.texts("certificate.dns_names").into_iter().chain(body.text("certificate.common_name").map(str::to_owned));
                    questions.extend(names.flat_map(|name| caa(&name).collect::<Vec<_>>()));
                }
            }
            _ => {}
        }
        if self.settings.dcv_polling {
            let pending = self.directory.pending_domains().filter_map(|id| self.domains.get(id));
            questions.extend(pending.flat_map(|domain| self.proofs(domain, now)));
        }
        questions
    }

    fn proofs<'a>(&'a self, domain: &'a Domain, now: DateTime<Utc>) -> impl Iterator<Item = Question> {
        domain.method.proofs(&domain.name, self.values_for(domain, now)).map(|(question, _)| question)
    }
}

fn caa(name: &str) -> impl Iterator<Item = Question> {
    Question::caa(without_wildcard(name))
}
