//! ssh, run as the user has it: its configuration, agent and jumps. No shell here; there the login shell runs one word.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use super::HostSetting;
use super::reach::{Carrier, ProgramEnd, Reach};
use crate::config::bad_destination;
use crate::process::beside;
use mailwatch_proto::model::sanitise;

/// What is run there.
const THERE: [&str; 2] = ["mailwatch-tui", "relay"];

/// Characters of what ssh says that are kept: of its last two lines.
const SAID: usize = 300;

/// Bytes of one line that are looked at.
const LINE: u64 = 8192;

/// Reaches hosts by the `ssh` on the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct BySsh;

impl Reach for BySsh {
    fn reach(&self, host: &HostSetting) -> io::Result<Carrier> {
        if let Some(why) = bad_destination(&host.ssh) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the destination {why}")));
        }
        let mut command = Command::new("ssh");
        // A question without a terminal would open a window.
        command.args(["-o", "BatchMode=yes"]).env("SSH_ASKPASS_REQUIRE", "never");
        command.arg("--").arg(&host.ssh).args(THERE);
        let beside::Started { read, write, errors, held } = beside::start(command)?;
        let (tell, said) = watch::channel(String::new());
        tokio::spawn(listen(errors, tell));
        let ended = Box::pin(async move { how(held.ended().await) });
        Ok(Carrier { read: Box::new(read), write: Box::new(write), said, ended })
    }
}

/// How it has ended, in words.
fn how(ended: io::Result<ExitStatus>) -> ProgramEnd {
    match ended {
        Ok(status) if status.success() => ProgramEnd::Well,
        Ok(status) => ProgramEnd::Badly(match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => status.to_string(),
        }),
        Err(error) => ProgramEnd::Badly(error.to_string()),
    }
}

/// Keeps the last two lines.
async fn listen(errors: impl AsyncRead + Unpin, tell: watch::Sender<String>) {
    let mut errors = BufReader::new(errors);
    let mut before = String::new();
    let mut line = Vec::new();
    while let Ok(1..) = (&mut errors).take(LINE).read_until(b'\n', &mut line).await {
        let said = sanitise(String::from_utf8_lossy(&line).trim(), SAID);
        line.clear();
        if said.is_empty() {
            continue;
        }
        let both = if before.is_empty() { said.clone() } else { format!("{before} {said}") };
        tell.send_replace(sanitise(&both, SAID));
        before = said;
    }
}
