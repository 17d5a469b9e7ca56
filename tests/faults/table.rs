//! Each class of fault met by each kind of call, and what comes of it.

use std::{env, fs, path::Path, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use shomei::{
    CertCentral, Error, RetryPolicy, Sandbox,
    certcentral::{CertificateFormat, CertificateId, OrderId, Plan, Product},
    pocketsign::{CertificateId as CardId, CheckMethod, HashAlgorithm, SignInOutcome, SignedData},
    sandbox::{CallMatcher, Fault, FaultPlan, PersonDetails},
};
use tokio::runtime::Builder;

use crate::{
    ground::{self, KEY, ORGANIZATION, csr},
    outcome::kind,
    watch::Watch,
};

const LEGEND: &str = "\
# What comes of each fault

`ok ×2`: done, with two requests sent to the operation. Otherwise the kind of the error, and how many were sent; `?` where the error
says that it may have happened. Orders, reissues and domains are placed by their flows, which look for what was lost.
";

/// Where every call is made: one order that is issued, one card that is known.
struct Ground {
    sandbox: Sandbox,
    token: String,
    order: OrderId,
    certificate: CertificateId,
    card: CardId,
}

impl Ground {
    async fn new() -> Self {
        let sandbox = ground::sandbox(Sandbox::builder());
        ground::validate(&sandbox, "example.com").await;
        let issued = ground::issued(&sandbox, csr(0)).await;
        let card = sandbox.jpki().card(PersonDetails::default());
        let (digest, signature) = ground::signed(&card);
        let ps = sandbox.pocketsign().unwrap();
        let outcome =
            ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send().await.unwrap();
        let SignInOutcome::New(person) = outcome else { panic!("nobody is known yet") };
        let token = sandbox.pocketsign_token();
        Self { sandbox, token, order: issued.order.id, certificate: issued.certificate_id, card: person.certificate.unwrap() }
    }
}

/// The clients of one cell, and a name that no other cell has.
struct Cell<'g> {
    ground: &'g Ground,
    cc: CertCentral,
    ps: shomei::PocketSign,
    name: String,
}

type Made = fn(&Cell<'_>) -> BoxFuture<'static, Result<(), Error>>;

/// A kind of call.
struct Kind {
    name: &'static str,
    operation: &'static str,
    is_it: fn(&str) -> bool,
    make: Made,
}

const KINDS: [Kind; 7] = [
    Kind {
        name: "read",
        operation: "GET /order/certificate/{order_id}",
        is_it: |call| call.starts_with("GET /services/v2/order/certificate/") && call.matches('/').count() == 5,
        make: |cell| {
            let (cc, order) = (cell.cc.clone(), cell.ground.order);
            async move { cc.orders().get(order).send().await.map(drop) }.boxed()
        },
    },
    Kind {
        name: "idempotent write",
        operation: "PUT /order/certificate/{order_id}/additional-emails",
        is_it: |call| call.ends_with("/additional-emails"),
        make: |cell| {
            let (cc, order) = (cell.cc.clone(), cell.ground.order);
            async move { cc.orders().set_additional_emails(order).emails(["it@example.com"]).send().await }.boxed()
        },
    },
    Kind {
        name: "order",
        operation: "POST /order/certificate/{product_name_id}",
        is_it: |call| call.starts_with("POST /services/v2/order/certificate/ssl"),
        make: |cell| {
            let (cc, name) = (cell.cc.clone(), format!("{}.example.com", cell.name));
            async move {
                let order = cc.orders().issue(Product::SECURE_SITE_OV, csr(1)).common_name(name).organization(ORGANIZATION);
                order.plan(Plan::years(1)).start().await.map(drop)
            }
            .boxed()
        },
    },
    Kind {
        name: "reissue",
        operation: "POST /order/certificate/{order_id}/reissue",
        is_it: |call| call.starts_with("POST") && call.ends_with("/reissue"),
        make: |cell| {
            let (cc, order) = (cell.cc.clone(), cell.ground.order);
            let csr = shomei::PrivateKey::generate(shomei::KeyAlgorithm::EcdsaP256).unwrap().sign_csr([&*cell.name]).unwrap();
            async move { cc.orders().reissue(order, csr).start().await.map(drop) }.boxed()
        },
    },
    Kind {
        name: "domain",
        operation: "POST /domain",
        is_it: |call| call == "POST /services/v2/domain",
        make: |cell| {
            let (cc, name) = (cell.cc.clone(), format!("{}.example.net", cell.name));
            async move { cc.domains().validate(name).organization(ORGANIZATION).start().await.map(drop) }.boxed()
        },
    },
    Kind {
        name: "download",
        operation: "GET /certificate/{certificate_id}/download/format/{format}",
        is_it: |call| call.contains("/download/format/"),
        make: |cell| {
            let (cc, certificate) = (cell.cc.clone(), cell.ground.certificate);
            async move { cc.certificates().download(certificate, CertificateFormat::PemAll).send().await?.chain().map(drop) }.boxed()
        },
    },
    Kind {
        name: "check of a card",
        operation: "POST /pocketsign.verify.v2.CertificateService/CheckCertificateStatus",
        is_it: |call| call.ends_with("/CheckCertificateStatus"),
        make: |cell| {
            let (ps, card) = (cell.ps.clone(), cell.ground.card.clone());
            async move { ps.certificates().check_status(card).method(CheckMethod::Crl).send().await.map(drop) }.boxed()
        },
    },
];

/// Which of the calls to an operation meet the fault.
#[derive(Clone, Copy)]
enum Met {
    First,
    All,
}

/// What comes of it: the kind of the error or that it is done, the number of requests, and whether it may have happened.
fn told(result: &Result<(), Error>, sent: usize) -> String {
    match result {
        Ok(()) => format!("ok ×{sent}"),
        Err(error) if error.is_ambiguous() => format!("{} ×{sent} ?", kind(error)),
        Err(error) => format!("{} ×{sent}", kind(error)),
    }
}

async fn cell(ground: &Ground, kind: &Kind, fault: &Fault, met: Met, number: usize) -> String {
    let (over, cc) = ground::certcentral(&ground.sandbox, RetryPolicy::default());
    let (of_cards, _, ps) = ground::pocketsign(&ground.sandbox, &ground.token, RetryPolicy::default());
    let cell = Cell { ground, cc, ps, name: format!("n{number}") };
    // Jitter decides how many attempts fit into a deadline.
    fastrand::seed(number as u64);
    let calls = CallMatcher::to(kind.operation);
    let calls = if let Met::First = met { calls.first(1) } else { calls };
    ground.sandbox.set_faults(FaultPlan::new().on(calls, fault.clone()));
    let result = (kind.make)(&cell).await;
    ground.sandbox.set_faults(FaultPlan::new());
    let sent = |watch: &Watch| watch.count(kind.is_it);
    assert!(over.leaks().is_empty() && of_cards.leaks().is_empty());
    told(&result, sent(&over) + sent(&of_cards))
}

async fn table(ground: &Ground, met: Met) -> String {
    let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    let mut table = format!("| fault | {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len() + 1));
    for (row, fault) in Fault::of_each_class().iter().enumerate() {
        let mut cells = Vec::new();
        for (column, kind) in KINDS.iter().enumerate() {
            let number = (row * KINDS.len() + column) * 2 + usize::from(matches!(met, Met::All));
            cells.push(cell(ground, kind, fault, met, number).await);
        }
        table += &format!("| {} | {} |\n", format!("{fault:?}").replace(&format!("{:?}", Duration::MAX), "for ever"), cells.join(" | "));
    }
    table
}

#[test]
fn each_fault_has_its_outcome() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let tables = runtime.block_on(async {
        let ground = Box::pin(Ground::new()).await;
        let (first, all) = (table(&ground, Met::First).await, table(&ground, Met::All).await);
        format!("{LEGEND}\n## Met by the first call\n\n{first}\n## Met by every call\n\n{all}")
    });
    println!("{tables}");
    assert!(!tables.contains(KEY));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/faults.md");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&golden, tables).unwrap();
    }
    let accepted = fs::read_to_string(&golden).unwrap_or_default();
    let changed: Vec<_> = tables.lines().filter(|line| !accepted.lines().any(|known| known == *line)).collect();
    assert!(accepted == tables, "run with UPDATE_GOLDEN=1 to accept:\n{}", changed.join("\n"));
}
