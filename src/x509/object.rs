//! The objects of a file: the one reader of PEM (in any layout), DER and bare base64.

use std::fmt;

use x509_cert::der::pem::Base64Decoder;
use zeroize::Zeroizing;

use super::tlv::{self, BIT_STRING, CONTEXT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};

/// The maximum size of a file in bytes. A chain of five has some ten thousand.
pub(crate) const LARGEST: usize = 1 << 20;

/// The longest label of a PEM block.
const LONGEST_LABEL: usize = 64;

/// The kind of an object, by its label or the start of its DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Certificate,
    Request,
    /// PKCS #7 (CMS): carries several certificates.
    Message,
    Key,
    EncryptedKey,
    /// PKCS #12.
    Store,
    Other,
}

impl Kind {
    fn of_label(label: &[u8]) -> Self {
        match label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | TRUSTED => Self::Certificate,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Self::Request,
            b"PKCS7" | b"PKCS #7 SIGNED DATA" | b"CMS" => Self::Message,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            b"PKCS12" => Self::Store,
            _ if label.ends_with(b"PRIVATE KEY") => Self::Key,
            _ => Self::Other,
        }
    }

    fn of_der(der: &[u8]) -> Self {
        let parts = |content| tlv::values(content, 16).unwrap_or_default();
        let outer = tlv::only(der).map(|value| parts(value.content)).unwrap_or_default();
        match outer.iter().map(|part| part.tag).collect::<Vec<_>>()[..] {
            [SEQUENCE, SEQUENCE, BIT_STRING] => {
                let signed = parts(outer[0].content);
                let is_request = signed.len() <= 4 && signed.first().is_some_and(|version| version.tag == INTEGER);
                if is_request { Self::Request } else { Self::Certificate }
            }
            [OBJECT_IDENTIFIER, CONTEXT_0] => Self::Message,
            [SEQUENCE, OCTET_STRING] => Self::EncryptedKey,
            [INTEGER, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE] => Self::Store,
            [INTEGER, SEQUENCE, OCTET_STRING, ..] | [INTEGER, OCTET_STRING, ..] | [INTEGER, INTEGER, INTEGER, ..] => Self::Key,
            _ => Self::Other,
        }
    }
}

/// A certificate followed by OpenSSL's trust settings.
const TRUSTED: &[u8] = b"TRUSTED CERTIFICATE";

/// One object of a file. It is decoded on demand.
pub(crate) struct Object<'f> {
    pub(crate) kind: Kind,
    content: Content<'f>,
}

enum Content<'f> {
    Der(&'f [u8]),
    /// Base64, from between the lines of a PEM block.
    Text(&'f [u8]),
    /// The same, in OpenSSL's own form.
    Trusted(&'f [u8]),
    /// One of the two lines is missing.
    Cut,
}

impl Object<'_> {
    /// Whether a part of it is missing.
    #[cfg(feature = "certcentral")]
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.content, Content::Cut)
    }

    /// The object's DER. It may be a private key, so no copy of it is left behind.
    pub(crate) fn der(&self) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        match self.content {
            Content::Der(der) => Ok(Zeroizing::new(der.to_vec())),
            Content::Text(text) => decoded(text),
            Content::Trusted(text) => {
                let mut der = decoded(text)?;
                let certificate = tlv::take(&mut &der[..]).ok_or(Unreadable::Base64)?.whole.len();
                der.truncate(certificate);
                Ok(der)
            }
            Content::Cut => Err(Unreadable::Cut),
        }
    }
}

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    TooLarge,
    Utf16,
    Cut,
    NotWhole,
    Base64,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "it has more than {LARGEST} bytes"),
            Self::Utf16 => f.write_str("it is text in UTF-16; save it as UTF-8 or ASCII"),
            Self::Cut => f.write_str("it is truncated: its BEGIN or END line is missing"),
            Self::NotWhole => f.write_str("it looks like DER, but is truncated or followed by other data"),
            Self::Base64 => f.write_str("its base64 cannot be read"),
        }
    }
}

/// The objects that were found instead of the expected one: the end of a message, or nothing.
pub(crate) struct Instead<'a, 'f>(pub(crate) &'a [Object<'f>]);

impl fmt::Display for Instead<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().find_map(|object| match object.kind {
            Kind::Certificate => Some("a certificate"),
            Kind::Request => Some("a certificate request"),
            Kind::Message => Some("a PKCS #7 message"),
            Kind::Key => Some("a private key, which must not leave your machine"),
            Kind::EncryptedKey => Some("an encrypted private key"),
            Kind::Store => Some("a PKCS #12 store, which is encrypted"),
            Kind::Other => None,
        });
        words.map_or(Ok(()), |words| write!(f, "; it holds {words}"))
    }
}

/// The objects of a file, in its order.
pub(crate) fn objects(file: &[u8]) -> Result<Vec<Object<'_>>, Unreadable> {
    if file.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    if tlv::only(file).is_some_and(|value| value.tag == SEQUENCE) {
        return Ok(vec![Object { kind: Kind::of_der(file), content: Content::Der(file) }]);
    }
    let armored = armored(file);
    if !armored.is_empty() {
        return Ok(armored);
    }
    // Text never starts like this: the second byte says that the length follows.
    if matches!(file, [SEQUENCE, 0x80..=0x84, ..]) {
        return Err(Unreadable::NotWhole);
    }
    if is_utf16(file) {
        return Err(Unreadable::Utf16);
    }
    let bare = decoded(file).ok().filter(|der| tlv::only(der).is_some_and(|value| value.tag == SEQUENCE));
    Ok(bare.map(|der| Object { kind: Kind::of_der(&der), content: Content::Text(file) }).into_iter().collect())
}

/// The PEM blocks of a file, whatever surrounds them.
fn armored(file: &[u8]) -> Vec<Object<'_>> {
    let mut objects = Vec::new();
    let mut open: Option<Line<'_>> = None;
    let cut = |label| Object { kind: Kind::of_label(label), content: Content::Cut };
    for line in lines(file) {
        if line.begins {
            objects.extend(open.replace(line).map(|open| cut(open.label)));
            continue;
        }
        match open.take() {
            Some(begin) if begin.fits(&line) => objects.push(block(begin.label, &file[begin.end..line.start])),
            begin => objects.extend(begin.map(|begin| begin.label).into_iter().chain([line.label]).map(cut)),
        }
    }
    objects.extend(open.map(|open| cut(open.label)));
    objects
}

fn block<'f>(label: &'f [u8], body: &'f [u8]) -> Object<'f> {
    let contains = |word: &[u8]| body.windows(word.len()).any(|window| window == word);
    let kind = match Kind::of_label(label) {
        Kind::Key if contains(b"Proc-Type:") && contains(b"ENCRYPTED") => Kind::EncryptedKey,
        kind => kind,
    };
    Object { kind, content: if label == TRUSTED { Content::Trusted(body) } else { Content::Text(body) } }
}

/// The line before or after a block.
struct Line<'f> {
    begins: bool,
    label: &'f [u8],
    start: usize,
    end: usize,
}

impl Line<'_> {
    /// Some tools write a synonymous label at the end.
    fn fits(&self, end: &Self) -> bool {
        let kind = Kind::of_label(self.label);
        self.label == end.label || (kind != Kind::Other && kind == Kind::of_label(end.label))
    }
}

/// The lines before and after blocks, found in one pass. A line that the file's end cuts off counts too.
fn lines(file: &[u8]) -> impl Iterator<Item = Line<'_>> {
    const DASHES: &[u8] = b"-----";
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < file.len() {
            let start = at + file[at..].iter().position(|byte| *byte == b'-')?;
            at = start + 1;
            let Some(rest) = file[start..].strip_prefix(DASHES) else { continue };
            if !rest.is_empty() && rest.len() < 6 && b"BEGIN ".starts_with(rest) {
                return Some(Line { begins: true, label: &[], start, end: file.len() });
            }
            let (begins, rest) = match (rest.strip_prefix(b"BEGIN "), rest.strip_prefix(b"END ")) {
                (Some(rest), _) => (true, rest),
                (None, Some(rest)) => (false, rest),
                (None, None) => continue,
            };
            let is_label = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'#' | b'.' | b'/' | b'_');
            let (label, rest) = rest.split_at(rest.iter().take(LONGEST_LABEL).take_while(|byte| is_label(byte)).count());
            let ends_within = begins && DASHES.starts_with(rest);
            if !rest.starts_with(DASHES) && !ends_within {
                continue;
            }
            at = file.len() - rest.len() + rest.len().min(DASHES.len());
            return Some(Line { begins, label: label.trim_ascii(), start, end: at });
        }
        None
    })
}

/// Decodes base64 that contains white space and line ends, even escaped as `\n`, and follows headers (RFC 1421).
pub(super) fn decoded(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let text = std::str::from_utf8(text).map_err(|_| Unreadable::Base64)?;
    // No base64 has a colon; what follows the line of the last one does not belong to the headers.
    let text = text.rsplit_once(':').map_or(text, |(_, rest)| rest.split_once(['\n', '\r']).map_or("", |(_, body)| body));
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut escape = false;
    for character in text.chars() {
        match character {
            'n' | 'r' | 't' if escape => escape = false,
            _ if escape => return Err(Unreadable::Base64),
            '\\' => escape = true,
            '\u{feff}' => {}
            _ if character.is_whitespace() => {}
            _ => base64.push(u8::try_from(character).map_err(|_| Unreadable::Base64)?),
        }
    }
    let mut decoder = Base64Decoder::new(&base64).map_err(|_| Unreadable::Base64)?;
    let mut der = Zeroizing::new(Vec::with_capacity(decoder.remaining_len()));
    decoder.decode_to_end(&mut der).map_err(|_| Unreadable::Base64)?;
    Ok(der)
}

/// Whether a text has a zero beside each letter, or a byte order mark that says so.
fn is_utf16(file: &[u8]) -> bool {
    let dashes = |zero_first: bool| [if zero_first { [0, b'-'] } else { [b'-', 0] }; 5].concat();
    let contains = |word: Vec<u8>| file.windows(word.len()).any(|window| window == word);
    file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) || contains(dashes(true)) || contains(dashes(false))
}

#[cfg(test)]
mod tests;
