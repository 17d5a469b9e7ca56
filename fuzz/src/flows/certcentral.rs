//! What takes CertCentral a while, and its lists.

use std::time::Duration;

use futures_util::StreamExt as _;
use shomei::{
    Csr, Error,
    certcentral::{
        DcvMethod, DomainId, OrderId, OrganizationId, Plan, Product, RequestId,
        flow::{PendingIssuance, PendingRevocation, PendingValidation},
    },
};

use super::{
    super::{REQUEST, judge, script::Clients},
    Flow, read_all,
};

const WITHIN: Duration = Duration::from_secs(3 * 3600);
const ORDER: OrderId = OrderId(7);

pub(super) const FLOWS: &[(&str, Flow)] = &[
    ("validate", |clients| {
        Box::pin(async {
            let validate = clients.cc.domains().validate("example.com").organization(OrganizationId(7)).dcv_method(DcvMethod::DnsTxtToken);
            validation(clients, validate.start().await).await;
        })
    }),
    ("issue", |clients| {
        Box::pin(async {
            let order = clients.cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com");
            issuance(clients, order.organization(OrganizationId(7)).plan(Plan::years(1)).start().await).await;
        })
    }),
    ("reissue", |clients| Box::pin(async { issuance(clients, clients.cc.orders().reissue(ORDER, csr()).start().await).await })),
    ("duplicate", |clients| Box::pin(async { issuance(clients, clients.cc.orders().duplicate(ORDER, csr()).start().await).await })),
    ("renew", |clients| Box::pin(async { issuance(clients, clients.cc.orders().renew(ORDER, csr()).start().await).await })),
    ("revoke_order", |clients| Box::pin(async { revocation(clients, clients.cc.orders().revoke(ORDER).start().await).await })),
    ("revoke", |clients| Box::pin(async { revocation(clients, clients.cc.certificates().revoke("0A1B").start().await).await })),
    ("settle", |clients| {
        Box::pin(async {
            judge::waited(clients, WITHIN, clients.cc.requests().drive_approval(RequestId(7)).start().wait(WITHIN).await);
        })
    }),
    ("plan_days_left", |clients| Box::pin(async { judge::answer(clients, clients.cc.orders().plan_days_left(ORDER).send().await) })),
    ("expiring", |clients| {
        Box::pin(async { read_all(clients.cc.orders().expiring(30).stream(), |error| judge::error(clients, error)).await })
    }),
    ("revalidate", |clients| {
        Box::pin(async {
            let revalidate = clients.cc.domains().revalidate(30).publish_with(|_| async { Ok::<_, Error>(()) }).timeout_per_domain(WITHIN);
            let mut domains = revalidate.stream();
            while let Some(domain) = domains.next().await {
                match domain {
                    Ok(domain) => judge::waited(clients, WITHIN, domain.result),
                    Err(error) => judge::error(clients, &error),
                }
            }
        })
    }),
    ("domains", |clients| Box::pin(async { read_all(clients.cc.domains().list().stream(), |error| judge::error(clients, error)).await })),
    ("orders", |clients| {
        Box::pin(async { read_all(clients.cc.orders().list().page_size(2).stream(), |error| judge::error(clients, error)).await })
    }),
    ("requests", |clients| Box::pin(async { read_all(clients.cc.requests().list().pages(), |error| judge::error(clients, error)).await })),
    ("organizations", |clients| {
        Box::pin(async {
            read_all(clients.cc.organizations().list().offset(u64::MAX).stream(), |error| judge::error(clients, error)).await;
        })
    }),
    ("users", |clients| {
        Box::pin(async { read_all(clients.cc.users().list().page_size(1).stream(), |error| judge::error(clients, error)).await })
    }),
    ("domain", |clients| {
        Box::pin(async { judge::answer(clients, clients.cc.domains().get(DomainId(7)).send().await.map(|domain| domain.dcv_token)) })
    }),
];

fn csr() -> Csr {
    Csr::from_pem(REQUEST).expect("the fixture")
}

pub(crate) async fn validation(clients: &Clients, pending: Result<PendingValidation, Error>) {
    match pending {
        Ok(pending) => {
            judge::data(&pending.resume_token());
            let _ = pending.instructions().to_string();
            judge::waited(clients, WITHIN, pending.wait(WITHIN).await);
        }
        Err(error) => judge::error(clients, &error),
    }
}

pub(crate) async fn issuance(clients: &Clients, pending: Result<PendingIssuance, Error>) {
    match pending {
        Ok(pending) => {
            judge::data(&pending.resume_token());
            let outcome = pending.wait(WITHIN).await;
            if let Ok(issued) = &outcome {
                assert_eq!(issued.chain.leaf().public_key_der(), csr().public_key_der(), "a certificate for another key");
                judge::certificates(&issued.chain);
            }
            judge::waited(clients, WITHIN, outcome);
        }
        Err(error) => judge::error(clients, &error),
    }
}

async fn revocation(clients: &Clients, pending: Result<PendingRevocation, Error>) {
    match pending {
        Ok(pending) => judge::waited(clients, WITHIN, pending.wait(WITHIN).await),
        Err(error) => judge::error(clients, &error),
    }
}
