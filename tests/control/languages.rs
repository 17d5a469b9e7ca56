//! The programs of the README's section "From any language", each run where its tool is installed, and left out aloud where it is not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use shomei::{KeyAlgorithm, PrivateKey, Sandbox, sandbox::ApprovalMode};
use tokio::{process::Command, time::timeout};

use crate::foreign::serve;

const PATIENCE: Duration = Duration::from_secs(120);

/// The program under a language's tag.
fn program(tag: &str) -> String {
    let (_, section) = include_str!("../../README.md").split_once("\n### From any language\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("a section after it");
    let (_, rest) = section.split_once(&format!("\n```{tag}\n")).unwrap_or_else(|| panic!("a program in {tag}"));
    rest.split_once("\n```").expect("its end").0.to_owned() + "\n"
}

/// Runs a program in a language against a sandbox of its own; what it printed, or `None` where a tool is not installed.
async fn run(tag: &str, file: &str, tools: &[&str], command: &[&str]) -> Option<String> {
    for tool in tools {
        let found = Command::new(tool).arg(if *tool == "go" { "version" } else { "--version" }).output().await;
        if !found.is_ok_and(|output| output.status.success()) {
            eprintln!("LEFT OUT: the README's program in {tag}: there is no {tool}");
            return None;
        }
    }
    let folder = folder(tag);
    let sandbox = Sandbox::builder().api_key("KEY").approval(ApprovalMode::OneStep).build();
    let (address, _stop) = serve(sandbox).await;
    let csr = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap().sign_csr(["www.example.com"]).unwrap();
    fs::write(folder.join("request.pem"), csr.as_pem()).unwrap();
    let text = program(tag);
    assert!(text.contains("127.0.0.1:8089"), "{tag}: it names the address of the sandbox");
    fs::write(folder.join(file), text.replace("127.0.0.1:8089", &address.to_string())).unwrap();
    let mut program = Command::new(command[0]);
    program.args(&command[1..]).current_dir(&folder).stdin(Stdio::null()).kill_on_drop(true);
    // What a proxy of this machine would make of loopback is not what is tried here.
    program.env("NO_PROXY", "*").env("no_proxy", "*").env("GOCACHE", folder.join("cache")).env("GO111MODULE", "off");
    let output = timeout(PATIENCE, program.output()).await.expect("it ends").unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{tag}: {printed}\n{errors}");
    Some(printed.into_owned())
}

fn folder(tag: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("language-{tag}"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn must_be_a_chain(tag: &str, printed: &str) {
    assert_eq!(printed.matches("-----BEGIN CERTIFICATE-----").count(), 3, "{tag}: {printed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programs_of_the_readme_do_the_main_job() {
    for (tag, file, tools, command) in [
        ("sh", "main.sh", &["curl", "jq", "bash"][..], &["bash", "-euo", "pipefail", "main.sh"][..]),
        ("python", "main.py", &["python3"], &["python3", "main.py"]),
        ("go", "main.go", &["go"], &["go", "run", "main.go"]),
    ] {
        if let Some(printed) = run(tag, file, tools, command).await {
            must_be_a_chain(tag, &printed);
        }
    }
}

/// Node runs TypeScript by itself from 22.18 on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_in_typescript_does_the_main_job() {
    let version = Command::new("node").arg("--version").output().await;
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let mut numbers = version.trim_start_matches('v').split('.').filter_map(|number| number.parse::<u32>().ok());
    let numbers = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if numbers >= (22, 18) {
        must_be_a_chain("ts", &run("ts", "main.mts", &["node"], &["node", "main.mts"]).await.unwrap());
    } else if let Some(printed) = run("ts", "main.mts", &["deno"], &["deno", "run", "--allow-all", "main.mts"]).await {
        must_be_a_chain("ts", &printed);
    }
}
