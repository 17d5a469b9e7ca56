//! Counters and histograms.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics::{Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit};
use shomei::{RateLimit, certcentral::DomainId};
use tokio::time::timeout;

use crate::script::{
    Fate::{Answer, RetryAfter, Silence, Unsent},
    Script,
};

/// Keeps every value under `name{label=value,…}`.
#[derive(Clone, Default)]
pub(crate) struct Numbers(Arc<Mutex<BTreeMap<String, Vec<f64>>>>);

struct Series(Numbers, String);

impl Series {
    fn push(&self, value: f64) {
        self.0.0.lock().unwrap().entry(self.1.clone()).or_default().push(value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.push(value as f64);
    }

    fn absolute(&self, value: u64) {
        self.push(value as f64);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.push(value);
    }
}

impl Numbers {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Series(self.clone(), format!("{}{{{}}}", key.name(), labels.join(","))))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn sum(&self, series: &str) -> f64 {
        self.0.lock().unwrap().get(series).map_or(0.0, |values| values.iter().sum())
    }

    /// Runs a future under a paused clock, with these numbers being kept.
    pub(crate) fn of(&self, future: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        metrics::with_local_recorder(self, || runtime.block_on(future));
    }
}

impl metrics::Recorder for Numbers {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.0.lock().unwrap().entry(format!("described {}", key.as_str())).or_default();
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, Some(Unit::Seconds));
        self.0.lock().unwrap().entry(format!("described {}", key.as_str())).or_default();
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

#[test]
fn calls_attempts_repeats_refusals_and_waits_are_counted() {
    let numbers = Numbers::default();
    numbers.of(async {
        let fates = [RetryAfter(429, "3"), Unsent, Answer(200, "{\"id\": 1}"), Answer(404, ""), Answer(200, "?"), Silence];
        let cc = Script::new(&fates).certcentral(|builder| builder.rate_limits([RateLimit::new(100, Duration::from_secs(5))]));
        for is_ok in [true, false, false] {
            assert_eq!(cc.domains().get(DomainId(1)).send().await.is_ok(), is_ok);
        }
        assert!(timeout(Duration::from_secs(1), cc.domains().get(DomainId(1)).send()).await.is_err());
    });
    let domain_info = "service=certcentral,operation=domain_info";
    for (series, sum) in [
        (format!("shomei_calls_total{{{domain_info},outcome=ok}}"), 1.0),
        (format!("shomei_calls_total{{{domain_info},outcome=404}}"), 1.0),
        (format!("shomei_calls_total{{{domain_info},outcome=decode}}"), 1.0),
        (format!("shomei_calls_total{{{domain_info},outcome=cancelled}}"), 1.0),
        (format!("shomei_attempts_total{{{domain_info},outcome=429}}"), 1.0),
        (format!("shomei_attempts_total{{{domain_info},outcome=unsent}}"), 1.0),
        (format!("shomei_attempts_total{{{domain_info},outcome=404}}"), 1.0),
        (format!("shomei_attempts_total{{{domain_info},outcome=ok}}"), 2.0),
        (format!("shomei_attempts_total{{{domain_info},outcome=cancelled}}"), 1.0),
        (format!("shomei_retries_total{{{domain_info},reason=429}}"), 1.0),
        (format!("shomei_retries_total{{{domain_info},reason=unsent}}"), 1.0),
        (format!("shomei_rate_limited_total{{{domain_info}}}"), 1.0),
    ] {
        assert_eq!(numbers.sum(&series), sum, "{series} of {:?}", numbers.names());
    }
    assert!(numbers.sum(&format!("shomei_call_duration_seconds{{{domain_info},outcome=ok}}")) >= 3.0);
    assert_eq!(numbers.sum(&format!("shomei_call_duration_seconds{{{domain_info},outcome=cancelled}}")).round(), 1.0);
    let kept = numbers.0.lock().unwrap();
    assert_eq!(kept["shomei_rate_limit_wait_seconds{service=certcentral,priority=foreground}"].len(), 6);
    for name in kept.keys().filter_map(|series| series.split_once('{')).map(|(name, _)| name) {
        assert!(kept.contains_key(&format!("described {name}")), "{name}");
    }
}
