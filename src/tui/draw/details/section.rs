//! What the sections of the details share.

use std::time::{Instant, SystemTime};

use crate::tui::app::App;
use crate::tui::clock::{Precision, same_day, show_wall};
use crate::tui::draw::row::Row;

/// A section: its heading and its rows. Without rows it is left out.
pub type Section = Vec<Row>;

/// A moment of the monotonic clock on the wall clock.
pub fn wall(app: &App, at: Instant) -> SystemTime {
    let ago = app.now.at.saturating_duration_since(at);
    app.now.wall.checked_sub(ago).unwrap_or(app.now.wall)
}

/// A moment, with its date if that is not today.
pub fn when(app: &App, at: SystemTime) -> String {
    let zone = &app.options.zone;
    let precision = if same_day(at, app.now.wall, zone) { Precision::Seconds } else { Precision::Date };
    show_wall(at, zone, precision)
}
