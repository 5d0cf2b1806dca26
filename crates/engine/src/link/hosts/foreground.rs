//! A host reached in the foreground: ssh asks in this terminal until the link stands, or the user gives up.

use std::{fmt, io};

use tokio::sync::{mpsc, oneshot};

use super::links::{Begun, HostLinks};
use super::ssh::{Answered, in_foreground};
use super::unreached::Unreached;
use crate::process::terminal::{Lent, stopped};

/// ssh asks in this terminal for as long as this is there. Dropped before the link stands, ssh is ended.
pub struct Foreground {
    outcome: oneshot::Receiver<Result<(), Unreached>>,
    lines: mpsc::UnboundedReceiver<String>,
    id: Option<u32>,
    /// Given back with this.
    _lent: Lent,
}

/// What ssh says, or what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// ssh says something besides its questions. More comes.
    Said(String),
    /// The link stands.
    Stands,
    /// The user ended it with a key of the terminal.
    GivenUp,
    /// It failed: why.
    Failed(String),
}

impl fmt::Debug for Foreground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreground")
    }
}

impl Foreground {
    /// Has ssh reach a host in this terminal's foreground, where it can ask. The link goes on with it.
    ///
    /// # Errors
    /// Where there is no such host, this process has no terminal, or ssh cannot be started.
    pub fn begin(links: &HostLinks, host: &str) -> io::Result<Self> {
        let setting = links.setting(host);
        let setting = setting.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it is not reached by ssh"))?;
        let Answered { carrier, lines, id, lent } = in_foreground(setting)?;
        let (outcome, told) = oneshot::channel();
        // Without a router it is dropped, and the outcome with it.
        links.begun(setting.name.clone(), Begun { carrier, outcome });
        Ok(Self { outcome: told, lines, id, _lent: lent })
    }

    /// What comes next. Cancel-safe.
    pub async fn next(&mut self) -> Asked {
        let outcome = tokio::select! {
            biased;
            Some(line) = self.lines.recv() => return Asked::Said(line),
            outcome = &mut self.outcome => outcome,
            () = stopped(self.id) => return Asked::GivenUp,
        };
        match outcome {
            // Dropped: another try was faster.
            Ok(Ok(())) | Err(_) => Asked::Stands,
            Ok(Err(Unreached::GivenUp)) => Asked::GivenUp,
            Ok(Err(why)) => Asked::Failed(why.into_words()),
        }
    }
}
