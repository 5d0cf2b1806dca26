//! Links to hosts come and go: what the log says of it, and what a key can do meanwhile.

use std::sync::Arc;

use crate::tui::app::{App, Effect};
use crate::tui::log_line;
use mailwatch_proto::model::{Board, Command, Host, HostLink, show_clock, split_host};

/// Takes in how the links stand on the board that comes, before it takes the place of the one that is shown.
pub fn changed(app: &mut App, board: &Board) {
    for (name, new) in &board.hosts {
        let old = app.board.hosts.get(name).cloned();
        if old.as_ref() == Some(new) {
            continue;
        }
        let was_up = old.as_ref().is_some_and(|host| host.link.is_up());
        if let Some(line) = log_line::host(name, old.as_deref(), new, app.options.version) {
            app.log.push(app.now.wall, None, line);
        }
        if new.link.is_up() && !was_up {
            stands(app, board, name, new, old.as_deref());
        } else if was_up && !new.link.is_up() {
            for history in of(app, name) {
                history.phases.stopped(new.since);
            }
        }
    }
}

fn stands(app: &mut App, board: &Board, name: &str, new: &Host, old: Option<&Host>) {
    let another = old.and_then(|host| host.engine.as_ref()) != new.engine.as_ref();
    for (id, history) in &mut app.histories {
        if split_host(&id.account).0 != name {
            continue;
        }
        if another {
            history.end_connections();
        }
        if let Some(snapshot) = board.watches.get(id) {
            history.phases.resumed(snapshot);
        }
    }
}

fn of<'a>(app: &'a mut App, host: &'a str) -> impl Iterator<Item = &'a mut crate::tui::watch_history::WatchHistory> {
    app.histories.iter_mut().filter(move |(id, _)| split_host(&id.account).0 == host).map(|(_, history)| history)
}

/// Has the link to a host tried at once.
pub fn try_again(app: &mut App, host: &Arc<str>) -> Vec<Effect> {
    let said = app.lost(host).map(|host| format!("{}: trying now", host.called()));
    if let Some(said) = said {
        app.notices.say(said);
    }
    vec![Effect::LinkAgain(Arc::clone(host))]
}

/// A host that is not heard of cannot be asked for anything, and the key says so.
pub fn without_link(app: &mut App, effects: Vec<Effect>) -> Vec<Effect> {
    if app.board.hosts.values().all(|host| host.link.is_up()) {
        return effects;
    }
    let mut refused = None;
    let mut left = Vec::new();
    for effect in effects {
        match &effect {
            Effect::Ask(id, command) if app.is_unheard(id) => {
                let host: Arc<str> = split_host(&id.account).0.into();
                // Under a heading there may be many; one is enough.
                if *command == Command::Reconnect && !left.contains(&Effect::LinkAgain(Arc::clone(&host))) {
                    left.push(Effect::LinkAgain(host));
                } else if *command != Command::Reconnect {
                    refused = Some(host);
                }
            }
            Effect::Ask(..)
            | Effect::AskAll(_)
            | Effect::Request(_)
            | Effect::Look(_)
            | Effect::Unlock(_)
            | Effect::AskHost(_)
            | Effect::LinkAgain(_)
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Leave(_)
            | Effect::Copy(_)
            | Effect::Keep(..)
            | Effect::Alert(_)
            | Effect::OpenMail(..)
            | Effect::Run(_)
            | Effect::RunUsers(..) => left.push(effect),
        }
    }
    let key = app.options.keys.show(crate::tui::keymap::Action::Reconnect);
    let said = refused.and_then(|host| {
        let host = app.lost(&host)?;
        Some(format!("{}: {} for {}; {key} tries now", host.called(), word(host.link), show_clock(host.age)))
    });
    if let Some(said) = said {
        app.notices.say(said);
    }
    left
}

const fn word(link: HostLink) -> &'static str {
    match link {
        HostLink::Silent => "no answer",
        HostLink::Connecting | HostLink::Lost | HostLink::Up => "no link",
    }
}
