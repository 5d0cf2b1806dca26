//! Stalls, receipts, blind time and pushes as rows: one list of fields for scripts, a shorter one for a terminal.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::cells::{figure, lateness, local, millis, moment, names, span, watch};
use super::fit::{Column, Table};
use super::mail_row;
use crate::history::{
    Archive, Blindness, Each, Interrupted, KeptMail, KeptPush, KeptReceipt, Stall, Unreadable, WatchKey,
};
use mailwatch_proto::model::{Evidence, Loss, Status};

/// A kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DONEs that were not answered in time.
    Stalls,
    /// DONEs, each with its answer.
    Receipts,
    /// Time in which a mail could have come unheard.
    Blind,
    /// How each new mail was found, and how late.
    Pushes,
    /// The mails that came, with their senders and subjects.
    Mails,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// Of [`Kind::Stalls`].
    Stall(Stall),
    /// Of [`Kind::Receipts`].
    Receipt(KeptReceipt),
    /// Of [`Kind::Blind`].
    Blind(Blindness),
    /// Of [`Kind::Pushes`].
    Push(KeptPush),
    /// Of [`Kind::Mails`].
    Mail(Box<KeptMail>),
}

impl Row {
    /// The row's watch.
    #[must_use]
    pub const fn key(&self) -> &WatchKey {
        match self {
            Self::Stall(stall) => &stall.key,
            Self::Receipt(receipt) => &receipt.key,
            Self::Blind(blind) => &blind.key,
            Self::Push(push) => &push.key,
            Self::Mail(mail) => &mail.key,
        }
    }

    /// The row's fields, in the order of [`columns`].
    #[must_use]
    pub fn fields(&self) -> Vec<Value> {
        match self {
            Self::Stall(stall) => {
                let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = &stall.evidence;
                let mut fields = vec![moment(stall.at)];
                fields.extend(names(&stall.key));
                fields.extend([
                    stall.conn.into(),
                    stall.verdict.name().into(),
                    millis(stall.waited),
                    (*acked).into(),
                    (*outq).into(),
                    (*unacked).into(),
                    (*retransmits).into(),
                    (*backoff).into(),
                    (*snd_wnd).into(),
                    (*proxy).into(),
                    stall.text.as_deref().into(),
                ]);
                fields
            }
            Self::Receipt(receipt) => {
                let mut fields = vec![moment(receipt.at)];
                fields.extend(names(&receipt.key));
                fields.extend([
                    receipt.conn.into(),
                    receipt.reason.name().into(),
                    millis(receipt.idle),
                    receipt.written.map_or(Value::Null, millis),
                    receipt.acked.map_or(Value::Null, millis),
                    receipt.answered.map_or(Value::Null, millis),
                    receipt.status.map(Status::name).into(),
                    receipt.untagged.into(),
                    receipt.late.into(),
                ]);
                fields
            }
            Self::Blind(blind) => {
                let mut fields = vec![moment(blind.since), moment(blind.until)];
                fields.extend(names(&blind.key));
                fields.extend([millis(length(blind)), blind.why.map(Loss::name).into()]);
                fields
            }
            Self::Mail(mail) => mail_row::fields(mail),
            Self::Push(push) => {
                let mut fields = vec![moment(push.at)];
                fields.extend(names(&push.key));
                fields.extend([
                    if push.canary { Value::Null } else { push.uid.into() },
                    found(push).into(),
                    push.received.map_or(Value::Null, moment),
                    push.announced.map_or(Value::Null, moment),
                    push.told.map_or(Value::Null, moment),
                    push.late.map_or(Value::Null, millis),
                    took(push).map_or(Value::Null, millis),
                ]);
                fields
            }
        }
    }
}

/// The names of a row's fields. Part of the interface: new ones come at the end.
#[must_use]
pub const fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Stalls => &[
            "ts",
            "account",
            "login",
            "mailbox",
            "conn",
            "verdict",
            "waited_ms",
            "acked",
            "outq",
            "unacked",
            "retransmits",
            "backoff",
            "snd_wnd",
            "proxy",
            "text",
        ],
        Kind::Receipts => &[
            "ts",
            "account",
            "login",
            "mailbox",
            "conn",
            "reason",
            "idle_ms",
            "written_ms",
            "acked_ms",
            "answered_ms",
            "status",
            "untagged",
            "late",
        ],
        Kind::Blind => &["since", "until", "account", "login", "mailbox", "blind_ms", "why"],
        Kind::Mails => &mail_row::NAMES,
        Kind::Pushes => &[
            "ts",
            "account",
            "login",
            "mailbox",
            "uid",
            "found",
            "received",
            "announced",
            "told",
            "late_ms",
            "announced_to_told_ms",
        ],
    }
}

/// Passes on everything of a kind since then, oldest first.
///
/// # Errors
/// Where the file cannot be read, or `each` refuses.
pub fn each_row(archive: &Archive, kind: Kind, since: SystemTime, each: Each<'_, Row>) -> Result<(), Interrupted> {
    match kind {
        // With each stall come its looks at TCP: they are read together.
        Kind::Stalls => {
            archive.stalls(since)?.into_iter().map(Row::Stall).try_for_each(each).map_err(Interrupted::from)
        }
        Kind::Receipts => archive.each_receipt(since, &mut |receipt| each(Row::Receipt(receipt))),
        Kind::Blind => archive.each_blind(since, &mut |blind| each(Row::Blind(blind))),
        Kind::Pushes => archive.each_push(since, &mut |push| each(Row::Push(push))),
        Kind::Mails => archive.each_mail(since, &mut |mail| each(Row::Mail(Box::new(mail)))),
    }
}

/// The same as a list.
///
/// # Errors
/// Where the file cannot be read.
pub fn rows(archive: &Archive, kind: Kind, since: SystemTime) -> Result<Vec<Row>, Unreadable> {
    let mut rows = Vec::new();
    let read = each_row(archive, kind, since, &mut |row| {
        rows.push(row);
        Ok(())
    });
    match read {
        // A list takes every row.
        Ok(()) | Err(Interrupted::Reader(_)) => Ok(rows),
        Err(Interrupted::Unreadable(error)) => Err(error),
    }
}

/// The rows as a table with local times.
#[must_use]
pub fn table(kind: Kind, rows: &[Row], zone: &TimeZone) -> Table {
    Table { columns: heads(kind), rows: rows.iter().map(|row| cells(row, zone)).collect() }
}

/// The table's columns.
pub(super) fn heads(kind: Kind) -> Vec<Column> {
    match kind {
        Kind::Stalls => vec![
            Column::left("WHEN"),
            Column::stretching("WATCH"),
            Column::left("VERDICT"),
            Column::right("WAITED"),
            Column::left("ACKED").dropped_at(2),
            Column::right("UNSENT").dropped_at(3),
            Column::right("RETRANSMITS").dropped_at(4),
            Column::right("WINDOW").dropped_at(5),
            Column::right("CONN").dropped_at(6),
        ],
        Kind::Receipts => vec![
            Column::left("WHEN"),
            Column::stretching("WATCH"),
            Column::left("REASON").dropped_at(1),
            Column::right("IDLE").dropped_at(4),
            Column::right("WRITTEN").dropped_at(5),
            Column::right("ACKED").dropped_at(2),
            Column::right("ANSWERED"),
            Column::left("STATUS").dropped_at(3),
            Column::right("UNTAGGED").dropped_at(7),
            Column::right("CONN").dropped_at(6),
        ],
        Kind::Blind => vec![
            Column::left("FROM"),
            Column::left("UNTIL").dropped_at(1),
            Column::stretching("WATCH"),
            Column::right("BLIND"),
            Column::left("WHY").dropped_at(2),
        ],
        Kind::Mails => mail_row::columns(),
        Kind::Pushes => vec![
            Column::left("WHEN"),
            Column::stretching("WATCH"),
            Column::left("FOUND BY"),
            Column::right("LATE"),
            Column::right("ANNOUNCED TO TOLD").dropped_at(2),
            Column::left("RECEIVED").dropped_at(3),
            Column::right("UID").dropped_at(4),
        ],
    }
}

pub(super) fn cells(row: &Row, zone: &TimeZone) -> Vec<String> {
    match row {
        Row::Stall(stall) => vec![
            local(stall.at, zone),
            watch(&stall.key),
            stall.verdict.name().to_owned(),
            span(stall.waited),
            stall.evidence.acked.map_or("?", |acked| if acked { "yes" } else { "no" }).to_owned(),
            figure(stall.evidence.outq),
            figure(stall.evidence.retransmits),
            figure(stall.evidence.snd_wnd),
            stall.conn.to_string(),
        ],
        Row::Receipt(receipt) => {
            let answered = match receipt.answered {
                Some(took) if receipt.late => format!("late {}", span(took)),
                Some(took) => span(took),
                None => "not in time".to_owned(),
            };
            vec![
                local(receipt.at, zone),
                watch(&receipt.key),
                receipt.reason.name().to_owned(),
                span(receipt.idle),
                receipt.written.map_or("-".to_owned(), span),
                receipt.acked.map_or("-".to_owned(), span),
                answered,
                receipt.status.map_or("-", Status::name).to_owned(),
                receipt.untagged.to_string(),
                receipt.conn.to_string(),
            ]
        }
        Row::Blind(blind) => vec![
            local(blind.since, zone),
            local(blind.until, zone),
            watch(&blind.key),
            span(length(blind)),
            blind.why.map_or("not known", Loss::name).to_owned(),
        ],
        Row::Mail(mail) => mail_row::cells(mail, zone),
        Row::Push(push) => vec![
            local(push.at, zone),
            watch(&push.key),
            found(push).to_owned(),
            lateness(push.late),
            took(push).map_or("-".to_owned(), span),
            push.received.map_or("-".to_owned(), |at| local(at, zone)),
            if push.canary { "-".to_owned() } else { push.uid.to_string() },
        ],
    }
}

pub(super) fn length(blind: &Blindness) -> Duration {
    blind.until.duration_since(blind.since).unwrap_or_default()
}

/// How it was found. A message of this program's own says what it is, and whether it was announced.
fn found(push: &KeptPush) -> &'static str {
    match (push.canary, push.announced) {
        (true, Some(_)) => "canary",
        (true, None) => "canary, not announced",
        (false, _) => push.by.name(),
    }
}

/// From the announcement to the telling: this program's part.
fn took(push: &KeptPush) -> Option<Duration> {
    push.told?.duration_since(push.announced?).ok()
}
