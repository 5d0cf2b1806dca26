//! What is copied: plain text with times, as the screen shows it and without what a terminal could obey.

use super::{App, Effect, Pane, Popup};
use crate::tui::clipboard::OSC52_BYTES;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::draw;
use crate::tui::log::Entry;
use crate::tui::watch_history::{WatchHistory, WireRow};
use mailwatch_proto::model::WireDirection;

impl App {
    pub(super) fn copy_line(&mut self) -> Vec<Effect> {
        if let Some(effects) = self.copy_details() {
            return effects;
        }
        let line = match self.pane {
            Pane::Wire => self.history().and_then(|history| Some(self.wire_text(self.wire_at(history)?))),
            Pane::Watches | Pane::Timers | Pane::Log => {
                self.log.cursor().and_then(|at| self.log.get(at)).map(|entry| self.log_text(entry))
            }
        };
        self.copy(&line.into_iter().collect::<Vec<_>>(), "")
    }

    pub(super) fn copy_all(&mut self) -> Vec<Effect> {
        if let Some(effects) = self.copy_details() {
            return effects;
        }
        match self.pane {
            Pane::Log => {
                let shown = (self.log.first()..self.log.end()).filter_map(|at| self.log.get(at));
                let lines: Vec<_> = shown.map(|entry| self.log_text(entry)).collect();
                self.copy(&lines, " of the log")
            }
            Pane::Watches | Pane::Timers | Pane::Wire => {
                let rows = self.history().into_iter().flat_map(|history| history.wire.iter());
                let lines: Vec<_> = rows.map(|(_, row)| self.wire_text(row)).collect();
                self.copy(&lines, " of the trace")
            }
        }
    }

    /// The details, where they are open: all of them, for a report.
    fn copy_details(&mut self) -> Option<Vec<Effect>> {
        let Some(Popup::Details(details)) = &self.popup else { return None };
        let lines: Vec<_> = draw::details_text(self, details).iter().map(|line| plain(line)).collect();
        Some(self.copy(&lines, " of the details"))
    }

    fn copy(&mut self, lines: &[String], of: &str) -> Vec<Effect> {
        if lines.is_empty() {
            self.notice = Some("there is nothing to copy".to_owned());
            return Vec::new();
        }
        let noun = if lines.len() == 1 { "line" } else { "lines" };
        let count = lines.len();
        let text = lines.join("\n");
        let cut = if text.len() > OSC52_BYTES {
            format!("; the terminal takes the first {} kB alone", OSC52_BYTES / 1000)
        } else {
            String::new()
        };
        self.notice = Some(format!("copied {count} {noun}{of}{cut}"));
        vec![Effect::Copy(text)]
    }

    /// The wire's line that is pointed at, or the newest that passes the filter.
    fn wire_at<'a>(&self, history: &'a WatchHistory) -> Option<&'a WireRow> {
        let shown = history.shown(&self.filter(Pane::Wire).to_lowercase());
        let cursor = history.view.cursor(history.wire.first(), history.wire.end())?;
        let at = shown.iter().rev().find(|at| **at <= cursor).or_else(|| shown.first())?;
        history.wire.get(*at)
    }

    fn log_text(&self, entry: &Entry) -> String {
        let time = show_wall(entry.ts, &self.options.zone, Precision::Seconds);
        let watch = entry.watch.as_ref().map_or_else(String::new, |watch| format!("{watch}  "));
        plain(&format!("{time}  {watch}{}", entry.text))
    }

    fn wire_text(&self, row: &WireRow) -> String {
        let time = show_wall(row.ts, &self.options.zone, Precision::Millis);
        let direction = match row.direction {
            WireDirection::Client => "C",
            WireDirection::Server => "S",
        };
        let rung = row.rung.as_deref().map_or_else(String::new, |rung| format!("  ({rung})"));
        plain(&format!("{time}  {direction}  {}{rung}", row.text))
    }
}

/// One line without control characters: pasted into a shell, it is text.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
