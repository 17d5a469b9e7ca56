//! Publishes the proof of control of a domain: with a command from the user, or in the sandbox.

use std::{io, sync::Arc};

use shomei::{Sandbox, certcentral::flow::DcvInstructions};
use tokio::process::Command;

#[derive(Clone)]
pub(crate) enum Hook {
    /// A command for the shell, if there is one.
    Command(Option<Arc<str>>),
    Sandbox(Sandbox),
}

impl Hook {
    pub(crate) fn command(command: Option<String>) -> Self {
        Self::Command(command.map(Into::into))
    }

    pub(crate) fn sandbox(sandbox: Sandbox) -> Self {
        Self::Sandbox(sandbox)
    }

    pub(crate) async fn publish(self, instructions: DcvInstructions) -> io::Result<()> {
        let (method, name, value) = match &instructions {
            DcvInstructions::AlreadyValidated { .. } => return Ok(()),
            DcvInstructions::Txt { name, value, .. } => ("txt", name, value),
            DcvInstructions::Cname { name, target, .. } => ("cname", name, target),
            DcvInstructions::File { url, body, .. } => ("file", url, body),
            other => return Err(io::Error::other(format!("no command can do this: {other}"))),
        };
        match self {
            Self::Command(None) => Err(io::Error::other(format!("publish it, or give a command with --publish: {instructions}"))),
            Self::Command(Some(command)) => run(&command, method, name, value).await,
            Self::Sandbox(sandbox) => {
                match method {
                    "txt" => sandbox.dns().publish_txt(name, value),
                    "cname" => sandbox.dns().publish_cname(name, value),
                    _ => sandbox.files().publish(name, value),
                }
                Ok(())
            }
        }
    }
}

/// Runs the command. The values to publish are in its environment, never in its text, so that the shell does not interpret them.
async fn run(command: &str, method: &str, name: &str, value: &str) -> io::Result<()> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command =
        Command::new(shell).arg(flag).arg(command).env("DCV_METHOD", method).env("DCV_NAME", name).env("DCV_VALUE", value).spawn()?;
    let status = command.wait().await?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("the command for {name} exited with {status}"))) }
}
