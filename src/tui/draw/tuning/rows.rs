//! The rows of the tuning popup: the scopes, a row for each timer, what differs from the configuration.

use std::time::Duration;

use crate::tui::app::{App, Scope, TUNED, Tuning, saved_for, special};
use crate::tui::draw::fit::cells;
use crate::tui::draw::row::Row;
use crate::tui::requests::Place;
use crate::tui::theme::Role;
use mailwatch_proto::model::{Origin, Setting, Snapshot, Timer, show_duration};

/// A slider's width.
const SLIDER: u16 = 20;

/// The slider's column: after pointer, name, value and origin.
const SLIDER_AT: u16 = 34;

/// The width with slider and range.
const WITH_SLIDER: u16 = SLIDER_AT + SLIDER + 2 + 16;

/// The width with the origin.
const WITH_ORIGIN: u16 = SLIDER_AT;

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
        match scope {
            Scope::Watch => "this watch".to_owned(),
            Scope::Account => format!("all {count} of {}", mailwatch_proto::model::sanitise(account, 20)),
            Scope::All => format!("all {count} watches"),
        }
    };
    Scope::ALL.map(|scope| (scope, name(scope))).into()
}

pub fn timer(app: &App, snapshot: &Snapshot, timer: Timer, selected: bool, width: u16) -> Row {
    let spec = timer.spec();
    let timers = app.timers_of(snapshot);
    let (setting, value, origin) = (timers.setting(timer), timers.value(timer), timers.origin(timer));
    let pointer = if selected { app.glyphs().list.pointer } else { " " };
    let role = if selected { Role::TitleFocused } else { Role::Title };
    let shown = match setting {
        Setting::Auto => format!("auto {}", show_duration(value)),
        Setting::Value(value) => show_duration(value),
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
    if width >= WITH_SLIDER {
        let (filled, track) = slider(app, share(value, spec.min, spec.max));
        row.push((Role::Bar, filled));
        row.push((Role::Track, track));
        row.push((Role::Dim, format!("  {}", range(timer))));
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

/// The value that a column of a timer's slider stands for.
pub fn value_at(timer: Timer, width: u16, column: u16) -> Option<Duration> {
    if width < WITH_SLIDER || !(SLIDER_AT..SLIDER_AT + SLIDER).contains(&column) {
        return None;
    }
    let spec = timer.spec();
    let share = f64::from(column - SLIDER_AT) / f64::from(SLIDER - 1);
    let (min, max) = (spec.min.as_secs_f64().max(0.001), spec.max.as_secs_f64());
    let value = Duration::from_secs_f64(min * (max / min).powf(share));
    // Rounded to the steps of the keys.
    let round = match value.as_secs() {
        0..10 => 1,
        10..60 => 5,
        60..600 => 30,
        _ => 60,
    };
    let seconds = (value.as_secs() + round / 2) / round * round;
    Some(Duration::from_secs(seconds).clamp(spec.min, spec.max))
}

pub fn range(timer: Timer) -> String {
    let spec = timer.spec();
    let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
    special(timer).map_or_else(|| format!("{min} to {max}"), |special| format!("{min} to {max}, {special}"))
}

/// A value's place in its range, on a logarithmic scale: from 1 s to 29 m a linear one has no room for small values.
fn share(value: Option<Duration>, min: Duration, max: Duration) -> f64 {
    let Some(value) = value else { return 1.0 };
    let (value, min, max) = (value.as_secs_f64(), min.as_secs_f64().max(0.001), max.as_secs_f64());
    ((value.max(min) / min).ln() / (max / min).ln().max(0.001)).clamp(0.0, 1.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a width in cells")]
fn slider(app: &App, share: f64) -> (String, String) {
    let eighths = (share * f64::from(SLIDER) * 8.0).round() as usize;
    let (whole, part) = (eighths / 8, eighths % 8);
    let mut filled = app.glyphs().graph.bar[7].repeat(whole);
    let mut empty = usize::from(SLIDER) - whole;
    if part > 0 {
        filled.push_str(app.glyphs().graph.bar[part - 1]);
        empty -= 1;
    }
    (filled, app.glyphs().graph.track.repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliders_ends_are_its_range_and_what_is_clicked_is_round() {
        for timer in TUNED {
            let spec = timer.spec();
            assert_eq!(value_at(timer, 80, SLIDER_AT), Some(spec.min));
            assert_eq!(value_at(timer, 80, SLIDER_AT + SLIDER - 1), Some(spec.max));
        }
        for column in SLIDER_AT..SLIDER_AT + SLIDER {
            let value = value_at(Timer::Reissue, 80, column).expect("a value").as_secs();
            assert!(value < 60 || value.is_multiple_of(30), "{value}");
        }
        assert_eq!(value_at(Timer::Reissue, 80, SLIDER_AT + SLIDER), None);
        assert_eq!(value_at(Timer::Reissue, 40, SLIDER_AT), None);
    }
}
