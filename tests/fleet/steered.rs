//! Pausing, stopping, doubt, and failures of single items.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _};
use shomei::{Error, Sandbox, certcentral::flow::IssuanceToken};
use tokio::time::sleep;

use crate::ground::{HOUR, Passing, Service, names, prepare, refusal, validated};

fn is_order(kind: &str) -> bool {
    kind.starts_with("POST /order/certificate/ssl")
}

async fn ground(delay: u64, before: impl Fn(&str, usize, &mut Passing) + Send + Sync + 'static) -> Service {
    let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(delay)).build();
    validated(&sandbox).await;
    Service::meddling(sandbox, before, |_, _, _| {})
}

#[tokio::test(start_paused = true)]
async fn it_moves_only_while_it_is_polled() {
    let service = ground(600, |_, _, _| {}).await;
    let cc = service.client();
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let ids = names(1000).inspect(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let mut fleet = cc.orders().issue_all(ids, prepare(&cc)).concurrency(8).timeout_per_item(HOUR).start();
    sleep(HOUR).await;
    assert_eq!((taken.load(Ordering::Relaxed), service.total()), (0, 0), "nobody has polled it");
    assert!(fleet.next().now_or_never().is_none());
    let taken_then = taken.load(Ordering::Relaxed);
    assert!(taken_then > 0);
    sleep(HOUR).await;
    assert_eq!(taken.load(Ordering::Relaxed), taken_then, "nobody has polled it since");
}

#[tokio::test(start_paused = true)]
async fn a_pause_begins_nothing_and_a_stop_finishes_what_is_sent() {
    let service = ground(600, |_, _, _| {}).await;
    let cc = service.client();
    let mut fleet = cc.orders().issue_all(names(400), prepare(&cc)).timeout_per_item(HOUR).start();
    let control = fleet.control();
    let steer = async {
        sleep(Duration::from_secs(2)).await;
        control.pause();
        // Whatever is being sent waits for the rate limit.
        sleep(Duration::from_secs(60)).await;
        let paused = service.total();
        sleep(Duration::from_secs(3000)).await;
        assert!(service.total() <= paused + 1, "a sweep may have been on its way");
        control.resume();
        sleep(Duration::from_secs(10)).await;
        assert!(service.total() > paused + 1);
        let progress = control.progress();
        println!("{progress}");
        assert!(progress.total == Some(400) && progress.running + progress.done + progress.waiting.values().sum::<usize>() > 0);
        control.stop();
    };
    let count = async {
        let mut done = 0;
        while let Some(item) = fleet.next().await {
            item.unwrap().result.unwrap();
            done += 1;
        }
        done
    };
    let (_, done) = tokio::join!(steer, count);
    let placed: usize = service.calls().iter().filter(|(kind, _)| is_order(kind)).map(|(_, count)| count).sum();
    assert!(done < 400 && placed <= 400, "{done} of {placed}");
    assert!(fleet.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_failure_stops_nothing_and_comes_with_its_item() {
    let service = ground(60, |kind, number, passing| {
        if is_order(kind) && number == 3 {
            passing.instead = Some(refusal(400, "invalid_value|organization"));
        }
    })
    .await;
    let cc = service.client();
    let fine = prepare(&cc);
    let prepare = move |name: String| {
        let token = fine(name.clone());
        async move {
            let missing = name.starts_with("d5.").then(|| "no key for it".into());
            missing.map_or(Ok(()), Err::<_, Box<dyn std::error::Error + Send + Sync>>)?;
            Ok::<IssuanceToken, Box<dyn std::error::Error + Send + Sync>>(token.await?)
        }
    };
    let items: Vec<_> = cc.orders().issue_all(names(20), prepare).timeout_per_item(HOUR).start().map(Result::unwrap).collect().await;
    let failed: Vec<_> = items.iter().filter_map(|item| item.result.as_ref().err().map(|error| (item.id.as_str(), error))).collect();
    assert_eq!((items.len(), failed.len()), (20, 2), "{failed:?}");
    assert!(failed.iter().any(|(id, error)| *id == "d5.example.com" && error.to_string().contains("no key for it")), "{failed:?}");
    assert!(failed.iter().any(|(_, error)| error.status() == Some(400)), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_set_aside_looked_for_again_and_reported() {
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let service = ground(60, move |kind, number, passing| {
        // Of two orders the response is lost; one of them is done.
        if is_order(kind) && number == 2 {
            passing.is_lost = true;
        }
        if is_order(kind) && number == 4 {
            passing.instead = Some(Err(shomei::TransportError::broken("reset by peer")));
        }
        // The look-up lags behind for ten minutes' worth of looks.
        if kind == "GET /order/alternate/{id}" && counted.fetch_add(1, Ordering::Relaxed) < 16 {
            passing.instead = Some(refusal(404, "not_found|order"));
        }
    })
    .await;
    let cc = service.client();
    let items: Vec<_> = cc.orders().issue_all(names(6), prepare(&cc)).timeout_per_item(HOUR).start().map(Result::unwrap).collect().await;
    let unsure: Vec<&Error> = items.iter().filter_map(|item| item.result.as_ref().err()).collect();
    println!("{unsure:?}");
    let placed: usize = service.calls().iter().filter(|(kind, _)| is_order(kind)).map(|(_, count)| count).sum();
    assert_eq!((items.len(), placed), (6, 6), "none is sent twice");
    assert_eq!(unsure.len(), 1);
    assert!(unsure[0].is_ambiguous() && unsure[0].recovery_hint().is_some());
}
