//! PKCS #7 messages that sign nothing and only carry certificates (RFC 5652, section 5.1), as files named `.p7b` are.

use x509_cert::der::{
    Decode as _, Error, ErrorKind, Reader as _, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, ObjectIdentifier},
    oid::db::rfc5911::ID_SIGNED_DATA,
    pem::decode_vec,
};

/// The constructed tag `[0]`.
const CONTEXT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

/// The DER of each certificate of a message in PEM, at most so many. They have no order.
pub(super) fn certificates(pem: &str, most: usize) -> Result<Vec<Vec<u8>>, Error> {
    let (_, message) = decode_vec(pem.as_bytes())?;
    let mut outer = SliceReader::new(&message)?;
    let mut info = inside(Tag::Sequence, &mut outer)?;
    if ObjectIdentifier::decode(&mut info)? != ID_SIGNED_DATA {
        return Err(ErrorKind::Value { tag: Tag::ObjectIdentifier }.into());
    }
    let mut content = inside(CONTEXT_0, &mut info)?;
    let mut signed = inside(Tag::Sequence, &mut content)?;
    for passed_over in [Tag::Integer, Tag::Set, Tag::Sequence] {
        inside(passed_over, &mut signed)?; // version, digest algorithms, what is signed
    }
    let mut members = inside(CONTEXT_0, &mut signed)?;
    let mut certificates = Vec::new();
    while !members.is_finished() {
        if certificates.len() == most {
            return Err(ErrorKind::Overlength.into());
        }
        certificates.push(members.tlv_bytes()?.to_vec());
    }
    Ok(certificates)
}

/// Goes into the next value, which has to have this tag.
fn inside<'r>(tag: Tag, reader: &mut SliceReader<'r>) -> Result<SliceReader<'r>, Error> {
    let value = AnyRef::decode(reader)?;
    value.header().tag().assert_eq(tag)?;
    SliceReader::new(value.value())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x509_cert::der::{
        Encode as _,
        oid::db::rfc5911::{ID_DATA, ID_ENCRYPTED_DATA},
        pem::{LineEnding, encode_string},
    };

    use super::*;

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

    fn read(message: &[u8], most: usize) -> Result<Vec<Vec<u8>>, Error> {
        certificates(&encode_string("PKCS7", LineEnding::LF, message).unwrap(), most)
    }

    #[test]
    fn members_are_told_apart() {
        let (first, second) = (member(&[5, 0]), member(&[0; 300]));
        assert_eq!(read(&message(ID_SIGNED_DATA, &[&first, &second]), 2).unwrap(), [first, second]);
        assert!(read(&message(ID_SIGNED_DATA, &[]), 2).unwrap().is_empty());
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let member = member(&[]);
        let good = message(ID_SIGNED_DATA, &[&member]);
        assert!(read(&message(ID_SIGNED_DATA, &[&member, &member, &member]), 2).is_err(), "too many");
        assert!(read(&message(ID_ENCRYPTED_DATA, &[&member]), 2).is_err(), "another kind of message");
        for cut in 0..good.len() {
            assert!(read(&good[..cut], 2).is_err(), "cut at {cut}");
        }
        let endless = [0x30, 0x80].repeat(1000);
        assert!(read(&endless, 2).is_err());
    }

    proptest! {
        #[test]
        fn no_message_panics(at in 0..60_usize, byte: u8) {
            let mut message = message(ID_SIGNED_DATA, &[&member(&[0; 20])]);
            let at = at % message.len();
            message[at] = byte;
            let _ = read(&message, 2);
        }
    }
}
