//! Orders and what follows from them. Money is spent here: whatever is dropped, nothing is ordered twice.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use shomei::{
    Sandbox,
    certcentral::{CertificateId, CertificateStatus, OrderId, OrderStatus, Plan, Product, RequestId, RequestStatus, RequestType},
    sandbox::ApprovalMode,
};
use tokio::time::sleep;

use crate::halting::Mishap;
use crate::story::{HOUR, ORGANIZATION, Story, World, csr, drop_everywhere, issue, validate};

/// The caller's own id for the order that may be dropped.
const OWN_ID: &str = "own-id-1";

/// The order with the caller's own id, if it was placed; never more than one.
async fn placed(world: &World) -> Option<OrderId> {
    let orders = match world.cc.orders().find_by_alternative_id(OWN_ID).send().await {
        Ok(orders) => orders,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => panic!("{error}"),
    };
    assert!(orders.len() <= 1, "ordered {} times", orders.len());
    orders.first().map(|order| order.order_id)
}

/// Sees an order through of which only the id is known.
async fn see_through(world: &World, id: OrderId) {
    for request in world.cc.orders().get(id).send().await.unwrap().requests {
        if request.status == Some(RequestStatus::Pending) {
            world.cc.requests().drive_approval(request.id).start().wait(HOUR).await.unwrap();
        }
    }
    for _ in 0..10 {
        let order = world.cc.orders().get(id).send().await.unwrap();
        if order.status == Some(OrderStatus::Issued) {
            world.cc.certificates().chain(order.certificate.unwrap().id.unwrap()).send().await.unwrap();
            return;
        }
        sleep(Duration::from_secs(10)).await;
    }
    panic!("order {id} is never issued");
}

async fn count(world: &World) -> usize {
    world.cc.orders().list().send().await.unwrap().orders.len()
}

/// With the answer to the order lost or not.
struct Issue<const LOST: bool>;

impl<const LOST: bool> Story for Issue<LOST> {
    type Ground = shomei::Csr;

    async fn prepare() -> (Sandbox, Self::Ground) {
        let sandbox = Sandbox::builder().approval(ApprovalMode::OneStep).issue_delay(Duration::from_secs(12)).build();
        validate(&sandbox, "example.com").await;
        (sandbox, csr())
    }

    async fn run(world: &World, csr: &Self::Ground) {
        if LOST {
            // The first look-up is the one before the write. What was ordered does not show at once either.
            let look_ups = [Mishap::None, Mishap::Refused(503), Mishap::Refused(404)].map(|mishap| (OWN_ID, mishap));
            world.expect(&[&[("/ssl_securesite_flex", Mishap::AnswerLost)][..], &look_ups].concat());
        }
        let order = world.cc.orders().issue(Product::SECURE_SITE_OV, csr.clone()).common_name("example.com").organization(ORGANIZATION);
        let pending = order.plan(Plan::years(1)).alternative_order_id(OWN_ID).another(world.starts_over()).start().await.unwrap();
        world.keep(&pending.resume_token());
        pending.wait(HOUR).await.unwrap();
    }

    async fn finish(world: &World, csr: &Self::Ground) {
        if let Some(token) = world.kept() {
            world.cc.orders().resume_issuance(token).start().await.unwrap().wait(HOUR).await.unwrap();
        } else if let Some(id) = placed(world).await {
            see_through(world, id).await;
        } else {
            world.start_over();
            Box::pin(Self::run(world, csr)).await;
        }
        assert!(placed(world).await.is_some());
        assert_eq!(count(world).await, 1);
    }
}

struct Renew;

impl Story for Renew {
    type Ground = (OrderId, shomei::Csr);

    async fn prepare() -> (Sandbox, Self::Ground) {
        let sandbox = Sandbox::new();
        let (order, _) = issue(&sandbox).await;
        (sandbox, (order, csr()))
    }

    async fn run(world: &World, (order, csr): &Self::Ground) {
        let pending =
            world.cc.orders().renew(*order, csr.clone()).alternative_order_id(OWN_ID).another(world.starts_over()).start().await.unwrap();
        world.keep(&pending.resume_token());
        pending.wait(HOUR).await.unwrap();
    }

    async fn finish(world: &World, ground: &Self::Ground) {
        if let Some(token) = world.kept() {
            world.cc.orders().resume_issuance(token).start().await.unwrap().wait(HOUR).await.unwrap();
        } else if let Some(id) = placed(world).await {
            see_through(world, id).await;
        } else {
            world.start_over();
            Box::pin(Self::run(world, ground)).await;
        }
        assert!(placed(world).await.is_some());
        assert_eq!(count(world).await, 2);
    }
}

struct Reissue;

impl Story for Reissue {
    type Ground = (OrderId, shomei::Csr);

    async fn prepare() -> (Sandbox, Self::Ground) {
        Renew::prepare().await
    }

    async fn run(world: &World, (order, csr): &Self::Ground) {
        let pending = world.cc.orders().reissue(*order, csr.clone()).another(world.starts_over()).start().await.unwrap();
        world.keep(&pending.resume_token());
        pending.wait(HOUR).await.unwrap();
    }

    async fn finish(world: &World, ground: &Self::Ground) {
        let (order, csr) = ground;
        let reissues = world.cc.orders().reissues(*order).send().await.unwrap();
        if let Some(token) = world.kept() {
            world.cc.orders().resume_issuance(token).start().await.unwrap().wait(HOUR).await.unwrap();
        } else if reissues.is_empty() {
            world.start_over();
            Box::pin(Self::run(world, ground)).await;
        }
        let reissues = world.cc.orders().reissues(*order).send().await.unwrap();
        let [reissue] = &reissues[..] else { panic!("reissued {} times", reissues.len()) };
        let present = world.cc.orders().get(*order).send().await.unwrap().certificate.unwrap().id.unwrap();
        assert_eq!(reissue.id, present);
        world.cc.certificates().chain(present).send().await.unwrap().verify_key(csr).unwrap();
    }
}

struct Duplicate;

impl Story for Duplicate {
    type Ground = (OrderId, shomei::Csr);

    async fn prepare() -> (Sandbox, Self::Ground) {
        Renew::prepare().await
    }

    async fn run(world: &World, (order, csr): &Self::Ground) {
        let pending = world.cc.orders().duplicate(*order, csr.clone()).another(world.starts_over()).start().await.unwrap();
        world.keep(&pending.resume_token());
        pending.wait(HOUR).await.unwrap();
    }

    async fn finish(world: &World, ground: &Self::Ground) {
        let (order, csr) = ground;
        let duplicates = world.cc.orders().duplicates(*order).send().await.unwrap();
        if let Some(token) = world.kept() {
            world.cc.orders().resume_issuance(token).start().await.unwrap().wait(HOUR).await.unwrap();
        } else if duplicates.is_empty() {
            world.start_over();
            Box::pin(Self::run(world, ground)).await;
        }
        let duplicates = world.cc.orders().duplicates(*order).send().await.unwrap();
        let [duplicate] = &duplicates[..] else { panic!("duplicated {} times", duplicates.len()) };
        world.cc.certificates().chain(duplicate.id).send().await.unwrap().verify_key(csr).unwrap();
    }
}

struct Revoke;

impl Story for Revoke {
    type Ground = (OrderId, CertificateId);

    async fn prepare() -> (Sandbox, Self::Ground) {
        let sandbox = Sandbox::new();
        let issued = issue(&sandbox).await;
        (sandbox, issued)
    }

    async fn run(world: &World, (order, _): &Self::Ground) {
        let pending = world.cc.orders().revoke(*order).start().await.unwrap();
        world.keep(&pending.resume_token().unwrap());
        pending.wait(HOUR).await.unwrap().unwrap();
    }

    async fn finish(world: &World, ground: &Self::Ground) {
        let (order, _) = ground;
        let requests = || world.cc.requests().list().kind(RequestType::Revoke).stream().try_collect::<Vec<_>>();
        if let Some(token) = world.kept() {
            world.cc.requests().resume_approval(token).start().unwrap().wait(HOUR).await.unwrap();
        } else if let [request] = &requests().await.unwrap()[..] {
            world.cc.requests().drive_approval(request.id).start().wait(HOUR).await.unwrap();
        } else {
            Box::pin(Self::run(world, ground)).await;
        }
        assert_eq!(requests().await.unwrap().len(), 1);
        let order = world.cc.orders().get(*order).send().await.unwrap();
        assert_eq!(order.certificate.unwrap().status, Some(CertificateStatus::Revoked));
    }
}

struct Approve;

impl Story for Approve {
    type Ground = (OrderId, RequestId);

    async fn prepare() -> (Sandbox, Self::Ground) {
        let sandbox = Sandbox::builder().approval(ApprovalMode::OneStep).build();
        validate(&sandbox, "example.com").await;
        let cc = sandbox.certcentral().unwrap();
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        let placed = order.plan(Plan::years(1)).send().await.unwrap();
        (sandbox, (placed.id, placed.requests[0].id))
    }

    async fn run(world: &World, (_, request): &Self::Ground) {
        let pending = world.cc.requests().drive_approval(*request).start();
        world.keep(&pending.resume_token());
        pending.wait(HOUR).await.unwrap();
    }

    async fn finish(world: &World, (order, request): &Self::Ground) {
        let pending = match world.kept() {
            Some(token) => world.cc.requests().resume_approval(token).start().unwrap(),
            None => world.cc.requests().drive_approval(*request).start(),
        };
        assert_eq!(pending.wait(HOUR).await.unwrap().status, Some(RequestStatus::Approved));
        assert_eq!(world.cc.orders().get(*order).send().await.unwrap().status, Some(OrderStatus::Issued));
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuance() {
    Box::pin(drop_everywhere::<Issue<false>>(30)).await;
}

#[tokio::test(start_paused = true)]
async fn an_issuance_whose_order_gets_no_answer() {
    Box::pin(drop_everywhere::<Issue<true>>(40)).await;
}

#[tokio::test(start_paused = true)]
async fn a_renewal() {
    Box::pin(drop_everywhere::<Renew>(15)).await;
}

#[tokio::test(start_paused = true)]
async fn a_reissue() {
    Box::pin(drop_everywhere::<Reissue>(15)).await;
}

#[tokio::test(start_paused = true)]
async fn a_duplicate() {
    Box::pin(drop_everywhere::<Duplicate>(15)).await;
}

#[tokio::test(start_paused = true)]
async fn a_revocation() {
    Box::pin(drop_everywhere::<Revoke>(12)).await;
}

#[tokio::test(start_paused = true)]
async fn an_approval() {
    Box::pin(drop_everywhere::<Approve>(10)).await;
}
