//! Rate limits: rolling windows for each key.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// The most calls within a time, the shorter window first, as the service looks at them.
const WINDOWS: [(usize, TimeDelta); 2] = [(100, TimeDelta::seconds(5)), (1000, TimeDelta::minutes(3))];

/// The calls of late, by key. Only calls that were let in count; the service's reckoning is not documented.
#[derive(Debug, Default)]
pub(crate) struct Calls(HashMap<String, VecDeque<DateTime<Utc>>>);

impl Calls {
    /// Lets a call in, unless its key made too many within a window.
    pub(crate) fn admit(&mut self, key: &str, now: DateTime<Utc>) -> bool {
        let times = self.0.entry(key.to_owned()).or_default();
        let longest = WINDOWS.map(|(_, window)| window).into_iter().max().unwrap_or_default();
        while times.front().is_some_and(|time| now - *time >= longest) {
            times.pop_front();
        }
        let within = |window: TimeDelta| times.iter().rev().take_while(|time| now - **time < window).count();
        let admitted = WINDOWS.iter().all(|(most, window)| within(*window) < *most);
        if admitted {
            times.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_roll_and_keys_count_alone() {
        let mut calls = Calls::default();
        let at = |millis| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis);
        let admitted = (0..150).filter(|_| calls.admit("a", at(0))).count();
        assert_eq!(admitted, 100);
        assert!(calls.admit("b", at(0)));
        for (millis, lets_in) in [(4_999, false), (5_000, true)] {
            assert_eq!(calls.admit("a", at(millis)), lets_in, "{millis}");
        }
    }

    #[test]
    fn the_long_window_holds_a_thousand() {
        let mut calls = Calls::default();
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let admitted = (0..120).flat_map(|second| [second; 20]).filter(|second| calls.admit("a", at(*second))).count();
        assert_eq!(admitted, 1000);
        assert!(!calls.admit("a", at(179)));
        assert!(calls.admit("a", at(180)));
    }
}
