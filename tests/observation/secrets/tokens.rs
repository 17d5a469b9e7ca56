//! Resume tokens: whatever byte of one is changed, nobody goes on with it.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use shomei::{
    CertCentral, Error, Sandbox,
    certcentral::{
        OrganizationId, Plan, Product, RequestId,
        flow::{ApprovalToken, DomainValidationToken, IssuanceToken},
    },
    pocketsign::{CertificateId, sweep::SweepCursor},
};

/// A token of each kind, and a client that must not get to send anything.
struct Tokens {
    offline: CertCentral,
    validation: DomainValidationToken,
    issuance: IssuanceToken,
    approval: ApprovalToken,
    ps: shomei::PocketSign,
    cursor: SweepCursor,
}

/// What the cursor is of.
fn targets() -> Vec<CertificateId> {
    ["a", "b", "c"].map(CertificateId::from).to_vec()
}

impl Tokens {
    fn new() -> Self {
        let sandbox = Sandbox::builder().api_key(super::KEY).build();
        let cc = sandbox.certcentral().unwrap();
        let organization = OrganizationId(754_781);
        let csr = shomei::PrivateKey::generate(Default::default()).unwrap().sign_csr(["example.com"]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (validation, issuance) = runtime.block_on(async {
            let validation = cc.domains().validate("example.com").organization(organization).start().await.unwrap();
            let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(organization);
            let issuance = order.plan(Plan::years(1)).start().await.unwrap();
            (validation.resume_token(), issuance.resume_token())
        });
        let approval = cc.requests().drive_approval(RequestId(7)).start().resume_token();
        let silent = crate::script::Script::new(&[crate::script::Fate::Silence]);
        let builder = CertCentral::builder(shomei::ApiKey::new(super::KEY).unwrap());
        let offline =
            builder.base_url("https://sandbox.invalid/services/v2").transport(silent).call_timeout(Duration::MAX).build().unwrap();
        let ps = sandbox.pocketsign().unwrap();
        let mut sweep = runtime.block_on(ps.sweep().targets(targets()).concurrency(1).start()).unwrap();
        // The service refuses what is no id, for good: that is done.
        runtime.block_on(sweep.next()).unwrap();
        Self { offline, validation, issuance, approval, cursor: sweep.cursor(), ps }
    }

    /// Whether a validation is gone on with: then, and only then, it asks for its domain.
    fn opens_validation(&self, token: DomainValidationToken) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        match self.offline.domains().resume_validation(token).start().now_or_never() {
            Some(refused) => refused.map(drop),
            None => Ok(()),
        }
    }
}

/// Changes a byte of a token; it has to be refused, by its form or by its seal, or to be the same token.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Clone>(
    token: &T,
    position: prop::sample::Index,
    byte: u8,
    open: impl Fn(T) -> Result<(), Error>,
) -> Result<(), TestCaseError> {
    prop_assert!(open(token.clone()).is_ok());
    let mut written = serde_json::to_vec(token).unwrap();
    super::silent(&String::from_utf8_lossy(&written), &[super::KEY.as_bytes()]);
    let position = position.index(written.len());
    written[position] = byte;
    let Ok(changed) = serde_json::from_slice::<T>(&written) else { return Ok(()) };
    let is_same = changed == *token;
    match open(changed) {
        Ok(()) => prop_assert!(is_same, "byte {} as {}", position, byte),
        Err(error) => prop_assert!(!is_same && error.is_invalid_input(), "{}", error),
    }
    Ok(())
}

#[test]
fn whatever_byte_is_changed_a_token_is_refused_or_the_same() {
    let tokens = Tokens::new();
    let cc = &tokens.offline;
    proptest!(ProptestConfig::with_cases(2000), |(position: prop::sample::Index, byte in prop_oneof![any::<u8>(), b' '..=b'~'])| {
        holds(&tokens.issuance, position, byte, |token| cc.orders().resume_issuance(token).start().now_or_never().unwrap().map(drop))?;
        holds(&tokens.approval, position, byte, |token| cc.requests().resume_approval(token).start().map(drop))?;
    });
    proptest!(ProptestConfig::with_cases(2000), |(position: prop::sample::Index, byte in b' '..=b'~')| {
        holds(&tokens.cursor, position, byte, |cursor| tokens.ps.sweep().targets(targets()).resume(cursor).start().now_or_never().unwrap().map(drop))?;
    });
    proptest!(ProptestConfig::with_cases(300), |(position: prop::sample::Index, byte in b' '..=b'~')| {
        holds(&tokens.validation, position, byte, |token| tokens.opens_validation(token))?;
    });
}

/// Every object of a JSON value, by its pointer.
fn objects(value: &serde_json::Value, place: String, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(name, member)| objects(member, format!("{place}/{name}"), found));
            found.push(place);
        }
        serde_json::Value::Array(list) => list.iter().enumerate().for_each(|(at, item)| objects(item, format!("{place}/{at}"), found)),
        _ => {}
    }
}

#[test]
fn an_added_member_makes_every_token_invalid_wherever_it_stands() {
    fn refuses<T: Serialize + DeserializeOwned>(token: &T) {
        let written = serde_json::to_value(token).unwrap();
        let mut places = Vec::new();
        objects(&written, String::new(), &mut places);
        assert!(places.len() >= 2, "{places:?}");
        for place in places {
            let mut more = written.clone();
            more.pointer_mut(&place).unwrap()["more"] = 1.into();
            assert!(serde_json::from_value::<T>(more).is_err(), "{place}");
        }
    }
    let tokens = Tokens::new();
    refuses(&tokens.validation);
    refuses(&tokens.issuance);
    refuses(&tokens.approval);
    refuses(&tokens.cursor);
}
