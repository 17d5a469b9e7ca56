//! Every public type that is not generated, judged by name: a new one fails the test until somebody has judged it.

use std::{collections::BTreeSet, fmt::Debug, fs, marker::PhantomData, path::Path};

use shomei::{
    ApiKey, PocketSign, Sandbox,
    pocketsign::{Environment, Freshness, HashAlgorithm, SignInOutcome, v1, v2},
    sandbox::PersonDetails,
};
use syn::{Item, UseTree, Visibility};

use super::{BYTES, CANARY, silent};
use crate::judge::Judge;

/// What holds no personal data: settings, words of the service, ids, times, and handles of a client, which is shown below.
const IMPERSONAL: &[&str] = &[
    "CertificateStatus",
    "CertificateType",
    "CheckCertificateStatus",
    "CheckMethod",
    "CheckPurpose",
    "CheckUserStatus",
    "Environment",
    "FreshCheck",
    "Freshness",
    "HashAlgorithm",
    "PocketSign",
    "RevocationReason",
    "RevocationStatus",
    "VerificationResult",
    "Version",
    "Violation",
    "sandbox::CardPerson",
    "sandbox::RevocationCause",
    "sweep::SweepCursor",
    "sweep::SweepBuilder",
    "sweep::Sweep",
    "sweep::Target",
    "v1::Certificates",
    "v1::DeleteCertificate",
    "v1::DeleteUser",
    "v1::DeleteVerification",
    "v1::GetCertificate",
    "v1::GetUser",
    "v1::GetVerification",
    "v1::ListCertificateStatuses",
    "v1::ListCertificates",
    "v1::ListUsers",
    "v1::ListVerifications",
    "v1::Users",
    "v1::Verifications",
    "v2::Certificates",
    "v2::DeleteCertificate",
    "v2::DeleteUser",
    "v2::DeleteVerification",
    "v2::GetCertificate",
    "v2::GetStatus",
    "v2::GetUser",
    "v2::GetVerification",
    "v2::ListCertificateStatuses",
    "v2::ListCertificates",
    "v2::ListUsers",
    "v2::ListVerifications",
    "v2::Users",
    "v2::Verifications",
];

/// Whether a type can be shown at all: the constant of the type itself wins over that of the trait.
struct Shown<T>(PhantomData<T>);

trait Mute {
    const CAN_BE: bool = false;
}

impl<T> Mute for Shown<T> {}

impl<T: Debug> Shown<T> {
    const CAN_BE: bool = true;
}

/// What holds personal data and has no `Debug`.
const MUTE: &[(&str, bool)] = &[
    ("v1::CheckByContent", Shown::<v1::CheckByContent<'static>>::CAN_BE),
    ("v1::Verify", Shown::<v1::Verify<'static>>::CAN_BE),
    ("v2::Verify", Shown::<v2::Verify<'static>>::CAN_BE),
];

/// What holds personal data, or a token, and can be shown, as it is shown.
async fn shown() -> Vec<(&'static str, String)> {
    let judge = Judge::new();
    let text = || CANARY.to_owned();
    let details = PersonDetails { name: text(), gender: text(), date_of_birth: text(), address: text() };
    let person_details = format!("{details:?} {details:#?}");
    let jpki = judge.sandbox().jpki();
    let card = jpki.card(details);
    let (digest, signature) = card.signing.sign(CANARY.as_bytes());
    let ps = judge.v2();
    let sign_in = ps.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, digest, &signature);
    let sign_in_shown = format!("{sign_in:?} {sign_in:#?}");
    let bytes = |bytes: &[u8]| bytes[..8].iter().map(|byte| format!("{byte}, ")).collect::<String>();
    for secret in [bytes(&digest), bytes(&signature), bytes(&card.signing.der()[200..])] {
        assert!(!sign_in_shown.contains(&secret), "{sign_in_shown}");
    }
    let outcome = sign_in.send().await.unwrap();
    let outcome_shown = format!("{outcome:?} {outcome:#?}");
    let SignInOutcome::New(person) = outcome else { panic!("known") };
    let content = person.content.clone().unwrap();
    let attributes = content.attributes.clone().unwrap();
    assert_eq!(attributes.name.as_ref().unwrap().expose(), CANARY, "it is there to be read");
    let refused = ps.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, [7; 32], &signature).send().await.unwrap();
    let SignInOutcome::Refused(refusal) = refused else { panic!("let in") };
    let certificate = person.certificate.clone().unwrap();
    let fresh = ps.certificates().check_status(certificate.clone()).fresh(Freshness::Now).send().await.unwrap();
    let mut sweep = ps.sweep().targets([certificate]).start().unwrap();
    let swept = futures_util::StreamExt::next(&mut sweep).await.unwrap();

    let token = || ApiKey::new(CANARY).unwrap();
    let v1 = PocketSign::v1(token()).environment(Environment::Mock);
    let v2 = PocketSign::v2(token()).environment(Environment::Mock);
    let builders = format!("{v1:?} {v2:?} {:?}", Sandbox::builder().api_key(CANARY).pocketsign_token(CANARY));
    silent(&builders);
    let (v1, v2) = (v1.build().unwrap(), v2.build().unwrap());
    vec![
        ("CertificateContent", format!("{content:?} {content:#?}")),
        ("SignInOutcome", outcome_shown),
        ("SignedIn", format!("{person:?} {person:#?}")),
        ("PersonalAttributes", format!("{attributes:?} {attributes:#?}")),
        ("PocketSignV1", format!("{v1:?} {:?} {:?} {:?} {:?}", v1.certificates(), v1.users().list(), v1.verifications(), v1.sweep())),
        ("PocketSignV2", format!("{v2:?} {:?} {:?} {:?} {:?}", v2.certificates(), v2.users().list(), v2.verifications(), v2.sweep())),
        ("SignInRefusal", format!("{refusal:?} {refusal:#?}")),
        ("SignIn", sign_in_shown),
        ("freshness::FreshStatus", format!("{fresh:?} {fresh:#?} {fresh}")),
        ("sandbox::Card", format!("{card:?} {card:#?}")),
        ("sandbox::CardCertificate", format!("{:?} {:#?}", card.signing, card.authentication)),
        ("sandbox::Jpki", format!("{jpki:?} {jpki:#?}")),
        ("sandbox::PersonDetails", person_details),
        ("sweep::SweepItem", format!("{swept:?} {swept:#?}")),
    ]
}

#[tokio::test]
async fn no_public_type_shows_personal_data_and_none_is_forgotten() {
    let mut judged: Vec<String> = IMPERSONAL.iter().map(|name| (*name).to_owned()).collect();
    const { assert!(Shown::<PersonDetails>::CAN_BE, "the constants tell") };
    for (name, can_be_shown) in MUTE {
        assert!(!can_be_shown, "{name} can be shown: show it here");
        judged.push((*name).to_owned());
    }
    for (name, shown) in shown().await {
        silent(&shown);
        assert!(!shown.contains(BYTES) && shown.len() > 4, "{name}: {shown}");
        judged.push(name.to_owned());
    }
    let public = public();
    assert!(public.contains("v2::Verify") && public.contains("sandbox::Card"), "{public:?}");
    assert_eq!(judged.into_iter().collect::<BTreeSet<_>>(), public);
}

/// The names of the public types that are written by hand, from the source: what the modules give out, by macros or not.
fn public() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (file, prefix) in [
        ("pocketsign.rs", ""),
        ("pocketsign/v1.rs", "v1::"),
        ("pocketsign/v2.rs", "v2::"),
        ("pocketsign/freshness.rs", "freshness::"),
        ("pocketsign/sweep.rs", "sweep::"),
        ("sandbox.rs", "sandbox::"),
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        for item in syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap().items {
            let defined = match &item {
                Item::Struct(item) if is_public(&item.vis) => Some(&item.ident),
                Item::Enum(item) if is_public(&item.vis) => Some(&item.ident),
                _ => None,
            };
            // The rest of the sandbox knows no persons.
            let is_known = |module: &str| prefix != "sandbox::" || module == "pocketsign";
            names.extend(defined.filter(|_| is_known("")).map(|name| format!("{prefix}{name}")));
            if let Item::Use(item) = &item
                && is_public(&item.vis)
            {
                leaves(&item.tree, &[], &mut |path| {
                    if path[0] == "self" && is_known(&path[1]) {
                        names.insert(format!("{prefix}{}", path[path.len() - 1]));
                    }
                });
            }
        }
    }
    // `Freshness` is given out under both of its paths.
    names.remove("freshness::Freshness");
    names
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The paths that a `use` names, each as its segments.
fn leaves(tree: &UseTree, before: &[String], found: &mut impl FnMut(&[String])) {
    let path = |name: &dyn ToString| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(inner) => leaves(&inner.tree, &path(&inner.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|item| leaves(item, before, found)),
        UseTree::Name(name) => found(&path(&name.ident)),
        UseTree::Rename(rename) => found(&path(&rename.rename)),
        UseTree::Glob(_) => found(&path(&"*")),
    }
}
