//! The last row: the keys of what has them, from the table of actions; a notice; a filter being typed.

use ratatui::layout::{Position, Rect};

use super::paint::{Paint, cells};
use crate::model::Phase;
use crate::tui::app::{App, Popup};
use crate::tui::keymap::{Action, BINDINGS};
use crate::tui::theme::Role;

/// A key and its word, and where they stand.
struct Slot {
    action: Action,
    label: String,
    word: &'static str,
    area: Rect,
}

/// The keys that always stay, at the right end.
const ALWAYS: [Action; 2] = [Action::Quit, Action::Help];

pub fn draw(paint: &mut Paint, area: Rect) {
    let app = paint.app;
    if let Some(notice) = &app.notice {
        paint.put_cut(area.x + 1, area.y, area.width.saturating_sub(1), notice, Role::Busy);
        return;
    }
    if let Some(pending) = app.pending {
        let text = format!("{pending}{}", app.glyphs.ellipsis);
        paint.put_cut(area.x + 1, area.y, area.width.saturating_sub(1), &text, Role::Busy);
        return;
    }
    for slot in slots(app, area) {
        let end = paint.put(slot.area.x, area.y, slot.area.width, &slot.label, Role::Key);
        paint.put(end + 1, area.y, slot.area.right().saturating_sub(end + 1), slot.word, Role::Dim);
    }
}

/// The action whose key is shown at a position.
#[must_use]
pub fn action_at(app: &App, at: Position) -> Option<Action> {
    let area = app.layout().footer?;
    if app.notice.is_some() || app.pending.is_some() || !area.contains(at) {
        return None;
    }
    slots(app, area).into_iter().find(|slot| slot.area.contains(at)).map(|slot| slot.action)
}

/// The keys of what is open, by its own words.
fn open(app: &App) -> Option<&'static [(Action, &'static str)]> {
    if app.typing.is_some() {
        return Some(&[(Action::Details, "keep filter"), (Action::Close, "end filter")]);
    }
    Some(match app.popup.as_ref()? {
        Popup::Help(_) => &[
            (Action::Down, "down"),
            (Action::Up, "up"),
            (Action::PageDown, "page"),
            (Action::Filter, "search"),
            (Action::Close, "close"),
        ],
        Popup::Details(_) => &[
            (Action::Down, "down"),
            (Action::Up, "up"),
            (Action::Close, "close"),
            (Action::NextWatch, "next watch"),
            (Action::Copy, "copy"),
            (Action::PageDown, "page"),
        ],
        Popup::Welcome(_) => &[
            (Action::Down, "down"),
            (Action::Up, "up"),
            (Action::Details, "choose"),
            (Action::Quit, "quit"),
            (Action::Help, "help"),
        ],
        Popup::Form => match app.form.as_ref().map(|form| form.trial.is_some()) {
            Some(true) => &[
                (Action::NextField, "next"),
                (Action::Press, "press"),
                (Action::PageDown, "page"),
                (Action::Close, "back"),
            ],
            Some(false) | None => &[
                (Action::NextField, "next"),
                (Action::PreviousField, "back"),
                (Action::Press, "go on"),
                (Action::Close, "close"),
            ],
        },
        Popup::Problem(_) => &[(Action::Reload, "read again"), (Action::Down, "down"), (Action::Close, "close")],
        Popup::Tuning(_) => &[
            (Action::Left, "less"),
            (Action::Right, "more"),
            (Action::Scope, "for whom"),
            (Action::Special, "auto/off"),
            (Action::Undo, "undo"),
            (Action::Save, "save"),
            (Action::Down, "timer"),
            (Action::Close, "close"),
        ],
    })
}

fn slots(app: &App, area: Rect) -> Vec<Slot> {
    let mut labels: Vec<(Action, String, &'static str)> = match open(app) {
        Some(open) => open
            .iter()
            .filter_map(|(action, word)| Some((*action, app.options.keys.of(*action).first()?.show(), *word)))
            .collect(),
        None => BINDINGS
            .iter()
            .filter_map(|binding| {
                let word = binding.footer?;
                let first = |action| app.options.keys.of(action).first().map(|key| key.show());
                let label = match binding.action {
                    // The pair stands in one place.
                    Action::Longer => format!("{}/{}", first(Action::Longer)?, first(Action::Shorter)?),
                    action => first(action)?,
                };
                Some((binding.action, label, word))
            })
            .collect(),
    };
    // What a failed watch needs comes first: of the keys that do not fit, it is not one.
    if open(app).is_none() && app.selection().is_some_and(|snapshot| matches!(snapshot.phase, Phase::Failed)) {
        labels.sort_by_key(|(action, ..)| *action != Action::Reconnect);
    }
    let width = |label: &str, word: &str| cells(label) + 1 + cells(word);
    let gap = 2;
    let always: u16 = labels
        .iter()
        .filter(|(action, ..)| ALWAYS.contains(action))
        .map(|(_, label, word)| width(label, word) + gap)
        .sum();
    let end = area.right();
    let mut x = area.x + u16::from(area.width > 30);
    let mut left = Vec::new();
    for (action, label, word) in labels {
        let width = width(&label, word);
        let reserve = if ALWAYS.contains(&action) { 0 } else { always };
        if x + width + reserve > end {
            continue;
        }
        left.push(Slot { action, label, word, area: Rect { x, width, ..area } });
        x += width + gap;
    }
    left
}
