//! The mails that came, the newest first: when, to which watch, from whom, about what, how each was found, how late.

use std::time::Duration;

use ratatui::layout::Rect;

use super::details::how;
use super::fit::cells;
use super::paint::{Frame, Paint, pad};
use super::watch_cells::name;
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, same_day, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::mail_list::Came;
use crate::tui::theme::Role;
use crate::tui::titles;
use crate::tui::words::{show_span, single_width_emoji};
use mailwatch_proto::model::{LATE, WatchId};

/// The widths of the columns; 0 where there is no room for one.
struct Columns {
    time: u16,
    watch: u16,
    from: u16,
    subject: u16,
    found: u16,
    late: u16,
}

/// `14:03`, `Apr 30`, `14:03:27`, `Apr 30 14:03`.
const MINUTES: u16 = 5;
const DAY: u16 = 6;
const SECONDS: u16 = 8;
const DATE: u16 = 12;

/// `by polling`, `59.9 s`.
const FOUND: u16 = 10;
const LATENESS: u16 = 6;

/// Of fewer cells the sender has a third: what a mail is about says more.
const SCARCE: u16 = 40;

/// A sender's cells at most.
const SENDER: u16 = 24;

const SECOND: Duration = Duration::from_secs(1);

/// What has nothing to show leaves its cells to the subject: lateness while none is known, the watch where there is one alone.
fn columns(app: &App, width: u16) -> Columns {
    let time = match width {
        0..36 => MINUTES,
        36..60 => DAY,
        60..90 => SECONDS,
        _ => DATE,
    };
    let is_late_known = || app.engine.mails.came.iter().any(|came| came.mail.late.is_some());
    let late = if width >= 44 && is_late_known() { LATENESS } else { 0 };
    let found = if width >= 76 { FOUND } else { 0 };
    let widest = |id: &WatchId| id.account.len() + 1 + id.mailbox.len();
    let most = app.board.watches.keys().map(widest).max().map_or(0, |most| u16::try_from(most).unwrap_or(u16::MAX));
    let all_its = || app.engine.mails.came.iter().all(|came| app.board.watches.contains_key(&came.key.watch));
    let is_one = app.log.only().is_some() || (app.board.watches.len() == 1 && all_its());
    let watch = if width < 48 || is_one { 0 } else { most.min((width / 5).max(11)) };
    let taken: u16 = [time, watch, found, late].into_iter().filter(|column| *column > 0).map(|column| column + 1).sum();
    let left = width.saturating_sub(taken);
    let from = if left < SCARCE { left / 3 } else { (left * 2 / 5).min(SENDER) };
    Columns { time, watch, from, subject: left.saturating_sub(from + 1), found, late }
}

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let info = titles::info(app, Pane::Mail);
    let focused = app.panes.focused == Pane::Mail;
    let subject = app.log.only().map_or_else(String::new, |only| format!("only {only}"));
    let names = titles::log_and_mail(app, Pane::Mail);
    let frame = Frame { digit: Some(Pane::Mail.digit()), name: &names, subject: &subject, info: &info, focused };
    let border = paint.frame(layout, area, &frame);
    let Some(table) = layout.mail_table() else { return };
    let (inner, rows) = (pad(border), pad(table));
    if inner.is_empty() {
        return;
    }
    let list = &app.engine.mails.came;
    let columns = columns(app, inner.width);
    if list.is_empty() {
        let text = match (list.is_known(), list.is_none()) {
            (true, true) if app.options.viewed.is_some() => "no mail is kept in this file",
            (_, false) => "no mail passes the filter",
            (true, true) => "no mail has come yet",
            (false, true) => "asking for the mails that came",
        };
        paint.put_cut(inner.x, inner.y, inner.width, text, Role::Dim);
        return;
    }
    if rows.y > inner.y {
        header(paint, inner, &columns);
    }
    paint.scrollbar(Rect { x: border.x, width: border.width, ..table }, list.top(), list.len());
    let cursor = focused.then(|| list.position());
    for (at, y) in (list.top()..).zip(rows.top()..rows.bottom()) {
        let Some(came) = list.get(at) else { break };
        row(paint, Rect { y, height: 1, ..rows }, came, &columns);
        if cursor == Some(at) {
            paint.set_style(Rect { y, height: 1, ..rows }, Role::Selected);
        }
    }
}

fn header(paint: &mut Paint, inner: Rect, columns: &Columns) {
    let left = [
        (columns.time, "WHEN"),
        (columns.watch, "WATCH"),
        (columns.from, "FROM"),
        (columns.subject, "SUBJECT"),
        (columns.found, "FOUND"),
    ];
    let mut x = inner.x;
    for (width, word) in left.into_iter().filter(|(width, _)| *width > 0) {
        paint.put(x, inner.y, width, word, Role::Header);
        x += width + 1;
    }
    if columns.late > 0 {
        paint.put_right(x, inner.y, columns.late, "LATE", Role::Header);
    }
}

fn row(paint: &mut Paint, area: Rect, came: &Came, columns: &Columns) {
    let app = paint.app;
    let Rect { mut x, y, .. } = area;
    let unseen = !app.engine.mails.came.is_seen(came);
    paint.put(x, y, columns.time, &when(app, came, columns.time), Role::Dim);
    x += columns.time + 1;
    if columns.watch > 0 {
        name(paint, (x, y, columns.watch), &came.key.watch, Role::Text);
        x += columns.watch + 1;
    }
    let needle = app.filters.of_pane(Pane::Mail).to_lowercase();
    let (sender, subject) = (single_width_emoji(came.mail.sender()), single_width_emoji(came.mail.subject()));
    paint.put_cut(x, y, columns.from, &sender, Role::Text);
    paint.underline(x, y, columns.from, &sender, &needle);
    x += columns.from + 1;
    paint.put_cut(x, y, columns.subject, &subject, if unseen { Role::Strong } else { Role::Dim });
    paint.underline(x, y, columns.subject, &subject, &needle);
    x += columns.subject + 1;
    if columns.found > 0 {
        paint.put_cut(x, y, columns.found, how(came.mail.found), Role::Dim);
        x += columns.found + 1;
    }
    if let Some(late) = came.mail.late.filter(|_| columns.late > 0) {
        let role = if late >= LATE { Role::Warn } else { Role::Text };
        // The server's clock tells no more than seconds.
        let text = if late < SECOND { "<1 s".to_owned() } else { show_span(late) };
        paint.put_right(x, y, columns.late, &text, role);
    }
}

/// When a mail was found: of today the time, else the day.
pub fn when(app: &App, came: &Came, width: u16) -> String {
    let zone = &app.options.zone;
    let today = same_day(came.at, app.now.wall, zone);
    let show = |precision| show_wall(came.at, zone, precision);
    let text = match (today, width) {
        (true, MINUTES | DAY) => show(Precision::Minutes),
        (true, _) => show(Precision::Seconds),
        (false, DATE) => show(Precision::Date),
        (false, _) => show(Precision::Date).split(' ').take(2).collect::<Vec<_>>().join(" "),
    };
    // `Apr 30` is longer than a time in minutes.
    if cells(&text) > width { text.replace(' ', "") } else { text }
}
