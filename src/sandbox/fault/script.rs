//! The state of a running plan: the calls so far, and the faults they met.

use fastrand::Rng;
use http::{Method, Uri};

use super::{Fault, FaultPlan, InjectedFault};

/// The most calls that a burst of 429 has beyond the first.
const LONGEST_BURST: u32 = 4;

#[derive(Debug, Default)]
pub(crate) struct Script {
    plan: FaultPlan,
    /// How many calls matched each rule.
    counts: Vec<u64>,
    chance: Rng,
    /// The rest of a burst.
    burst: Option<(u32, Fault)>,
    met: Vec<InjectedFault>,
}

/// What happens to one call.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(super) fault: Option<Fault>,
    /// The randomness for changes inside a response.
    pub(super) chance: Rng,
}

impl Fate {
    /// Nothing happens.
    pub(super) fn none() -> Self {
        Self { fault: None, chance: Rng::with_seed(0) }
    }
}

impl Script {
    pub(crate) fn new(mut plan: FaultPlan) -> Self {
        if plan.among.is_empty() {
            plan.among = Fault::of_each_class();
        }
        Self { counts: vec![0; plan.rules.len()], chance: Rng::with_seed(plan.seed), plan, burst: None, met: Vec::new() }
    }

    /// Counts a call and says what happens to it.
    pub(crate) fn fate(&mut self, method: &Method, uri: &Uri) -> Fate {
        let by_rule = self.by_rule(method, uri);
        let fault = by_rule.or_else(|| self.by_chance());
        if let Some(fault) = fault.clone() {
            self.met.push(InjectedFault { call: format!("{method} {}", uri.path()), fault });
        }
        Fate { fault, chance: self.chance.fork() }
    }

    pub(crate) fn met(&self) -> Vec<InjectedFault> {
        self.met.clone()
    }

    fn by_rule(&mut self, method: &Method, uri: &Uri) -> Option<Fault> {
        let mut found = None;
        for ((calls, fault), count) in self.plan.rules.iter().zip(&mut self.counts) {
            if calls.fit(method, uri) {
                *count += 1;
                found = found.or_else(|| (calls.first..=calls.last).contains(count).then(|| fault.clone()));
            }
        }
        found
    }

    fn by_chance(&mut self) -> Option<Fault> {
        if let Some((left, fault)) = self.burst.take() {
            self.burst = left.checked_sub(1).filter(|left| *left > 0).map(|left| (left, fault.clone()));
            return Some(fault);
        }
        // A NaN rate disturbs nothing.
        let disturbed = self.chance.f64() < self.plan.rate;
        if !disturbed {
            return None;
        }
        let fault = self.chance.choice(&self.plan.among)?.clone();
        if let Fault::TooManyRequests(_) = fault {
            let more = self.chance.u32(0..=LONGEST_BURST);
            self.burst = (more > 0).then(|| (more, fault.clone()));
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::fault::CallMatcher;

    fn faults(plan: FaultPlan, calls: &[&str]) -> Vec<Option<Fault>> {
        let mut script = Script::new(plan);
        let fate = |call: &&str| {
            let (method, uri) = call.split_once(' ').unwrap();
            script.fate(&method.parse().unwrap(), &uri.parse().unwrap()).fault
        };
        calls.iter().map(fate).collect()
    }

    #[test]
    fn rules_count_their_own_calls_and_the_first_that_fits_wins() {
        let plan = FaultPlan::new()
            .on(CallMatcher::to("GET /users").nth(2), Fault::Refuse)
            .on(CallMatcher::to("/users").first(2), Fault::Empty)
            .on(CallMatcher::all().nth(5), Fault::Gzip);
        let met = faults(plan, &["GET /users", "GET /users", "GET /users", "GET /certificates", "GET /users"]);
        assert_eq!(met, [Some(Fault::Empty), Some(Fault::Refuse), None, None, Some(Fault::Gzip)]);
    }

    #[test]
    fn a_seed_is_a_seed_and_a_rate_is_a_rate() {
        let calls = ["GET /users"; 2000];
        let by_seed = |seed| faults(FaultPlan::seeded(seed), &calls);
        assert_eq!(by_seed(7), by_seed(7));
        assert_ne!(by_seed(7), by_seed(8));
        // A burst of 429 makes it a little more than one in ten.
        let met = by_seed(7).iter().flatten().count();
        assert!((150..350).contains(&met), "{met}");
        for (rate, met) in [(0.0, 0), (1.0, 2000), (-1.0, 0), (f64::NAN, 0)] {
            let only = FaultPlan::seeded(7).rate(rate).among([Fault::Refuse]);
            assert_eq!(faults(only, &calls).iter().flatten().filter(|fault| **fault == Fault::Refuse).count(), met, "{rate}");
        }
    }

    #[test]
    fn chance_brings_every_class_of_fault() {
        let met = faults(FaultPlan::seeded(1).rate(1.0), &["GET /users"; 2000]);
        for fault in Fault::of_each_class() {
            assert!(met.contains(&Some(fault.clone())), "{fault:?}");
        }
    }
}
