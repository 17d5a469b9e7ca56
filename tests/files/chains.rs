//! Chains: cross-signed bundles, strangers among them, and what a server is given.

use std::{collections::BTreeSet, fs};

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::KeyPair;
use shomei::{Certificate, CertificateChain, Error, certcentral::CertificateId};

#[cfg(feature = "archives")]
use crate::ground::zip;
use crate::{
    ground::{Authority, openssl, orders, pem, pkcs7},
    scripted::Scripted,
};

fn at() -> DateTime<Utc> {
    "2026-11-25T00:00:00Z".parse().unwrap()
}

async fn from_json(elements: &[serde_json::Value]) -> Result<CertificateChain, Error> {
    let cc = Scripted::json(200, serde_json::json!({"intermediates": elements}).to_string()).certcentral();
    cc.certificates().chain(CertificateId(1)).send().await
}

fn from_pem(certificates: &[Vec<u8>]) -> Result<CertificateChain, Error> {
    CertificateChain::from_pem(&certificates.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>())
}

/// The same certificates, read from everything they may come in.
async fn from_everything(certificates: &[Vec<u8>]) -> Vec<(&'static str, Result<CertificateChain, Error>)> {
    let pems: Vec<_> = certificates.iter().map(|der| pem("CERTIFICATE", der)).collect();
    let message = pkcs7(&certificates.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let json: Vec<_> = pems.iter().map(|pem| serde_json::json!({"subject_common_name": "x", "pem": pem})).collect();
    let mut chains = vec![
        ("PEM", from_pem(certificates)),
        ("P7B", CertificateChain::from_bytes(pem("PKCS7", &message).as_bytes())),
        ("P7B in DER", CertificateChain::from_bytes(&message)),
        ("JSON", from_json(&json).await),
    ];
    #[cfg(feature = "archives")]
    {
        let names: Vec<_> = (0..pems.len()).map(|index| format!("{index}.crt")).collect();
        let files: Vec<_> = names.iter().map(String::as_str).zip(pems.iter().map(String::as_bytes)).collect();
        chains.push(("zip", CertificateChain::from_bytes(&zip(&files))));
        let files: Vec<_> = names.iter().map(String::as_str).zip(certificates.iter().map(Vec::as_slice)).collect();
        chains.push(("zip of DER", CertificateChain::from_bytes(&zip(&files))));
        chains.push(("zip of one file", CertificateChain::from_bytes(&zip(&[("bundle.pem", pems.concat().as_bytes())]))));
    }
    chains
}

/// What `openssl verify` says of a leaf with these beside it. Without a root it is asked for a chain to the topmost of them.
fn openssl_verifies(name: &str, leaf: &[u8], beside: &[Vec<u8>], tops: &[Vec<u8>], has_root: bool) -> Option<bool> {
    let folder = std::env::temp_dir().join(format!("shomei-chains-{}-{}", std::process::id(), name.replace(' ', "-")));
    fs::create_dir_all(&folder).unwrap();
    let write = |file: &str, certificates: &[Vec<u8>]| {
        let path = folder.join(file);
        fs::write(&path, certificates.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (leaf, beside, tops) = (write("leaf", &[leaf.to_vec()]), write("beside", beside), write("tops", tops));
    let mut arguments = vec!["verify", "-no-CAfile", "-no-CApath", "-purpose", "sslserver", "-untrusted", &beside, "-trusted", &tops];
    if !has_root {
        arguments.push("-partial_chain");
    }
    arguments.push(&leaf);
    let verdict = openssl(&arguments, b"");
    fs::remove_dir_all(&folder).unwrap();
    verdict.map(|verdict| verdict.is_ok())
}

/// What stands beside a leaf: the intermediates, and the roots.
type Bundle<'a> = (&'a str, &'a [&'a Vec<u8>], &'a [&'a Vec<u8>]);

#[tokio::test]
async fn cross_signed_bundles_verify_in_every_order_and_from_everything() {
    let [intermediate, a, b, c] = ["intermediate", "root A", "root B", "root C"].map(Authority::new);
    let leaf = intermediate.leaf(&["example.com"]);
    let below_a = intermediate.signed_by(&a);
    let (root_a, root_b) = (a.root(), b.root());
    // Root A, cross-signed by B, and by C; B, cross-signed by C.
    let (a_by_b, a_by_c, b_by_c) = (a.signed_by(&b), a.signed_by(&c), b.signed_by(&c));
    let bundles: &[Bundle<'_>] = &[
        ("one root", &[&below_a], &[&root_a]),
        ("the upper root is absent", &[&below_a, &a_by_b], &[]),
        ("the upper root is there", &[&below_a, &a_by_b], &[&root_b]),
        ("the lower root is there", &[&below_a, &a_by_b], &[&root_a]),
        ("both roots are there", &[&below_a, &a_by_b], &[&root_a, &root_b]),
        ("two cross-signatures", &[&below_a, &a_by_b, &a_by_c], &[&root_a]),
        ("a ladder to an absent root", &[&below_a, &a_by_b, &b_by_c], &[]),
        ("no root at all", &[&below_a], &[]),
    ];
    for (name, intermediates, roots) in bundles {
        let beside: Vec<Vec<u8>> = intermediates.iter().chain(*roots).map(|der| (*der).clone()).collect();
        let mut seen = BTreeSet::new();
        for (number, order) in orders(&[vec![leaf.clone()], beside.clone()].concat()).into_iter().enumerate() {
            // All orders in PEM, and some of them from everything.
            let chains = if number % 23 == 0 { from_everything(&order).await } else { vec![("PEM", from_pem(&order))] };
            for (source, chain) in chains {
                seen.insert(chain.unwrap_or_else(|error| panic!("{name}, {source}: {error}")).to_pem());
            }
        }
        assert_eq!(seen.len(), 1, "{name}: the chain does not depend on where it comes from");
        let chain = CertificateChain::from_pem(seen.first().unwrap()).unwrap();
        assert_eq!(chain.to_pem(), *seen.first().unwrap(), "what is written is read as the same");
        chain.verify_at(at()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(chain.leaf().as_der(), leaf, "{name}");
        assert_eq!((chain.intermediates().len(), chain.roots().len()), (intermediates.len(), roots.len()), "{name}");
        assert!(chain.roots().iter().all(|root| roots.iter().any(|known| *known == root.as_der())), "{name}");
        // A server is given no root, and all that stands between.
        let served = CertificateChain::from_pem(&chain.fullchain_pem()).unwrap();
        assert_eq!((served.certificates(), served.root()), (&chain.certificates()[..=intermediates.len()], None), "{name}");
        let tops: Vec<_> = match roots {
            [] => intermediates.last().map(|top| (*top).clone()).into_iter().collect(),
            roots => roots.iter().map(|der| (*der).clone()).collect(),
        };
        if let Some(verifies) = openssl_verifies(name, &leaf, &beside, &tops, !roots.is_empty()) {
            assert!(verifies, "{name}: OpenSSL");
        }
    }
}

#[tokio::test]
async fn what_does_not_belong_to_the_chain_is_refused_from_everything() {
    let [intermediate, root] = ["intermediate", "root"].map(Authority::new);
    let (leaf, below, top) = (intermediate.leaf(&["example.com"]), intermediate.signed_by(&root), root.root());
    // The same names, other keys: only a signature tells them from the true ones.
    let [false_intermediate, false_root] = ["intermediate", "root"].map(Authority::new);
    let other = Authority::new("another");
    for (name, bundle) in [
        ("a root that signed nothing here", vec![&leaf, &below, &top, &other.root()]),
        ("an intermediate that signed nothing here", vec![&leaf, &below, &top, &other.signed_by(&root)]),
        ("a second leaf", vec![&leaf, &intermediate.leaf(&["example.org"]), &below, &top]),
        ("an intermediate of the right name", vec![&leaf, &false_intermediate.signed_by(&root), &top]),
        ("an intermediate of the right name beside the true one", vec![&leaf, &below, &false_intermediate.signed_by(&root), &top]),
        ("a root of the right name", vec![&leaf, &below, &false_root.root()]),
        ("a root of the right name beside the true one", vec![&leaf, &below, &top, &false_root.root()]),
        ("a gap", vec![&leaf, &top]),
        ("no leaf of these", vec![&false_intermediate.leaf(&["example.com"]), &below, &top]),
    ] {
        let bundle: Vec<_> = bundle.into_iter().cloned().collect();
        for (source, chain) in from_everything(&bundle).await {
            let error = chain.expect_err(name);
            assert!(error.is_mismatch() && error.to_string().contains("do not form one chain"), "{name}, {source}: {error}");
        }
    }
}

/// A key that signs its own successor is no root, and a certificate that is named like its issuer neither.
#[tokio::test]
async fn only_what_its_own_key_has_signed_is_a_root() {
    let [old, new] = ["authority", "authority"].map(Authority::new);
    let (leaf, new_by_old, old_root) = (new.leaf(&["example.com"]), new.signed_by(&old), old.root());
    for (source, chain) in from_everything(&[old_root.clone(), leaf, new_by_old.clone()]).await {
        let chain = chain.unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(chain.intermediates().iter().map(Certificate::as_der).collect::<Vec<_>>(), [&new_by_old], "{source}");
        assert_eq!(chain.intermediates()[0].subject(), chain.intermediates()[0].issuer());
        assert_eq!(chain.root().unwrap().as_der(), old_root);
        chain.verify_at(at()).unwrap();
    }
}

#[tokio::test]
async fn nothing_is_dropped_in_silence() {
    let root = Authority::new("root");
    let [leaf, top] = [root.leaf(&["example.com"]), root.root()].map(|der| serde_json::json!({"pem": pem("CERTIFICATE", &der)}));
    assert_eq!(from_json(&[leaf.clone(), top.clone()]).await.unwrap().certificates().len(), 2);
    for missing in
        [serde_json::json!({"pem": null}), serde_json::json!({"pem": ""}), serde_json::json!({}), serde_json::json!({"pem": "x"})]
    {
        for elements in [[leaf.clone(), missing.clone()], [missing, top.clone()]] {
            let error = from_json(&elements).await.unwrap_err();
            assert!(error.is_mismatch() && error.to_string().contains("no certificate"), "{error}");
        }
    }
    // The same certificate twice is no other one.
    assert_eq!(from_json(&[leaf.clone(), top.clone(), leaf, top]).await.unwrap().certificates().len(), 2);
}

#[test]
fn there_is_a_limit_to_number() {
    let mut authorities = vec![Authority::new("0")];
    let mut bundle = vec![authorities[0].root()];
    for name in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"] {
        let next = Authority::new(name);
        bundle.push(next.signed_by(authorities.last().unwrap()));
        authorities.push(next);
    }
    bundle.push(authorities.last().unwrap().leaf(&["example.com"]));
    assert_eq!(bundle.len(), 16);
    let message = |bundle: &[Vec<u8>]| pkcs7(&bundle.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!(from_pem(&bundle).unwrap().certificates().len(), 16);
    assert_eq!(CertificateChain::from_bytes(&message(&bundle)).unwrap().certificates().len(), 16);
    bundle.push(Authority::new("another").root());
    for chain in [from_pem(&bundle), CertificateChain::from_bytes(&message(&bundle))] {
        let error = chain.unwrap_err();
        assert!(error.is_mismatch() && error.to_string().contains("more than 16"), "{error}");
    }
}

#[test]
fn a_chain_verifies_while_it_is_valid() {
    let [intermediate, root] = ["intermediate", "root"].map(Authority::new);
    let (begin, end) = (at(), at() + TimeDelta::days(10));
    let leaf = intermediate.leaf_of(&KeyPair::generate().unwrap(), &["example.com"], |params| {
        params.not_before = rcgen::date_time_ymd(2026, 11, 25);
        params.not_after = rcgen::date_time_ymd(2026, 12, 5);
    });
    let chain = from_pem(&[leaf, intermediate.signed_by(&root), root.root()]).unwrap();
    assert_eq!((chain.leaf().not_before(), chain.leaf().not_after()), (begin, end));
    for (moment, verifies) in [(begin - TimeDelta::seconds(1), false), (begin, true), (end, true), (end + TimeDelta::seconds(1), false)] {
        assert_eq!(chain.verify_at(moment).is_ok(), verifies, "{moment}");
    }
    let alone = CertificateChain::from_pem(chain.leaf().as_pem()).unwrap();
    assert!(alone.verify_at(begin).unwrap_err().is_mismatch(), "nothing vouches for a leaf alone");
}

#[test]
fn serial_numbers_lose_only_the_byte_of_the_sign() {
    let root = Authority::new("root");
    for (bytes, written, same) in [
        (&[0x8f, 1][..], "8F01", &["008F01", "8f01", "8F:01", "00:8f:01", "0008f01"][..]),
        (&[0x0f, 1], "0F01", &["F01", "0f01", "000F01", "0F 01"]),
        (&[0x7f], "7F", &["7f", "07F", "007F"]),
        (&[1, 0, 0x80], "010080", &["10080", "01:00:80"]),
    ] {
        let leaf =
            root.leaf_of(&KeyPair::generate().unwrap(), &["example.com"], |params| params.serial_number = Some(bytes.to_vec().into()));
        let chain = CertificateChain::from_bytes(&leaf).unwrap();
        assert_eq!(chain.leaf().serial_number(), written);
        for same in same.iter().chain([&written]) {
            chain.verify_serial_number(same).unwrap_or_else(|error| panic!("{error}"));
        }
        for other in ["", "0", "8F", "8F0100", "zz", "80"] {
            assert!(chain.verify_serial_number(other).unwrap_err().is_mismatch(), "{other}");
        }
        let Some(theirs) = openssl(&["x509", "-noout", "-serial"], chain.leaf().as_pem().as_bytes()) else { continue };
        assert_eq!(String::from_utf8(theirs.unwrap()).unwrap().trim(), format!("serial={written}"));
    }
}

#[test]
fn addresses_are_compared_as_addresses() {
    let leaf = Authority::new("root").leaf(&["example.com", "2001:db8::a", "192.0.2.1"]);
    let chain = CertificateChain::from_bytes(&leaf).unwrap();
    chain.verify_names(["2001:DB8:0:0::A", "2001:0db8:0000:0000:0000:0000:0000:000a", "192.0.2.1", "EXAMPLE.com"]).unwrap();
    for other in ["2001:db8::b", "192.0.2.2", "example.org", "::ffff:192.0.2.1"] {
        assert!(chain.verify_names([other]).unwrap_err().to_string().contains(other));
    }
}
