//! The journal of a fleet: a file with one line of JSON for each event.

use std::{
    collections::HashMap,
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::sync::oneshot;

use super::memory::{Entry, Memory, Standing};
use crate::error::Error;

/// So many events are written with one flush at most.
const AT_ONCE: usize = 256;

/// A file in which a fleet writes down what it does, so that it goes on after it was killed, and does nothing twice. The feature `journal`.
///
/// One line of JSON for each event, flushed to the disk before the next write to the service is sent. A last line that was torn by a crash is
/// read over. The file is its owner's alone (mode 0600) and holds no keys: of an order the whole request, and so the contacts that it names.
/// While it is open, a lock of the operating system keeps other processes out.
///
/// - An item is *begun* before it is sent, with the [resume token](super::super#resume-tokens) by which it is found.
/// - It is *done* when the stream is polled again after its result was delivered: whoever is killed while it works on a result gets it again.
/// - A journal that cannot be written stops the fleet: nothing more is sent.
///
/// Several processes each have their own, and can share one rate limit through `RedisSlidingWindow`. None of them knows what another one does:
/// where two may be given the same item, give its order an `alternative_order_id` of your own.
///
/// ```no_run
/// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
/// use std::time::Duration;
/// use futures_util::StreamExt as _;
/// use shomei::certcentral::{OrganizationId, flow::Journal};
///
/// let mut fleet = cc.domains()
///     .validate_all(["example.com", "example.net"])
///     .organization(OrganizationId(112233))
///     .publish_with(|instructions| async move { println!("{instructions}"); Ok::<_, std::io::Error>(()) })
///     .timeout_per_item(Duration::from_secs(86_400))
///     .journal(Journal::open("domains.jsonl")?)
///     .start();
/// while let Some(item) = fleet.next().await {
///     println!("{:?}", item?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    state: Mutex<State>,
    lines: Option<mpsc::Sender<Line>>,
    writer: Option<thread::JoinHandle<()>>,
}

struct State {
    kind: Option<String>,
    /// The last event of each item, and where it stands.
    items: HashMap<String, (Standing, u64)>,
    /// For reading single lines.
    reader: File,
    /// Where the next line will stand.
    end: u64,
}

struct Line {
    text: String,
    written: oneshot::Sender<Result<(), Arc<io::Error>>>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    journal: String,
    version: u8,
}

const VERSION: u8 = 1;

impl Journal {
    /// Opens a journal, or makes a new one.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the file cannot be opened, is open already, here or in another process, or is no journal.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let fail = |what: String| Error::invalid("journal", format!("{}: {what}", path.display()));
        let unusable = |error: io::Error| fail(error.to_string());
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(unusable)?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => return Err(fail("it is in use".to_owned())),
            Err(fs4::TryLockError::Error(error)) => return Err(unusable(error)),
        }
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(unusable)?;
        let reader = file.try_clone().map_err(unusable)?;
        let state = read(reader, &fail).map_err(|error| error.unwrap_or_else(unusable))?;
        // What is torn is cut off, so that the next line begins a line.
        file.set_len(state.end).map_err(unusable)?;
        file.sync_all().map_err(unusable)?;
        let (lines, received) = mpsc::channel();
        let writer = thread::Builder::new().name("shomei-journal".to_owned()).spawn(move || write(file, &received)).map_err(unusable)?;
        let inner = Inner { path: path.to_owned(), state: Mutex::new(state), lines: Some(lines), writer: Some(writer) };
        Ok(Self { inner: Arc::new(inner) })
    }
}

/// Whatever was noted is written, and the lock given up.
impl Drop for Inner {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            // A writer that has panicked has nothing more to write.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// Reads what stands in the file, up to a torn last line. The outer error is what is wrong with it, or with reading it.
fn read(file: File, fail: &impl Fn(String) -> Error) -> Result<State, Result<Error, io::Error>> {
    let (mut kind, mut items, mut end) = (None, HashMap::new(), 0);
    let mut lines = BufReader::new(&file);
    lines.seek(SeekFrom::Start(0)).map_err(Err)?;
    let mut line = Vec::new();
    let mut number = 0_usize;
    loop {
        line.clear();
        number += 1;
        let length = lines.read_until(b'\n', &mut line).map_err(Err)?;
        let Some(text) = line.strip_suffix(b"\n") else { break };
        let is_read = match &kind {
            None => serde_json::from_slice(text).ok().filter(|head: &Head| head.version == VERSION).map(|head| kind = Some(head.journal)),
            Some(_) => serde_json::from_slice(text).ok().map(|entry: Entry<IgnoredAny>| {
                items.insert(entry.item, (entry.state, end));
            }),
        };
        if is_read.is_none() {
            if lines.fill_buf().map_err(Err)?.is_empty() && number > 1 {
                break;
            }
            return Err(Ok(fail(format!("line {number} cannot be read"))));
        }
        end += length as u64;
    }
    Ok(State { kind, items, reader: file, end })
}

/// Writes lines as they come, those that came together with one flush. After an error nothing is written any more.
fn write(mut file: File, received: &mpsc::Receiver<Line>) {
    let mut broken: Option<Arc<io::Error>> = None;
    while let Ok(first) = received.recv() {
        let mut lines = vec![first];
        lines.extend(received.try_iter().take(AT_ONCE - 1));
        if broken.is_none() {
            let text: String = lines.iter().map(|line| &*line.text).collect();
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
            broken = written.err().map(Arc::new);
        }
        for line in lines {
            // Nobody may wait for it any more.
            let _ = line.written.send(broken.clone().map_or(Ok(()), Err));
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, what: impl fmt::Display) -> Error {
        Error::invalid("journal", format!("{}: {what}", self.path.display()))
    }

    /// Sends a line to be written. Lines are written in the order in which this is called.
    fn send(self: &Arc<Self>, state: &mut State, mut text: String) -> BoxFuture<'static, Result<(), Error>> {
        text.push('\n');
        state.end += text.len() as u64;
        let (written, answer) = oneshot::channel();
        let is_sent = self.lines.as_ref().is_some_and(|lines| lines.send(Line { text, written }).is_ok());
        let inner = Arc::clone(self);
        async move {
            if !is_sent {
                return Err(inner.fail("its writer is gone"));
            }
            match answer.await {
                Ok(written) => written.map_err(|error| inner.fail(error)),
                Err(_) => Err(inner.fail("its writer is gone")),
            }
        }
        .boxed()
    }
}

impl Memory for Journal {
    fn claim(&self, kind: &'static str) -> Result<(), Error> {
        let mut state = self.inner.state();
        match &state.kind {
            Some(claimed) if claimed == kind => Ok(()),
            Some(claimed) => Err(self.inner.fail(format!("it is of a fleet of another kind: {claimed}, not {kind}"))),
            None => {
                let head = Head { journal: kind.to_owned(), version: VERSION };
                let line = serde_json::to_string(&head).map_err(|error| self.inner.fail(error))?;
                state.kind = Some(kind.to_owned());
                // Whatever is wrong with it is wrong with the next line, too.
                drop(self.inner.send(&mut state, line));
                Ok(())
            }
        }
    }

    fn unfinished(&self) -> Vec<String> {
        let state = self.inner.state();
        let mut begun: Vec<_> = state.items.iter().filter(|(_, (standing, _))| *standing == Standing::Begun).collect();
        begun.sort_unstable_by_key(|(_, (_, at))| *at);
        begun.into_iter().map(|(item, _)| item.clone()).collect()
    }

    fn standing(&self, item: &str) -> Option<Standing> {
        self.inner.state().items.get(item).map(|(standing, _)| *standing)
    }

    fn done(&self) -> usize {
        self.inner.state().items.values().filter(|(standing, _)| *standing == Standing::Done).count()
    }

    fn last(&self, item: &str) -> Result<String, Error> {
        let mut state = self.inner.state();
        let (_, at) = *state.items.get(item).ok_or_else(|| self.inner.fail(format!("nothing is known of {item}")))?;
        let mut read = || -> io::Result<String> {
            state.reader.seek(SeekFrom::Start(at))?;
            let mut line = String::new();
            BufReader::new(&state.reader).read_line(&mut line)?;
            Ok(line)
        };
        read().map_err(|error| self.inner.fail(error))
    }

    fn append(&self, line: String) -> BoxFuture<'static, Result<(), Error>> {
        let mut state = self.inner.state();
        if let Ok(Entry { item, state: standing, .. }) = serde_json::from_str::<Entry<IgnoredAny>>(&line) {
            let at = state.end;
            state.items.insert(item, (standing, at));
        }
        self.inner.send(&mut state, line)
    }
}
