//! Every operation of both documents with the builder that calls it; what a test is to do with each it does by this table.

use futures_util::future::BoxFuture;
use shomei::{
    Error, PocketSign,
    pocketsign::{CertificateId, CertificateStatusId, CheckMethod, HashAlgorithm, PocketSignV1, SignedData, UserId, VerificationId},
    sandbox::CardCertificate,
};

use crate::{
    answers::{Teller, decoded},
    document::{Document, Part},
    judge::{Judge, V1, V2},
};

/// The same service, spoken to in both versions.
pub(crate) struct Clients {
    pub(crate) v1: PocketSignV1,
    pub(crate) v2: PocketSign,
}

/// What the calls are made with.
#[derive(Clone)]
pub(crate) struct Given {
    certificate: CertificateId,
    status: CertificateStatusId,
    user: UserId,
    verification: VerificationId,
    der: Vec<u8>,
    signed: SignedData,
}

impl Given {
    /// Ids that a service knows which answers everything.
    pub(crate) fn any(card: &CardCertificate) -> Self {
        let (digest, signature) = card.sign(b"a challenge");
        let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
        Self {
            certificate: id.into(),
            status: id.into(),
            user: id.into(),
            verification: id.into(),
            der: card.der().to_vec(),
            signed: SignedData::new(card.der(), HashAlgorithm::Sha256, digest, signature).unwrap(),
        }
    }

    /// The ids of a verification that is made now.
    pub(crate) async fn registered(ps: &PocketSign, card: &CardCertificate) -> Self {
        let given = Self::any(card);
        let answer = ps.verifications().verify(given.signed.clone()).identify_user(true).send().await.unwrap();
        Self {
            certificate: answer.certificate.unwrap().id,
            status: answer.certificate_status.unwrap().id,
            user: answer.user.unwrap().id,
            verification: answer.verification.unwrap().id,
            ..given
        }
    }
}

/// One operation.
pub(crate) struct Row {
    /// `v1` or `v2`.
    pub(crate) version: &'static str,
    pub(crate) id: &'static str,
    /// How it is called.
    builder: &'static str,
    /// Calls it; gives what `Debug` shows of the answer, in one line and in many.
    pub(crate) call: for<'c> fn(&'c Clients, Given) -> BoxFuture<'c, Result<String, Error>>,
}

macro_rules! rows {
    (|$ps:ident, $given:ident| $($version:ident $id:ident: $builder:expr;)+) => {
        &[$(Row {
            version: stringify!($version),
            id: stringify!($id),
            builder: stringify!($builder),
            call: |clients, $given| {
                // Lists are asked for without an id.
                let ($ps, _) = (&clients.$version, &$given);
                Box::pin(async move {
                    let answer = $builder.send().await?;
                    Ok(format!("{answer:?} {answer:#?}"))
                })
            },
        }),+]
    };
}

/// Deletions come last: the rows of a version can be called one after the other.
pub(crate) const ROWS: &[Row] = rows! { |ps, given|
    v1 verify: ps.verifications().verify(given.signed);
    v1 list_verifications: ps.verifications().list();
    v1 get_verification: ps.verifications().get(given.verification);
    v1 check_certificate_status_by_content: ps.certificates().check_status_by_content(given.der);
    v1 list_certificates: ps.certificates().list();
    v1 get_certificate: ps.certificates().get(given.certificate);
    v1 check_certificate_status: ps.certificates().check_status(given.certificate);
    v1 list_certificate_statuses: ps.certificates().status_history(given.certificate);
    v1 list_users: ps.users().list();
    v1 get_user: ps.users().get(given.user);
    v1 check_user_status: ps.users().check_status(given.user).method(CheckMethod::Ocsp);
    v1 delete_verification: ps.verifications().delete(given.verification);
    v1 delete_certificate: ps.certificates().delete(given.certificate);
    v1 delete_user: ps.users().delete(given.user);
    v2 verify: ps.verifications().verify(given.signed);
    v2 list_verifications: ps.verifications().list();
    v2 get_verification: ps.verifications().get(given.verification);
    v2 list_certificates: ps.certificates().list();
    v2 get_certificate: ps.certificates().get(given.certificate);
    v2 check_certificate_status: ps.certificates().check_status(given.certificate);
    v2 get_certificate_status: ps.certificates().get_status(given.status);
    v2 list_certificate_statuses: ps.certificates().status_history();
    v2 list_users: ps.users().list();
    v2 get_user: ps.users().get(given.user);
    v2 check_user_status: ps.users().check_status(given.user).method(CheckMethod::Ocsp);
    v2 delete_verification: ps.verifications().delete(given.verification);
    v2 delete_certificate: ps.certificates().delete(given.certificate);
    v2 delete_user: ps.users().delete(given.user);
};

pub(crate) fn document(version: &str) -> &'static Document {
    if version == "v1" { &V1 } else { &V2 }
}

#[test]
fn every_operation_of_the_documents_has_its_row() {
    let mut rows: Vec<_> = ROWS.iter().map(|row| format!("{} {}", row.version, row.id)).collect();
    let mut operations = crate::judge::all_operations();
    rows.sort_unstable();
    operations.sort_unstable();
    assert_eq!(rows, operations);
    assert_eq!(rows.len(), 28);
}

/// The table of operation × {document, example, builder, sandbox, test}, made from what is there; `--nocapture` prints it. A cell stays
/// empty only where the document says that the operation is inferred.
#[tokio::test]
async fn every_operation_has_document_example_builder_sandbox_and_test() {
    let mut table = vec![
        "| operation | document | example | builder | sandbox | test: answers read, whole and cut |".to_owned(),
        "| --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    let mut empty = Vec::new();
    for version in ["v1", "v2"] {
        let judge = Judge::new();
        let card = judge.card();
        let clients = Clients { v1: judge.v1(), v2: judge.v2() };
        let teller = Teller::new(&card.signing);
        let given = Given::registered(&clients.v2, &card.signing).await;
        for row in ROWS.iter().filter(|row| row.version == version) {
            let document = document(version);
            let operation = document.operations().find(|operation| operation.id == row.id).unwrap();
            let source = operation.source().rsplit('/').next().unwrap_or_default().trim_end_matches(')');
            let inferred = if operation.is_inferred() { ", in part inferred" } else { "" };
            let called = (row.call)(&clients, given.clone()).await;
            let reached = judge.operations().last().is_some_and(|last| *last == format!("{version} {}", row.id));
            let decoded = decoded(&teller, row).await;
            let cells = [
                format!("{} `{}`", version, row.id),
                format!(
                    "{} `{}`, {source}{inferred}",
                    operation.method.to_uppercase(),
                    operation.path.rsplit("v2.").next().unwrap_or_default()
                ),
                examples(document, row.id),
                if reached { format!("`{}`", row.builder.split_whitespace().collect::<String>()) } else { String::new() },
                if called.is_ok() { operation.success(document).0.to_string() } else { String::new() },
                if decoded == 0 { "no body".to_owned() } else { decoded.to_string() },
            ];
            let gaps = cells.iter().any(|cell| cell.trim().is_empty());
            if gaps && !operation.is_inferred() {
                empty.push(format!("{} {called:?}", cells.join(" | ")));
            }
            table.push(format!("| {} |", cells.join(" | ")));
        }
    }
    println!("{}", table.join("\n"));
    assert_eq!(empty, [""; 0], "empty cells");
}

/// The named examples of a request and of its answer; what has no body has no example.
fn examples(document: &Document, id: &str) -> String {
    let operation = document.operations().find(|operation| operation.id == id).unwrap();
    let named = |part: &dyn Fn(&Part) -> bool| {
        let found = document.examples().into_iter().filter(|(owner, of, _)| *owner == id && part(of)).map(|(_, _, name)| name);
        found.collect::<Vec<_>>().join(", ")
    };
    let request = named(&|part| *part == Part::Request);
    let answer = named(&|part| matches!(part, Part::Response(status) if status.starts_with('2')));
    match (operation.sends_json(document), operation.answer(document).is_some()) {
        (true, true) if request.is_empty() || answer.is_empty() => String::new(),
        (true, true) => format!("{request} → {answer}"),
        (true, false) => request,
        (false, true) => answer,
        (false, false) => "no body".to_owned(),
    }
}
