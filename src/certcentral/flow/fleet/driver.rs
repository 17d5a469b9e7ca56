//! The mechanism of all fleets: a limited number of items at a time is begun; they wait in little memory until there is news, and are
//! finished.

use std::{
    collections::{HashSet, VecDeque},
    future::poll_fn,
    mem,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    Future as _, FutureExt as _, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream, FuturesUnordered},
};
use tokio::time::{Instant, sleep_until};

use super::{
    Fleet, FleetItem,
    control::{FleetControl, Mode},
    memory::{Entry, Memory, Standing},
    waits::Waits,
    work::{Begun, Confirmed, Origin, Record, Work},
};
use crate::{
    certcentral::sweeps::{Coming, Sweep},
    error::Error,
    wait::{Polling, Progress, WaitError, Watch, Watched},
};

/// The settings of a fleet.
pub(super) struct Setup {
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) polling: Polling,
    pub(super) memory: Option<Arc<dyn Memory>>,
}

pub(super) type Source<W> = BoxStream<'static, Result<(String, <W as Work>::Input), Error>>;

/// Builds a fleet from its work.
pub(super) fn fleet<W: Work>(work: W, source: Source<W>, setup: Setup) -> Fleet<W::Output> {
    let control = FleetControl::default();
    let driver = Driver::new(work, source, setup, control.clone());
    let items = stream::unfold(driver, |mut driver| async move { Some((driver.next().await?, driver)) });
    Fleet { items: items.fuse().boxed(), control }
}

/// The memo of an item that was begun, and the error that leaves it in doubt.
type Doubt<W> = (<W as Work>::Memo, Error);

struct Driver<W: Work> {
    work: Arc<W>,
    setup: Setup,
    control: FleetControl,
    /// Items that were not begun yet.
    source: Option<Source<W>>,
    /// Items to be found again: those that the journal knows, then the unsure.
    again: VecDeque<(String, Option<Doubt<W>>)>,
    known: HashSet<String>,
    running: FuturesUnordered<BoxFuture<'static, Step<W>>>,
    waits: Waits<W>,
    sweep: Option<Coming>,
    /// Not before this is another new item begun, while others wait.
    next_beginning: Instant,
    confirmed: Vec<(String, Confirmed<W>)>,
    confirmed_since: Instant,
    unsure: Vec<(String, Option<W::Memo>, Error)>,
    is_second_look: bool,
    ready: VecDeque<FleetItem<W::Output>>,
    /// The item whose result was delivered and is not recorded yet.
    delivered: Option<String>,
    failure: Option<Error>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Going,
    Over,
}

/// The result of a running future.
enum Step<W: Work> {
    Begun { is_new: bool, record: Arc<Record<W>>, begun: Result<Begun<W>, Error> },
    Polled { id: String, watch: Box<Watch<W::Flow>>, polled: Watched<W::Flow> },
    Finished(Vec<(String, Result<W::Output, Error>)>),
}

enum Event<W: Work> {
    Step(Step<W>),
    Given(Result<(String, W::Input), Error>),
    Exhausted,
    Swept(Arc<Sweep>),
    /// It is time for something, or the fleet was steered.
    Look,
}

impl<W: Work> Driver<W> {
    fn new(work: W, source: Source<W>, setup: Setup, control: FleetControl) -> Self {
        Self {
            work: Arc::new(work),
            setup,
            control,
            source: Some(source),
            again: VecDeque::new(),
            known: HashSet::new(),
            running: FuturesUnordered::new(),
            waits: Waits::default(),
            sweep: None,
            next_beginning: Instant::now(),
            confirmed: Vec::new(),
            confirmed_since: Instant::now(),
            unsure: Vec::new(),
            is_second_look: false,
            ready: VecDeque::new(),
            delivered: None,
            failure: None,
            stage: Stage::New,
        }
    }

    async fn next(&mut self) -> Option<Result<FleetItem<W::Output>, Error>> {
        if self.stage == Stage::New {
            self.stage = Stage::Going;
            if let Err(error) = self.open().await {
                self.fail(error);
            }
        }
        self.acknowledge().await;
        loop {
            if let Some(item) = self.ready.pop_front() {
                self.delivered = item.result.is_ok().then(|| item.id.clone());
                self.report();
                return Some(Ok(item));
            }
            if self.stage == Stage::Over {
                return None;
            }
            self.launch();
            self.report();
            if self.is_at_its_end() {
                self.stage = Stage::Over;
                let unsure = mem::take(&mut self.unsure).into_iter().map(|(id, _, error)| (id, error));
                let unlooked = mem::take(&mut self.again).into_iter().filter_map(|(id, doubt)| Some((id, doubt?.1)));
                for (id, error) in unsure.chain(unlooked).collect::<Vec<_>>() {
                    self.end(id, Err(error));
                }
                if let Some(error) = self.failure.take() {
                    return Some(Err(error));
                }
                continue;
            }
            match self.event().await {
                Event::Step(step) => self.take(step).await,
                Event::Given(Ok((id, input))) => {
                    self.next_beginning = Instant::now() + self.work.distance();
                    self.begin(id, Some(input));
                }
                Event::Given(Err(error)) => self.fail(error),
                Event::Exhausted => self.source = None,
                Event::Swept(sweep) => {
                    self.sweep = None;
                    self.waits.hear(&self.work, &sweep);
                }
                Event::Look => {}
            }
        }
    }

    /// Reads what was done before.
    async fn open(&mut self) -> Result<(), Error> {
        let hint = self.source.as_ref().map(|source| source.size_hint());
        let mut total = hint.and_then(|(least, most)| most.filter(|most| *most == least));
        if let Some(memory) = self.setup.memory.clone() {
            memory.claim(W::KIND)?;
            for id in memory.unfinished() {
                self.again.push_back((id, None));
            }
            let done = memory.done();
            total = total.map(|total| total.max(done + self.again.len()));
            self.control.note(|progress| progress.done = done);
        }
        self.control.note(|progress| progress.total = total);
        self.work.prepare().await
    }

    /// Records the previous result as done: a caller that asks for the next one is done with it.
    async fn acknowledge(&mut self) {
        if let Some(id) = self.delivered.take() {
            self.note(&id, Standing::Done).await;
        }
    }

    /// Ends the fleet once what is running has ended.
    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    fn mode(&self) -> Mode {
        if self.failure.is_some() { Mode::Stopping } else { self.control.mode() }
    }

    fn may_run(&self) -> bool {
        self.mode() == Mode::Going && self.running.len() < self.setup.concurrency.max(1)
    }

    /// New items are begun one by one while others wait: in a burst they would take all slots of the longest window, and leave none to
    /// those that wait until it has passed.
    fn may_begin(&self) -> bool {
        self.may_run() && self.again.is_empty() && (self.waits.is_empty() || self.next_beginning <= Instant::now())
    }

    /// Runs whatever can run now: first what waits and is due, then what was begun before.
    fn launch(&mut self) {
        let now = Instant::now();
        while self.may_run() {
            if let Some((id, mut watch)) = self.waits.take_due(now) {
                self.running.push(
                    async move {
                        let polled = watch.look().await;
                        watch.forget();
                        Step::Polled { id, watch, polled }
                    }
                    .boxed(),
                );
            } else if let Some((id, doubt)) = self.again.pop_front() {
                match doubt.map_or_else(|| self.remembered(&id), |(memo, _)| Ok(Some(memo))) {
                    Ok(Some(memo)) => self.run(id, Origin::Begun(memo), false),
                    Ok(None) => {}
                    Err(error) => self.fail(error),
                }
            } else {
                break;
            }
        }
        // Once everything is begun, items in doubt are searched for once more.
        let is_begun = self.source.is_none() && self.again.is_empty() && self.running.is_empty();
        if is_begun && !self.is_second_look && self.mode() == Mode::Going && !self.unsure.is_empty() {
            self.is_second_look = true;
            for (id, memo, error) in mem::take(&mut self.unsure) {
                match memo {
                    Some(memo) => self.again.push_back((id, Some((memo, error)))),
                    None => self.unsure.push((id, None, error)),
                }
            }
            return self.launch();
        }
        let oldest = self.confirmed_since.elapsed();
        let is_idle = self.running.is_empty() && (self.source.is_none() || self.mode() != Mode::Going);
        if !self.confirmed.is_empty() && self.work.is_time_to_finish(self.confirmed.len(), oldest, is_idle) {
            let (work, confirmed) = (Arc::clone(&self.work), mem::take(&mut self.confirmed));
            self.running.push(async move { Step::Finished(work.finish(confirmed).await) }.boxed());
        }
    }

    fn remembered(&self, id: &str) -> Result<Option<W::Memo>, Error> {
        let Some(memory) = &self.setup.memory else { return Ok(None) };
        let line = memory.last(id)?;
        let entry: Entry<W::Memo> =
            serde_json::from_str(&line).map_err(|error| Error::invalid("journal", format!("{id} cannot be read: {error}")))?;
        Ok(entry.memo)
    }

    fn begin(&mut self, id: String, input: Option<W::Input>) {
        let standing = self.setup.memory.as_ref().and_then(|memory| memory.standing(&id));
        let is_known_before = matches!(standing, Some(Standing::Begun | Standing::Done));
        let is_given_twice = !self.known.insert(id.clone());
        if is_given_twice {
            let error = Error::invalid("id", format!("{id} was given twice; each item needs an id of its own"));
            self.end(id, Err(error));
        } else if let (false, Some(input)) = (is_known_before, input) {
            self.run(id, Origin::Given(input), true);
        }
    }

    fn run(&mut self, id: String, origin: Origin<W>, is_new: bool) {
        let record = Arc::new(Record::new(id, self.setup.memory.clone()));
        let work = Arc::clone(&self.work);
        self.running.push(
            async move {
                let begun = work.begin(origin, &record).await;
                Step::Begun { is_new, record, begun }
            }
            .boxed(),
        );
    }

    async fn take(&mut self, step: Step<W>) {
        // An item that was sent but could not be recorded is still waited for; nothing else is sent.
        if let Step::Begun { record, .. } = &step
            && let Some(failure) = record.failure()
        {
            self.fail(failure);
        }
        match step {
            Step::Begun { begun: Ok(Begun::Waits(flow)), record, .. } => {
                let mut watch = Box::new(Watch::new(flow, self.setup.timeout, self.setup.polling).overrunning());
                watch.enter();
                self.waits.insert(&self.work, record.id.clone(), watch);
            }
            Step::Begun { begun: Ok(Begun::Confirmed(confirmed)), record, .. } => self.confirm(record.id.clone(), confirmed),
            Step::Begun { begun: Err(error), record, is_new } => {
                let memo = record.memo();
                if error.is_ambiguous() {
                    self.unsure.push((record.id.clone(), memo, error));
                } else {
                    // Certainly nothing was done: a later run may begin it again.
                    if is_new && memo.is_some() {
                        self.note(&record.id, Standing::Refused).await;
                    }
                    self.end(record.id.clone(), Err(error));
                }
            }
            Step::Polled { id, watch, polled } => match polled {
                Ok(Progress::Completed(confirmed)) => self.confirm(id, confirmed),
                Ok(Progress::InProgress(_) | Progress::Fault(_)) => self.waits.insert(&self.work, id, watch),
                Err(error) => {
                    let error: WaitError<_> = error;
                    self.end(id, Err(error.into()));
                }
            },
            Step::Finished(finished) => {
                for (id, result) in finished {
                    self.end(id, result);
                }
            }
        }
    }

    /// Records the standing of an item.
    async fn note(&mut self, id: &str, standing: Standing) {
        let Some(memory) = &self.setup.memory else { return };
        let written = match Entry::<()>::new(id, standing, None).line() {
            Ok(line) => memory.append(line).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            self.fail(error);
        }
    }

    fn confirm(&mut self, id: String, confirmed: Confirmed<W>) {
        if self.confirmed.is_empty() {
            self.confirmed_since = Instant::now();
        }
        self.confirmed.push((id, confirmed));
    }

    fn end(&mut self, id: String, result: Result<W::Output, Error>) {
        self.control.ended(result.is_ok());
        self.ready.push_back(FleetItem { id, result });
    }

    fn is_at_its_end(&self) -> bool {
        let is_done = self.source.is_none() && self.again.is_empty() && self.waits.is_empty();
        self.running.is_empty() && self.confirmed.is_empty() && (is_done || self.mode() == Mode::Stopping)
    }

    /// Waits until something happens.
    async fn event(&mut self) -> Event<W> {
        let mode = self.mode();
        if mode == Mode::Going
            && self.sweep.is_none()
            && let Some(as_of) = self.waits.as_of()
        {
            self.sweep = self.work.sweep(as_of);
            if self.sweep.is_none() {
                self.waits.do_without_sweeps(&self.work);
            }
        }
        /// How often to check whether it is time to finish.
        const GLANCE: Duration = Duration::from_secs(5);
        let now = Instant::now();
        let first_due = self.waits.first_due().filter(|_| self.may_run());
        let glance = (!self.confirmed.is_empty()).then(|| now + GLANCE);
        let beginning = (self.source.is_some() && self.may_run()).then_some(self.next_beginning).filter(|at| *at > now);
        let alarm = first_due.into_iter().chain(glance).chain(beginning).min();
        let mut alarm = pin!(alarm.map(sleep_until));
        poll_fn(|context| self.poll_event(mode, alarm.as_mut().as_pin_mut().map(|alarm| alarm.poll(context)), context)).await
    }

    fn poll_event(&mut self, mode: Mode, alarm: Option<Poll<()>>, context: &mut Context<'_>) -> Poll<Event<W>> {
        if let Poll::Ready(Some(step)) = self.running.poll_next_unpin(context) {
            return Poll::Ready(Event::Step(step));
        }
        if self.control.watch(context.waker()) != mode && self.failure.is_none() {
            return Poll::Ready(Event::Look);
        }
        if let Some(sweep) = &mut self.sweep
            && let Poll::Ready(sweep) = sweep.poll_unpin(context)
        {
            return Poll::Ready(Event::Swept(sweep));
        }
        if self.may_begin()
            && let Some(source) = &mut self.source
            && let Poll::Ready(given) = source.poll_next_unpin(context)
        {
            return Poll::Ready(given.map_or(Event::Exhausted, Event::Given));
        }
        if matches!(alarm, Some(Poll::Ready(()))) { Poll::Ready(Event::Look) } else { Poll::Pending }
    }

    fn report(&self) {
        self.control.note(|progress| {
            progress.unsure = self.unsure.len();
            progress.running = self.running.len();
            progress.waiting.clone_from(self.waits.blockers());
        });
    }
}
