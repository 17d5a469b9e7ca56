//! Each flow against services that differ from the sandbox, with the response to its write lost: what was asked for is never done twice,
//! nothing of a stranger's is taken for it, no setting is lost, and it ends in time.

mod axis;
mod stand_in;

use std::{
    env, fs,
    path::Path,
    sync::{
        LazyLock, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::{Value, json};
use shomei::{
    CertCentral, Csr, Error, Sandbox,
    certcentral::{OrderId, OrganizationId, Plan, Product, RequestStatus, ServerPlatformId, SignatureHash, flow::DcvInstructions},
    sandbox::ApprovalMode,
};
use tokio::time::Instant;

use self::{
    axis::{Axis, Fate},
    stand_in::StandIn,
};
use crate::judge;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);
/// The deadline of a call, and what the calls before and after the write may take.
const IN_TIME: Duration = Duration::from_secs(300 + 30);

const LEGEND: &str = "\
# Lost writes against services that differ from the sandbox

The response to the write is lost: `done`, the service has done it; `not`, it has not. Each cell: how `start()` and the wait ended, and how often
the write was sent. `ok`: what was asked for is there once and was waited for; `unsure`: the error says that it may have happened and what
to look for, and it is there once at most; `refused`: the service's own refusal.
";

/// Keys are costly, and nobody minds that every run has the same ones: the order's own, a stranger's, and that of further certificates.
static CSRS: LazyLock<[Csr; 3]> = LazyLock::new(|| [(); 3].map(|()| judge::csr()));

/// An account with an order that is issued, has a reissue and a duplicate, and one of a stranger's that waits for approval.
struct Ground {
    sandbox: Sandbox,
    cc: CertCentral,
    order: OrderId,
    stranger: OrderId,
}

impl Ground {
    async fn new() -> Self {
        let sandbox = Sandbox::builder().approval(ApprovalMode::OneStep).issue_delay(Duration::from_secs(30)).build();
        let cc = sandbox.certcentral().unwrap();
        let [own, strangers, further] = CSRS.clone();
        let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
        publish(&sandbox, pending.instructions());
        pending.wait(HOUR).await.unwrap();
        // More than one, for searches that are not heeded.
        for name in ["a.example.org", "z.example.org"] {
            cc.domains().add(name).organization(ORGANIZATION).send().await.unwrap();
        }
        let order = |csr| {
            cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(ORGANIZATION).plan(Plan::years(2))
        };
        let first = order(own).additional_emails(["it@example.com"]).start().await.unwrap().wait(HOUR).await.unwrap();
        let stranger = order(strangers.clone()).start().await.unwrap().wait(HOUR).await.unwrap().order.id;
        // The key of the duplicate to come was used for one before; the stranger has asked for further ones, too.
        cc.orders().duplicate(first.order.id, further).start().await.unwrap().wait(HOUR).await.unwrap();
        cc.orders().duplicate(stranger, strangers.clone()).send().await.unwrap();
        cc.orders().reissue(stranger, strangers).another(true).send().await.unwrap();
        Self { sandbox, cc, order: first.order.id, stranger }
    }

    async fn orders(&self) -> usize {
        self.cc.orders().list().send().await.unwrap().orders.len()
    }

    /// How many there are of what a flow makes.
    async fn count(&self, flow: Flow) -> usize {
        match flow {
            Flow::Issue | Flow::IssueWithId | Flow::Renew => self.orders().await,
            Flow::Reissue => self.cc.orders().reissues(self.order).send().await.unwrap().len(),
            Flow::Duplicate => self.cc.orders().duplicates(self.order).send().await.unwrap().len(),
            Flow::Validate => self.cc.domains().list().send().await.unwrap().domains.len(),
        }
    }

    /// Whether nobody has approved the requests of the stranger, which are nobody's business.
    async fn stranger_is_left_alone(&self) -> bool {
        let requests = self.cc.orders().get(self.stranger).send().await.unwrap().requests;
        let mut left = 0;
        for request in requests {
            let status = self.cc.requests().get(request.id).send().await.unwrap().status;
            left += usize::from(status == Some(RequestStatus::Pending));
        }
        left == 2
    }
}

fn publish(sandbox: &Sandbox, instructions: &DcvInstructions) {
    if let DcvInstructions::Txt { name, value, .. } = instructions {
        sandbox.dns().publish_txt(name, value);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Issue,
    IssueWithId,
    Renew,
    Reissue,
    Duplicate,
    Validate,
}

const FLOWS: [(Flow, &str); 6] = [
    (Flow::Issue, "issue"),
    (Flow::IssueWithId, "issue, own id"),
    (Flow::Renew, "renew, same key"),
    (Flow::Reissue, "reissue"),
    (Flow::Duplicate, "duplicate, used key"),
    (Flow::Validate, "validate"),
];

impl Flow {
    /// Starts the flow; what comes back waits.
    async fn start(self, ground: &Ground, cc: &CertCentral) -> Result<BoxFuture<'static, Result<(), Error>>, Error> {
        let [own, _, further] = CSRS.clone();
        let pending = match self {
            Self::Issue | Self::IssueWithId => {
                let order = cc.orders().issue(Product::SECURE_SITE_OV, further).common_name("shop.example.com").organization(ORGANIZATION);
                let order = order.dns_names(["www.shop.example.com"]).plan(Plan::years(2)).additional_emails(["it@example.com"]);
                let order = order.comment("for the shop").custom_renewal_message("renew it").disable_ct(true).auto_reissue(true);
                let order =
                    order.disable_renewal_notifications(true).signature_hash(SignatureHash::Sha384).server_platform(ServerPlatformId(45));
                order.maybe_alternative_order_id((self == Self::IssueWithId).then_some("shop-7")).start().await?
            }
            Self::Renew => cc.orders().renew(ground.order, own).comment("for the shop").start().await?,
            Self::Reissue => {
                let reissue =
                    cc.orders().reissue(ground.order, further).dns_names(["www.example.com"]).server_platform(ServerPlatformId(45));
                reissue.comment("for the shop").start().await?
            }
            Self::Duplicate => {
                cc.orders().duplicate(ground.order, further).another(true).server_platform(ServerPlatformId(45)).start().await?
            }
            Self::Validate => {
                let pending = cc.domains().validate("example.net").organization(ORGANIZATION).start().await?;
                publish(&ground.sandbox, pending.instructions());
                return Ok(async { pending.wait(HOUR).await.map(drop).map_err(Error::from) }.boxed());
            }
        };
        Ok(async { pending.wait(HOUR).await.map(drop).map_err(Error::from) }.boxed())
    }

    /// What the write has to say.
    fn settings(self) -> Value {
        match self {
            Self::Issue | Self::IssueWithId => json!({
                "certificate": {"common_name": "shop.example.com", "dns_names": ["www.shop.example.com"], "signature_hash": "sha384",
                    "server_platform": {"id": 45}, "csr": CSRS[2].as_pem()},
                "organization": {"id": 754_781}, "order_validity": {"years": 2}, "additional_emails": ["it@example.com"], "disable_ct": true,
                "comments": "for the shop", "custom_renewal_message": "renew it", "auto_reissue": 1, "disable_renewal_notifications": true,
            }),
            Self::Renew => json!({
                "certificate": {"common_name": "example.com", "csr": CSRS[0].as_pem()}, "additional_emails": ["it@example.com"],
                "organization": {"id": 754_781}, "comments": "for the shop",
            }),
            Self::Reissue => json!({
                "certificate": {"common_name": "example.com", "dns_names": ["www.example.com"], "server_platform": {"id": 45},
                    "csr": CSRS[2].as_pem()},
                "comments": "for the shop",
            }),
            Self::Duplicate => {
                json!({"certificate": {"common_name": "example.com", "server_platform": {"id": 45}, "csr": CSRS[2].as_pem()}})
            }
            Self::Validate => json!({"name": "example.net", "organization": {"id": 754_781}, "dcv_method": "dns-txt-token"}),
        }
    }
}

/// Whether everything of one value stands in another.
fn holds(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(members) => members.iter().all(|(name, member)| holds(&whole[name], member)),
        part => whole == part,
    }
}

/// How a flow ended, and what is wrong with that.
async fn cell(axis: Axis, fate: Fate, flow: Flow) -> (String, Vec<String>) {
    let ground = Box::pin(Ground::new()).await;
    let before = ground.count(flow).await;
    let service = StandIn::new(&ground.sandbox, axis, fate, ground.stranger);
    let began = Instant::now();
    let started = flow.start(&ground, &service.client()).await;
    let took = began.elapsed();
    let ended = match started {
        Ok(wait) => wait.await.map_err(|error| (true, error)),
        Err(error) => Err((false, error)),
    };
    // What is still on its way arrives.
    tokio::time::sleep(HOUR).await;
    let made = ground.count(flow).await - before;
    let writes = service.writes();
    let mut complaints = Vec::new();
    let mut complain = |is_wrong: bool, what: &str| {
        if is_wrong {
            complaints.push(format!("{axis}, {fate:?}, {flow:?}: {what}; {ended:?}"));
        }
    };
    complain(made > 1, "it was done twice");
    complain(flow != Flow::Validate && writes.len() > 1, "it was sent twice");
    complain(writes.is_empty() || writes.len() > 2, "it was not sent, or far too often");
    complain(writes.iter().any(|write| !holds(write, &flow.settings())), "a setting was lost");
    complain(took > IN_TIME, "it took too long");
    complain(!ground.stranger_is_left_alone().await, "a stranger's request was approved");
    let word = match &ended {
        Ok(()) => {
            complain(made != 1, "it is not there");
            "ok"
        }
        Err((_, error)) if error.is_ambiguous() => {
            complain(error.recovery_hint().is_none(), "it does not say what to look for");
            "unsure"
        }
        Err((false, error)) if !error.api_errors().is_empty() => {
            complain(made != 0 && flow != Flow::Validate, "it was done");
            "refused"
        }
        Err(_) => {
            complain(true, "it went wrong");
            "wrong"
        }
    };
    (format!("{word} ×{}", writes.len()), complaints)
}

/// A row of the table, and what is wrong with it.
fn row(axis: Axis) -> (String, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (mut cells, mut complaints) = (Vec::new(), Vec::new());
        for (flow, _) in FLOWS {
            for fate in [Fate::Done, Fate::NotDone] {
                let (word, wrong) = Box::pin(cell(axis, fate, flow)).await;
                cells.push(word);
                complaints.extend(wrong);
            }
        }
        (format!("| {axis} | {} |\n", cells.join(" | ")), complaints)
    })
}

#[test]
fn nothing_is_done_twice_however_the_service_differs() {
    let columns: Vec<_> = FLOWS.iter().flat_map(|(_, name)| [format!("{name}: done"), format!("{name}: not")]).collect();
    let mut table = format!("{LEGEND}\n| the service | {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len() + 1));
    let (axes, next) = (Axis::all(), AtomicUsize::new(0));
    let rows: Vec<_> = axes.iter().map(|_| OnceLock::new()).collect();
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            threads.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(axis) = axes.get(number) else { return };
                    rows[number].set(row(*axis)).unwrap();
                }
            });
        }
    });
    let mut complaints = Vec::new();
    for (text, wrong) in rows.into_iter().filter_map(OnceLock::into_inner) {
        table += &text;
        complaints.extend(wrong);
    }
    println!("{table}");
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/deviations.md");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&golden, table).unwrap();
    }
    let accepted = fs::read_to_string(&golden).unwrap_or_default();
    let changed: Vec<_> = table.lines().filter(|line| !accepted.lines().any(|known| known == *line)).collect();
    assert!(accepted == table, "run with UPDATE_GOLDEN=1 to accept:\n{}", changed.join("\n"));
}
