//! What a pane's title says at its right: the filter, the order, the place in the list. With one pane visible at a time
//! it stands beside the tabs. Texts only.

use super::app::{App, FilterTarget, Pane};
use super::clock::{Precision, show_wall};
use super::log::Kind;
use super::navigation::View;
use super::table::{Row, Sort};

/// The text, in parts between dots. With little room the last parts are dropped first. Empty if there is nothing to
/// say.
#[must_use]
pub fn info(app: &App, pane: Pane) -> String {
    let parts = match pane {
        Pane::Watches => watches(app),
        Pane::Timers => timers(app),
        Pane::Log => log(app),
        Pane::Wire => wire(app),
        Pane::Mail => mail(app),
    };
    let filter = filter(app, pane).map(|filter| format!("filter: {filter}"));
    joined(app, pane, filter, parts)
}

/// The same beside the tabs, where there is less room: only what matters most.
#[must_use]
pub fn brief(app: &App, pane: Pane) -> String {
    let filter = filter(app, pane).map(|filter| format!("/{filter}"));
    let parts = match (pane, app.log.only()) {
        (Pane::Log, Some(only)) if app.log.view == View::Follow => vec![format!("only {only}")],
        (Pane::Log, None) if app.log.view == View::Follow => vec![app.log.kind().name().to_owned()],
        (Pane::Log, Some(_) | None) => log(app),
        (Pane::Watches, _) => watches(app),
        (Pane::Timers, _) => timers(app),
        (Pane::Wire, _) => wire(app),
        (Pane::Mail, Some(only)) => std::iter::once(format!("only {only}")).chain(mail(app)).collect(),
        (Pane::Mail, None) => mail(app),
    };
    joined(app, pane, filter, parts)
}

/// Whether the text matters more than the names of the other tabs: the list is filtered, sorted or scrolled.
#[must_use]
pub fn matters(app: &App, pane: Pane) -> bool {
    if filter(app, pane).is_some() {
        return true;
    }
    match pane {
        // In a list longer than the screen the place is not obvious.
        Pane::Watches => {
            app.watches.arrangement.sort != Sort::Name || app.watches.rows.len() > usize::from(app.size.height)
        }
        Pane::Timers => false,
        Pane::Log => app.log.kind() != Kind::News || app.log.only().is_some() || app.log.view != View::Follow,
        Pane::Wire => app.history().is_some_and(|history| history.view != View::Follow),
        Pane::Mail => app.log.only().is_some() || !app.engine.mails.came.follows(),
    }
}

/// The pane's filter, with the cursor while it is being typed; `None` without either.
fn filter(app: &App, pane: Pane) -> Option<String> {
    let typed = app.filters.typing == Some(FilterTarget::Pane(pane));
    let text = app.filters.of_pane(pane);
    (typed || !text.is_empty()).then(|| format!("{text}{}", if typed { app.glyphs().text.caret } else { "" }))
}

/// The parts in one text. A filter being typed comes first; a kept one comes after how to follow again.
fn joined(app: &App, pane: Pane, filter: Option<String>, mut parts: Vec<String>) -> String {
    let typed = app.filters.typing == Some(FilterTarget::Pane(pane));
    let stands = match pane {
        Pane::Log => app.log.view != View::Follow,
        Pane::Wire => app.history().is_some_and(|history| history.view != View::Follow),
        Pane::Watches | Pane::Timers | Pane::Mail => false,
    };
    let place = usize::from(stands && !typed).min(parts.len());
    parts.splice(place..place, filter);
    parts.join(&format!(" {} ", app.glyphs().text.dot))
}

/// The order, if it is not the usual one, and the cursor's place among all; with a filter how many it found.
fn watches(app: &App) -> Vec<String> {
    let all = app.board.watches.len();
    let is_watch = |row: &&Row| row.watch().is_some();
    let sort = app.watches.arrangement.sort;
    let mut parts = Vec::new();
    parts.extend(as_of(app));
    if !app.watches.marked.is_empty() {
        parts.push(format!("{} marked", app.watches.marked.len()));
    }
    if sort != Sort::Name {
        parts.push(format!("by {}", sort.name()));
    }
    if filter(app, Pane::Watches).is_some() {
        // With a filter, the number found matters more than the order.
        parts.insert(0, format!("{} of {all}", app.watches.rows.iter().filter(is_watch).count()));
    } else {
        let before = app.watches.rows.iter().take(app.watches.position().map_or(0, |position| position + 1));
        parts.push(format!("{} of {all}", before.filter(is_watch).count()));
    }
    parts
}

/// Of which moment the state is, where it is of no later one than the end of its engine.
fn as_of(app: &App) -> Option<String> {
    let gone = app.engine.gone.as_ref()?;
    Some(format!("as of {}", show_wall(gone.since.wall, &app.options.zone, Precision::Seconds)))
}

fn timers(app: &App) -> Vec<String> {
    vec![as_of(app).unwrap_or_else(|| "t tune".to_owned())]
}

fn log(app: &App) -> Vec<String> {
    let log = &app.log;
    let mut parts = Vec::new();
    parts.extend(stands(log.view, log.view.fresh(log.end())));
    if filter(app, Pane::Log).is_none() {
        parts.push(format!("filter: {}", log.kind().name()));
    } else if log.kind() != Kind::News {
        parts.push(log.kind().name().to_owned());
    }
    parts
}

fn wire(app: &App) -> Vec<String> {
    let Some(history) = app.history() else { return Vec::new() };
    let shown = history.story.shown(&app.filters.of_pane(Pane::Wire).to_lowercase());
    let stands = stands(history.view, history.fresh(&shown));
    let follows = filter(app, Pane::Wire).is_none().then(|| "following".to_owned());
    stands.or(follows).into_iter().collect()
}

/// The place of the cursor among those shown.
fn mail(app: &App) -> Vec<String> {
    let list = &app.engine.mails.came;
    if list.is_empty() {
        return Vec::new();
    }
    let place = format!("{} of {}", list.position() + 1, list.len());
    // More than are listed are asked for on the way down.
    vec![if list.is_cut() { format!("{place}+") } else { place }]
}

/// The two panes that share a place, the one that is seen first.
#[must_use]
pub fn log_and_mail(app: &App, seen: Pane) -> String {
    let other = if seen == Pane::Mail { Pane::Log } else { Pane::Mail };
    format!("{} {} {} {}", seen.name(), app.glyphs().text.dot, other.digit(), other.name())
}

/// How to follow again, and how much came meanwhile, if the view stands still.
fn stands(view: View, fresh: u64) -> Option<String> {
    match (view, fresh) {
        (View::Follow, _) => None,
        (View::Still { .. }, 0) => Some("G follows".to_owned()),
        (View::Still { .. }, fresh) => Some(format!("{fresh} new, G follows")),
    }
}
