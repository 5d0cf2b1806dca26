//! A mail that came as a row.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::cells::{lateness, local, millis, moment, names, watch};
use super::fit::Column;
use crate::history::KeptMail;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// The fields' names, in their order.
pub(super) const NAMES: [&str; 15] = [
    "ts",
    "account",
    "login",
    "mailbox",
    "uid",
    "uidvalidity",
    "from",
    "subject",
    "date",
    "flags",
    "headers",
    "found",
    "received",
    "late_ms",
    "message_id",
];

/// Columns of a sender at most.
const FROM: usize = 28;

pub(super) fn fields(mail: &KeptMail) -> Vec<Value> {
    let mut fields = vec![moment(mail.at)];
    fields.extend(names(&mail.key));
    fields.extend([
        mail.uid.into(),
        mail.uidvalidity.into(),
        mail.from.as_str().into(),
        mail.subject.as_str().into(),
        mail.date.as_deref().into(),
        mail.flags.clone().into(),
        mail.headers.into(),
        mail.by.name().into(),
        mail.received.map_or(Value::Null, moment),
        mail.late.map_or(Value::Null, millis),
        mail.message_id.as_deref().into(),
    ]);
    fields
}

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::left("WHEN"),
        Column::stretching("WATCH"),
        Column::left("FROM").dropped_at(3),
        Column::stretching("SUBJECT"),
        Column::left("FOUND BY").dropped_at(1),
        Column::right("LATE").dropped_at(2),
    ]
}

pub(super) fn cells(mail: &KeptMail, zone: &TimeZone) -> Vec<String> {
    let subject = if mail.headers { sanitise(&mail.subject, LINE_LIMIT) } else { "(not readable)".to_owned() };
    vec![
        local(mail.at, zone),
        watch(&mail.key),
        super::fit::cut(&sanitise(sender(&mail.from), LINE_LIMIT), FROM),
        subject,
        mail.by.name().to_owned(),
        lateness(mail.late),
    ]
}

/// A sender's name, where there is one, else the address.
fn sender(from: &str) -> &str {
    match from.split_once(" <") {
        Some((name, _)) if !name.is_empty() => name,
        Some(_) | None => from,
    }
}
