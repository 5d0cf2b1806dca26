//! What is copied: plain text with times, as the screen shows it, without controls that a terminal would obey.

use crate::tui::app::{App, Effect, Pane, Popup, TUNED};
use crate::tui::clipboard::OSC52_BYTES;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::draw;
use crate::tui::log::Entry;
use crate::tui::mail_list::Came;
use crate::tui::story::{Story, StoryRow, What};
use crate::tui::watch_history::WatchHistory;
use mailwatch_proto::model::WireDirection;

/// Copies what the cursor is on: a watch's or an account's name, the timers, a line.
pub fn line(app: &mut App) -> Vec<Effect> {
    if let Some(effects) = kept_to_itself(app).or_else(|| details(app)) {
        return effects;
    }
    if app.panes.focused == Pane::Watches
        && let Some(name) = name(app)
    {
        app.notices.say(format!("copied {name}"));
        return vec![Effect::Copy(plain(&name))];
    }
    let line = match app.panes.focused {
        Pane::Timers => {
            let lines = timers(app);
            return copy(app, &lines, " of the timers");
        }
        Pane::Wire => app.history().and_then(|history| Some(wire_text(app, wire_at(app, history)?))),
        Pane::Mail => app.engine.mails.came.selection().map(|came| mail_text(app, came)),
        Pane::Watches | Pane::Log => app.log.cursor().and_then(|at| app.log.get(at)).map(|entry| log_text(app, entry)),
    };
    copy(app, &line.into_iter().collect::<Vec<_>>(), "")
}

/// The selected watch's name, or its account's where that is selected.
fn name(app: &App) -> Option<String> {
    let watch = app.watches.selected.as_ref()?;
    Some(if app.watches.heading.is_some() { watch.account.to_string() } else { watch.to_string() })
}

/// The selected watch's timers, as the configuration writes them.
fn timers(app: &App) -> Vec<String> {
    let Some(snapshot) = app.selection() else { return Vec::new() };
    let shown = app.timers_of(snapshot);
    let settings = TUNED.into_iter().map(|timer| format!("{} = \"{}\"", timer.name(), shown.setting(timer)));
    std::iter::once(format!("# {}", snapshot.id)).chain(settings).collect()
}

/// Copies the log as it is shown, or the whole trace.
pub fn all(app: &mut App) -> Vec<Effect> {
    if let Some(effects) = kept_to_itself(app).or_else(|| details(app)) {
        return effects;
    }
    match app.panes.focused {
        Pane::Log => {
            let shown = (app.log.first()..app.log.end()).filter_map(|at| app.log.get(at));
            let lines: Vec<_> = shown.map(|entry| log_text(app, entry)).collect();
            copy(app, &lines, " of the log")
        }
        Pane::Mail => {
            let lines: Vec<_> = app.engine.mails.came.iter().map(|came| mail_text(app, came)).collect();
            copy(app, &lines, " of the mails")
        }
        Pane::Watches | Pane::Timers | Pane::Wire => {
            let rows = app.history().into_iter().flat_map(|history| history.story.all());
            let lines: Vec<_> = rows.map(|row| wire_text(app, row)).collect();
            copy(app, &lines, " of the trace")
        }
    }
}

/// A mail that is read stays on its popup.
fn kept_to_itself(app: &mut App) -> Option<Vec<Effect>> {
    app.popups.reading()?;
    app.notices.say("a mail's text stays on the screen: nothing is copied");
    Some(Vec::new())
}

/// Copies the details, if they are open: all of them, for a report.
fn details(app: &mut App) -> Option<Vec<Effect>> {
    let Some(Popup::Details(details)) = &app.popups.open else { return None };
    let lines: Vec<_> = draw::details_text(app, details).iter().map(|line| plain(line)).collect();
    Some(copy(app, &lines, " of the details"))
}

fn copy(app: &mut App, lines: &[String], of: &str) -> Vec<Effect> {
    if lines.is_empty() {
        app.notices.say("there is nothing to copy");
        return Vec::new();
    }
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let count = lines.len();
    let text = lines.join("\n");
    let cut = if text.len() > OSC52_BYTES {
        format!("; the terminal takes only the first {} kB", OSC52_BYTES / 1000)
    } else {
        String::new()
    };
    app.notices.say(format!("copied {count} {noun}{of}{cut}"));
    vec![Effect::Copy(text)]
}

/// The wire's row at the cursor, or the newest that passes the filter.
fn wire_at<'a>(app: &App, history: &'a WatchHistory) -> Option<&'a StoryRow> {
    let story: &Story = &history.story;
    let shown = story.shown(&app.filters.of_pane(Pane::Wire).to_lowercase());
    let cursor = history.view.cursor(story.first(), story.end())?;
    let at = shown.iter().rev().find(|at| **at <= cursor).or_else(|| shown.first())?;
    story.get(*at)
}

fn log_text(app: &App, entry: &Entry) -> String {
    let time = show_wall(entry.ts, &app.options.zone, Precision::Seconds);
    let watch = entry.watch.as_ref().map_or_else(String::new, |watch| format!("{watch}  "));
    plain(&format!("{time}  {watch}{}", entry.text))
}

fn mail_text(app: &App, came: &Came) -> String {
    let time = show_wall(came.at, &app.options.zone, Precision::Date);
    plain(&format!("{time}  {}  {}  {}", came.key.watch, came.mail.from, came.mail.subject()))
}

fn wire_text(app: &App, row: &StoryRow) -> String {
    let time = show_wall(row.ts, &app.options.zone, Precision::Millis);
    let conn = row.conn.map_or_else(String::new, |conn| format!("  #{}", conn.0));
    let mark = match row.what {
        What::Line(WireDirection::Client) => "C",
        What::Line(WireDirection::Server) => "S",
        What::Opening(_) | What::Note(_) => "-",
    };
    let beside = row.beside.as_ref().map_or_else(String::new, |beside| format!("  ({})", beside.whole()));
    plain(&format!("{time}{conn}  {mark}  {}{beside}", row.text))
}

/// One line without control characters: pasted into a shell, it is text.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
