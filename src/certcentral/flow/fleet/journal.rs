//! The journal of a fleet: a file with one line of JSON for each event.

use std::{
    collections::HashMap,
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::memory::{Entry, Memory, Standing};
use crate::error::Error;

/// A file in which a fleet records what it does, so that it can resume after it was killed and does nothing twice. Requires the feature
/// `journal`.
///
/// The file has one line of JSON per event, flushed to disk before the next write to the service is sent. A last line torn by a crash is
/// ignored. Only the owner can access the file (mode 0600). It holds no keys, but the whole request of each order, including the contacts
/// that it names. While it is open, an operating system lock keeps other processes out.
///
/// - An item is recorded as *begun* before it is sent, with the [resume token](super::super#resume-tokens) that finds it again.
/// - It is recorded as *done* when the stream is polled again after its result was delivered: a process that is killed while it handles a
///   result gets that result again.
/// - A journal that cannot be written stops the fleet: nothing more is sent.
///
/// Several processes need a journal each, and can share one rate limit through `RedisSlidingWindow`. A process does not know what another
/// one does: if two of them may get the same item, give its order an `alternative_order_id` of your own.
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
}

struct State {
    kind: Option<String>,
    /// The last event of each item, and its offset in the file.
    items: HashMap<String, (Standing, u64)>,
    file: File,
    /// The offset of the next line.
    end: u64,
    /// Why a line could not be written; nothing is written after that.
    broken: Option<String>,
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
    /// Opens a journal, or creates a new one.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the file cannot be opened, is already open in this process or another one, or is not a journal.
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
        let state = read(file, &fail).map_err(|error| error.unwrap_or_else(unusable))?;
        // A torn line is cut off, so that the next entry begins a line.
        state.file.set_len(state.end).map_err(unusable)?;
        state.file.sync_all().map_err(unusable)?;
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), state: Mutex::new(state) }) })
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// Reads the file, up to a torn last line. The outer error says what is wrong with the file, or with reading it.
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
    drop(lines);
    Ok(State { kind, items, file, end, broken: None })
}

impl State {
    /// Writes a line and syncs it to disk. After an error, nothing more is written.
    fn write(&mut self, line: &str) -> Result<(), String> {
        if let Some(why) = &self.broken {
            return Err(why.clone());
        }
        let written = self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.broken = Some(error.to_string());
            return Err(error.to_string());
        }
        let at = self.end;
        self.end += line.len() as u64 + 1;
        if let Ok(Entry { item, state, .. }) = serde_json::from_str::<Entry<IgnoredAny>>(line) {
            self.items.insert(item, (state, at));
        }
        Ok(())
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, what: impl fmt::Display) -> Error {
        Error::invalid("journal", format!("{}: {what}", self.path.display()))
    }
}

impl Memory for Journal {
    fn claim(&self, kind: &'static str) -> Result<(), Error> {
        let mut state = self.inner.state();
        match &state.kind {
            Some(claimed) if claimed == kind => Ok(()),
            Some(claimed) => Err(self.inner.fail(format!("it belongs to a fleet of another kind: {claimed}, not {kind}"))),
            None => {
                let head = Head { journal: kind.to_owned(), version: VERSION };
                let line = serde_json::to_string(&head).map_err(|error| self.inner.fail(error))?;
                state.kind = Some(kind.to_owned());
                state.write(&line).map_err(|error| self.inner.fail(error))
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
            state.file.seek(SeekFrom::Start(at))?;
            let mut line = String::new();
            BufReader::new(&state.file).read_line(&mut line)?;
            Ok(line)
        };
        read().map_err(|error| self.inner.fail(error))
    }

    fn append(&self, line: String) -> BoxFuture<'static, Result<(), Error>> {
        let inner = Arc::clone(&self.inner);
        async move {
            let journal = Arc::clone(&inner);
            let written = tokio::task::spawn_blocking(move || journal.state().write(&line)).await;
            written.unwrap_or_else(|error| Err(error.to_string())).map_err(|error| inner.fail(error))
        }
        .boxed()
    }
}
