use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;

/// A list that a service gives out, with the habits that were seen.
#[derive(Clone)]
struct Service(Arc<Mutex<Habits>>);

#[derive(Clone, Default)]
struct Habits {
    list: Vec<u64>,
    total: Option<i64>,
    says_total: bool,
    ignores_offset: bool,
    caps_at: Option<usize>,
    /// What vanishes before the n-th request.
    vanishing: Vec<Vec<u64>>,
    requests: usize,
}

impl Service {
    fn new(habits: Habits) -> Self {
        Self(Arc::new(Mutex::new(habits)))
    }

    fn pages(&self, offset: u64, size: u32) -> Pages<u64> {
        let service = self.clone();
        Pages::new(
            Box::new(move |offset, limit| Box::pin(std::future::ready(Ok(service.answer(offset, limit))))),
            |item| *item,
            offset,
            size,
        )
    }

    fn answer(&self, offset: u64, limit: u32) -> Fetched<u64> {
        let mut habits = self.0.lock().unwrap();
        let request = habits.requests;
        habits.requests += 1;
        assert!(habits.requests < 10_000, "it loops");
        if let Some(gone) = habits.vanishing.get(request).cloned() {
            habits.list.retain(|item| !gone.contains(item));
        }
        let size = (limit as usize).min(habits.caps_at.unwrap_or(usize::MAX));
        let offset = if habits.ignores_offset { 0 } else { offset as usize };
        let items = habits.list.iter().copied().skip(offset).take(size).collect();
        let real = habits.list.len() as i64;
        let total = habits.says_total.then(|| habits.total.map_or(real, |wrong| real + wrong).max(0) as u64);
        Fetched { items, total, limit: Some(size as u64) }
    }

    fn requests(&self) -> usize {
        self.0.lock().unwrap().requests
    }
}

async fn all(pages: Pages<u64>) -> Vec<u64> {
    pages.items().map(|item| item.unwrap()).collect().await
}

fn habits(items: u64) -> Habits {
    Habits { list: (1..=items).collect(), says_total: true, ..Habits::default() }
}

#[tokio::test]
async fn a_list_ends_where_it_ends() {
    for (items, requests) in [(0, 1), (1, 1), (9, 1), (10, 2), (11, 2), (20, 3), (25, 3)] {
        let service = Service::new(habits(items));
        assert_eq!(all(service.pages(0, 10)).await, (1..=items).collect::<Vec<_>>());
        assert_eq!(service.requests(), requests, "{items}");
    }
}

#[tokio::test]
async fn a_wrong_total_neither_ends_it_early_nor_keeps_it_going() {
    for wrong in [-20, -5, -1, 0, 1, 5, 1000] {
        let service = Service::new(Habits { total: Some(wrong), ..habits(25) });
        assert_eq!(all(service.pages(0, 10)).await.len(), 25, "{wrong}");
        assert!(service.requests() <= 5, "{wrong}");
    }
    let silent = Service::new(Habits { says_total: false, ..habits(25) });
    assert_eq!(all(silent.pages(0, 10)).await.len(), 25);
}

#[tokio::test]
async fn a_service_that_ignores_the_offset_does_not_keep_it_going() {
    let service = Service::new(Habits { ignores_offset: true, ..habits(25) });
    assert_eq!(all(service.pages(0, 10)).await.len(), 10);
    assert_eq!(service.requests(), 2);
}

#[tokio::test]
async fn a_service_that_gives_smaller_pages_than_asked_for_is_read_to_the_end() {
    let service = Service::new(Habits { caps_at: Some(4), ..habits(25) });
    assert_eq!(all(service.pages(0, 10)).await.len(), 25);
}

#[tokio::test]
async fn it_begins_where_it_is_told_and_says_where_to_go_on() {
    let service = Service::new(habits(25));
    let mut pages = service.pages(0, 10);
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), first.next_offset, first.total), (10, 10, Some(25)));
    drop(pages);
    assert_eq!(all(service.pages(first.next_offset, 10)).await, (11..=25).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_error_is_the_last_item() {
    let fetch: Fetch<u64> = Box::new(|_, _| Box::pin(std::future::ready(Err(Error::configuration("no")))));
    let results: Vec<_> = Pages::new(fetch, |item| *item, 0, 10).items().collect().await;
    assert!(matches!(results[..], [Err(_)]));
}

proptest! {
    #[test]
    fn nothing_that_stays_is_missed_and_nothing_comes_twice(
        items in 0_u64..60, size in 1_u32..12,
        vanishing in proptest::collection::vec(proptest::collection::vec(1_u64..60, 0..4), 0..12),
    ) {
        let service = Service::new(Habits { vanishing: vanishing.clone(), ..habits(items) });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(all(service.pages(0, size)));
        let gone: HashSet<u64> = vanishing.into_iter().flatten().collect();
        for item in (1..=items).filter(|item| !gone.contains(item)) {
            prop_assert!(read.contains(&item), "{} is missing of {:?}", item, read);
        }
        let distinct: HashSet<_> = read.iter().collect();
        prop_assert_eq!(distinct.len(), read.len());
    }
}
