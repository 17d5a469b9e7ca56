//! The journal: what is begun is found again, what is done is not done again, and without it nothing is sent.

use std::{fs, io::Write as _, path::PathBuf, time::Duration};

use futures_util::StreamExt as _;
use shomei::{CertCentral, Error, Sandbox, certcentral::flow::Journal};
use tokio::time::timeout;

use crate::ground::{HOUR, ORGANIZATION, Service, names, prepare, publisher, validated};

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("journals");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.jsonl"));
    let _ = fs::remove_file(&file);
    file
}

async fn ground(delay: u64) -> (Sandbox, Service) {
    let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(delay)).build();
    validated(&sandbox).await;
    (sandbox.clone(), Service::new(sandbox))
}

fn placed(service: &Service) -> usize {
    service.calls().iter().filter(|(kind, _)| kind.starts_with("POST /order/certificate/ssl")).map(|(_, count)| count).sum()
}

/// Runs a fleet for so long; says what is done.
async fn run(cc: &CertCentral, file: &PathBuf, count: usize, long: Duration) -> Vec<String> {
    let fleet = cc.orders().issue_all(names(count), prepare(cc)).timeout_per_item(24 * HOUR);
    let mut fleet = fleet.journal(Journal::open(file).unwrap()).start();
    let mut done = Vec::new();
    let _ = timeout(long, async {
        while let Some(item) = fleet.next().await {
            let item = item.unwrap();
            item.result.unwrap();
            done.push(item.id);
        }
    })
    .await;
    done
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_found_and_what_is_done_is_left_alone() {
    let (_, service) = ground(600).await;
    let (cc, file) = (service.client(), file("resumed"));
    let first = run(&cc, &file, 40, Duration::from_secs(1)).await;
    let begun = placed(&service);
    assert!(first.is_empty() && begun > 0);
    // Dropped in the midst, by another client, which remembers nothing.
    let second = run(&service.client(), &file, 40, 2 * HOUR).await;
    assert_eq!((second.len(), placed(&service)), (40, 40), "each is placed once");
    let calls = service.total();
    assert!(run(&service.client(), &file, 40, HOUR).await.len() <= 1, "all but the last were asked for again");
    assert!(service.total() <= calls + 3);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\"journal\":\"orders\",\"version\":1}\n"), "{text}");
    assert!(!text.contains("PRIVATE KEY"));
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_is_read_over_and_a_broken_one_is_not() {
    let (_, service) = ground(0).await;
    let (cc, file) = (service.client(), file("torn"));
    assert_eq!(run(&cc, &file, 10, HOUR).await.len(), 10);
    let whole = fs::read_to_string(&file).unwrap();
    for torn in ["{\"item\":\"d3.exam", "{\"item\":\"d3.example.com\",\"state\":\"beg\0\0\0\n"] {
        fs::write(&file, format!("{whole}{torn}")).unwrap();
        drop(Journal::open(&file).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), whole, "the next line begins a line");
    }
    fs::write(&file, whole.replacen("\"state\"", "\"stat", 1)).unwrap();
    let error = Journal::open(&file).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("line 2"), "{error}");
    fs::write(&file, "something else\n").unwrap();
    assert!(Journal::open(&file).unwrap_err().to_string().contains("line 1"));
}

#[tokio::test(start_paused = true)]
async fn it_is_one_fleets_alone() {
    let (sandbox, service) = ground(0).await;
    let (cc, file) = (service.client(), file("locked"));
    let journal = Journal::open(&file).unwrap();
    let error = Journal::open(&file).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("in use"), "{error}");
    drop(journal);
    assert_eq!(run(&cc, &file, 3, HOUR).await.len(), 3);
    let fleet = cc.domains().validate_all(["example.net"]).organization(ORGANIZATION).publish_with(publisher(&sandbox));
    let mut fleet = fleet.timeout_per_item(HOUR).journal(Journal::open(&file).unwrap()).start();
    let error = fleet.next().await.unwrap().unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("another kind"), "{error}");
    assert!(fleet.next().await.is_none());
    assert_eq!(service.count("POST /domain"), 0);
}

#[tokio::test(start_paused = true)]
async fn domains_go_on_too() {
    let sandbox = Sandbox::new();
    let (service, file) = (Service::new(sandbox.clone()), file("domains"));
    let run = |publishes: bool| {
        let (cc, publish, file) = (service.client(), publisher(&sandbox), file.clone());
        async move {
            let publish = move |instructions| {
                if publishes { publish(instructions) } else { std::future::ready(Ok(())) }
            };
            let fleet = cc.domains().validate_all(names(20)).organization(ORGANIZATION).publish_with(publish).timeout_per_item(24 * HOUR);
            let mut fleet = fleet.journal(Journal::open(&file).unwrap()).start();
            let mut done = 0;
            let _ = timeout(HOUR, async {
                while let Some(item) = fleet.next().await {
                    item.unwrap().result.unwrap();
                    done += 1;
                }
            })
            .await;
            done
        }
    };
    assert_eq!(run(false).await, 0);
    assert_eq!(service.count("POST /domain"), 20);
    assert_eq!(run(true).await, 20);
    assert_eq!(service.count("POST /domain"), 20, "none is added twice");
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_stops_every_further_write() {
    // The file may grow no larger: as a full disk, but for this process alone. So it is a process of its own.
    let own = std::env::current_exe().unwrap();
    let script = format!("ulimit -f 16; trap '' XFSZ; exec {} --exact journal::on_a_full_disk --ignored --nocapture", own.display());
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let _ = std::io::stdout().write_all(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("stopped in time"));
}

#[tokio::test(start_paused = true)]
#[ignore = "run where files can grow no larger by the test above"]
async fn on_a_full_disk() {
    let (_, service) = ground(600).await;
    let (cc, file) = (service.client(), file("full"));
    let fleet = cc.orders().issue_all(names(200), prepare(&cc)).concurrency(4).timeout_per_item(24 * HOUR);
    let fleet = fleet.journal(Journal::open(&file).unwrap()).start();
    let (mut failed, mut ended) = (0, None::<Error>);
    for item in fleet.collect::<Vec<_>>().await {
        match item {
            Ok(item) => failed += usize::from(item.result.is_err()),
            Err(error) => ended = Some(error),
        }
    }
    let ended = ended.unwrap();
    assert!(ended.is_invalid_input() && ended.to_string().contains("journal"), "{ended}");
    let sent = placed(&service);
    // Whatever was sent stands there, so that it is found again.
    let text = fs::read_to_string(&file).unwrap();
    let begun = names(200).filter(|name| text.contains(&format!("\"item\":\"{name}\""))).count();
    assert!(sent < 200 && sent <= begun, "{sent} sent, {begun} begun, {failed} failed");
    println!("{sent} sent of 200, {begun} stand there: stopped in time");
}
