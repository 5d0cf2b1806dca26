//! The words for what a watch does at a command.

use mailwatch_engine::link::protocol::{Answer, ReplyState, WatchState};
use mailwatch_proto::model::{Command, FaultClass, Phase, show_duration};

/// What an answer means, by the state of the watch before the command.
pub(super) fn meaning(command: Command, before: &WatchState, answer: &Answer) -> String {
    if !answer.ok {
        // The engine names the watch, and so does the line.
        let name = format!("{}: ", before.watch);
        return answer.text.strip_prefix(&name).unwrap_or(&answer.text).to_owned();
    }
    let is_down = matches!(before.phase, Phase::Waiting | Phase::Failed);
    let is_paused = before.phase == Phase::Paused;
    let is_refused = before.fault.as_ref().is_some_and(|fault| fault.class == FaultClass::Auth);
    match command {
        Command::Done if is_paused => "is paused: `ctl resume` watches it again".to_owned(),
        // No command passes the limit on logins; where it is met, the watch's fault says so, and when the next is due.
        Command::Done | Command::Resume | Command::Reconnect if is_down && is_refused => {
            "tried again now, unless too many logins were refused: `status` says".to_owned()
        }
        Command::Done | Command::Resume if is_down => "tried again now".to_owned(),
        Command::Done if before.phase == Phase::Polling => "looked at now".to_owned(),
        Command::Done => "DONE".to_owned(),
        Command::Resume if is_paused => "watched again".to_owned(),
        Command::Resume => "was not paused".to_owned(),
        Command::Pause if is_paused => "was paused already".to_owned(),
        Command::Pause => "paused".to_owned(),
        Command::Reconnect => "reconnects".to_owned(),
        Command::Retune { timer, value, by: _ } => format!("{timer} {}", show_duration(value)),
        Command::Learn => "reissue is learned".to_owned(),
        Command::Mute(length) => format!("muted for {}", show_duration(Some(length))),
        Command::Unmute if before.counts.muted_ms.is_none() => "was not muted".to_owned(),
        Command::Unmute => "notifies again".to_owned(),
        Command::ResetNew => format!("NEW is 0 again; it was {}", before.counts.new),
    }
}

/// Whether it was done, and what was said.
pub(super) fn outcome(reply: ReplyState) -> (bool, String) {
    match reply {
        ReplyState::Read { text } | ReplyState::Done { text } | ReplyState::Notice { text } => (true, text),
        ReplyState::Failed { text }
        | ReplyState::Config { text, .. }
        | ReplyState::Wrong { text, .. }
        | ReplyState::NotKept { text } => (false, text),
        ReplyState::Found { .. }
        | ReplyState::Step { .. }
        | ReplyState::Tried { .. }
        | ReplyState::Mails { .. }
        | ReplyState::MailText { .. }
        | ReplyState::NotRead { .. }
        | ReplyState::Marked { .. }
        | ReplyState::Probing { .. }
        | ReplyState::Probed
        | ReplyState::Pushing { .. }
        | ReplyState::Pushed { .. }
        | ReplyState::Report { .. }
        | ReplyState::Part { .. } => (false, "the engine's answer does not fit the request".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use mailwatch_proto::model::{Fault, Snapshot, Timers, WatchId};

    use super::*;

    #[test]
    fn a_watch_that_is_down_is_tried_again_now_but_no_login_is_promised() {
        let said = |class| {
            let now = Instant::now();
            let mut snapshot = Snapshot::new(WatchId::new("a", "INBOX"), Timers::default(), now);
            (snapshot.phase, snapshot.fault) = (Phase::Waiting, Some(Fault::retry_after(class, "x")));
            let before = WatchState::of(&snapshot, now);
            meaning(Command::Done, &before, &Answer { id: 1, ok: true, text: String::new(), taken: 1 })
        };
        assert_eq!(said(FaultClass::Connect), "tried again now");
        assert_eq!(said(FaultClass::Auth), "tried again now, unless too many logins were refused: `status` says");
    }
}
