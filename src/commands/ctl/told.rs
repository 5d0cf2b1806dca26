//! What a watch's taking of a command means, in a few words.

use mailwatch_engine::link::protocol::{Answer, WatchState};
use mailwatch_proto::model::{Command, Phase, show_duration};

/// What one watch made of a command, by its state before.
pub(super) fn told(command: Command, before: &WatchState, answer: &Answer) -> String {
    if !answer.ok {
        // The engine names the watch, and so does the line.
        let name = format!("{}: ", before.watch);
        return answer.text.strip_prefix(&name).unwrap_or(&answer.text).to_owned();
    }
    match command {
        Command::Done => match before.phase {
            Phase::Paused => "is paused: `ctl resume` watches it again",
            Phase::Waiting | Phase::Failed => "tried again now",
            Phase::Polling => "looked at now",
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Idling
            | Phase::Finishing
            | Phase::Ended => "DONE",
        }
        .to_owned(),
        Command::Reconnect => "connects anew".to_owned(),
        Command::Pause if before.phase == Phase::Paused => "was paused already".to_owned(),
        Command::Pause => "paused".to_owned(),
        Command::Resume => match before.phase {
            Phase::Paused => "watched again",
            Phase::Waiting | Phase::Failed => "tried again now",
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Idling
            | Phase::Finishing
            | Phase::Polling
            | Phase::Ended => "was not paused",
        }
        .to_owned(),
        Command::Retune { timer, value } => format!("{timer} {}", show_duration(value)),
        Command::Learn => "reissue is learned".to_owned(),
    }
}
