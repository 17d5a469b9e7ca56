//! The program `shomei-sandbox`, started on a free port.

#![allow(dead_code, reason = "no test binary needs all of it")]

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// The program and what it said until it was ready. It is killed when this is dropped.
pub(crate) struct Started {
    pub(crate) program: Child,
    said: Vec<String>,
}

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_shomei-sandbox"));
    program.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    program
}

/// What comes of running it with arguments with which it does not start.
pub(crate) async fn output(arguments: &[&str]) -> Output {
    timeout(PATIENCE, program(arguments).output()).await.unwrap().unwrap()
}

impl Started {
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let mut program = program(arguments).args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.starts_with("control ")) {
            said.extend(Some(timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().expect("it says where it listens")));
        }
        Self { program, said }
    }

    /// What it said of something: `certcentral`, `pocketsign` or `control`.
    pub(crate) fn said_of(&self, what: &str) -> &str {
        let of = |line: &'_ String| line.strip_prefix(what).is_some_and(|rest| rest.starts_with(' '));
        let line = self.said.iter().find(|line| of(line)).unwrap_or_else(|| panic!("nothing of {what}: {:?}", self.said));
        &line[what.len() + 1..]
    }
}
