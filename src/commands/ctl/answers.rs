//! The words for what a watch does at a command.

use mailwatch_engine::link::protocol::{Answer, ReplyState, WatchState};
use mailwatch_proto::model::{Command, Phase, show_duration};

/// What an answer means, by the state of the watch before the command.
pub(super) fn meaning(command: Command, before: &WatchState, answer: &Answer) -> String {
    if !answer.ok {
        // The engine names the watch, and so does the line.
        let name = format!("{}: ", before.watch);
        return answer.text.strip_prefix(&name).unwrap_or(&answer.text).to_owned();
    }
    let is_down = matches!(before.phase, Phase::Waiting | Phase::Failed);
    let is_paused = before.phase == Phase::Paused;
    match command {
        Command::Done if is_paused => "is paused: `ctl resume` watches it again".to_owned(),
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
