//! What the headline says of the engine: whose it is, or that it is gone; and the grey of what it has left.

use super::narrow::{COUNTS_AND_WORD, WORDS};
use super::paint::Paint;
use super::row::Row;
use crate::tui::app::{App, Gone, Popup};
use crate::tui::clock::{Precision, same_day, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::linked::EngineIs;
use crate::tui::theme::Role;
use crate::tui::{app::Pane, words};
use mailwatch_proto::model::{PhaseGroup, sanitise, show_clock};

use std::time::Duration;

/// From this age on a weekday could be another week's.
const WEEK: Duration = Duration::from_hours(6 * 24);

/// How many characters of another process's part are shown.
const ROLE: usize = 12;

/// Whose engine it is, from the longest text to the shortest; nothing for the screen's own.
pub fn attached(app: &App) -> Option<[Row; 3]> {
    let EngineIs::Attached { role, since, .. } = &app.engine.is else { return None };
    let (now, zone) = (app.now.wall, &app.options.zone);
    let precision = match now.duration_since(*since) {
        _ if same_day(now, *since, zone) => Precision::Minutes,
        Ok(age) if age >= WEEK => Precision::Date,
        Ok(_) | Err(_) => Precision::DayMinutes,
    };
    let role = sanitise(role, ROLE);
    let to = format!("attached to {role}");
    let since = format!("{to} since {}", show_wall(*since, zone, precision));
    Some([since, to, "attached".to_owned()].map(|text| vec![(Role::Dim, text)]))
}

/// In the place of the counts: the engine is gone, since when, and nothing is known to be live.
pub fn gone(app: &App, gone: &Gone, width: u16) -> Row {
    let (glyph, role) = words::group_mark(PhaseGroup::Down, app.glyphs());
    let word = if width < COUNTS_AND_WORD { "gone" } else { "engine gone," };
    let gap = if width < WORDS { "" } else { " " };
    vec![(role, format!("{glyph}{gap}{word} ")), (Role::Strong, show_clock(gone.age()))]
}

/// Greys what an engine that is gone has left.
pub fn grey(paint: &mut Paint, layout: &ScreenLayout) {
    for (pane, area) in &layout.panes {
        match pane {
            Pane::Watches | Pane::Timers => paint.grey(*area),
            // What happened stays true.
            Pane::Log | Pane::Wire | Pane::Mail => {}
        }
    }
}

/// The same for an open popup that shows the state.
pub fn grey_popup(paint: &mut Paint) {
    match paint.app.popups.open {
        Some(Popup::Details(_) | Popup::Tuning(_)) => paint.grey(super::popup_area(paint.app)),
        Some(
            Popup::Help(_)
            | Popup::Welcome(_)
            | Popup::Form
            | Popup::Problem(_)
            | Popup::Question(_)
            | Popup::Palette(_)
            | Popup::Reading(_),
        )
        | None => {}
    }
}
