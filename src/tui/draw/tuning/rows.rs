//! The rows of the tuning popup: the scopes, a row with its bar for each timer, what differs from the configuration.

use crate::tui::app::{App, Scope, TUNED, Track, Tuning, may_be, saved_for};
use crate::tui::draw::fit::cells;
use crate::tui::draw::row::Row;
use crate::tui::draw::timer_bar::TimerBar;
use crate::tui::requests::Place;
use crate::tui::theme::Role;
use mailwatch_proto::model::{Origin, Setting, Snapshot, Timer, show_duration};

/// A bar's least width.
const BAR: u16 = 22;

/// The bar's column: after pointer, name, value and origin.
const BAR_AT: u16 = 34;

/// What stands behind the bar: how long the timer has run, or its range.
const BEHIND: u16 = 18;

/// The width with bar and range.
const WITH_BEHIND: u16 = BAR_AT + BAR + BEHIND;

/// The width with a bar alone.
const WITH_BAR: u16 = BAR_AT + 12;

/// The width with the origin.
const WITH_ORIGIN: u16 = BAR_AT;

/// The width with names and values in columns.
const WITH_NAMES: u16 = 22;

/// The width with every scope by name.
const WITH_SCOPES: u16 = 56;

/// Whose timers are changed: each scope by name, the chosen one marked.
pub fn scope(app: &App, tuning: Tuning, width: u16) -> Row {
    let chosen = |scope| scope == tuning.scope;
    if width < WITH_SCOPES {
        let name = labels(app).into_iter().find(|(scope, _)| chosen(*scope)).map_or_else(String::new, |(_, name)| name);
        return vec![(Role::Dim, "for ".to_owned()), (Role::TitleFocused, name), (Role::Key, "  Tab".to_owned())];
    }
    let mut row = vec![(Role::Dim, "for".to_owned())];
    for (scope, name) in labels(app) {
        let (pointer, role) =
            if chosen(scope) { (app.glyphs().list.pointer, Role::TitleFocused) } else { (" ", Role::Dim) };
        row.push((role, format!(" {pointer} {name} ")));
    }
    row.push((Role::Key, " Tab".to_owned()));
    row
}

/// The scope whose name is at a column.
pub fn scope_at(app: &App, width: u16, column: u16) -> Option<Scope> {
    let mut x = cells("for");
    labels(app).into_iter().filter(|_| width >= WITH_SCOPES).find_map(|(scope, name)| {
        let start = x;
        x += cells(&name) + 4;
        (start..x).contains(&column).then_some(scope)
    })
}

fn labels(app: &App) -> Vec<(Scope, String)> {
    let account = app.watches.selected.as_ref().map_or("", |id| &*id.account);
    let name = |scope| {
        let count = app.watches.in_scope(scope, &app.board).len();
        let account = mailwatch_proto::model::sanitise(account, 20);
        match (scope, count) {
            (Scope::Watch, _) => "this watch".to_owned(),
            (Scope::Account, 1) => format!("all of {account}"),
            (Scope::Account, _) => format!("all {count} of {account}"),
            (Scope::All, 1) => "all watches".to_owned(),
            (Scope::All, _) => format!("all {count} watches"),
        }
    };
    Scope::ALL.map(|scope| (scope, name(scope))).into()
}

/// How wide the bars are.
const fn bar_width(width: u16) -> u16 {
    match width {
        WITH_BEHIND.. => width - BAR_AT - BEHIND,
        WITH_BAR.. => width - BAR_AT,
        _ => 0,
    }
}

pub fn timer(app: &App, snapshot: &Snapshot, timer: Timer, selected: bool, width: u16) -> Row {
    let spec = timer.spec();
    let timers = app.timers_of(snapshot);
    let (setting, value, origin) = (timers.setting(timer), timers.value(timer), timers.origin(timer));
    let pointer = if selected { app.glyphs().list.pointer } else { " " };
    let role = if selected { Role::TitleFocused } else { Role::Title };
    let typed = app.timers.typed.as_ref().filter(|typed| typed.timer == timer);
    let shown = match (typed, setting) {
        (Some(typed), _) => format!("{}{}", typed.text, app.glyphs().text.caret),
        (None, Setting::Auto) => format!("auto {}", show_duration(value)),
        (None, Setting::Value(value)) => show_duration(value),
    };
    if width < WITH_NAMES {
        return vec![(role, format!("{pointer}{} ", spec.name)), (Role::Strong, shown)];
    }
    let mut row = vec![
        (Role::TitleFocused, format!("{pointer} ")),
        (role, format!("{:<10}", spec.name)),
        (Role::Strong, format!("{shown:>9}  ")),
    ];
    if width >= WITH_ORIGIN {
        let role = if origin == Origin::You { Role::Busy } else { Role::Dim };
        row.push((role, format!("{:<10} ", origin.name())));
    }
    if width >= WITH_BAR {
        let bar = TimerBar::of(app, snapshot, timer);
        row.extend(bar.row(app.glyphs(), bar_width(width), app.options.preferences.reduced_motion));
        if width >= WITH_BEHIND {
            row.push(if bar.runs() {
                (Role::Text, format!("  {}", bar.figures(app.glyphs())))
            } else {
                (Role::Dim, format!("  {}", may_be(timer)))
            });
        }
    }
    row
}

/// What differs from the configuration, and what can be done about it.
pub fn status(app: &App, snapshot: &Snapshot, tuning: Tuning) -> Row {
    let timers = app.timers_of(snapshot);
    let yours: Vec<&str> = TUNED.into_iter().filter(|timer| timers.is_yours(*timer)).map(Timer::name).collect();
    if yours.is_empty() {
        return vec![(Role::Dim, "  nothing differs from the configuration".to_owned())];
    }
    let place = match saved_for(tuning.scope, &snapshot.id) {
        Place::Account(name) => format!("account {}", mailwatch_proto::model::sanitise(&name, 20)),
        Place::All => "[timers]".to_owned(),
    };
    vec![
        (Role::Busy, format!("  yours: {}", yours.join(", "))),
        (Role::Key, "  s".to_owned()),
        (Role::Dim, format!(" saves to {place}")),
        (Role::Key, "  u".to_owned()),
        (Role::Dim, " undoes".to_owned()),
    ]
}

/// The bar at a column of a timer's row, in columns of the popup's text.
pub fn bar_at(app: &App, snapshot: &Snapshot, timer: Timer, width: u16, column: u16) -> Option<Track> {
    let bar = bar_width(width);
    let on_it = bar > 0 && (BAR_AT..BAR_AT + bar).contains(&column);
    on_it.then(|| Track { x: BAR_AT + 1, cells: bar - 2, end: TimerBar::of(app, snapshot, timer).end })
}
