//! The page as HTML.

use maud::{DOCTYPE, Markup, html};

use super::super::surroundings::time;
use super::texts::Texts;
use super::{STYLE, control_path, form_path};
use crate::sandbox::certcentral::{DomainLine, OrderLine, OrderStatus, OrganizationLine, Proof, RequestLine};
use crate::sandbox::{Card, Exchange, Mail, MailKind, Sandbox};

/// More mails and calls than this are for the control interface.
const NEWEST: usize = 20;

/// A page under way: whose it is, and in which language.
struct View<'s> {
    sandbox: &'s Sandbox,
    texts: &'static Texts,
}

pub(super) fn page(sandbox: &Sandbox, texts: &'static Texts, notice: Option<&str>) -> Markup {
    let view = View { sandbox, texts };
    let overview = sandbox.overview();
    let (mut mails, mut exchanges) = (sandbox.mails().all(), sandbox.exchanges());
    mails.reverse();
    exchanges.reverse();
    let (all_mails, all_exchanges) = (mails.len(), exchanges.len());
    mails.truncate(NEWEST);
    exchanges.truncate(NEWEST);
    let cards = sandbox.jpki().cards();
    html! {
        (DOCTYPE)
        html lang=(texts.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "shomei sandbox" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(STYLE);
            }
            body {
                header {
                    h1 { "shomei sandbox" }
                    p { (texts.about) }
                    @if let Some(notice) = notice {
                        p.notice role="alert" { (texts.not_done) " " (notice) }
                    }
                    (view.clock())
                }
                main {
                    (view.section("requests", texts.requests, overview.all_requests, &overview.requests, View::request))
                    (view.section("domains", texts.domains, overview.all_domains, &overview.domains, View::domain))
                    (view.section("orders", texts.orders, overview.all_orders, &overview.orders, View::order))
                    (view.section("mails", texts.mails, all_mails, &mails, View::mail))
                    (view.section("organizations", texts.organizations, overview.organizations.len(), &overview.organizations, View::organization))
                    (view.section("cards", texts.cards, cards.len(), &cards, View::card))
                    (view.button("POST", "/cards", &[], texts.add_card))
                    (view.section("log", texts.log, all_exchanges, &exchanges, View::exchange))
                }
                footer {
                    (view.button("POST", "/reset", &[("account", "example")], texts.example))
                    (view.button("POST", "/reset", &[("account", "empty")], texts.empty))
                }
            }
        }
    }
}

impl View<'_> {
    fn clock(&self) -> Markup {
        let now = self.sandbox.clock().now();
        html! {
            section #clock {
                h2 { (self.texts.clock) }
                p { time datetime=(time(now)) { (now.format("%Y-%m-%d %H:%M:%S UTC")) } }
                div.buttons {
                    @for (label, seconds) in self.texts.later {
                        (self.button("POST", "/clock", &[("advance_seconds", &seconds.to_string())], label))
                    }
                }
            }
        }
    }

    fn section<T>(&self, id: &str, title: &str, all: usize, items: &[T], item: impl Fn(&Self, &T) -> Markup) -> Markup {
        html! {
            section id=(id) {
                h2 { (title) " " span.count { (all) } }
                @if items.is_empty() {
                    p.quiet { (self.texts.nothing) }
                }
                ul {
                    @for each in items {
                        li { (item(self, each)) }
                    }
                }
                @if all > items.len() {
                    p.quiet { "… " (all - items.len()) " " (self.texts.more) }
                }
            }
        }
    }

    /// A form that does what an endpoint of the control interface does.
    fn button(&self, method: &str, path: &str, members: &[(&str, &str)], label: &str) -> Markup {
        html! {
            form method="post" action=(form_path(path)) {
                input type="hidden" name="_method" value=(method);
                input type="hidden" name="_token" value=(self.sandbox.0.page_token);
                @for (name, value) in members {
                    input type="hidden" name=(name) value=(value);
                }
                button { (label) }
            }
        }
    }

    fn request(&self, request: &RequestLine) -> Markup {
        let act = |act: &str, label| self.button("POST", &format!("/requests/{}/{act}", request.id), &[], label);
        html! {
            h3 { (request.common_name) }
            p {
                span.state { (request.status) }
                " " (request.action) " " (request.id) ", " (self.texts.order) " " (request.order_id)
            }
            @if request.is_open {
                div.buttons {
                    @if request.awaits_review {
                        (act("review", self.texts.review))
                    }
                    (act("approve", self.texts.approve))
                    (act("reject", self.texts.reject))
                }
            }
        }
    }

    fn domain(&self, domain: &DomainLine) -> Markup {
        html! {
            h3 { (domain.name) }
            p {
                @match domain.validated_until {
                    Some(until) => span.state.good { (self.texts.validated_until) " " (until.format("%Y-%m-%d")) },
                    None => span.state.waiting { (self.texts.pending) },
                }
                " " (domain.method) ", " (domain.id)
            }
            @if let Some(proof) = &domain.awaits {
                (self.proof(proof))
                @if *proof != Proof::Mail {
                    (self.button("POST", &format!("/domains/{}/check", domain.id), &[], self.texts.check))
                }
            } @else if domain.waits {
                p { (self.texts.awaits_value) }
            }
        }
    }

    /// What a domain waits for, and a button that publishes it unless it is published.
    fn proof(&self, proof: &Proof) -> Markup {
        let (texts, publish) = (self.texts, |path, members: &[(&str, &str)]| self.button("PUT", path, members, self.texts.publish));
        match proof {
            Proof::Mail => html! { p { a href="#mails" { (texts.awaits_mail) } } },
            Proof::Record { name, record_type, value } => {
                let records = self.sandbox.dns().records();
                let is_there =
                    records.iter().any(|record| record.name == *name && record.record_type == *record_type && record.value == *value);
                html! {
                    p { (texts.awaits_record) }
                    pre { (name) ". IN " (record_type) " " (value) }
                    @if is_there {
                        p { span.state.good { (texts.published) } }
                    } @else {
                        (publish("/dns", &[("name", name), ("type", record_type.as_str()), ("value", value)]))
                    }
                }
            }
            Proof::File { url, body } => {
                let is_there = self.sandbox.files().all().iter().any(|(at, text)| at == url && text == body);
                html! {
                    p { (texts.awaits_file) }
                    pre { (url) "\n" (body) }
                    @if is_there {
                        p { span.state.good { (texts.published) } }
                    } @else {
                        (publish("/files", &[("url", url), ("body", body)]))
                    }
                }
            }
        }
    }

    fn order(&self, order: &OrderLine) -> Markup {
        let texts = self.texts;
        let (step, is_reissue) = match order.status {
            OrderStatus::NeedsApproval | OrderStatus::NeedsCsr => (Some(0), false),
            OrderStatus::Pending => (Some(1), false),
            OrderStatus::Processing => (Some(2), false),
            OrderStatus::Issued => (Some(3), false),
            OrderStatus::ReissuePending => (Some(1), true),
            OrderStatus::ReissueProcessing => (Some(2), true),
            OrderStatus::Expired | OrderStatus::Revoked | OrderStatus::Canceled | OrderStatus::Rejected => (None, false),
        };
        let ended = texts.ended.iter().find(|(word, _)| *word == order.status.word()).map_or("", |(_, text)| text);
        let waits = matches!(step, Some(1 | 2));
        let act = |act: &str, label| self.button("POST", &format!("/orders/{}/{act}", order.id), &[], label);
        html! {
            h3 { (order.common_name) }
            p { (order.product) ", " (texts.order) " " (order.id) }
            @match step {
                Some(current) => ol.steps {
                    @for (number, text) in texts.steps.iter().enumerate() {
                        @let is_done = number < current || current == 3;
                        li.done[is_done].current[number == current] aria-current=[(number == current).then_some("step")] { (text) }
                    }
                },
                None => p { span.state.ended { (ended) } },
            }
            @if is_reissue {
                p { (texts.reissue) }
            }
            @if !order.awaits.is_empty() {
                p { (texts.awaits) " " a href="#domains" { (order.awaits.join(", ")) } }
            }
            @if order.held && waits {
                p { span.state.waiting { (texts.held) } }
            }
            div.buttons {
                @if order.has_certificate {
                    a.button href=(control_path(&format!("/orders/{}/certificate", order.id))) { (texts.download) }
                }
                @if waits && order.held {
                    (act("release", texts.release))
                } @else if waits {
                    (act("hold", texts.hold))
                }
                @if matches!(step, Some(0..=2)) {
                    (act("reject", texts.reject))
                }
            }
        }
    }

    fn organization(&self, organization: &OrganizationLine) -> Markup {
        html! {
            h3 { (organization.name) }
            p {
                @if organization.validated.is_empty() {
                    span.state.waiting { (self.texts.not_validated) }
                } @else {
                    span.state.good { (self.texts.validated_for) " " (organization.validated.join(", ")) }
                }
                " " (organization.id)
            }
            @if organization.awaits_validation {
                (self.button("POST", &format!("/organizations/{}/validate", organization.id), &[], self.texts.validate))
            }
        }
    }

    fn mail(&self, mail: &Mail) -> Markup {
        html! {
            h3 { (mail.subject) }
            p { (self.texts.to) " " (mail.to) ", " (mail.sent.format("%Y-%m-%d %H:%M")) }
            @if mail.kind == MailKind::DomainApproval {
                (self.button("POST", &format!("/mails/{}/follow", mail.id), &[], self.texts.follow))
            }
        }
    }

    fn card(&self, card: &Card) -> Markup {
        let number = u64::from(card.person);
        let is_good = [&card.signing, &card.authentication].iter().all(|certificate| self.sandbox.jpki().revocation(certificate).is_none());
        html! {
            h3 { (card.details.name) }
            p {
                @if is_good {
                    span.state.good { (self.texts.good) }
                } @else {
                    span.state.ended { (self.texts.revoked) }
                }
                " " (number) ", " (card.details.address)
            }
            div.buttons {
                @if is_good {
                    (self.button("POST", &format!("/cards/{number}/revoke"), &[("reason", "key_compromise")], self.texts.revoke))
                }
                (self.button("POST", &format!("/cards/{number}/renew"), &[], self.texts.renew))
            }
        }
    }

    fn exchange(&self, exchange: &Exchange) -> Markup {
        html! {
            p.call {
                @match exchange.status {
                    Some(status) => span.state.ended[status >= 400] { (status) },
                    None => span.state.ended { (self.texts.not_reached) },
                }
                " " (exchange.method) " " (exchange.target)
                @if let Some(fault) = &exchange.fault {
                    " " span.state.waiting { (fault) }
                }
            }
        }
    }
}
