//! What is wrong with a document, in one line a person can act on.

use std::fmt;

/// One mistake: where it is, what it is, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) place: String,
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, mend } = self;
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{what} — {mend}")
    }
}

/// Everything wrong with one document; prints one line a mistake, each naming the file.
#[derive(Debug)]
pub(crate) struct Problems {
    pub(crate) file: String,
    pub(crate) found: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.found.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}error: {}: {problem}", self.file)?;
        }
        Ok(())
    }
}

/// Where the checks write down what they find.
#[derive(Default)]
pub(crate) struct Findings(pub(crate) Vec<Problem>);

impl Findings {
    pub(crate) fn add(&mut self, place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Problem { place: place.into(), what: what.into(), mend: mend.into() });
    }

    /// Adds the problem unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, place: &str, what: impl Into<String>, mend: &str) {
        if !holds {
            self.add(place, what, mend);
        }
    }
}
