//! What the crate costs beside what people would write instead, in the same run: `cargo bench --all-features --bench ratios`.
//!
//! It ends with a table and writes it to `target/ratios.json`. See benches/README.md for how each row is measured.

mod by_hand;
mod service;
mod work;

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// A figure, what it is wanted to be, and how it is told.
struct Row {
    name: &'static str,
    aim: &'static str,
    what: &'static str,
}

const ROWS: [Row; 10] = [
    Row { name: "call_instructions", aim: "≤ 1.10", what: "one call ÷ by hand, instructions" },
    Row { name: "call_wall_32", aim: "≤ 1.10", what: "calls, 32 at a time ÷ by hand, time" },
    Row { name: "decode_plain", aim: "≤ 1.10", what: "a page of 1,000 orders ÷ plain structs, instructions" },
    Row { name: "decode_value", aim: "≥ 2", what: "a page of 1,000 orders as `Value` ÷ ours, instructions" },
    Row { name: "stream_mib", aim: "≤ 12", what: "1,000,000 orders streamed: peak over idle, MiB" },
    Row { name: "stream_20ms", aim: "≥ 1.5", what: "a hand loop ÷ ours where a page takes 20 ms and its items 20 ms of work, time" },
    Row { name: "domains_ratio", aim: "≤ 1.08", what: "domains validated at once ÷ the least time, virtual" },
    Row { name: "orders_p99_s", aim: "≤ 60", what: "orders issued within two hours: seen after, 99th percentile, virtual s" },
    Row { name: "orders_calls_each", aim: "≤ 2.2", what: "calls an order beside placing and download" },
    Row { name: "item_kib", aim: "≤ 2", what: "memory of an item of a fleet that waits, KiB" },
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [job, base, count] = &arguments[..] {
        return work::run(job, base, count.parse().expect("a count"));
    }
    let base = format!("http://{}", service::start());
    let mut figures = BTreeMap::new();
    let mut note = |name: &'static str, figure: Option<f64>| {
        println!("{name}: {}", figure.map_or_else(|| "left out".to_owned(), |figure| format!("{figure:.3}")));
        figures.extend(figure.map(|figure| (name, figure)));
    };

    let each = |job: &str, few: u64, many: u64| instructions(job, &base, few, many);
    note("call_instructions", ratio(each("call-ours", 100, 400), each("call-by-hand", 100, 400)));
    let (ours, by_hand) = (each("decode-ours", 2, 6), each("decode-plain", 2, 6));
    note("decode_plain", ratio(ours, by_hand));
    note("decode_value", ratio(each("decode-value", 2, 6), ours));
    note("call_wall_32", best_ratio("wall-ours", "wall-by-hand", &base, 10_000));
    note("stream_mib", told("memory-ours", &base, service::ORDERS));
    note("stream_20ms", best_ratio("loop-by-hand", "stream-ours", &format!("{base}/slow"), 40));
    for (name, figure) in fleets() {
        note(name, Some(figure));
    }

    println!("\n| figure | aim | now | what |\n| --- | --- | --- | --- |");
    for Row { name, aim, what } in ROWS {
        println!(
            "| `{name}` | {aim} | {} | {what} |",
            figures.get(name).map_or_else(|| "left out".to_owned(), |figure| format!("{figure:.2}"))
        );
    }
    let json: serde_json::Map<_, _> = figures.into_iter().map(|(name, figure)| (name.to_owned(), figure.into())).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ratios.json");
    fs::write(&path, serde_json::Value::Object(json).to_string()).expect("a file in target/");
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? / other?)
}

fn own() -> Command {
    Command::new(env::current_exe().expect("this program"))
}

/// How many instructions a job takes for each of its rounds: what many rounds take more than few.
fn instructions(job: &str, base: &str, few: u64, many: u64) -> Option<f64> {
    let count = |rounds: u64| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(env::current_exe().expect("this program"));
        let output = command.args([job, base, &rounds.to_string()]).stdout(Stdio::null()).output();
        let Ok(output) = output else {
            println!("valgrind is not installed: no instructions of {job}");
            return None;
        };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let collected = told.lines().find_map(|line| line.split("Collected :").nth(1)?.trim().parse::<f64>().ok());
        collected.or_else(|| panic!("{told}"))
    };
    Some((count(many)? - count(few)?) / (many - few) as f64)
}

/// The number that a job prints.
fn told(job: &str, base: &str, count: u64) -> Option<f64> {
    let output = own().args([job, base, &count.to_string()]).output().expect("this program");
    assert!(output.status.success(), "{job}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().last()?.parse().ok()
}

/// The ratio of the shortest of five runs each, taken in turns.
fn best_ratio(one: &str, other: &str, base: &str, count: u64) -> Option<f64> {
    let (mut best_one, mut best_other) = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        best_one = best_one.min(told(one, base, count)?);
        best_other = best_other.min(told(other, base, count)?);
    }
    Some(best_one / best_other)
}

/// The figures of fleets, in virtual time: the tests measure them and print them.
fn fleets() -> Vec<(&'static str, f64)> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--release", "--all-features", "--test", "fleet", "--", "--nocapture", "--test-threads", "1"]);
    command.args(["new_domains_take_two_calls", "a_fleet_sees_each_order_soon", "an_item_that_waits"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let after = |words: &str| {
        let rest = printed.split(words).nth(1).unwrap_or_else(|| panic!("the tests do not print {words:?}: {printed}"));
        let number: String = rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        number.parse().expect("a number")
    };
    vec![
        ("domains_ratio", after("domains_ratio ")),
        ("orders_p99_s", after("orders_p99_s ")),
        ("orders_calls_each", after("orders_calls_each ")),
        ("item_kib", after("item_kib: an order ")),
    ]
}
