//! The part of JSONPath that targets are written in: names, indexes, and `*` for everything of an object or a list.

use std::fmt;

use super::Mistake;

/// A path from the root of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target(pub(super) Vec<Selector>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    Name(String),
    Index(usize),
    Each,
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        let mut rest = text.strip_prefix('$').ok_or_else(|| wrong("it does not begin with `$`"))?;
        let mut selectors = Vec::new();
        while !rest.is_empty() {
            let (selector, after) = match rest.as_bytes() {
                [b'.', b'.', ..] => return Err(unread("`..` (everything below)")),
                [b'.', b'*', ..] => (Selector::Each, &rest[2..]),
                [b'.', ..] => named(&rest[1..])?,
                [b'[', ..] => bracketed(&rest[1..])?,
                _ => return Err(wrong(&format!("`{rest}` is neither `.name` nor `[…]`"))),
            };
            selectors.push(selector);
            rest = after;
        }
        Ok(Self(selectors))
    }
}

/// `name` and what follows it.
fn named(rest: &str) -> Result<(Selector, &str), Mistake> {
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-'))).unwrap_or(rest.len());
    if end == 0 {
        return Err(wrong("no name follows a dot"));
    }
    Ok((Selector::Name(rest[..end].to_owned()), &rest[end..]))
}

/// `'name']`, `"name"]`, `0]` or `*]` and what follows it.
fn bracketed(rest: &str) -> Result<(Selector, &str), Mistake> {
    let (selector, after) = match rest.chars().next() {
        Some('*') => (Selector::Each, &rest[1..]),
        Some(quote @ ('\'' | '"')) => quoted(&rest[1..], quote)?,
        Some('?') => return Err(unread("`[?…]` (a filter)")),
        Some(':') => return Err(unread("`[:]` (a slice)")),
        Some('-') => return Err(unread("an index from the end")),
        Some(digit) if digit.is_ascii_digit() => {
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let index = rest[..end].parse().map_err(|_| wrong("no list is that long"))?;
            (Selector::Index(index), &rest[end..])
        }
        _ => return Err(wrong("a bracket holds neither a name in quotes nor an index nor `*`")),
    };
    match after.chars().next() {
        Some(']') => Ok((selector, &after[1..])),
        Some(',') => Err(unread("`[…, …]` (several at once)")),
        Some(':') => Err(unread("`[:]` (a slice)")),
        _ => Err(wrong("a bracket is not closed")),
    }
}

fn quoted(rest: &str, quote: char) -> Result<(Selector, &str), Mistake> {
    let mut name = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Ok((Selector::Name(name), &rest[at + letter.len_utf8()..])),
            '\\' => match letters.next() {
                Some((_, escaped @ ('\'' | '"' | '\\' | '/'))) => name.push(escaped),
                _ => return Err(unread("an escape other than of quotes, `\\` and `/`")),
            },
            _ => name.push(letter),
        }
    }
    Err(wrong("a quote is not closed"))
}

fn wrong(what: &str) -> Mistake {
    (format!("the target is no path: {what}"), "write it as `$.paths['/domain'].post`")
}

/// What JSONPath has and this reader has not.
fn unread(what: &str) -> Mistake {
    (format!("the target has {what}, which is not read here"), "write a path of names, indexes and `*`, or one action for each place")
}

impl Selector {
    /// The selector as a part of a path.
    pub(super) fn step(&self) -> String {
        match self {
            Self::Name(name) if named(name).is_ok_and(|(_, rest)| rest.is_empty()) => format!(".{name}"),
            Self::Name(name) => format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::Index(index) => format!("[{index}]"),
            Self::Each => "[*]".to_owned(),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "member `{name}`"),
            Self::Index(index) => write!(f, "entry {index}"),
            Self::Each => f.write_str("entries"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|selector| f.write_str(&selector.step()))
    }
}
