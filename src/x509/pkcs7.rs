//! PKCS #7 messages that sign nothing and only carry certificates (RFC 5652, section 5.1), such as `.p7b` files. They come in DER, and from
//! some tools in BER.

use super::tlv::{self, CONTEXT_0, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET};

/// The content of the identifier of signed data, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Why a message yields no certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Unreadable,
    TooMany,
}

/// The DER of each certificate of a message, at most `most`. They have no order.
pub(super) fn certificates(message: &[u8], most: usize) -> Result<Vec<&[u8]>, Refused> {
    let mut members = members(message).ok_or(Refused::Unreadable)?;
    let mut certificates = Vec::new();
    while !members.is_empty() {
        let member = tlv::take(&mut members).ok_or(Refused::Unreadable)?;
        if certificates.len() == most {
            return Err(Refused::TooMany);
        }
        certificates.push(member.whole);
    }
    Ok(certificates)
}

/// The bytes of the certificates field.
fn members(message: &[u8]) -> Option<&[u8]> {
    let mut info = tlv::only(message).filter(|value| value.tag == SEQUENCE)?.content;
    if tlv::expect(OBJECT_IDENTIFIER, &mut info)?.content != SIGNED_DATA {
        return None;
    }
    let mut content = tlv::expect(CONTEXT_0, &mut info)?.content;
    let mut signed = tlv::expect(SEQUENCE, &mut content)?.content;
    for passed_over in [INTEGER, SET, SEQUENCE] {
        tlv::expect(passed_over, &mut signed)?; // version, digest algorithms, what is signed
    }
    Some(tlv::expect(CONTEXT_0, &mut signed)?.content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x509_cert::der::{
        Encode as _, Tag, TagNumber,
        asn1::{AnyRef, ObjectIdentifier},
        oid::db::rfc5911::{ID_DATA, ID_ENCRYPTED_DATA, ID_SIGNED_DATA},
    };

    use super::*;

    const CONTEXT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

    fn value(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
        AnyRef::new(tag, &parts.concat()).unwrap().to_der().unwrap()
    }

    fn member(content: &[u8]) -> Vec<u8> {
        value(Tag::Sequence, &[content])
    }

    fn message(content_type: ObjectIdentifier, members: &[&[u8]]) -> Vec<u8> {
        let (version, none) = (value(Tag::Integer, &[&[1]]), value(Tag::Set, &[]));
        let data = value(Tag::Sequence, &[&ID_DATA.to_der().unwrap()]);
        let signed = value(Tag::Sequence, &[&version, &none, &data, &value(CONTEXT_0, members), &none]);
        value(Tag::Sequence, &[&content_type.to_der().unwrap(), &value(CONTEXT_0, &[&signed])])
    }

    #[test]
    fn members_are_told_apart() {
        let (first, second) = (member(&[5, 0]), member(&[0; 300]));
        assert_eq!(certificates(&message(ID_SIGNED_DATA, &[&first, &second]), 2).unwrap(), [first, second]);
        assert!(certificates(&message(ID_SIGNED_DATA, &[]), 2).unwrap().is_empty());
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let member = member(&[]);
        let good = message(ID_SIGNED_DATA, &[&member]);
        assert!(certificates(&message(ID_SIGNED_DATA, &[&member, &member, &member]), 2).is_err(), "too many");
        assert!(certificates(&message(ID_ENCRYPTED_DATA, &[&member]), 2).is_err(), "another kind of message");
        for cut in 0..good.len() {
            assert!(certificates(&good[..cut], 2).is_err(), "cut at {cut}");
        }
        let endless = [0x30, 0x80].repeat(1000);
        assert!(certificates(&endless, 2).is_err());
        assert_eq!(certificates(&message(ID_SIGNED_DATA, &[&member, &member, &member]), 2), Err(Refused::TooMany));
    }

    /// Members are passed over in one step each, and what is nested in them is not looked at.
    #[test]
    fn what_is_nested_costs_nothing() {
        let mut nested = vec![5, 0];
        for _ in 0..2_000 {
            nested = value(Tag::Sequence, &[&nested]);
        }
        let message = message(ID_SIGNED_DATA, &[&nested, &nested]);
        tlv::HEADERS.set(0);
        assert_eq!(certificates(&message, 2).unwrap(), [&nested, &nested]);
        assert!(tlv::HEADERS.get() < 20, "{}", tlv::HEADERS.get());
    }

    #[test]
    fn messages_of_indefinite_length_are_read() {
        let member = member(&[0; 300]);
        let open = |tag: u8, parts: &[&[u8]]| [&[tag, 0x80], &parts.concat()[..], &[0, 0]].concat();
        let (version, none) = (value(Tag::Integer, &[&[1]]), value(Tag::Set, &[]));
        let data = open(0x30, &[&ID_DATA.to_der().unwrap(), &open(0xa0, &[&open(0x24, &[])])]);
        let signed = open(0x30, &[&version, &none, &data, &open(0xa0, &[&member, &member]), &none]);
        let message = open(0x30, &[&ID_SIGNED_DATA.to_der().unwrap(), &open(0xa0, &[&signed])]);
        assert_eq!(certificates(&message, 2).unwrap(), [&member, &member]);
    }

    proptest! {
        #[test]
        fn no_message_panics(at in 0..60_usize, byte: u8) {
            let mut message = message(ID_SIGNED_DATA, &[&member(&[0; 20])]);
            let at = at % message.len();
            message[at] = byte;
            let _ = certificates(&message, 2);
        }
    }
}
