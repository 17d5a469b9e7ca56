//! Real processes that order, renew, reissue and duplicate, and are killed at random moments: nothing is ever done twice, and what is not
//! done is said to be in doubt; sent again where that is asked for, everything is done once.
//!
//! `SHOMEI_KILLS=100` kills as many at each of the four; the seed is printed, and taken from `SHOMEI_SEED`.
#![cfg(all(unix, feature = "sandbox"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

#[path = "started/mod.rs"]
mod started;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

#[cfg(feature = "journal")]
use futures_util::TryStreamExt as _;
use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, PrivateKey,
    certcentral::{DcvMethod, OrderId, OrganizationId, Plan, Product},
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use self::started::Started;

const PATIENCE: Duration = Duration::from_secs(300);
const KEY: &str = "KEY-OF-THE-KILLS";
const HOUR: Duration = Duration::from_secs(3600);
/// What the example ends with where it does not know.
const UNSURE: i32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Issue,
    Renew,
    Reissue,
    Duplicate,
}

/// The sandbox as a program, and a client to see what became of it all.
struct World {
    _started: Started,
    url: String,
    cc: CertCentral,
}

impl World {
    async fn start() -> Self {
        let started = Started::with(&["--api-key", KEY]).await;
        let url = started.said_of("certcentral").to_owned();
        let cc = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(&url).build().unwrap();
        Self { _started: started, url, cc }
    }

    /// An issued order to renew, reissue or duplicate.
    async fn order(&self) -> OrderId {
        let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["example.com"]).unwrap();
        let order = self.cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(OrganizationId(754_781));
        let pending = order.plan(Plan::years(1)).skip_approval(true).dcv_method(DcvMethod::DnsTxtToken).start().await.unwrap();
        pending.wait(HOUR).await.unwrap().order.id
    }

    /// How many there are of what is counted.
    async fn count(&self, what: What, order: OrderId) -> u64 {
        match what {
            What::Issue | What::Renew => {
                self.cc.orders().list().page_size(1).send().await.unwrap().page.unwrap().total.unwrap().try_into().unwrap()
            }
            What::Reissue => self.cc.orders().reissues(order).send().await.unwrap().len() as u64,
            What::Duplicate => self.cc.orders().duplicates(order).send().await.unwrap().len() as u64,
        }
    }

    /// The example as a process, in a folder of its own.
    fn example(&self, what: What, order: OrderId, folder: &Path, send_again: bool) -> Child {
        let own = env::current_exe().unwrap();
        let program = own.ancestors().nth(2).unwrap().join("examples/order_once");
        assert!(
            program.exists(),
            "`cargo test` builds the examples, `cargo test --test kills` does not: cargo build --all-features --examples"
        );
        let mut command = Command::new(program);
        command.args(["--base-url", &self.url, "--search", "2", "--folder"]).arg(folder);
        match what {
            What::Issue => {}
            What::Renew => drop(command.args(["--renew", &order.to_string()])),
            What::Reissue => drop(command.args(["--reissue", &order.to_string()])),
            What::Duplicate => drop(command.args(["--duplicate", &order.to_string()])),
        }
        if send_again {
            command.arg("--send-again");
        }
        command.env("CERTCENTRAL_API_KEY", KEY).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().unwrap()
    }

    /// Runs the example to its end.
    async fn finish(&self, what: What, order: OrderId, folder: &Path, send_again: bool) -> i32 {
        let child = self.example(what, order, folder, send_again);
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        output.status.code().filter(|code| [0, UNSURE].contains(code)).unwrap_or_else(|| panic!("{what:?}: {output:?}"))
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kills").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What became of the runs with one kind of write.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    /// After the kills and one run to the end.
    done_once: u32,
    in_doubt: u32,
    /// Of those in doubt, after a run that may send again.
    then_once: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_killed_it_orders_once_or_says_that_it_does_not_know() {
    let wanted: u32 = env::var("SHOMEI_KILLS").ok().map_or(3, |kills| kills.parse().unwrap());
    let seed: u64 = env::var("SHOMEI_SEED").ok().map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("SHOMEI_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::start().await;
    let mut tallies = BTreeMap::new();
    for what in [What::Issue, What::Renew, What::Reissue, What::Duplicate] {
        // How long an undisturbed run takes, in which it may be killed.
        let (order, calm) = (world.order().await, folder("calm"));
        let begun = Instant::now();
        assert_eq!(world.finish(what, order, &calm, false).await, 0);
        let whole = begun.elapsed();

        let tally: &mut Tally = tallies.entry(what).or_default();
        let mut round = 0;
        while tally.kills < wanted {
            round += 1;
            let (order, folder) = (world.order().await, folder(&format!("{what:?}-{round}")));
            let before = world.count(what, order).await;
            for _ in 0..random.u32(1..=3) {
                let mut child = world.example(what, order, &folder, false);
                sleep(whole.mul_f64(random.f64())).await;
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                // SIGKILL.
                child.kill().await.unwrap();
                tally.kills += 1;
            }
            let code = world.finish(what, order, &folder, false).await;
            let done = world.count(what, order).await - before;
            match (done, code) {
                (1, 0) => tally.done_once += 1,
                (0, UNSURE) => {
                    tally.in_doubt += 1;
                    assert_eq!(world.finish(what, order, &folder, true).await, 0);
                    assert_eq!(world.count(what, order).await - before, 1, "{what:?} {round} of seed {seed}");
                    tally.then_once += 1;
                }
                _ => panic!("{what:?} {round} of seed {seed}: done {done} times, and ended with {code}"),
            }
            assert!(folder.join("chain.pem").exists(), "{what:?} {round} of seed {seed}");
        }
    }
    println!("| write | kills | done once | in doubt, not done | sent again by name: done once |\n| --- | --- | --- | --- | --- |");
    for (what, Tally { kills, done_once, in_doubt, then_once }) in &tallies {
        println!("| {what:?} | {kills} | {done_once} | {in_doubt} | {then_once} |");
    }
}

/// How often each name was ordered.
#[cfg(feature = "journal")]
async fn ordered(world: &World) -> BTreeMap<String, usize> {
    let mut ordered = BTreeMap::new();
    let mut listed = world.cc.orders().list().stream();
    while let Some(order) = listed.try_next().await.unwrap() {
        *ordered.entry(order.certificate.unwrap().common_name.unwrap()).or_default() += 1;
    }
    ordered
}

#[cfg(feature = "journal")]
#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_killed_again_and_again_places_each_order_once() {
    const ITEMS: usize = 1000;
    let wanted: u32 = env::var("SHOMEI_KILLS").ok().map_or(20, |kills| kills.parse().unwrap());
    let seed: u64 = env::var("SHOMEI_SEED").ok().map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("SHOMEI_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::start().await;
    // Validates the domain.
    world.order().await;
    let folder = folder("fleet");
    let fleet = |send_again: bool| {
        let own = env::current_exe().unwrap();
        let mut command = Command::new(own.ancestors().nth(2).unwrap().join("examples/fleet"));
        let count = ITEMS.to_string();
        command.args(["--base-url", &world.url, "--count", &count, "--no-limits", "--search", "2", "--folder"]).arg(&folder);
        if send_again {
            command.arg("--send-again");
        }
        command.env("CERTCENTRAL_API_KEY", KEY).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().unwrap()
    };
    let is_the_fleets = |name: &str| name.strip_suffix(".example.com").is_some_and(|number| number.parse::<usize>().is_ok());
    let placed = async || ordered(&world).await.into_iter().filter(|(name, _)| is_the_fleets(name)).collect::<BTreeMap<_, _>>();
    let mut kills = 0;
    while kills < wanted {
        let mut child = fleet(false);
        sleep(Duration::from_millis(random.u64(100..2_500))).await;
        if child.try_wait().unwrap().is_some() {
            break;
        }
        // SIGKILL.
        child.kill().await.unwrap();
        kills += 1;
        let twice: Vec<_> = placed().await.into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(twice.is_empty(), "after {kills} kills of seed {seed}: {twice:?}");
    }
    let finish = async |send_again| {
        let output = timeout(PATIENCE, fleet(send_again).wait_with_output()).await.unwrap().unwrap();
        let code = output.status.code().filter(|code| [0, UNSURE].contains(code));
        code.unwrap_or_else(|| panic!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    };
    let code = finish(false).await;
    let done = placed().await;
    let doubted = ITEMS - done.len();
    assert!(done.values().all(|count| *count == 1), "seed {seed}");
    assert_eq!(code == 0, doubted == 0, "seed {seed}: {doubted} are not placed, and it ended with {code}");
    if doubted > 0 {
        assert_eq!(finish(true).await, 0, "seed {seed}");
    }
    let once = placed().await;
    assert!(once.len() == ITEMS && once.values().all(|count| *count == 1), "seed {seed}: {} names", once.len());
    for name in once.keys() {
        assert!(folder.join(format!("{name}.pem")).exists(), "{name} of seed {seed}");
    }
    println!("| items | kills | placed once | in doubt, not placed | sent again by name: placed once |\n| --- | --- | --- | --- | --- |");
    println!("| {ITEMS} | {kills} | {} | {doubted} | {doubted} |", done.len());
}
