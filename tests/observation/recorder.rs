//! Records every span and event, at every level.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// What all threads of this program tell, through `tracing` and `log`, where a test has no recorder of its own.
pub(crate) static ALL: LazyLock<Recorder> = LazyLock::new(|| {
    let recorder = Recorder::default();
    tracing::subscriber::set_global_default(recorder.clone()).unwrap();
    log::set_boxed_logger(Box::new(Logger(recorder.clone()))).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    recorder
});

struct Logger(Recorder);

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.event(record.target(), Level::TRACE, record.args().to_string());
    }

    fn flush(&self) {}
}

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Seen>>);

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) spans: Vec<SpanSeen>,
    pub(crate) events: Vec<EventSeen>,
}

#[derive(Debug)]
pub(crate) struct SpanSeen {
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) parent: Option<usize>,
    pub(crate) fields: Fields,
    handles: usize,
}

impl SpanSeen {
    pub(crate) fn is_closed(&self) -> bool {
        self.handles == 0
    }
}

#[derive(Debug)]
pub(crate) struct EventSeen {
    pub(crate) target: String,
    pub(crate) level: Level,
    pub(crate) span: Option<usize>,
    pub(crate) fields: Fields,
}

/// Names and values, in the order they were recorded.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(&'static str, String)>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}

impl Recorder {
    /// Records what this thread tells from now on.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        // tracing asks once whether anybody wants to hear of a place in the code; somebody always does.
        LazyLock::force(&ALL);
        let recorder = Self::default();
        let guard = tracing::subscriber::set_default(recorder.clone());
        (recorder, guard)
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.0.lock().unwrap())
    }

    /// Everything that was told, as one text.
    pub(crate) fn text(&self) -> String {
        self.look(|seen| format!("{:?}\n{:?}", seen.spans, seen.events))
    }

    pub(crate) fn event(&self, target: &str, level: Level, message: String) {
        let event = EventSeen { target: target.to_owned(), level, span: None, fields: Fields(vec![("message", message)]) };
        self.0.lock().unwrap().events.push(event);
    }
}

fn index(id: u64) -> usize {
    usize::try_from(id).unwrap() - 1
}

fn current() -> Option<usize> {
    ENTERED.with_borrow(|entered| entered.last().copied().map(index))
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let parent = match attributes.parent() {
            Some(parent) => Some(index(parent.into_u64())),
            None if attributes.is_contextual() => current(),
            None => None,
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        let mut seen = self.0.lock().unwrap();
        seen.spans.push(SpanSeen { name: metadata.name(), level: *metadata.level(), parent, fields, handles: 1 });
        Id::from_u64(seen.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.0.lock().unwrap().spans[index(span.into_u64())].fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let event = EventSeen { target: metadata.target().to_owned(), level: *metadata.level(), span: current(), fields };
        self.0.lock().unwrap().events.push(event);
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            let last = entered.iter().rposition(|entered| *entered == span.into_u64()).unwrap();
            entered.remove(last);
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.0.lock().unwrap().spans[index(span.into_u64())].handles += 1;
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut seen = self.0.lock().unwrap();
        let span = &mut seen.spans[index(span.into_u64())];
        span.handles -= 1;
        span.is_closed()
    }
}
