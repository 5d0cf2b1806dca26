//! Timers' settings on their way to the engine. A burst of keys asks for many, and a watch takes few commands at a time: of
//! each timer the last is sent, once a frame.

use std::collections::BTreeMap;

use mailwatch_engine::link::NotTaken;
use mailwatch_proto::model::{Command, Timer, WatchId};

/// What is not sent yet.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: BTreeMap<(WatchId, Timer), Command>,
}

impl Outbox {
    /// Holds the command back where it sets a timer, in place of one before it; else it is given back, to be sent now.
    pub fn hold(&mut self, watch: WatchId, command: Command) -> Option<(WatchId, Command)> {
        let timer = match command {
            Command::Retune { timer, .. } => timer,
            Command::Learn => Timer::Reissue,
            Command::Done
            | Command::Reconnect
            | Command::Pause
            | Command::Resume
            | Command::ResetNew
            | Command::Mute(_)
            | Command::Unmute => {
                return Some((watch, command));
            }
        };
        self.waiting.insert((watch, timer), command);
        None
    }

    /// Whether something waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what waits. What a busy watch does not take waits on; why another did not is returned.
    pub fn flush(&mut self, mut send: impl FnMut(&WatchId, Command) -> Result<(), NotTaken>) -> Option<NotTaken> {
        let mut why = None;
        self.waiting.retain(|(watch, _), command| match send(watch, *command) {
            Ok(()) => false,
            Err(NotTaken::Busy) => true,
            Err(gone @ (NotTaken::NoSuchWatch | NotTaken::Ended)) => {
                why = Some(gone);
                false
            }
        });
        why
    }
}
