//! Where a key's answer stands: on a slow line these places are sent first.

use ratatui::layout::Rect;

use super::notice;
use super::popup;
use crate::tui::app::App;
use crate::tui::layout::ScreenLayout;

/// Areas of the screen, what answers a key first: an open popup, what is said or typed, the list that the cursor is in.
#[must_use]
pub fn first(app: &App) -> Vec<Rect> {
    let layout = ScreenLayout::of(app, app.size);
    let popup = app.popups.open.is_some().then(|| popup::area(app));
    let focused = layout.panes.iter().find(|(pane, _)| *pane == app.panes.focused).map(|(_, area)| *area);
    [popup, notice::row(&layout), layout.footer, layout.tabs, focused, layout.attention].into_iter().flatten().collect()
}
