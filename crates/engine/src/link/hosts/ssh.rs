//! ssh, run as the user has it: its configuration, agent and jumps. No shell here; there the login shell runs one word.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::{mpsc, watch};

use super::HostSetting;
use super::reach::{Carrier, ProgramEnd, Reach};
use crate::config::bad_destination;
use crate::process::beside::{self, Started};
use crate::process::terminal::Lent;
use mailwatch_proto::model::sanitise;

/// What is run there.
const THERE: [&str; 2] = ["mailwatch-tui", "relay"];

/// Characters of what ssh says that are kept: of its last two lines.
const SAID: usize = 300;

/// Bytes of one line that are looked at.
const LINE: u64 = 8192;

/// What OpenSSH, which has no other language, says where it would have asked: for a passphrase, a password or a code; and
/// whether a host's key is the right one.
const REFUSED: [&str; 3] = ["Permission denied (", "Too many authentication failures", "Host key verification failed"];

/// Reaches hosts by the `ssh` on the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct BySsh;

impl Reach for BySsh {
    fn reach(&self, host: &HostSetting) -> io::Result<Carrier> {
        // A question without a terminal would open a window.
        let mut command = command(host, "BatchMode=yes")?;
        command.env("SSH_ASKPASS_REQUIRE", "never");
        Ok(carrier(beside::start(command)?, None))
    }
}

/// ssh in the foreground, where its questions are answered.
pub(super) struct Answered {
    pub carrier: Carrier,
    /// What it says besides its questions, line by line.
    pub lines: mpsc::UnboundedReceiver<String>,
    /// Its process.
    pub id: Option<u32>,
    /// What it asks on.
    pub lent: Lent,
}

/// Begins to reach a host in the terminal's foreground.
pub(super) fn in_foreground(host: &HostSetting) -> io::Result<Answered> {
    let (started, lent) = beside::start_in_foreground(command(host, "BatchMode=no")?)?;
    let (tell, lines) = mpsc::unbounded_channel();
    let id = started.id;
    Ok(Answered { carrier: carrier(started, Some(tell)), lines, id, lent })
}

fn command(host: &HostSetting, option: &str) -> io::Result<Command> {
    if let Some(why) = bad_destination(&host.ssh) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the destination {why}")));
    }
    let mut command = Command::new("ssh");
    command.args(["-o", option, "--", &host.ssh]).args(THERE);
    Ok(command)
}

fn carrier(started: Started, aloud: Option<mpsc::UnboundedSender<String>>) -> Carrier {
    let Started { read, write, errors, held, id: _ } = started;
    let (tell, said) = watch::channel(String::new());
    tokio::spawn(listen(errors, tell, aloud));
    let ended = Box::pin(async move { how(held.ended().await) });
    Carrier { read: Box::new(read), write: Box::new(write), said, ended }
}

/// Whether it may have wanted to ask, by what it said.
pub(super) fn may_have_asked(said: &str) -> bool {
    REFUSED.iter().any(|refused| said.contains(refused))
}

/// How it has ended, in words.
fn how(ended: io::Result<ExitStatus>) -> ProgramEnd {
    match ended {
        Ok(status) if status.success() => ProgramEnd::Well,
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => ProgramEnd::Badly(format!("exit code {code}")),
            (None, Some(signal)) if signal == Signal::INT.as_raw() => ProgramEnd::Interrupted,
            (None, Some(signal)) => ProgramEnd::Badly(format!("killed by signal {signal}")),
            (None, None) => ProgramEnd::Badly(status.to_string()),
        },
        Err(error) => ProgramEnd::Badly(error.to_string()),
    }
}

/// Keeps the last two lines.
async fn listen(
    errors: impl AsyncRead + Unpin,
    tell: watch::Sender<String>,
    aloud: Option<mpsc::UnboundedSender<String>>,
) {
    let mut errors = BufReader::new(errors);
    let mut before = String::new();
    let mut line = Vec::new();
    while let Ok(1..) = (&mut errors).take(LINE).read_until(b'\n', &mut line).await {
        let said = sanitise(String::from_utf8_lossy(&line).trim(), SAID);
        line.clear();
        if said.is_empty() {
            continue;
        }
        if let Some(aloud) = &aloud {
            // Once the link stands nobody listens.
            let _ = aloud.send(said.clone());
        }
        let both = if before.is_empty() { said.clone() } else { format!("{before} {said}") };
        tell.send_replace(sanitise(&both, SAID));
        before = said;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_somebody_can_answer_is_told_from_what_is_wrong_with_the_way() {
        let asked = [
            "me@mx1: Permission denied (publickey,password).",
            "No ED25519 host key is known for mx1 and you have requested strict checking. Host key verification failed.",
            "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures",
        ];
        let other = [
            "ssh: connect to host mx1 port 22: Connection refused",
            "bash: line 1: /usr/bin/mailwatch-tui: Permission denied",
            "",
        ];
        assert!(asked.iter().all(|said| may_have_asked(said)));
        assert!(!other.iter().any(|said| may_have_asked(said)));
    }
}
