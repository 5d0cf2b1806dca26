//! The mouse: a click selects, a second one opens, the wheel scrolls what is under it, a click on a key's name in the
//! footer presses it, one on a column's name orders, one on an account's mark folds; a timer's bar follows the button.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::palette::Chosen;
use super::{account_form, actions, filtering, in_place, moving, palette, tuning, viewing, welcome};
use crate::tui::app::{App, Effect, Hit, Pane, Popup};
use crate::tui::draw;
use crate::tui::keymap::Action;
use crate::tui::layout::ScreenLayout;

/// How many rows one notch of the wheel moves.
const WHEEL: i64 = 3;

/// An event of the mouse.
pub fn mouse(app: &mut App, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => return click(app, at),
        MouseEventKind::ScrollUp => return wheel(app, at, -WHEEL),
        MouseEventKind::ScrollDown => return wheel(app, at, WHEEL),
        MouseEventKind::Drag(MouseButton::Left) => in_place::drag(app, at),
        MouseEventKind::Up(MouseButton::Left) => return in_place::release(app),
        MouseEventKind::Down(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => {}
    }
    Vec::new()
}

/// The second press of a double click: folds an account, opens a watch's details. Elsewhere it is a click like the
/// first.
pub fn double_click(app: &mut App, at: Position) -> Vec<Effect> {
    let row =
        ScreenLayout::of(app, app.size).watch_row_at(at).filter(|row| app.watches.top + row < app.watches.rows.len());
    if app.popups.open.is_some() || row.is_none() || draw::footer_action(app, at).is_some() {
        return click(app, at);
    }
    // The first press has selected the row, and on an account's mark it has folded or unfolded already.
    if actions::enter_folds(app) && is_mark(app, at) {
        return Vec::new();
    }
    actions::act(app, Action::Details)
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    app.notices.hush();
    let mut effects = in_place::settle(app);
    effects.extend(pressed(app, at));
    effects
}

fn pressed(app: &mut App, at: Position) -> Vec<Effect> {
    if let Some(action) = draw::footer_action(app, at) {
        if app.timers.typed.is_some() {
            if action == Action::Close {
                in_place::discard(app);
                return Vec::new();
            }
            return in_place::apply(app);
        }
        if app.filters.typing.is_some() {
            filtering::key(app, if action == Action::Close { KeyCode::Esc } else { KeyCode::Enter });
            return Vec::new();
        }
        return actions::act(app, action);
    }
    app.filters.typing = None;
    in_place::discard(app);
    if let Some((part, parts)) = draw::time_line_part(app, at) {
        viewing::go_to_part(app, part, parts);
        return Vec::new();
    }
    if app.popups.open.is_some() {
        return click_popup(app, at);
    }
    click_pane(app, at);
    Vec::new()
}

/// A click beside a popup closes it.
fn click_popup(app: &mut App, at: Position) -> Vec<Effect> {
    if !draw::popup_area(app).contains(at) {
        if app.popups.palette().is_some() {
            palette::close(app);
        } else {
            app.popups.open = None;
        }
        return Vec::new();
    }
    match draw::popup_hit(app, at) {
        Some(Hit::Choice(choice)) => welcome::follow(app, choice),
        Some(Hit::FormField(field)) => account_form::click(app, field),
        Some(Hit::Command(at)) => match palette::click(app, at) {
            Chosen::Done(effects) => effects,
            Chosen::Action(action) => actions::act(app, action),
        },
        None => {
            if let Some(hit) = draw::tuning_at(app, at) {
                tuning::click(app, hit, at.x);
            }
            Vec::new()
        }
    }
}

fn click_pane(app: &mut App, at: Position) {
    let layout = ScreenLayout::of(app, app.size);
    if let Some(pane) = layout.tab_at(at) {
        app.panes.focus(pane);
        return;
    }
    let Some(pane) = layout.pane_at(at) else { return };
    // Where its row stands now: the pane may look otherwise once it has the keys.
    if pane == Pane::Timers {
        in_place::press(app, at);
    }
    app.panes.focus(pane);
    if pane == Pane::Mail
        && let Some(row) = layout.mail_row_at(at)
    {
        let list = &mut app.engine.mails.came;
        if list.top() + row < list.len() {
            list.select(list.top() + row);
        }
    }
    if pane == Pane::Wire {
        open_row(app, at);
    }
    if pane != Pane::Watches {
        return;
    }
    if let Some(sort) = draw::sort_at(app, at) {
        actions::sort_by(app, sort);
    } else if let Some(row) = layout.watch_row_at(at) {
        app.watches.select(app.watches.top + row, &app.board);
        if actions::enter_folds(app) && is_mark(app, at) {
            actions::toggle_fold(app);
        }
    }
}

/// A connection's making that is one row shows its lines, or hides them.
fn open_row(app: &mut App, at: Position) {
    let Some(number) = draw::opening_at(app, at) else { return };
    let height = draw::wire_top_page(app);
    if let Some(history) = app.history_mut() {
        history.toggle_row(number, height);
    }
}

/// Whether an account's row has its mark at this position of the table.
fn is_mark(app: &App, at: Position) -> bool {
    ScreenLayout::of(app, app.size).watch_table().is_some_and(|table| at.x < table.x + 3)
}

fn wheel(app: &mut App, at: Position, by: i64) -> Vec<Effect> {
    if (app.popups.open.is_none() || app.popups.tuning().is_some())
        && let Some(effects) = in_place::wheel(app, at, by < 0)
    {
        return effects;
    }
    match app.popups.open {
        Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Form | Popup::Reading(_)) => {
            moving::move_by(app, by);
        }
        Some(Popup::Tuning(_)) => tuning::scroll(app, by),
        Some(Popup::Welcome(_)) => moving::move_by(app, by.signum()),
        Some(Popup::Question(_)) => {}
        Some(Popup::Palette(_)) => palette::choose(app, by.signum()),
        None => match ScreenLayout::of(app, app.size).pane_at(at) {
            Some(Pane::Watches) => moving::move_pane(app, Pane::Watches, by.signum()),
            Some(pane @ (Pane::Log | Pane::Wire | Pane::Mail)) => moving::move_pane(app, pane, by),
            Some(Pane::Timers) | None => {}
        },
    }
    Vec::new()
}
