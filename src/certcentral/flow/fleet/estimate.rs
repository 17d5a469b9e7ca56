//! What a fleet would do, without doing it.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::certcentral::CertCentral;

/// What a fleet would do, and what it would cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetEstimate {
    /// How many items there are.
    pub items: usize,
    /// How many items would need which step: `order`, which is paid for, `reissue`, which is not, `done before`, and so on.
    pub steps: BTreeMap<&'static str, usize>,
    /// The minimum number of calls.
    pub calls: u64,
    /// The minimum time for these calls under the rate limit.
    pub duration: Duration,
}

impl FleetEstimate {
    pub(super) fn count(&mut self, step: &'static str, calls: u64) {
        self.items += 1;
        *self.steps.entry(step).or_default() += 1;
        self.calls += calls;
    }

    pub(super) fn under_the_limits_of(mut self, client: &CertCentral) -> Self {
        let time = |limit: u64, window: Duration| {
            let full = u32::try_from(self.calls.saturating_sub(1) / limit.max(1)).unwrap_or(u32::MAX);
            window.saturating_mul(full)
        };
        self.duration = client.usage().iter().map(|usage| time(usage.rate.limit.into(), usage.rate.window)).max().unwrap_or_default();
        self
    }
}

/// `400 items: 12 done before, 388 order; at least 1164 calls and 3 min`.
impl fmt::Display for FleetEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.items)?;
        for (number, (step, count)) in self.steps.iter().enumerate() {
            write!(f, "{} {count} {step}", if number == 0 { ":" } else { "," })?;
        }
        write!(f, "; at least {} calls and {} min", self.calls, self.duration.as_secs().div_ceil(60))
    }
}
