//! What several watches are asked at once.

use std::time::Duration;

use crate::tui::app::{App, Effect};
use mailwatch_proto::model::{Command, show_duration};

/// The user has looked: NEW begins again on the marked watches, on those of the account whose heading is selected, else on all.
pub(super) fn reset_new(app: &mut App) -> Vec<Effect> {
    if app.watches.marked.is_empty() && app.watches.heading.is_none() {
        return vec![Effect::AskAll(Command::ResetNew)];
    }
    let watches = app.watches.selected_watches(&app.board);
    app.notices.say(asked(Command::ResetNew, watches.len()));
    watches.into_iter().map(|id| Effect::Ask(id, Command::ResetNew)).collect()
}

/// How long the key mutes: a meeting, a film.
const MUTED: Duration = Duration::from_hours(1);

/// Mutes the selected watches for an hour, or has them notify again where all of them are muted.
pub(super) fn mute(app: &mut App) -> Vec<Effect> {
    let watches = app.watches.selected_watches(&app.board);
    if watches.is_empty() {
        app.notices.say("no watch is selected");
        return Vec::new();
    }
    let muted = |id| app.board.watches.get(id).is_some_and(|shown| shown.mailbox.muted_for(app.now.at).is_some());
    let command = if watches.iter().all(muted) { Command::Unmute } else { Command::Mute(MUTED) };
    app.notices.say(asked(command, watches.len()));
    watches.into_iter().map(|id| Effect::Ask(id, command)).collect()
}

/// The sentence for a command that so many watches took.
pub(super) fn asked(command: Command, count: usize) -> String {
    let noun = if count == 1 { "watch" } else { "watches" };
    match command {
        Command::Done => format!("DONE asked of {count} {noun}"),
        Command::ResetNew => format!("NEW is 0 again on {count} {noun}"),
        Command::Reconnect => format!("{count} {noun} reconnect"),
        Command::Pause => format!("{count} {noun} asked to pause"),
        Command::Resume => format!("{count} {noun} asked to resume"),
        Command::Retune { timer, .. } => format!("{timer} asked of {count} {noun}"),
        Command::Mute(length) => {
            format!("{count} {noun} muted for {}: no notification, no bell", show_duration(Some(length)))
        }
        Command::Unmute if count == 1 => "1 watch notifies again".to_owned(),
        Command::Unmute => format!("{count} watches notify again"),
        Command::Learn => format!("reissue is learned on {count} {noun}"),
    }
}
