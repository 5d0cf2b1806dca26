//! How late the watch's mails of the last 30 days were told: a histogram, and the late ones.

use super::section::{Section, when};
use crate::tui::app::App;
use crate::tui::draw::content::heading;
use crate::tui::draw::fit::{cells, wrap};
use crate::tui::draw::row::Row;
use crate::tui::requests::KeptMail;
use crate::tui::theme::Role;
use crate::tui::words::{show_span, single_width_emoji};
use mailwatch_proto::model::{DELAY_BOUNDS, DELAY_CLASSES, FoundBy, LATE, PushDelays, WatchId, show_duration};

/// The longest bar.
const BAR: u16 = 40;

/// The width of a class's name, and of its count.
const NAME: u16 = 7;
const COUNT: u16 = 7;

/// From this width on a late mail is one row.
const ONE_ROW: u16 = 60;

pub fn section(app: &App, watch: &WatchId, width: u16) -> Section {
    let mut rows = vec![heading("Push delays, the last 30 days")];
    let Some(list) = app.engine.mails.delays(watch) else {
        rows.push(vec![(Role::Dim, "not read yet".to_owned())]);
        return rows;
    };
    let PushDelays { counts, unknown } = list.delays;
    if list.delays.known() == 0 {
        let text = match unknown {
            0 if app.options.viewed.is_some() => "no mail is kept in this file".to_owned(),
            0 => "no mail came".to_owned(),
            count => format!("unknown for {count} mails: how far the server's clock is off is not known yet"),
        };
        rows.extend(wrap(&text, width).into_iter().map(|line| vec![(Role::Dim, line.to_owned())]));
        return rows;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let room = width.saturating_sub(NAME + COUNT + 1).min(BAR);
    let longest = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    rows.extend((0..=longest).map(|class| {
        let role = if is_late(class) { Role::Warn } else { Role::Live };
        let bar = bar(app, counts[class], most, room);
        let name = name(class);
        vec![
            (Role::Dim, format!("{name:>width$} ", width = usize::from(NAME) - 1)),
            (role, bar),
            (Role::Text, format!(" {}", counts[class])),
        ]
    }));
    if unknown > 0 {
        rows.push(vec![(Role::Dim, format!("unknown for {unknown} more"))]);
    }
    rows.extend(late(app, &list.mails, width));
    rows
}

/// Whether mails of a class were late.
fn is_late(class: usize) -> bool {
    class > 0 && DELAY_BOUNDS.get(class - 1).is_some_and(|from| *from >= LATE.as_secs())
}

/// A class's name: `<5s`; the last's `5m+`.
fn name(class: usize) -> String {
    let show = |seconds: u64| show_duration(Some(std::time::Duration::from_secs(seconds)));
    match DELAY_BOUNDS.get(class) {
        Some(bound) => format!("<{}", show(*bound)),
        None => format!("{}+", show(DELAY_BOUNDS[DELAY_CLASSES - 2])),
    }
}

/// A count as a bar; what is counted is never nothing.
fn bar(app: &App, count: u64, most: u64, room: u16) -> String {
    let marks = app.glyphs().graph.bar;
    let eighths = u64::from(room) * 8;
    let long = u64::try_from(u128::from(count) * u128::from(eighths) / u128::from(most)).unwrap_or(eighths);
    let long = if count > 0 { long.max(1) } else { 0 };
    let (whole, part) = (usize::try_from(long / 8).unwrap_or(0), usize::try_from(long % 8).unwrap_or(0));
    let part = part.checked_sub(1).map_or("", |part| marks[part]);
    format!("{}{part}", marks[7].repeat(whole))
}

/// The late mails, the newest first.
fn late(app: &App, mails: &[KeptMail], width: u16) -> Vec<Row> {
    if mails.is_empty() {
        return Vec::new();
    }
    let stamps: Vec<String> = mails.iter().map(|mail| when(app, mail.at)).collect();
    let stamp = stamps.iter().map(String::len).max().unwrap_or(0);
    let mut rows = vec![Row::new(), heading("Mails that were late")];
    for (mail, at) in mails.iter().zip(stamps) {
        let late = mail.late.map_or_else(String::new, show_span);
        let text = single_width_emoji(&format!("{}: {}", mail.from, mail.subject));
        let found = how(mail.by);
        let head = vec![(Role::Dim, format!("{at:<stamp$}  ")), (Role::Warn, format!("{late:>6}  "))];
        if width >= ONE_ROW {
            let used: u16 = head.iter().map(|(_, text)| cells(text)).sum::<u16>() + 12;
            let mut row = head;
            row.push((Role::Dim, format!("{found:<12}")));
            let line = wrap(&text, width.saturating_sub(used).max(1)).into_iter().next().unwrap_or_default();
            row.push((Role::Text, line.to_owned()));
            rows.push(row);
        } else {
            let mut row = head;
            row.push((Role::Dim, found.to_owned()));
            rows.push(row);
            let line = wrap(&text, width.saturating_sub(2).max(1)).into_iter().next().unwrap_or_default();
            rows.push(vec![(Role::Text, format!("  {line}"))]);
        }
    }
    rows
}

/// How a mail was found, in a word or two.
pub const fn how(by: FoundBy) -> &'static str {
    match by {
        FoundBy::Push => "announced",
        FoundBy::Notify => "by NOTIFY",
        FoundBy::Done => "after DONE",
        FoundBy::Poll => "by polling",
        FoundBy::Connect => "in a gap",
    }
}
