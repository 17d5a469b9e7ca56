//! How long a flow has waited for the rate limit: its own timeouts exclude that time.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
#[cfg(feature = "certcentral")]
use tokio::time::sleep;

/// How long the calls of one flow have waited for their turn.
#[derive(Debug, Default)]
pub(crate) struct Patience(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many calls wait now, and since when at least one does.
    waiting: usize,
    since: Option<Instant>,
    /// The waiting that is over.
    over: Duration,
}

impl Patience {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stands in line until the future ends, or is dropped.
    pub(super) async fn wait<T>(&self, turn: impl Future<Output = T>) -> T {
        struct Standing<'a>(&'a Patience);

        impl Drop for Standing<'_> {
            fn drop(&mut self) {
                let mut state = self.0.state();
                state.waiting -= 1;
                if state.waiting == 0 {
                    let waited = state.since.take().map_or(Duration::ZERO, |since| since.elapsed());
                    state.over += waited;
                }
            }
        }

        {
            let mut state = self.state();
            state.waiting += 1;
            state.since.get_or_insert_with(Instant::now);
        }
        let _standing = Standing(self);
        turn.await
    }
}

#[cfg(feature = "certcentral")]
impl Patience {
    /// For how long the flow has waited so far.
    fn waited(&self) -> Duration {
        let state = self.state();
        state.over + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// A watch that stands still while the flow waits.
    pub(crate) fn watch(&self) -> impl Fn() -> Duration {
        let (begun, waited) = (Instant::now(), self.waited());
        move || begun.elapsed().saturating_sub(self.waited().saturating_sub(waited))
    }

    /// Ends once the flow has spent this time without its waiting.
    pub(crate) async fn spent(&self, time: Duration) {
        /// How often to check again while the flow waits.
        const STEP: Duration = Duration::from_millis(100);
        let watch = self.watch();
        while let Some(left) = time.checked_sub(watch()).filter(|left| !left.is_zero()) {
            sleep(left.max(STEP)).await;
        }
    }
}

#[cfg(all(test, feature = "certcentral"))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_in_line_is_not_spent() {
        let flow = Patience::default();
        let watch = flow.watch();
        let begun = Instant::now();
        let waits = async {
            sleep(2 * SECOND).await;
            // Two calls side by side wait once; one that is given up waits no longer.
            let second = tokio::time::timeout(5 * SECOND, flow.wait(std::future::pending::<()>()));
            let _ = tokio::join!(flow.wait(sleep(3 * SECOND)), second);
        };
        tokio::join!(waits, flow.spent(10 * SECOND));
        assert_eq!(begun.elapsed(), 15 * SECOND);
        assert_eq!(watch(), 10 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_spent_where_all_time_is_waited() {
        let flow = Patience::default();
        let (watch, begun) = (flow.watch(), Instant::now());
        let waits = flow.wait(sleep(100 * SECOND));
        tokio::join!(waits, flow.spent(SECOND));
        assert_eq!((begun.elapsed(), watch()), (101 * SECOND, SECOND));
    }
}
