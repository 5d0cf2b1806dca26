//! An account's commands run in this terminal, so that they can ask, and so does ssh for a host: before and after.

use std::sync::Arc;

use super::requests;
use crate::tui::app::{App, Effect};
use crate::tui::requests::{Password, Request};
use mailwatch_proto::model::{Command, Phase, Snapshot, split_host};

/// The selected watch's account.
pub fn begin(app: &mut App) -> Vec<Effect> {
    if let Some(host) = app.selected_host().filter(|host| !host.is_empty()) {
        return for_host(app, &host);
    }
    let Some(watch) = app.watches.selected_watches(&app.board).into_iter().next() else {
        app.notices.say("no watch is selected");
        return Vec::new();
    };
    of_account(app, &watch.account)
}

/// An account's commands: another machine's cannot ask here.
pub fn of_account(app: &mut App, account: &str) -> Vec<Effect> {
    match split_host(account) {
        (host, there) if !app.board.hosts.is_empty() && !host.is_empty() => {
            app.notices.say(runs_its_own(host, there));
            Vec::new()
        }
        _ => vec![Effect::Unlock(account.to_owned())],
    }
}

fn runs_its_own(host: &str, account: &str) -> String {
    format!("{host} runs its own commands: there, `mailwatch-tui account login {account}` lets this one ask")
}

/// Without a link ssh may ask; over one, nothing of another machine's can ask here.
fn for_host(app: &mut App, host: &Arc<str>) -> Vec<Effect> {
    if app.lost(host).is_some() {
        return vec![Effect::AskHost(Arc::clone(host))];
    }
    app.notices.say(match app.watches.selected_watches(&app.board).first() {
        Some(watch) => runs_its_own(host, split_host(&watch.account).1),
        None => format!("{host}: the link stands"),
    });
    Vec::new()
}

/// ssh has asked.
pub fn reached(app: &mut App, host: &str, outcome: Result<(), String>) {
    app.notices.say(match outcome {
        Ok(()) => format!("{host}: the link stands"),
        Err(why) => why,
    });
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
