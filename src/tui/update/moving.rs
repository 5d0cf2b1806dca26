//! Moving in what has the keys: rows, pages, ends; up is negative.

use super::{in_place, palette, tuning};
use crate::tui::app::{App, Pane, Popup};
use crate::tui::draw;
use crate::tui::layout::ScreenLayout;

/// Moves in the open popup, else in the focused pane.
pub fn move_by(app: &mut App, by: i64) {
    match &app.popups.open {
        Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Form | Popup::Reading(_)) => {
            scroll_popup(app, by);
        }
        Some(Popup::Welcome(_)) => app.popups.choose(by),
        Some(Popup::Question(_)) => {}
        Some(Popup::Palette(_)) => palette::choose(app, by),
        Some(Popup::Tuning(_)) => tuning::move_by(app, by),
        None => move_pane(app, app.panes.focused, by),
    }
}

/// Moves by a page, less a line of context. The tuning popup's rows are the timers, its pages those of the text.
pub fn move_page(app: &mut App, down: bool) {
    let page = if down { page(app) } else { -page(app) };
    if app.popups.tuning().is_some() {
        tuning::scroll(app, page);
    } else {
        move_by(app, page);
    }
}

/// Moves in a pane.
pub fn move_pane(app: &mut App, pane: Pane, by: i64) {
    match pane {
        Pane::Watches => app.watches.select_by(by, &app.board),
        Pane::Timers => in_place::select_by(app, by),
        Pane::Log => {
            let ends = (app.log.first(), app.log.end());
            let height = draw::log_top_page(app);
            let mut view = app.log.view;
            view.navigate(by, ends, height, |at| draw::log_fit(app, at));
            app.log.view = view;
        }
        Pane::Mail => app.engine.mails.came.select_by(by),
        Pane::Wire => {
            let (needle, height) = (app.filters.of_pane(Pane::Wire).to_lowercase(), draw::wire_top_page(app));
            let Some(history) = app.history() else { return };
            let view = history.navigated(by, &history.story.shown(&needle), height, |at| draw::wire_fit(app, at));
            if let Some(history) = app.history_mut() {
                history.view = view;
            }
        }
    }
}

fn scroll_popup(app: &mut App, by: i64) {
    let (rows, height) = draw::popup_extent(app);
    let most = rows.saturating_sub(height) as u64;
    let moved = |from: usize| usize::try_from((from as u64).saturating_add_signed(by).min(most)).unwrap_or(0);
    if app.popups.is_form() {
        let shown = draw::popup_offset(app);
        if let Some(form) = &mut app.popups.form {
            form.scroll = Some(moved(form.scroll.unwrap_or(shown)));
        }
    } else if let Some(offset) = app.popups.open.as_mut().and_then(Popup::offset_mut) {
        *offset = moved(*offset);
    }
}

fn page(app: &App) -> i64 {
    let height = match app.popups.open {
        Some(
            Popup::Help(_) | Popup::Details(_) | Popup::Tuning(_) | Popup::Problem(_) | Popup::Form | Popup::Reading(_),
        ) => draw::popup_extent(app).1,
        Some(Popup::Welcome(_) | Popup::Question(_) | Popup::Palette(_)) => 1,
        None => ScreenLayout::of(app, app.size).list_rows(app.panes.focused),
    };
    i64::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
}
