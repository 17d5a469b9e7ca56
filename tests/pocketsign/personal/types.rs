//! Every public type that is not generated, judged by name: a new one fails the test until somebody has judged it.

use std::{collections::BTreeSet, fmt::Debug, fs, marker::PhantomData, path::Path};

use shomei::{
    ApiKey, PocketSign, Sandbox,
    pocketsign::{Environment, Freshness, HashAlgorithm, PocketSignV1, SignInOutcome, SignedData, builders, v1},
    sandbox::PersonDetails,
};
use syn::{Item, UseTree, Visibility};

use super::{BYTES, CANARY, silent};
use crate::judge::Judge;

/// What holds no personal data: settings, words of the service, ids, times, and handles of a client, which is shown below.
const IMPERSONAL: &[&str] = &[
    "CertificateStatus",
    "Certificates",
    "Environment",
    "Freshness",
    "Target",
    "Users",
    "Verifications",
    "Version",
    "Violation",
    "builders::CheckCertificateStatus",
    "builders::CheckUserStatus",
    "builders::DeleteCertificate",
    "builders::DeleteUser",
    "builders::DeleteVerification",
    "builders::FreshCheck",
    "builders::GetCertificate",
    "builders::GetCertificateStatus",
    "builders::GetUser",
    "builders::GetVerification",
    "builders::ListCertificates",
    "builders::ListStatusHistory",
    "builders::ListUsers",
    "builders::ListVerifications",
    "sandbox::CardPerson",
    "sandbox::RevocationCause",
    "sweep::Sweep",
    "sweep::SweepBuilder",
    "sweep::SweepCursor",
    "v1::Certificates",
    "v1::Users",
    "v1::Verifications",
    "v1::builders::DeleteCertificate",
    "v1::builders::DeleteUser",
    "v1::builders::DeleteVerification",
    "v1::builders::GetCertificate",
    "v1::builders::GetUser",
    "v1::builders::GetVerification",
    "v1::builders::ListCertificates",
    "v1::builders::ListStatusHistory",
    "v1::builders::ListUsers",
    "v1::builders::ListVerifications",
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
    ("builders::Verify", Shown::<builders::Verify<'static>>::CAN_BE),
    ("v1::builders::CheckStatusByContent", Shown::<v1::builders::CheckStatusByContent<'static>>::CAN_BE),
    ("v1::builders::Verify", Shown::<v1::builders::Verify<'static>>::CAN_BE),
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
    let signed = SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap();
    let signed_shown = format!("{signed:?} {signed:#?}");
    let sign_in = ps.sign_in(signed);
    let sign_in_shown = format!("{sign_in:?} {sign_in:#?}");
    let bytes = |bytes: &[u8]| bytes[..8].iter().map(|byte| format!("{byte}, ")).collect::<String>();
    for secret in [bytes(&digest), bytes(&signature), bytes(&card.signing.der()[200..])] {
        assert!(!sign_in_shown.contains(&secret), "{sign_in_shown}");
        assert!(!signed_shown.contains(&secret), "{signed_shown}");
    }
    let outcome = sign_in.send().await.unwrap();
    let outcome_shown = format!("{outcome:?} {outcome:#?}");
    let SignInOutcome::New(person) = outcome else { panic!("known") };
    let content = person.content.clone().unwrap();
    let attributes = content.attributes().unwrap();
    assert_eq!(attributes.common_name.as_ref().unwrap().expose(), CANARY, "it is there to be read");
    let refused =
        ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, [7; 32], &signature).unwrap()).send().await.unwrap();
    let SignInOutcome::Refused(refusal) = refused else { panic!("let in") };
    let certificate = person.certificate.clone().unwrap();
    let fresh = ps.certificates().check_status(certificate.clone()).fresh(Freshness::Now).send().await.unwrap();
    let mut sweep = ps.sweep().targets([certificate]).start().await.unwrap();
    let swept = futures_util::StreamExt::next(&mut sweep).await.unwrap();
    jpki.set_ocsp_available(false);
    let failed = ps.certificates().check_status(person.certificate.clone().unwrap()).fresh(Freshness::Now).send().await.unwrap_err();

    let token = || ApiKey::new(CANARY).unwrap();
    let v1 = PocketSignV1::builder(token()).environment(Environment::Mock);
    let v2 = PocketSign::builder(token()).environment(Environment::Mock);
    let builders = format!("{v1:?} {v2:?} {:?}", Sandbox::builder().api_key(CANARY).pocketsign_token(CANARY));
    silent(&builders);
    let (v1, v2) = (v1.build().unwrap(), v2.build().unwrap());
    vec![
        ("CheckError", format!("{failed:?} {failed:#?} {failed}")),
        ("SignedData", signed_shown),
        ("SignInOutcome", outcome_shown),
        ("SignedIn", format!("{person:?} {person:#?}")),
        ("PocketSignV1", format!("{v1:?} {:?} {:?} {:?} {:?}", v1.certificates(), v1.users().list(), v1.verifications(), v1.sweep())),
        ("PocketSign", format!("{v2:?} {:?} {:?} {:?} {:?}", v2.certificates(), v2.users().list(), v2.verifications(), v2.sweep())),
        ("SignInRefusal", format!("{refusal:?} {refusal:#?}")),
        ("builders::SignIn", sign_in_shown),
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
    assert!(public.contains("builders::Verify") && public.contains("sandbox::Card"), "{public:?}");
    assert_eq!(judged.into_iter().collect::<BTreeSet<_>>(), public);
}

/// The names of the public types that are written by hand, from the source: what the modules give out, by macros or not.
fn public() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (file, prefix) in [
        ("pocketsign.rs", ""),
        ("pocketsign/v1.rs", "v1::"),
        ("pocketsign/freshness.rs", "freshness::"),
        ("pocketsign/sweep.rs", "sweep::"),
        ("sandbox.rs", "sandbox::"),
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        collect(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap().items, prefix, "self", &mut names);
    }
    // `Freshness` is given out under both of its paths.
    names.remove("freshness::Freshness");
    names
}

/// The names that these items give out, of what is `here` in their file.
fn collect(items: &[Item], prefix: &str, here: &str, names: &mut BTreeSet<String>) {
    // The rest of the sandbox knows no persons.
    let is_known = |module: &str| prefix != "sandbox::" || module == "pocketsign";
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) && is_known("") => drop(names.insert(format!("{prefix}{}", item.ident))),
            Item::Enum(item) if is_public(&item.vis) && is_known("") => drop(names.insert(format!("{prefix}{}", item.ident))),
            Item::Mod(item) if is_public(&item.vis) => {
                let inside = item.content.iter().flat_map(|(_, items)| items).cloned().collect::<Vec<_>>();
                collect(&inside, &format!("{prefix}{}::", item.ident), "super", names);
            }
            Item::Use(item) if is_public(&item.vis) => leaves(&item.tree, &[], &mut |path| {
                if path[0] == here && is_known(&path[1]) {
                    names.insert(format!("{prefix}{}", path[path.len() - 1]));
                }
            }),
            // Names with the words by which they are found; the names alone begin with a capital.
            Item::Macro(item) if item.mac.path.segments.last().is_some_and(|segment| segment.ident == "named") => {
                let named = item.mac.tokens.to_string();
                let words = named.split_whitespace().filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()));
                names.extend(words.map(|word| format!("{prefix}{word}")));
            }
            _ => {}
        }
    }
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
