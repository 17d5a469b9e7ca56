//! Single calls, domains, and many domains at a time.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use shomei::{Sandbox, certcentral::DomainId};

use crate::halting::Mishap;
use crate::story::{HOUR, ORGANIZATION, Story, World, drop_everywhere, validate};

const DAY: Duration = Duration::from_secs(86_400);

struct Call;

impl Story for Call {
    type Ground = ();

    const SHARED: bool = true;

    async fn prepare() -> (Sandbox, ()) {
        let sandbox = Sandbox::new();
        validate(&sandbox, "example.com").await;
        (sandbox, ())
    }

    async fn run(world: &World, (): &()) {
        assert_eq!(world.cc.domains().list().send().await.unwrap().domains.len(), 1);
    }

    async fn finish(world: &World, (): &()) {
        Self::run(world, &()).await;
    }
}

/// A call that is repeated, after a while each time.
struct Repeated;

impl Story for Repeated {
    type Ground = ();

    const SHARED: bool = true;

    async fn prepare() -> (Sandbox, ()) {
        Call::prepare().await
    }

    async fn run(world: &World, (): &()) {
        world.expect(&[("/domain", Mishap::Refused(503)), ("/domain", Mishap::AnswerLost), ("/domain", Mishap::Refused(502))]);
        Call::run(world, &()).await;
    }

    async fn finish(world: &World, (): &()) {
        Self::run(world, &()).await;
    }
}

struct Validate;

impl Story for Validate {
    type Ground = ();

    async fn prepare() -> (Sandbox, ()) {
        (Sandbox::new(), ())
    }

    async fn run(world: &World, (): &()) {
        let pending = world.cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
        world.keep(&pending.resume_token());
        // Once in vain, so that it sleeps too.
        let mut wait = pending.clone().wait(HOUR);
        wait.try_next().await.unwrap();
        world.publish(pending.instructions());
        wait.await.unwrap();
    }

    async fn finish(world: &World, (): &()) {
        let pending = match world.kept() {
            Some(token) => world.cc.domains().resume_validation(token).start().await.unwrap(),
            None => world.cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap(),
        };
        world.publish(pending.instructions());
        let validated = pending.wait(HOUR).await.unwrap();
        let domains = world.cc.domains().list().send().await.unwrap().domains;
        assert_eq!(domains.iter().map(|domain| domain.id).collect::<Vec<DomainId>>(), [validated.id], "added exactly once");
    }
}

/// Domains whose validation is about to lapse.
struct Revalidate;

impl Story for Revalidate {
    type Ground = ();

    async fn prepare() -> (Sandbox, ()) {
        let sandbox = Sandbox::new();
        for name in ["example.com", "example.net"] {
            validate(&sandbox, name).await;
        }
        tokio::time::advance(190 * DAY).await;
        (sandbox, ())
    }

    async fn run(world: &World, (): &()) {
        // The service's clock is known from its answers.
        world.cc.users().me().send().await.unwrap();
        let sandbox = world.sandbox.clone();
        let publish = move |instructions: shomei::certcentral::flow::DcvInstructions| {
            if let shomei::certcentral::flow::DcvInstructions::Txt { name, value, .. } = &instructions {
                sandbox.dns().publish_txt(name, value);
            }
            async { Ok::<_, std::io::Error>(()) }
        };
        let stream = world.cc.domains().revalidate(14).publish_with(publish).timeout_per_domain(HOUR).concurrency(2).stream();
        let all: Vec<_> = stream.try_collect().await.unwrap();
        all.into_iter().for_each(|one| {
            one.result.unwrap();
        });
    }

    async fn finish(world: &World, (): &()) {
        Self::run(world, &()).await;
        let domains = world.cc.domains().list().send().await.unwrap().domains;
        assert_eq!(domains.len(), 2);
        for domain in domains {
            let domain = world.cc.domains().get(domain.id).include_dcv(true).include_validation(true).send().await.unwrap();
            assert!(domain.dcv_expiration_datetime.unwrap() > world.sandbox.clock().now() + 190 * DAY, "{:?}", domain.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plain_call() {
    Box::pin(drop_everywhere::<Call>(4)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_repeated() {
    Box::pin(drop_everywhere::<Repeated>(10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_validation() {
    Box::pin(drop_everywhere::<Validate>(25)).await;
}

#[tokio::test(start_paused = true)]
async fn a_revalidation_of_many_domains() {
    Box::pin(drop_everywhere::<Revalidate>(25)).await;
}
