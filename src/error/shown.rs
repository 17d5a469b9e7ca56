//! The formatting of errors: a sentence, and its causes.

use std::{error::Error as StdError, fmt};

use super::{Error, ErrorResponse, Inner, Kind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, subject, operation, attempts, elapsed, trace, .. } = &*self.0;
        if let Some(subject) = subject {
            write!(f, "{subject}: ")?;
        }
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        match kind {
            Kind::Configuration(message) | Kind::Mismatch(message) => f.write_str(message)?,
            Kind::Invalid { field, reason } => write!(f, "{field}: {reason}")?,
            Kind::Connection { sent: false, .. } => f.write_str("could not connect")?,
            Kind::Connection { sent: true, .. } => f.write_str("the connection was lost")?,
            Kind::Timeout { sent: true, limit } => write!(f, "no response within {limit:?}")?,
            Kind::Timeout { sent: false, limit } => write!(f, "no rate-limit slot became free within {limit:?}")?,
            Kind::Response(response) => write!(f, "{response}")?,
            Kind::Decode { path, source, excerpt } => {
                f.write_str("the response could not be decoded")?;
                if !path.is_empty() && path != "." {
                    write!(f, " at {path}")?;
                }
                write!(f, ": {source}")?;
                if !excerpt.is_empty() {
                    write!(f, "; it starts with {excerpt:?}")?;
                }
            }
            Kind::TooLarge { limit } => write!(f, "the response is larger than {limit} bytes")?,
            Kind::Wait(wait) => write!(f, "{}", wait.source)?,
        }
        if *attempts > 1 {
            write!(f, " (after {attempts} attempts in {elapsed:.1?})")?;
        }
        if let Some(trace) = trace {
            write!(f, "; it may have been carried out: look for {trace}")?;
        }
        if f.alternate() {
            self.causes().try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service returned {}", self.status)?;
        for entry in &self.entries {
            write!(f, "; {}", entry.code)?;
            if !entry.message.is_empty() {
                write!(f, ": {}", entry.message)?;
            }
        }
        if self.entries.is_empty() && !self.excerpt.is_empty() {
            write!(f, ": {:?}", self.excerpt)?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, "; retry after {wait:?}")?;
        }
        Ok(())
    }
}

/// The sentence and its causes; in the alternate form, the members.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("kind", &self.kind())
                .field("message", &format_args!("{self:#}"))
                .field("operation", &self.operation())
                .field("status", &self.status())
                .field("api_errors", &self.api_errors())
                .field("attempts", &self.attempts())
                .field("elapsed", &self.elapsed())
                .finish();
        }
        write!(f, "{self}")?;
        self.causes().try_for_each(|cause| write!(f, "\ncaused by: {cause}"))
    }
}

impl Error {
    /// The causes that the sentence does not mention, from the nearest to the last.
    fn causes(&self) -> impl Iterator<Item = String> {
        // The sentence of the other kinds includes the text of the cause.
        let first = match &self.0.kind {
            Kind::Connection { source, .. } => Some(&**source as &(dyn StdError + 'static)),
            Kind::Decode { source, .. } => source.source(),
            Kind::Wait(wait) => wait.source.source(),
            _ => None,
        };
        let chain = std::iter::successors(first, cause_of).map(ToString::to_string);
        // The text of a cause may include that of its own cause.
        let mut told = self.to_string();
        chain.filter(move |cause| !std::mem::replace(&mut told, cause.clone()).contains(cause.as_str()))
    }
}

fn cause_of<'e>(error: &&'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    let error: &'e (dyn StdError + 'static) = *error;
    error.source()
}

/// The first characters of a body, fit to be shown: one line, no control characters.
pub(crate) fn excerpt(body: &[u8]) -> String {
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST * 4)]);
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}
