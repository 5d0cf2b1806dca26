//! Filters: typed, ended, and applied to the lists that they are for.

use crossterm::event::KeyCode;

use crate::tui::app::{App, FilterKey, FilterTarget, Pane};

/// `/`: begins to type the filter of what has the keys.
pub fn start(app: &mut App) {
    if app.popups.rewind_help() {
        app.filters.typing = Some(FilterTarget::Help);
        return;
    }
    app.popups.open = None;
    app.panes.focus(app.panes.focused.filtered());
    app.filters.typing = Some(FilterTarget::Pane(app.panes.focused));
}

/// A key while a filter is typed.
pub fn key(app: &mut App, code: KeyCode) -> FilterKey {
    let key = app.filters.key(code);
    match key {
        FilterKey::Changed(target) => changed(app, target),
        FilterKey::Unchanged | FilterKey::NotText => {}
    }
    key
}

/// A character of a paste.
pub fn push(app: &mut App, c: char) {
    if let Some(target) = app.filters.push(c) {
        changed(app, target);
    }
}

/// Removes the filter of the help or of a pane; returns whether there was one.
pub fn clear(app: &mut App, target: FilterTarget) -> bool {
    let cleared = app.filters.clear(target);
    if cleared {
        changed(app, target);
    }
    cleared
}

fn changed(app: &mut App, target: FilterTarget) {
    match target {
        FilterTarget::Pane(Pane::Watches) => app.arrange(),
        FilterTarget::Pane(Pane::Log) => app.log.filter(app.filters.of(target)),
        FilterTarget::Pane(Pane::Mail) => app.engine.mails.came.filter(app.filters.of(target)),
        FilterTarget::Pane(Pane::Timers | Pane::Wire) => {}
        FilterTarget::Help => {
            app.popups.rewind_help();
        }
    }
}
