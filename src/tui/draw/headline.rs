//! The first rows: how many watches are live, how long today was blind, the clock; the banner; the panes' names.

use ratatui::layout::Rect;

use super::engine;
use super::fit::{cells, fitted};
use super::hosts;
use super::narrow::{COUNTS_AND_WORD, WORDS};
use super::paint::Paint;
use super::row::{Piece, Row};
use crate::tui::app::App;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::keymap::Action;
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;
use crate::tui::viewed_file::{ViewedFile, show_moment};
use crate::tui::{titles, words};
use mailwatch_proto::model::{PhaseGroup, show_clock};

/// A part of the headline. With little room, the part with the highest `keep` goes first, or becomes its next shorter form.
struct Part {
    keep: u8,
    right: bool,
    row: Row,
    shorter: Vec<(u8, Row)>,
}

impl Part {
    const fn left(keep: u8, row: Row) -> Self {
        Self { keep, right: false, row, shorter: Vec::new() }
    }

    const fn right(keep: u8, row: Row) -> Self {
        Self { keep, right: true, row, shorter: Vec::new() }
    }
}

pub fn draw(paint: &mut Paint, area: Rect) {
    let mut parts = parts(paint.app, area.width);
    let margin = u16::from(area.width > 30);
    let wanted = |parts: &[Part]| {
        parts.iter().map(|part| row_cells(&part.row) + if part.right { 3 } else { 2 }).sum::<u16>() + 2 * margin
    };
    while wanted(&parts) > area.width + 2 && parts.len() > 1 {
        let Some(least) = parts.iter().map(|part| part.keep).max() else { break };
        match parts.iter_mut().find(|part| part.keep == least && !part.shorter.is_empty()) {
            Some(part) => (part.keep, part.row) = part.shorter.remove(0),
            None => parts.retain(|part| part.keep != least),
        }
    }
    let mut left = area.x + margin;
    let mut right = area.right().saturating_sub(margin);
    for part in parts.iter().filter(|part| !part.right) {
        left = paint.put_row(left, area.y, right.saturating_sub(left), &part.row).saturating_add(2);
    }
    for part in parts.iter().rev().filter(|part| part.right) {
        let x = right.saturating_sub(row_cells(&part.row)).max(left.saturating_sub(1));
        paint.put_row(x, area.y, right.saturating_sub(x), &part.row);
        right = x.saturating_sub(3);
    }
}

fn parts(app: &App, width: u16) -> Vec<Part> {
    let mut parts = vec![match &app.options.viewed {
        Some(file) => Part::left(0, viewed(app, file, width)),
        None => Part::left(7, vec![(Role::Brand, "mailwatch".to_owned())]),
    }];
    if app.options.keylog {
        let text = if width < COUNTS_AND_WORD { " TLS KEYS! " } else { " TLS KEYS LOGGED " };
        parts.push(Part::left(0, vec![(Role::Banner, text.to_owned())]));
    }
    if app.is_frozen() {
        parts.push(Part::left(2, vec![(Role::Banner, frozen(app))]));
    }
    match &app.engine.gone {
        Some(gone) => parts.push(Part::left(1, engine::gone(app, gone, width))),
        None => parts.extend(state(app, width)),
    }
    if app.is_ticking() {
        let (whole, short) = if app.options.preferences.reduced_motion {
            (Precision::DayMinutes, Precision::Minutes)
        } else {
            (Precision::Day, Precision::Seconds)
        };
        let now = app.engine.gone.map_or(app.now, |gone| gone.now);
        let clock = |precision| vec![(Role::Title, show_wall(now.wall, &app.options.zone, precision))];
        parts.push(Part { shorter: vec![(5, clock(short))], ..Part::right(5, clock(whole)) });
    }
    if !app.options.about.is_empty() && !app.watches.arrangement.grouped {
        let key = app.options.keys.show(Action::Group);
        parts.push(Part::right(8, vec![(Role::Key, key), (Role::Dim, " scenarios".to_owned())]));
    }
    let help = vec![(Role::Key, "?".to_owned()), (Role::Dim, " help".to_owned())];
    parts.push(Part::right(6, help));
    parts
}

/// What is true now: how many watches are live, what else there is to say of all of them, and whose engine it is.
fn state(app: &App, width: u16) -> Vec<Part> {
    let mut parts = vec![Part { shorter: vec![(1, counts(app, 0))], ..Part::left(2, counts(app, width)) }];
    parts.extend(beginning(app, width).map(|row| Part::left(2, row)));
    parts.extend(ignored(app, width).map(|row| Part::left(3, row)));
    parts.extend(failed_hooks(app, width).map(|row| Part::left(2, row)));
    parts.extend(hosts::lost(app, width).map(|row| Part::left(1, row)));
    let behind = app.watches.totals.catching_up;
    if behind > 0 {
        parts.push(Part::left(2, vec![(Role::Busy, format!("{behind} catching up"))]));
    }
    if let Some([row, to, short]) = engine::attached(app) {
        parts.push(Part { shorter: vec![(6, to), (3, short)], ..Part::right(9, row) });
    }
    let blind = app.blind_today();
    let role = if blind.is_zero() { Role::Dim } else { Role::Warn };
    if !app.board.watches.is_empty() {
        parts.push(Part::right(4, vec![(Role::Dim, "blind today ".to_owned()), (role, show_clock(blind))]));
    }
    if let Some(file) = &app.options.viewed {
        let moment = show_moment(file.moment, &app.options.zone, width);
        parts.push(Part::right(0, vec![(Role::Title, moment)]));
    }
    parts
}

/// That it is a file, and which.
fn viewed(app: &App, file: &ViewedFile, width: u16) -> Row {
    let mut row = vec![(Role::Banner, " FILE ".to_owned())];
    if width >= COUNTS_AND_WORD {
        row.push((Role::Brand, format!(" {}", fitted(&file.name, width / 4, app.glyphs()))));
    }
    row
}

/// That the display is frozen, and how many events wait as of the last key.
fn frozen(app: &App) -> String {
    match app.waiting() {
        0 => " FROZEN ".to_owned(),
        waiting => format!(" FROZEN {} {waiting} waiting ", app.glyphs().text.dot),
    }
}

/// The groups with their counts; empty ones are left out, except live.
fn counts(app: &App, width: u16) -> Row {
    let mut row = Row::new();
    let totals = &app.watches.totals;
    for (group, word) in [
        (Some(PhaseGroup::Live), "live"),
        (None, "not pushing"),
        (Some(PhaseGroup::Down), "down"),
        (Some(PhaseGroup::Busy), "busy"),
        (Some(PhaseGroup::Resting), "paused"),
    ] {
        let (count, (glyph, role)) = match group {
            None => (totals.not_pushing, (app.glyphs().state.warn, Role::Warn)),
            Some(group) => (totals.group(group), words::group_mark(group, app.glyphs())),
        };
        if count == 0 && group != Some(PhaseGroup::Live) {
            continue;
        }
        let gap = if row.is_empty() { "" } else { "  " };
        if width < WORDS {
            row.push((role, format!("{gap}{glyph}")));
            row.push((Role::Strong, count.to_string()));
            continue;
        }
        row.push((role, format!("{gap}{glyph} ")));
        row.push((Role::Strong, count.to_string()));
        row.push((Role::Text, format!(" {word}")));
    }
    row
}

/// How many of the watches that start together already watch, as a bar and in figures.
fn beginning(app: &App, width: u16) -> Option<Row> {
    const CELLS: usize = 8;
    let (stand, all) = app.watches.progress.beginning(&app.board)?;
    if width < COUNTS_AND_WORD {
        return Some(vec![(Role::Busy, format!("{stand}/{all}"))]);
    }
    let filled = stand * CELLS / all.max(1);
    Some(vec![
        (Role::Bar, app.glyphs().graph.bar[7].repeat(filled)),
        (Role::Track, app.glyphs().graph.track.repeat(CELLS - filled)),
        (Role::Busy, format!(" {stand} of {all} stand")),
    ])
}

/// How many watches' last DONE was ignored, for as long as that is shown.
fn ignored(app: &App, width: u16) -> Option<Row> {
    let count = app.watches.totals.ignored;
    let word = if width < COUNTS_AND_WORD { "" } else { " ignored DONE" };
    (count > 0).then(|| vec![(Role::Warn, format!("{} {count}{word}", app.glyphs().state.warn))])
}

/// How many runs of hooks failed since the last success.
fn failed_hooks(app: &App, width: u16) -> Option<Row> {
    let count: u32 = app.board.failed_hooks.values().sum();
    let word = match (width < COUNTS_AND_WORD, count) {
        (true, _) => " hook",
        (false, 1) => " hook failed",
        (false, _) => " hooks failed",
    };
    (count > 0).then(|| vec![(Role::Warn, format!("{} {count}{word}", app.glyphs().state.warn))])
}

pub fn draw_banner(paint: &mut Paint, area: Rect) {
    let Some(text) = paint.app.banner() else { return };
    paint.set_style(area, Role::Banner);
    let text = format!(" {} {text}", paint.app.glyphs().state.warn);
    paint.put_cut(area.x, area.y, area.width, &text, Role::Banner);
}

pub fn draw_tabs(paint: &mut Paint, layout: &ScreenLayout) {
    let Some(area) = layout.tabs else { return };
    for x in area.left()..area.right() {
        paint.put(x, area.y, 1, paint.app.glyphs().graph.rule, Role::Border);
    }
    for &(pane, slot) in &layout.slots {
        let focused = pane == paint.app.panes.focused;
        let text = match (focused, slot.width > 3) {
            (_, true) => format!(" {} {} ", pane.digit(), pane.name()),
            (true, false) => format!("[{}]", pane.digit()),
            (false, false) => format!(" {} ", pane.digit()),
        };
        let role = if focused { Role::TitleFocused } else { Role::Dim };
        paint.put(slot.x, slot.y, slot.width, &text, role);
        if focused && slot.width > 3 {
            let mark = paint.app.glyphs().list.pointer;
            paint.put(slot.x, slot.y, 1, mark, Role::TitleFocused);
        }
    }
    let Some(beside) = layout.beside_tabs() else { return };
    let info = titles::brief(paint.app, paint.app.panes.focused);
    // A text that only says that all is as usual is left out rather than cut.
    if cells(&info) <= beside.width || titles::matters(paint.app, paint.app.panes.focused) {
        let info = fitted(&info, beside.width, paint.app.glyphs());
        if !info.is_empty() {
            let info = format!(" {info} ");
            let width = cells(&info).min(beside.width + 2);
            paint.put(beside.right() + 1 - width, beside.y, width, &info, Role::Header);
        }
    }
}

fn row_cells(row: &[Piece]) -> u16 {
    row.iter().map(|(_, text)| cells(text)).sum()
}
