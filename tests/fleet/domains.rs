//! Thousands of domains.

use futures_util::{StreamExt as _, future::join_all};
use shomei::Sandbox;
use tokio::time::Instant;

use crate::ground::{HOUR, ORGANIZATION, Service, least, names, publisher, size};

#[tokio::test(start_paused = true)]
async fn new_domains_take_two_calls_each_and_nearly_the_least_time() {
    let count = size(2000);
    let sandbox = Sandbox::builder().rate_limits(true).build();
    let service = Service::new(sandbox.clone());
    let begun = Instant::now();
    let cc = service.client();
    let fleet = cc.domains().validate_all(names(count)).organization(ORGANIZATION).publish_with(publisher(&sandbox));
    let mut fleet = fleet.timeout_per_item(HOUR).start();
    let control = fleet.control();
    let mut done = 0;
    while let Some(item) = fleet.next().await {
        let item = item.unwrap();
        assert_eq!(item.result.unwrap().name, Some(item.id));
        done += 1;
    }
    let took = service.last() - begun;
    let ratio = took.as_secs_f64() / least(2 * count).as_secs_f64();
    service.print(&format!("{count} new domains in {took:?}, {ratio:.3} of the least"));
    println!("domains_ratio {ratio:.3}; {}", control.progress());
    assert_eq!((done, control.progress().done, control.progress().total), (count, count, Some(count)));
    assert_eq!((service.count("POST /domain"), service.count("PUT /domain/{id}/dcv/validate-token")), (count, count));
    assert_eq!(service.count("GET /domain/{id}"), 0);
    let lists = service.total() - 2 * count;
    assert!(lists <= 3 + count / 80, "{lists} lists");
    // The first three minutes may use four fifths only: with ten thousand that is lost in the rest.
    assert!(ratio <= if count < 10_000 { 1.35 } else { 1.08 }, "{ratio}");
}

#[tokio::test(start_paused = true)]
async fn whoever_starts_thousands_of_validations_at_once_has_them_wait_in_line_and_none_fails() {
    let count = size(2000).min(2000);
    let sandbox = Sandbox::builder().rate_limits(true).build();
    let service = Service::new(sandbox.clone());
    let cc = service.client();
    let validations = names(count).map(|name| {
        let (cc, publish) = (cc.clone(), publisher(&sandbox));
        async move {
            let pending = cc.domains().validate(name).organization(ORGANIZATION).start().await?;
            publish(pending.instructions().clone()).await.unwrap();
            pending.wait(HOUR).await.map_err(shomei::Error::from)
        }
    });
    let failed: Vec<_> = join_all(validations).await.into_iter().filter_map(Result::err).collect();
    service.print(&format!("{count} single validations at once"));
    assert!(failed.is_empty(), "{} failed, first: {}", failed.len(), failed[0]);
    assert_eq!(service.total(), 4 * count);
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_is_there_is_adopted_and_one_that_is_validated_costs_nothing() {
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral().unwrap();
    for (name, publishes) in [("a.example.com", true), ("b.example.com", false)] {
        let pending = cc.domains().validate(name).organization(ORGANIZATION).start().await.unwrap();
        if publishes {
            publisher(&sandbox)(pending.instructions().clone()).await.unwrap();
            pending.wait(HOUR).await.unwrap();
        }
    }
    let service = Service::new(sandbox.clone());
    let all = ["a.example.com", "b.example.com", "www.c.example.com", "not a name", "b.example.com"];
    let cc = service.client();
    let fleet = || {
        let fleet = cc.domains().validate_all(all).organization(ORGANIZATION).publish_with(publisher(&sandbox));
        fleet.timeout_per_item(HOUR)
    };
    let estimate = fleet().dry_run().await.unwrap();
    println!("{estimate}");
    assert_eq!(service.total(), 1, "a dry run only reads the list");
    assert_eq!((estimate.steps["validated already"], estimate.steps["adopt"], estimate.steps["add"]), (1, 2, 2));
    let items: Vec<_> = fleet().start().map(Result::unwrap).collect().await;
    let failed: Vec<_> = items.iter().filter(|item| item.result.is_err()).map(|item| item.id.as_str()).collect();
    assert_eq!(items.len(), 5);
    assert_eq!(failed.len(), 2, "the one that is no name, and the one that was given twice: {failed:?}");
    assert_eq!(service.count("POST /domain"), 1);
}
