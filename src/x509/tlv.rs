//! The bounds of ASN.1 values (tag, length, value), in DER and in BER. A value is passed over in one step, whatever is nested in it.

/// How deep values of indefinite length may be nested. A message that carries certificates needs six.
const DEEPEST: usize = 32;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
#[cfg(feature = "certcentral")]
pub(crate) const SET: u8 = 0x31;
/// The constructed tag `[0]`.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// A value and its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With its tag and length.
    pub(crate) whole: &'a [u8],
}

/// Takes the first value off the input.
pub(crate) fn take<'a>(input: &mut &'a [u8]) -> Option<Value<'a>> {
    let (tag, header, length) = header(input)?;
    let (length, end) = match length {
        Some(length) => (length, header.checked_add(length)?),
        None => {
            let length = before_end(&input[header..])?;
            (length, header + length + END.len())
        }
    };
    let (whole, rest) = input.split_at_checked(end)?;
    *input = rest;
    Some(Value { tag, content: &whole[header..header + length], whole })
}

/// Takes the first value off, which must have this tag.
#[cfg(feature = "certcentral")]
pub(crate) fn expect<'a>(tag: u8, input: &mut &'a [u8]) -> Option<Value<'a>> {
    take(input).filter(|value| value.tag == tag)
}

/// The one value that the input is.
pub(crate) fn only(mut input: &[u8]) -> Option<Value<'_>> {
    take(&mut input).filter(|_| input.is_empty())
}

/// The values that a content consists of, if there are at most `most`.
pub(crate) fn values(mut content: &[u8], most: usize) -> Option<Vec<Value<'_>>> {
    let mut values = Vec::new();
    while !content.is_empty() {
        if values.len() == most {
            return None;
        }
        values.push(take(&mut content)?);
    }
    Some(values)
}

/// What ends a value of indefinite length.
const END: [u8; 2] = [0, 0];

/// The tag, the length of both, and the length of the value, none if it is indefinite.
fn header(input: &[u8]) -> Option<(u8, usize, Option<usize>)> {
    #[cfg(test)]
    HEADERS.with(|headers| headers.set(headers.get() + 1));
    let (&[tag, first], rest) = input.split_first_chunk()?;
    // No value that is read here has a tag of several bytes.
    if tag & 0x1f == 0x1f {
        return None;
    }
    match first {
        0..=0x7f => Some((tag, 2, Some(first.into()))),
        0x80 => (tag & 0x20 != 0).then_some((tag, 2, None)),
        0x81..=0x84 => {
            let bytes = rest.get(..usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
            Some((tag, 2 + bytes.len(), Some(usize::try_from(length).ok()?)))
        }
        _ => None,
    }
}

/// The length of a value of indefinite length, found in one pass over its content.
fn before_end(input: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0_usize, 1);
    loop {
        let rest = input.get(at..)?;
        if rest.starts_with(&END) {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
            at += END.len();
            continue;
        }
        let (_, header, length) = header(rest)?;
        at = at.checked_add(header)?.checked_add(length.unwrap_or(0))?;
        if length.is_none() {
            depth += 1;
            if depth > DEEPEST {
                return None;
            }
        }
    }
}

#[cfg(test)]
std::thread_local! {
    /// How many headers this thread has read.
    pub(crate) static HEADERS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_told_apart() {
        let mut input = &[0x30, 3, 2, 1, 5, 0x04, 0x81, 1, 7, 0x30, 0x80, 0x24, 0x80, 4, 1, 9, 0, 0, 0, 0, 5, 0][..];
        let contents: Vec<_> = std::iter::from_fn(|| take(&mut input)).map(|value| value.content.to_vec()).collect();
        assert_eq!(contents, [&[2, 1, 5][..], &[7], &[0x24, 0x80, 4, 1, 9, 0, 0], &[]]);
        assert!(input.is_empty());
        for wrong in [&[][..], &[0x30], &[0x30, 1], &[0x30, 0x80], &[0x04, 0x80, 0, 0], &[0x30, 0x85, 0, 0, 0, 0, 0], &[0x1f, 1, 0]] {
            assert!(take(&mut &*wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| [[0x30, 0x80].repeat(depth), [0, 0].repeat(depth)].concat();
        assert!(only(&nested(DEEPEST)).is_some());
        assert!(only(&nested(DEEPEST + 1)).is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_read_twice(input: Vec<u8>) {
            HEADERS.set(0);
            let mut rest = &input[..];
            while take(&mut rest).is_some() {}
            // One for each value, and for those of indefinite length one more each.
            prop_assert!(HEADERS.get() <= input.len() + 1);
        }
    }
}
