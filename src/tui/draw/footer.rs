//! The last row: the keys of what is focused, from the table of actions.

use ratatui::layout::{Position, Rect};

use super::fit::cells;
use super::paint::Paint;
use crate::tui::app::{App, Pane, Popup};
use crate::tui::keymap::{Action, BINDINGS};
use crate::tui::layout::ScreenLayout;
use crate::tui::leave::Leave;
use crate::tui::theme::Role;
use mailwatch_proto::model::Phase;

/// A key with its word, and where they stand.
struct Slot {
    action: Action,
    label: String,
    word: &'static str,
    area: Rect,
}

/// Keys with the word that the focused popup or pane has for them.
#[derive(Clone, Copy)]
enum Hint {
    One(Action, &'static str),
    /// Two keys that belong together; a click presses the first.
    Pair(Action, Action, &'static str),
}

use Hint::{One, Pair};

impl Hint {
    const fn action(self) -> Action {
        match self {
            One(action, _) | Pair(action, _, _) => action,
        }
    }

    /// The keys as shown, and the word; `None` if an action has no key.
    fn shown(self, app: &App) -> Option<(Action, String, &'static str)> {
        let first = |action| app.options.keys.of(action).first().map(|key| key.show());
        Some(match self {
            One(action, word) => (action, first(action)?, word),
            Pair(one, other, word) => (one, format!("{}/{}", first(one)?, first(other)?), word),
        })
    }
}

/// The keys that always stay: the exits and the help.
const ALWAYS: [Action; 3] = [Action::Close, Action::Quit, Action::Help];

pub fn draw(paint: &mut Paint, area: Rect) {
    let app = paint.app;
    for slot in slots(app, area) {
        let end = paint.put(slot.area.x, area.y, slot.area.width, &slot.label, Role::Key);
        paint.put(end + 1, area.y, slot.area.right().saturating_sub(end + 1), slot.word, Role::Dim);
    }
}

/// The action whose key is shown at a position.
#[must_use]
pub fn action_at(app: &App, at: Position) -> Option<Action> {
    let area = ScreenLayout::of(app, app.size).footer?;
    if !area.contains(at) {
        return None;
    }
    slots(app, area).into_iter().find(|slot| slot.area.contains(at)).map(|slot| slot.action)
}

/// The keys of what is open.
fn open(app: &App) -> Option<&'static [Hint]> {
    if app.timers.typed.is_some() {
        return Some(&[One(Action::Details, "apply"), One(Action::Close, "discard")]);
    }
    if app.filters.typing.is_some() {
        return Some(&[One(Action::Details, "keep filter"), One(Action::Close, "end filter")]);
    }
    Some(match app.popups.open.as_ref()? {
        Popup::Help(_) => &[
            Pair(Action::Down, Action::Up, "scroll"),
            One(Action::PageDown, "page"),
            One(Action::Filter, "search"),
            One(Action::Close, "close"),
        ],
        Popup::Details(_) => &[
            Pair(Action::Down, Action::Up, "scroll"),
            One(Action::PageDown, "page"),
            Pair(Action::NextWatch, Action::PreviousWatch, "next watch"),
            One(Action::Copy, "copy"),
            One(Action::Close, "close"),
        ],
        Popup::Reading(_) => &[
            Pair(Action::Down, Action::Up, "scroll"),
            One(Action::PageDown, "page"),
            One(Action::OpenMail, "open"),
            One(Action::Seen, "mark seen"),
            One(Action::Close, "close"),
        ],
        Popup::Welcome(_) => &[
            One(Action::Details, "choose"),
            Pair(Action::Down, Action::Up, "move"),
            One(Action::Quit, "quit"),
            One(Action::Help, "help"),
        ],
        Popup::Form => match app.popups.form.as_ref().map(|form| form.trial.is_some()) {
            Some(true) => &[
                One(Action::NextField, "next"),
                One(Action::Press, "press"),
                One(Action::PageDown, "page"),
                One(Action::Close, "back"),
            ],
            Some(false) | None => &[
                One(Action::NextField, "next"),
                One(Action::PreviousField, "back"),
                One(Action::Press, "go on"),
                One(Action::Close, "close"),
            ],
        },
        Popup::Question(_) => &[One(Action::Details, "yes"), One(Action::Close, "leave it")],
        Popup::Palette(_) => &[
            One(Action::Details, "do it"),
            Pair(Action::Down, Action::Up, "choose"),
            One(Action::NextPane, "complete"),
            One(Action::Close, "close"),
        ],
        Popup::Problem(_) => {
            &[One(Action::Reload, "read again"), Pair(Action::Down, Action::Up, "scroll"), One(Action::Close, "close")]
        }
        Popup::Tuning(_) => &[
            Pair(Action::Left, Action::Right, "value"),
            Pair(Action::Down, Action::Up, "timer"),
            One(Action::Save, "save"),
            One(Action::Undo, "undo"),
            One(Action::Special, "auto/off"),
            One(Action::Scope, "for whom"),
            One(Action::Close, "close"),
        ],
    })
}

/// The keys of a pane; those of the watches are marked in the table of actions.
fn of_pane(pane: Pane) -> Option<&'static [Hint]> {
    Some(match pane {
        Pane::Watches => return None,
        Pane::Timers => &[
            Pair(Action::Left, Action::Right, "value"),
            Pair(Action::Down, Action::Up, "timer"),
            One(Action::Special, "auto/off"),
            One(Action::Undo, "undo"),
            One(Action::Tune, "chart"),
            One(Action::Done, "DONE"),
            Pair(Action::NextWatch, Action::PreviousWatch, "next watch"),
            One(Action::NextPane, "pane"),
            One(Action::Zoom, "zoom"),
            One(Action::Quit, "quit"),
            One(Action::Help, "help"),
        ],
        Pane::Log => &[
            One(Action::Filter, "filter"),
            One(Action::Verbose, "kind"),
            One(Action::OnlyWatch, "one watch"),
            One(Action::Follow, "follow"),
            One(Action::Details, "details"),
            One(Action::Copy, "copy"),
            One(Action::CopyTrace, "copy all"),
            One(Action::NextPane, "pane"),
            One(Action::Zoom, "zoom"),
            One(Action::Quit, "quit"),
            One(Action::Help, "help"),
        ],
        Pane::Mail => &[
            One(Action::Filter, "filter"),
            One(Action::Details, "read"),
            One(Action::OpenMail, "open"),
            One(Action::Seen, "seen"),
            One(Action::SeenAll, "all seen"),
            One(Action::OnlyWatch, "one watch"),
            One(Action::PaneLog, "log"),
            One(Action::Copy, "copy"),
            One(Action::CopyTrace, "copy all"),
            One(Action::NextPane, "pane"),
            One(Action::Zoom, "zoom"),
            One(Action::Quit, "quit"),
            One(Action::Help, "help"),
        ],
        Pane::Wire => &[
            One(Action::Filter, "filter"),
            One(Action::Follow, "follow"),
            One(Action::Wrap, "wrap"),
            One(Action::Copy, "copy"),
            One(Action::CopyTrace, "copy all"),
            Pair(Action::NextWatch, Action::PreviousWatch, "next watch"),
            One(Action::NextPane, "pane"),
            One(Action::Zoom, "zoom"),
            One(Action::Quit, "quit"),
            One(Action::Help, "help"),
        ],
    })
}

/// The keys of a file that is looked at.
const FILE: &[Hint] = &[
    Pair(Action::Earlier, Action::Later, "1 min"),
    Pair(Action::EventBefore, Action::EventAfter, "event"),
    Pair(Action::TroubleBefore, Action::TroubleAfter, "trouble"),
    One(Action::HourEarlier, "1 h"),
    One(Action::Utc, "UTC"),
    One(Action::Filter, "filter"),
    One(Action::Details, "details"),
    One(Action::NextPane, "pane"),
    One(Action::Zoom, "zoom"),
    One(Action::Quit, "quit"),
    One(Action::Help, "help"),
];

/// The hints of the screen as it is.
fn hints(app: &App) -> Vec<Hint> {
    if let Some(open) = open(app) {
        let (rows, height) = super::popup::extent(app);
        let scrolls = rows > height
            || !matches!(
                app.popups.open,
                Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Reading(_))
            );
        let moves = |hint: &Hint| matches!(hint.action(), Action::Down | Action::PageDown);
        return open.iter().copied().filter(|hint| scrolls || !moves(hint)).collect();
    }
    if app.options.viewed.is_some() {
        return FILE.to_vec();
    }
    let mut hints: Vec<Hint> = match of_pane(app.panes.focused) {
        Some(hints) => hints.to_vec(),
        None => BINDINGS
            .iter()
            .filter_map(|binding| {
                let word = binding.footer?;
                if binding.action == Action::Keep && app.leave_kept() != Leave::Keep {
                    return None;
                }
                Some(match binding.action {
                    Action::Longer => Pair(Action::Longer, Action::Shorter, word),
                    action => One(action, word),
                })
            })
            .collect(),
    };
    // What a failed watch needs comes first, so that it always fits.
    if app.selection().is_some_and(|snapshot| matches!(snapshot.phase, Phase::Failed)) {
        hints.retain(|hint| hint.action() != Action::Reconnect);
        hints.insert(0, One(Action::Reconnect, "reconnect"));
    }
    hints
}

fn slots(app: &App, area: Rect) -> Vec<Slot> {
    let labels: Vec<_> = hints(app).into_iter().filter_map(|hint| hint.shown(app)).collect();
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
