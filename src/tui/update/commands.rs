//! What several watches are asked at once.

use crate::tui::app::{App, Effect};
use mailwatch_proto::model::Command;

/// The user has looked: NEW begins again on the marked watches, on those of the account whose heading is selected, else on all.
pub(super) fn reset_new(app: &mut App) -> Vec<Effect> {
    if app.watches.marked.is_empty() && app.watches.heading.is_none() {
        return vec![Effect::AskAll(Command::ResetNew)];
    }
    let watches = app.watches.selected_watches(&app.board);
    app.notices.say(asked(Command::ResetNew, watches.len()));
    watches.into_iter().map(|id| Effect::Ask(id, Command::ResetNew)).collect()
}

/// The sentence for a command that so many watches took.
pub(super) fn asked(command: Command, count: usize) -> String {
    let noun = if count == 1 { "watch" } else { "watches" };
    match command {
        Command::Done => format!("DONE asked of {count} {noun}"),
        Command::ResetNew => format!("NEW begins again on {count} {noun}"),
        Command::Reconnect => format!("{count} {noun} connect anew"),
        Command::Pause => format!("{count} {noun} asked to pause"),
        Command::Resume => format!("{count} {noun} asked to go on"),
        Command::Retune { timer, .. } => format!("{timer} asked of {count} {noun}"),
        Command::Learn => format!("reissue is learned on {count} {noun}"),
    }
}
