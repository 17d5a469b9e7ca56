use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use proptest::prelude::*;

use super::*;

/// A list that a service gives out, with habits of its own.
#[derive(Clone)]
struct Service(Arc<Mutex<Habits>>);

#[derive(Clone, Debug, Default)]
struct Habits {
    list: Vec<u64>,
    total: Total,
    limit: Limit,
    pages: Order,
    caps_at: Option<usize>,
    /// What vanishes before the n-th request,
    vanishing: Vec<Vec<u64>>,
    /// and how many items come before it, at which place.
    growing: Vec<(usize, usize)>,
    requests: usize,
}

/// What the service says of the total.
#[derive(Clone, Debug, Default)]
enum Total {
    #[default]
    Real,
    Off(i64),
    OfThisPage,
    OfWhatRemains,
    /// Of two replicas that disagree, asked in turns.
    Disputed(u64, u64),
    Any(Vec<u64>),
    Unsaid,
}

/// What it says of the size of its pages.
#[derive(Clone, Debug, Default)]
enum Limit {
    #[default]
    Real,
    Unsaid,
}

/// Which pages it gives.
#[derive(Clone, Debug, Default)]
enum Order {
    #[default]
    AsAsked,
    /// Always the first.
    First,
    /// After the last comes the first again.
    Circle,
}

impl Service {
    fn new(habits: Habits) -> Self {
        Self(Arc::new(Mutex::new(habits)))
    }

    fn pages(&self, offset: u64, size: u32) -> Pages<u64> {
        self.walk(Offsets::new(offset, Some(size), 1000))
    }

    fn walk(&self, walk: Offsets) -> Pages<u64> {
        let service = self.clone();
        let fetch = move |(offset, limit)| Box::pin(std::future::ready(Ok(service.answer(offset, limit)))) as BoxFuture<'static, _>;
        Pages::new(walk, |item| *item, Box::new(fetch))
    }

    fn answer(&self, offset: u64, limit: Option<u32>) -> (Vec<u64>, Extent) {
        let mut habits = self.0.lock().unwrap();
        let request = habits.requests;
        habits.requests += 1;
        assert!(habits.requests < 10_000, "it loops");
        if let Some(gone) = habits.vanishing.get(request).cloned() {
            habits.list.retain(|item| !gone.contains(item));
        }
        if let Some((count, place)) = habits.growing.get(request).copied() {
            let place = place.min(habits.list.len());
            let first = 10_000 + 100 * request as u64;
            habits.list.splice(place..place, first..first + count as u64);
        }
        let size = limit.map_or(20, |limit| limit as usize).min(habits.caps_at.unwrap_or(usize::MAX));
        let asked = offset as usize;
        let list = habits.list.iter().copied();
        let items: Vec<u64> = match habits.pages {
            Order::AsAsked => list.skip(asked).take(size).collect(),
            Order::First => list.take(size).collect(),
            Order::Circle => list.cycle().skip(asked).take(size.min(habits.list.len())).collect(),
        };
        let real = habits.list.len() as u64;
        let total = match &habits.total {
            Total::Real => Some(real),
            Total::Off(wrong) => Some(real.saturating_add_signed(*wrong)),
            Total::OfThisPage => Some(items.len() as u64),
            Total::OfWhatRemains => Some(real.saturating_sub(offset)),
            Total::Disputed(one, other) => Some(if request.is_multiple_of(2) { *one } else { *other }),
            Total::Any(totals) => totals.get(request % totals.len().max(1)).copied(),
            Total::Unsaid => None,
        };
        let limit = matches!(habits.limit, Limit::Real).then_some(size as u64);
        (items, Extent { total, limit, offset: None })
    }

    fn requests(&self) -> usize {
        self.0.lock().unwrap().requests
    }
}

async fn all(pages: Pages<u64>) -> Vec<u64> {
    pages.items().map(|item| item.unwrap()).collect().await
}

fn habits(items: u64) -> Habits {
    Habits { list: (1..=items).collect(), ..Habits::default() }
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
        let service = Service::new(Habits { total: Total::Off(wrong), ..habits(25) });
        assert_eq!(all(service.pages(0, 10)).await.len(), 25, "{wrong}");
        assert!(service.requests() <= 5, "{wrong}");
    }
    let totals = [Total::OfThisPage, Total::OfWhatRemains, Total::Disputed(25, 20), Total::Disputed(3, 1000), Total::Unsaid];
    for (total, caps_at) in totals.iter().flat_map(|total| [None, Some(4)].map(|cap| (total.clone(), cap))) {
        for limit in [Limit::Real, Limit::Unsaid] {
            let service = Service::new(Habits { total: total.clone(), limit, caps_at, ..habits(25) });
            assert_eq!(all(service.pages(0, 10)).await, (1..=25).collect::<Vec<_>>(), "{total:?} {caps_at:?}");
            assert!(service.requests() <= 10, "{total:?} {caps_at:?} {}", service.requests());
        }
    }
}

#[tokio::test]
async fn pages_that_bring_nothing_new_do_not_keep_it_going() {
    for total in [Total::Real, Total::Off(1000), Total::OfWhatRemains, Total::Disputed(25, 1000), Total::Unsaid] {
        let ignores_offset = Service::new(Habits { pages: Order::First, total: total.clone(), ..habits(25) });
        assert_eq!(all(ignores_offset.pages(0, 10)).await.len(), 10 + 1, "one more is asked for from the second page on");
        assert!(ignores_offset.requests() <= 12, "{total:?}: {}", ignores_offset.requests());
        let circle = Service::new(Habits { pages: Order::Circle, total: total.clone(), ..habits(25) });
        assert_eq!(all(circle.pages(0, 10)).await.len(), 25);
        assert!(circle.requests() <= 13, "{total:?}: {}", circle.requests());
    }
}

#[tokio::test]
async fn a_list_without_pages_is_read_twice_at_most() {
    let service = Service::new(Habits { pages: Order::First, total: Total::Unsaid, limit: Limit::Unsaid, ..habits(7) });
    assert_eq!(all(service.pages(0, 10)).await.len(), 7);
    assert_eq!(service.requests(), 2);
}

#[tokio::test]
async fn a_service_that_gives_smaller_pages_than_asked_for_is_read_to_the_end() {
    for caps_at in [1, 2, 4] {
        let service = Service::new(Habits { caps_at: Some(caps_at), ..habits(25) });
        assert_eq!(all(service.pages(0, 10)).await.len(), 25, "{caps_at}");
    }
}

#[tokio::test]
async fn it_begins_where_it_is_told_and_says_where_to_go_on() {
    let service = Service::new(habits(25));
    let mut pages = service.pages(0, 10);
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), first.next, first.total), (10, Some(10), Some(25)));
    drop(pages);
    let rest: Vec<_> = service.pages(10, 10).collect().await;
    let nexts: Vec<_> = rest.iter().map(|page| page.as_ref().unwrap().next).collect();
    assert_eq!(nexts, [Some(20), None]);
    assert_eq!(all(service.pages(10, 10)).await, (11..=25).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_deleted_as_it_is_read_does_not_hide_the_rest() {
    for size in [1, 3, 10] {
        let service = Service::new(habits(60));
        let mut items = service.pages(0, size).items();
        let mut read = Vec::new();
        while let Some(item) = items.next().await {
            read.push(item.unwrap());
            service.0.lock().unwrap().list.retain(|left| !read.contains(left));
        }
        read.sort_unstable();
        assert_eq!(read, (1..=60).collect::<Vec<_>>(), "{size}");
    }
}

#[tokio::test]
async fn an_error_is_the_last_item_and_comes_after_what_its_page_had() {
    let fetch = |_| Box::pin(std::future::ready(Err(Error::configuration("no")))) as BoxFuture<'static, _>;
    let walk = || Offsets::new(0, Some(10), 1000);
    let results: Vec<_> = Pages::new(walk(), |item: &u64| *item, Box::new(fetch)).items().collect().await;
    assert!(matches!(results[..], [Err(_)]));

    let elsewhere =
        |_| Box::pin(std::future::ready(Ok((vec![1_u64], Extent { offset: Some(7), ..Extent::default() })))) as BoxFuture<'static, _>;
    let results: Vec<_> = Pages::new(walk().strict(), |item: &u64| *item, Box::new(elsewhere)).items().collect().await;
    assert!(matches!(&results[..], [Ok(1), Err(error)] if error.is_mismatch()), "{results:?}");
}

#[tokio::test]
async fn a_circle_is_an_error_where_the_pages_are_right_about_themselves() {
    let service = Service::new(Habits { pages: Order::First, total: Total::Real, ..habits(25) });
    let results: Vec<_> = service.walk(Offsets::new(0, None, 0).strict()).items().collect().await;
    assert_eq!(results.len(), 21);
    assert!(results[20].as_ref().unwrap_err().is_mismatch());
    let service = Service::new(Habits { pages: Order::First, total: Total::Real, ..habits(20) });
    assert_eq!(all(service.walk(Offsets::new(0, None, 0).strict())).await.len(), 20, "all is there");
}

/// A list by tokens, whose pages are given by name.
fn by_token(pages: BTreeMap<&'static str, (Vec<u64>, &'static str)>) -> Pages<u64, String> {
    let fetch = move |token: Option<String>| {
        let (items, next) = pages[token.as_deref().unwrap_or("")].clone();
        Box::pin(std::future::ready(Ok((items, Following { token: Some(next.to_owned()), total: None })))) as BoxFuture<'static, _>
    };
    Pages::new(Tokens::new(None), |item| *item, Box::new(fetch))
}

#[tokio::test]
async fn pages_by_token_give_each_item_once_and_end_where_tokens_go_in_a_circle() {
    let items = async |pages| by_token(BTreeMap::from(pages)).items().map(Result::ok).collect::<Vec<_>>().await;
    let line = [("", (vec![1, 2], "a")), ("a", (vec![], "b")), ("b", (vec![2, 3], ""))];
    assert_eq!(items(line).await, [Some(1), Some(2), Some(3)]);
    let circle = [("", (vec![1, 2], "a")), ("a", (vec![3], "b")), ("b", (vec![4], "a"))];
    assert_eq!(items(circle).await, [Some(1), Some(2), Some(3), Some(4), None]);
    let standing = [("", (vec![1], "a")), ("a", (vec![2], "a")), ("b", (vec![], ""))];
    assert_eq!(items(standing).await, [Some(1), Some(2), None]);
}

/// A list whose pages take a second each: its requests, and its items.
fn slow(items: u64) -> (Service, Items<u64>) {
    let service = Service::new(habits(items));
    let asked = service.clone();
    let fetch = move |(offset, limit)| {
        let answer = asked.answer(offset, limit);
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            Ok(answer)
        }) as BoxFuture<'static, _>
    };
    (service, Pages::new(Offsets::new(0, Some(10), 1000), |item: &u64| *item, Box::new(fetch)).items())
}

#[tokio::test(start_paused = true)]
async fn the_next_page_is_on_its_way_while_the_items_of_one_are_worked_on() {
    use tokio::time::{Duration, Instant, sleep};

    for (looks_ahead, seconds) in [(true, 100 + 1), (false, 100 + 12)] {
        let (service, items) = slow(100);
        let mut items = items.look_ahead(looks_ahead);
        let begun = Instant::now();
        let mut read = Vec::new();
        while let Some(item) = items.next().await {
            read.push(item.unwrap());
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(read, (1..=100).collect::<Vec<_>>());
        assert!(service.requests() <= 12);
        assert!(begun.elapsed() <= Duration::from_secs(seconds), "{looks_ahead}: {:?}", begun.elapsed());
        assert!(looks_ahead || begun.elapsed() > Duration::from_secs(108), "the other one waits: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_items_cost_one_call_and_no_more_than_one_page_is_ahead() {
    for (taken, requests) in [(1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (31, 5)] {
        let (service, items) = slow(1000);
        assert_eq!(items.take(taken).count().await, taken);
        assert_eq!(service.requests(), requests, "{taken} items");
    }
}

fn totals() -> impl Strategy<Value = Total> {
    prop_oneof![
        Just(Total::Real),
        (-70_i64..70).prop_map(Total::Off),
        Just(Total::OfThisPage),
        Just(Total::OfWhatRemains),
        (0_u64..70, 0_u64..70).prop_map(|(one, other)| Total::Disputed(one, other)),
        proptest::collection::vec(0_u64..100, 1..6).prop_map(Total::Any),
        Just(Total::Unsaid),
    ]
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![Just(Limit::Real), Just(Limit::Unsaid)]
}

proptest! {
    #[test]
    fn whatever_the_totals_nothing_that_stays_is_missed_and_nothing_comes_twice(
        items in 0_u64..60, size in 1_u32..12, caps_at in proptest::option::of(2_usize..12), total in totals(), limit in limits(),
        vanishing in proptest::collection::vec(proptest::collection::vec(1_u64..60, 0..4), 0..12),
        growing in proptest::collection::vec((0_usize..10, 0_usize..60), 0..12),
    ) {
        // Where as many come as a page brings, there is no end to it.
        let page = (size as usize + 1).min(caps_at.unwrap_or(usize::MAX));
        let growing = growing.into_iter().map(|(count, place)| (count % (page - 1), place)).collect();
        let service = Service::new(Habits { vanishing: vanishing.clone(), growing, total, limit, caps_at, ..habits(items) });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(all(service.pages(0, size)));
        let gone: HashSet<u64> = vanishing.into_iter().flatten().collect();
        for item in (1..=items).filter(|item| !gone.contains(item)) {
            prop_assert!(read.contains(&item), "{} is missing of {:?}", item, read);
        }
        let distinct: HashSet<_> = read.iter().collect();
        prop_assert_eq!(distinct.len(), read.len());
        prop_assert!(service.requests() <= 11 * (read.len() + 1), "{} requests for {} items", service.requests(), read.len());
    }

    #[test]
    fn whatever_pages_come_it_gives_each_of_their_items_once_and_ends(
        pages in proptest::collection::vec((proptest::collection::vec(0_u64..30, 0..8), any::<Option<u8>>(), any::<Option<u8>>()), 1..12),
        size in 1_u32..12,
    ) {
        let given = Arc::new(Mutex::new((0, HashSet::new())));
        let giving = Arc::clone(&given);
        let fetch = move |_| {
            let (requests, items) = &mut *giving.lock().unwrap();
            let (page, total, limit) = pages[*requests % pages.len()].clone();
            *requests += 1;
            items.extend(page.iter().copied());
            let extent = Extent { total: total.map(Into::into), limit: limit.map(Into::into), offset: None };
            Box::pin(std::future::ready(Ok((page, extent)))) as BoxFuture<'static, _>
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(all(Pages::new(Offsets::new(0, Some(size), 1000), |item| *item, Box::new(fetch))));
        let (requests, items) = &*given.lock().unwrap();
        prop_assert_eq!(&read.iter().copied().collect::<HashSet<_>>(), items);
        prop_assert_eq!(read.len(), items.len());
        prop_assert!(*requests <= 11 * (read.len() + 1));
    }
}
