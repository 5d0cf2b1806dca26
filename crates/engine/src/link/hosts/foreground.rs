//! A host reached in the foreground: ssh asks in this terminal until the link stands, or the user gives up.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

use super::between::Unreached;
use super::reach::Carrier;
use super::ssh::{Answered, in_foreground};
use super::{HostSetting, Wanted};
use crate::process::terminal::{Lent, stopped};

/// What ssh has begun in the foreground, for the host's link to go on with.
#[derive(Debug)]
pub(super) struct Begun {
    pub carrier: Carrier,
    /// Closed once nobody waits: then ssh is given up.
    pub outcome: oneshot::Sender<Result<(), Unreached>>,
}

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
    pub(super) fn begin(host: &HostSetting, wanted: &mpsc::UnboundedSender<Wanted>) -> std::io::Result<Self> {
        let Answered { carrier, lines, id, lent } = in_foreground(host)?;
        let (outcome, told) = oneshot::channel();
        // Without a router it is dropped, and the outcome with it.
        let _ = wanted.send(Wanted::Begun(host.name.clone(), Begun { carrier, outcome }));
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
