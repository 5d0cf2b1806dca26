//! The selected watch's timers on their scales, the steps of its last DONE, the answers by IDLE age, and the verdict's
//! sentence.

use ratatui::layout::{Position, Rect};

use super::fit::{cells, wrap};
use super::paint::{Frame, Paint};
use super::row::{Piece, Row};
use super::timer_bar::{TimerBar, learned};
use super::watches::resting_since;
use super::{answers, done_steps};
use crate::tui::app::{App, Pane, TUNED, Track, Typed, may_be};
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;
use crate::tui::words::{advice_with_keys, helps};
use mailwatch_proto::model::{Phase, Snapshot, Timer, Verdict, show_clock, show_duration};

/// The width of the label: the pointer, the longest name of the usual timers, a blank.
const LABEL: u16 = 9;

/// A shorter bar says nothing.
const LEAST_BAR: u16 = 6;

/// From this height on every timer has its row.
const ALL: u16 = 26;

/// A lower plot is a row.
const PLOT_ROWS: u16 = 5;

/// From this height on what was learned has a row.
const WITH_LEARNED: u16 = 9;

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let focused = app.panes.focused == Pane::Timers;
    // A file's are as they were.
    let info = if app.options.viewed.is_some() { "" } else { "t tune" };
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(2), name: Pane::Timers.name(), subject: &subject, info, focused },
    );
    let Some(snapshot) = app.selection() else {
        paint.put_cut(inner.x + 1, inner.y, inner.width.saturating_sub(1), "no watch is selected", Role::Dim);
        return;
    };
    let mut rest = padded(inner);
    timer_rows(paint, &mut rest, snapshot);
    waiting(paint, &mut rest, snapshot);
    learned_row(paint, &mut rest, snapshot);
    if rest.height > 0 {
        rest = Rect { x: rest.x + 1, width: rest.width.saturating_sub(1), ..rest };
        let taken = done_steps::draw(paint, rest, snapshot).min(rest.height);
        rest = Rect { y: rest.y + taken, height: rest.height - taken, ..rest };
    }
    let sentence = sentence(paint, snapshot);
    let lines = wrap(&sentence.0, rest.width);
    let needed = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    answered(paint, &mut rest, snapshot, needed);
    for (index, line) in lines.iter().enumerate() {
        let Some(y) = next_row(&mut rest) else { return };
        // The ellipsis of the last row says that there is more.
        let line = if rest.height == 0 { lines[index..].join(" ") } else { (*line).to_owned() };
        paint.put_cut(rest.x, y, rest.width, &line, sentence.1);
    }
}

/// The pane's inside, without the blanks at its sides; the pointer stands on the left one.
fn padded(inner: Rect) -> Rect {
    let pad = u16::from(inner.width >= 36);
    Rect { width: inner.width.saturating_sub(pad), ..inner }
}

fn next_row(rest: &mut Rect) -> Option<u16> {
    let y = rest.y;
    rest.height = rest.height.checked_sub(1)?;
    rest.y += 1;
    Some(y)
}

/// The timers that have a row in so many rows: those of an IDLE, and the one that runs; with room, all of them.
fn of_height(snapshot: &Snapshot, height: u16) -> Vec<Timer> {
    let runs = snapshot.deadline.map(|(_, timer)| timer);
    let has_row = |timer: &Timer| match timer {
        Timer::Reissue | Timer::Done | Timer::Silence => true,
        Timer::Poll | Timer::Reply | Timer::Connect => height >= ALL || runs == Some(*timer),
        Timer::RetryMin | Timer::RetryMax => height >= ALL,
    };
    TUNED.into_iter().filter(has_row).collect()
}

/// The timers that the pane shows a row of, if it is seen.
#[must_use]
pub fn shown(app: &App) -> Vec<Timer> {
    let layout = ScreenLayout::of(app, app.size);
    let height = layout.inside(Pane::Timers).map_or(0, |inner| inner.height);
    app.selection().map_or_else(Vec::new, |snapshot| of_height(snapshot, height))
}

/// The timer that the pane's keys are for, and which its pointer marks: reissue while another pane has the keys.
fn pointed(app: &App, timers: &[Timer]) -> Timer {
    let chosen = app.panes.timer();
    if app.panes.focused == Pane::Timers && timers.contains(&chosen) { chosen } else { Timer::Reissue }
}

/// Where label, bar and figures of the rows stand: all alike.
struct Columns {
    label: u16,
    /// The bar with its ends; 0 without room.
    bar: u16,
    /// The timer that the pointer stands at.
    pointed: Timer,
}

impl Columns {
    fn of(app: &App, snapshot: &Snapshot, timers: &[Timer], width: u16) -> Self {
        let names = timers.iter().map(|timer| cells(timer.name()) + 2).max().unwrap_or(0);
        let label = names.max(LABEL);
        let figures = |timer: &Timer| cells(&TimerBar::of(app, snapshot, *timer).figures(app.glyphs()));
        let figures = timers.iter().map(figures).max().unwrap_or(0);
        let bar = width.saturating_sub(label + 1 + figures);
        Self { label, bar: if bar < LEAST_BAR { 0 } else { bar }, pointed: pointed(app, timers) }
    }
}

/// A timer's row, and below it what may be typed while a value is.
enum Line<'a> {
    Timer(Timer),
    Typing(&'a Typed),
}

/// The rows in so much height: the selected timer is among them.
fn lines<'a>(app: &'a App, snapshot: &Snapshot, height: u16) -> Vec<Line<'a>> {
    let timers = of_height(snapshot, height);
    let typed = app.timers.typed.as_ref().filter(|_| app.popups.open.is_none());
    let mut lines = Vec::new();
    let mut pointed_end = 0;
    for timer in &timers {
        lines.push(Line::Timer(*timer));
        lines.extend(typed.filter(|typed| typed.timer == *timer).map(Line::Typing));
        if *timer == pointed(app, &timers) {
            pointed_end = lines.len();
        }
    }
    lines.split_off(pointed_end.saturating_sub(usize::from(height)))
}

/// A row for each timer that matters in the watch's state.
fn timer_rows(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot) {
    let app = paint.app;
    let timers = of_height(snapshot, rest.height);
    let columns = Columns::of(app, snapshot, &timers, rest.width);
    for line in lines(app, snapshot, rest.height) {
        let Some(y) = next_row(rest) else { return };
        match line {
            Line::Timer(timer) => timer_row(paint, Rect { y, height: 1, ..*rest }, snapshot, timer, &columns),
            Line::Typing(typed) => {
                let row = typing(typed);
                paint.put_row(rest.x + 1, y, rest.width.saturating_sub(1), &row);
            }
        }
    }
}

fn timer_row(paint: &mut Paint, area: Rect, snapshot: &Snapshot, timer: Timer, columns: &Columns) {
    let app = paint.app;
    let (glyphs, whole) = (app.glyphs(), app.options.preferences.reduced_motion);
    let bar = TimerBar::of(app, snapshot, timer);
    if timer == columns.pointed {
        let role = if app.panes.focused == Pane::Timers { Role::TitleFocused } else { Role::Dim };
        paint.put(area.x, area.y, 1, glyphs.list.pointer, role);
    }
    paint.put(area.x + 1, area.y, columns.label.saturating_sub(1), timer.name(), Role::Title);
    let mut x = area.x + columns.label;
    if columns.bar > 0 {
        x = paint.put_row(x, area.y, columns.bar, &bar.row(glyphs, columns.bar, whole)) + 1;
    }
    let room = area.right().saturating_sub(x);
    match app.timers.typed.as_ref().filter(|typed| typed.timer == timer) {
        Some(typed) => {
            let end = paint.put(x, area.y, room, &typed.text, Role::Strong);
            paint.put(end, area.y, area.right().saturating_sub(end), glyphs.text.caret, Role::TitleFocused);
        }
        None => {
            paint.put_cut(x, area.y, room, &bar.figures(glyphs), Role::Text);
        }
    }
}

/// What may be typed, or what is wrong with it. The last row has the keys.
pub fn typing(typed: &Typed) -> Row {
    match &typed.wrong {
        Some(wrong) => vec![(Role::Warn, wrong.clone())],
        None => vec![(Role::Text, may_be(typed.timer)), (Role::Dim, ": such as 90s, 4m30s".to_owned())],
    }
}

/// The timer whose row is at a position of the pane, and its bar if that is there.
#[must_use]
pub fn hit(app: &App, at: Position) -> Option<(Timer, Option<Track>)> {
    let layout = ScreenLayout::of(app, app.size);
    let (inner, snapshot) = (layout.inside(Pane::Timers)?, app.selection()?);
    if !inner.contains(at) {
        return None;
    }
    let area = padded(inner);
    let lines = lines(app, snapshot, area.height);
    let Line::Timer(timer) = lines.get(usize::from(at.y - area.y))? else { return None };
    let columns = Columns::of(app, snapshot, &of_height(snapshot, area.height), area.width);
    let (x, cells) = (area.x + columns.label + 1, columns.bar.saturating_sub(2));
    let track = Track { x, cells, end: TimerBar::of(app, snapshot, *timer).end };
    // The ends belong to the bar: they are easily hit.
    let on_bar = columns.bar > 0 && (x - 1..=x + cells).contains(&at.x);
    Some((*timer, on_bar.then_some(track)))
}

/// Why no timer runs, or when the next attempt is.
fn waiting(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot) {
    let Some((at, timer)) = snapshot.deadline.filter(|_| paint.app.engine.gone.is_none()) else {
        if snapshot.phase.is_at_rest() {
            let Some(y) = next_row(rest) else { return };
            let text = format!("{} {}", snapshot.phase, resting_since(paint, snapshot));
            paint.put_cut(rest.x + 1, y, rest.width.saturating_sub(1), &text, Role::Resting);
        }
        return;
    };
    match timer {
        Timer::Reissue | Timer::Done | Timer::Silence | Timer::Connect | Timer::Reply | Timer::Poll => {}
        Timer::RetryMin | Timer::RetryMax => {
            let left = at.saturating_duration_since(paint.app.now.at);
            let Some(y) = next_row(rest) else { return };
            paint.put(rest.x + 1, y, rest.width, "retry", Role::Title);
            let text = format!("attempt {} in {}", snapshot.connection.attempt.max(1), show_clock(left));
            paint.put_cut(rest.x + LABEL, y, rest.width.saturating_sub(LABEL), &text, Role::Down);
        }
    }
}

/// What the marks on the scales mean.
fn learned_row(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot) {
    if rest.height < WITH_LEARNED - 3 {
        return;
    }
    let app = paint.app;
    let said = |timer, words: &str| learned(app, snapshot, timer).map(|at| format!("{words} {}", show_clock(at)));
    let words = if snapshot.learning.ceiling.is_some() { "reissue at most" } else { "DONE ignored from" };
    let said: Vec<String> =
        [said(Timer::Reissue, words), said(Timer::Silence, "heartbeat")].into_iter().flatten().collect();
    if said.is_empty() {
        return;
    }
    let Some(y) = next_row(rest) else { return };
    let dot = format!("  {}  ", app.glyphs().text.dot);
    let row: [Piece; 2] = [(Role::Strong, format!("{} ", app.glyphs().graph.learned)), (Role::Dim, said.join(&dot))];
    paint.put_row(rest.x + LABEL, y, rest.width.saturating_sub(LABEL), &row);
}

/// The answers by age in a row, and plotted if there is room.
fn answered(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot, keep: u16) {
    let app = paint.app;
    let Some(ages) = answers::of(app, snapshot) else { return };
    let Some(y) = next_row(rest) else { return };
    paint.put(rest.x, y, rest.width, "answers", Role::Title);
    let (role, text) = answers::counted(ages);
    let x = rest.x + LABEL - 1;
    let room = rest.width.saturating_sub(LABEL + 1 + cells(&text));
    let end = paint.put_row(x, y, room, &answers::spark(app, ages, room));
    let end = if end > x { end + 2 } else { x };
    paint.put_cut(end, y, (rest.x + rest.width).saturating_sub(end), &text, role);
    let spare = rest.height.saturating_sub(keep + 1);
    if spare > PLOT_ROWS {
        let height = spare.min(14);
        for (y, row) in (rest.y..).zip(&answers::plot(app, snapshot, ages, rest.width, height)) {
            paint.put_row(rest.x, y, rest.width, row);
        }
        rest.y += height;
        rest.height -= height;
        let _ = next_row(rest);
    }
}

/// The conclusion, or what went wrong, in a sentence.
fn sentence(paint: &Paint, snapshot: &Snapshot) -> (String, Role) {
    let now = paint.app.now.at;
    if let Some(quarantined) = snapshot.quarantined.as_ref().filter(|_| !snapshot.connection.replacing) {
        let age = show_clock(now.saturating_duration_since(quarantined.receipt.queued));
        let text = format!(
            "Connection {} still owes its OK after {age}; it is kept open, in case the OK comes.",
            quarantined.conn
        );
        return (text, Role::Warn);
    }
    if let Some(fault) = &snapshot.fault {
        // What to do comes first: the message may be too long for the room.
        let keys = &paint.app.options.keys;
        let hosts = !paint.app.board.hosts.is_empty();
        let advice = advice_with_keys(fault, keys, &snapshot.id.account, hosts);
        let text = match (advice.filter(|_| snapshot.phase == Phase::Failed), helps(&fault.message)) {
            (Some(advice), Some((said, helps))) => format!("{helps}. {advice} {said}"),
            (Some(advice), None) => format!("{advice} {}", fault.message),
            (None, _) => fault.message.clone(),
        };
        return (text, Role::Down);
    }
    let about = paint.app.options.about.get(&snapshot.id.account);
    if let Some(about) = about.filter(|_| snapshot.finding.as_ref().is_none_or(|it| it.verdict == Verdict::Live)) {
        // That all is well is seen; what is to come is not.
        return (format!("scenario: {about}"), Role::Title);
    }
    if let Some(finding) = &snapshot.finding {
        let role = if done_steps::is_stalled(snapshot) { Role::Warn } else { Role::Dim };
        return (finding.text.clone(), role);
    }
    let reissue = show_duration(snapshot.timers.value(Timer::Reissue));
    (format!("{}; reissue every {reissue}.", snapshot.phase), Role::Dim)
}
