//! A mail that is read: a few headers, and its text.

use super::content::{Content, field};
use super::fit::wrap;
use super::row::Row;
use crate::tui::app::{App, Reading, SoFar};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::keymap::Action;
use crate::tui::mail_list::Came;
use crate::tui::theme::Role;
use crate::tui::words::single_width_emoji;
use mailwatch_engine::mail_text::MailText;
use mailwatch_proto::model::show_clock;

/// With less room the headers have no names, and the subject comes first.
const WITH_NAMES: u16 = 40;

const FROM_HTML: &str = "HTML; nothing remote was fetched";

pub fn content(app: &App, reading: &Reading, width: u16) -> Content {
    let list = &app.engine.mails.came;
    let came = list.iter().find(|came| came.key == reading.mail);
    let mut rows: Vec<Row> = Vec::new();
    match &reading.so_far {
        SoFar::Asked(since) => {
            known(app, &mut rows, came, width);
            let key = app.options.keys.show(Action::Close);
            let age = show_clock(app.now.at.saturating_duration_since(*since));
            put(&mut rows, &format!("reading it from the server for {age}; {key} cancels"), Role::Busy, width);
        }
        SoFar::Failed(why) => {
            known(app, &mut rows, came, width);
            put(&mut rows, why, Role::Warn, width);
        }
        SoFar::Read(mail) => read(app, &mut rows, mail, width),
    }
    Content { name: "Mail", subject: reading.mail.watch.to_string(), rows }
}

/// What the list knows of it.
fn known(app: &App, rows: &mut Vec<Row>, came: Option<&Came>, width: u16) {
    if let Some(came) = came {
        field(rows, "from", &single_width_emoji(&came.mail.from), Role::Text, width);
        field(rows, "subject", &single_width_emoji(came.mail.subject()), Role::Strong, width);
        field(rows, "found", &show_wall(came.at, &app.options.zone, Precision::Date), Role::Text, width);
        rows.push(Row::new());
    }
}

fn read(app: &App, rows: &mut Vec<Row>, mail: &MailText, width: u16) {
    let MailText { from, to, cc, subject, date, text, html, cut, parts } = mail;
    let date = date.as_deref().map(|date| shown(app, date)).unwrap_or_default();
    let narrow = width < WITH_NAMES;
    let headers = if narrow {
        vec![("subject", subject), ("from", from), ("date", &date)]
    } else {
        vec![("from", from), ("to", to), ("cc", cc), ("date", &date), ("subject", subject)]
    };
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        let (role, value) = (if name == "subject" { Role::Strong } else { Role::Text }, single_width_emoji(value));
        if narrow { put(rows, &value, role, width) } else { field(rows, name, &value, role, width) }
    }
    let attached = single_width_emoji(&parts.join(", "));
    let notes = [("attached", attached.as_str(), !parts.is_empty()), ("made from", FROM_HTML, *html)];
    for (name, value, _) in notes.into_iter().filter(|(.., holds)| *holds) {
        if narrow {
            put(rows, &format!("{name} {value}"), Role::Dim, width);
        } else {
            field(rows, name, value, Role::Dim, width);
        }
    }
    rows.push(Row::new());
    if text.is_empty() {
        put(rows, "it has no text", Role::Dim, width);
    }
    for line in text.lines() {
        let role = if line.starts_with('>') { Role::Dim } else { Role::Text };
        put(rows, &single_width_emoji(line), role, width);
    }
    if *cut {
        rows.push(Row::new());
        put(rows, "the first 64 KiB were read; there is more", Role::Dim, width);
    }
}

/// A mail's own date in the viewer's time zone.
fn shown(app: &App, date: &str) -> String {
    let moment = date.parse::<jiff::Timestamp>().ok();
    moment.map_or_else(|| date.to_owned(), |at| show_wall(at.into(), &app.options.zone, Precision::Date))
}

fn put(rows: &mut Vec<Row>, text: &str, role: Role, width: u16) {
    rows.extend(wrap(text, width).into_iter().map(|line| vec![(role, line.to_owned())]));
}
