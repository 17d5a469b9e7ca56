//! How states are displayed.

use super::{Blocker, DcvInstructions, DomainValidationState};
use crate::certcentral::{DcvMethod, ErrorCode, RequestId};

#[test]
fn states_read_as_what_is_missing() {
    let domain = |method| Blocker::Domain { name: "example.org".into(), method };
    for (blocker, expected) in [
        (Blocker::Approval(RequestId(7)), "the approval of request 7"),
        (Blocker::Organization, "the validation of the organization"),
        (domain(Some(DcvMethod::DnsCnameToken)), "control of example.org (dns-cname-token)"),
        (domain(None), "control of example.org"),
        (Blocker::FinalCheck, "the vendor's final check"),
    ] {
        assert_eq!(blocker.to_string(), expected);
    }
    for (code, expected) in [
        (Some(ErrorCode::InvalidDnsTxt), "waits for the TXT record"),
        (Some(ErrorCode::InvalidDnsCname), "waits for the CNAME record"),
        (Some(ErrorCode::FileRandomValueNotFound), "waits for the file"),
        (None, "waits for the proof of control"),
    ] {
        assert_eq!(DomainValidationState::Pending { code }.to_string(), expected);
    }
    let txt = DcvInstructions::Txt { name: "example.org".into(), value: "t0k".into(), expires: None };
    assert_eq!(DomainValidationState::TokenRenewed(txt).to_string(), r#"waits for this to be published: example.org. IN TXT "t0k""#);
}
