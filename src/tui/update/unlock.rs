//! An account's commands run in this terminal, so that they can ask: before and after.

use super::requests;
use crate::tui::app::{App, Effect};
use crate::tui::requests::{Password, Request};
use mailwatch_proto::model::{Command, Phase, Snapshot};

/// The selected watch's account.
pub fn begin(app: &mut App) -> Vec<Effect> {
    let Some(watch) = app.watches.selected_watches(&app.board).into_iter().next() else {
        app.notices.say("no watch is selected");
        return Vec::new();
    };
    vec![Effect::Unlock(watch.account.to_string())]
}

/// Takes what they gave. Where only the proxy's has run, the account's watches that are down try again.
pub fn end(app: &mut App, account: &str, outcome: Result<Option<Password>, String>) -> Vec<Effect> {
    match outcome {
        Ok(Some(password)) => requests::run(app, "logging in", Request::Secret(account.to_owned(), password)),
        Ok(None) => {
            let waits = |snapshot: &&Snapshot| matches!(snapshot.phase, Phase::Failed | Phase::Waiting);
            let watches = app.board.watches.values().map(AsRef::as_ref).filter(waits);
            let of_account = watches.filter(|snapshot| *snapshot.id.account == *account);
            of_account.map(|snapshot| Effect::Ask(snapshot.id.clone(), Command::Reconnect)).collect()
        }
        Err(why) => {
            app.notices.say(why);
            Vec::new()
        }
    }
}
