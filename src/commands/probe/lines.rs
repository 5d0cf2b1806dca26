//! What a probe found, as a table for people and as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use mailwatch_engine::probe::map::{Basis, Conduct, Known, Map, Measured, Row, Standing};
use mailwatch_proto::model::{Account, Evidence, LINE_LIMIT, Status, sanitise, show_clock, show_duration};
use serde_json::{Value, json};

/// The chart's cells.
const CHART: u16 = 16;

/// A bar fills its cells at this answer time: the default of `done`.
const FULL: f64 = 10_000.0;

/// How an age's result reads in a line.
pub fn result(measured: &Measured) -> String {
    let mut text = match &measured.conduct {
        Ok(Conduct::Answered { took, status }) if *status == Status::Ok => format!("answered in {}", span(*took)),
        Ok(Conduct::Answered { took, status }) => format!("answered with {} in {}", status.name(), span(*took)),
        Ok(Conduct::Ignored { evidence, late, .. }) => {
            let acked = match evidence.acked {
                Some(true) => "IGNORED: acked, no answer",
                Some(false) => "NO ANSWER: not acked, the path is dead",
                None => "NO ANSWER",
            };
            match late {
                Some(late) => format!("{acked}; a late one after {}", span(*late)),
                None => acked.to_owned(),
            }
        }
        Ok(Conduct::Lost { after, text }) => {
            format!("LOST after {}: {}", show_clock(*after), sanitise(text, LINE_LIMIT))
        }
        Ok(Conduct::Ended { after, text }) => {
            format!("ENDED by the server after {}: {}", show_clock(*after), sanitise(text, LINE_LIMIT))
        }
        Err(fault) => format!("not measured: {}", sanitise(&fault.message, LINE_LIMIT)),
    };
    if measured.disturbed {
        text.push_str(" (mail came meanwhile)");
    }
    text
}

/// A bar of so many cells.
pub fn bar(share: f64, cells: u16, ascii: bool) -> String {
    let (full, track) = if ascii { ('#', '.') } else { ('█', '░') };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the cells")]
    let filled = ((share.clamp(0.0, 1.0) * f64::from(cells)).round() as u16).min(cells);
    std::iter::repeat_n(full, usize::from(filled))
        .chain(std::iter::repeat_n(track, usize::from(cells - filled)))
        .collect()
}

fn span(span: Duration) -> String {
    match span.as_millis() {
        0 => "under 1 ms".to_owned(),
        millis @ 1..10_000 => format!("{millis} ms"),
        _ => show_clock(span),
    }
}

/// The chart's cell for a row: longer is slower, on a logarithmic scale; a failure fills it and is marked.
fn chart(row: &Row, ascii: bool) -> String {
    let mark = if ascii { 'x' } else { '✕' };
    match (&row.measured, row.standing) {
        (Some(Measured { conduct: Ok(Conduct::Answered { took, .. }), .. }), _) => {
            let millis = took.as_secs_f64() * 1000.0;
            let share = (millis.max(1.0).ln() / FULL.ln()).max(1.0 / f64::from(CHART));
            bar(share, CHART, ascii).replace(['░', '.'], " ")
        }
        (_, Standing::Unsafe) if row.basis != Basis::Inferred => {
            format!("{}{mark}", bar(1.0, CHART - 1, ascii))
        }
        (_, Standing::Mixed) => format!("{}{mark}", bar(0.0, CHART - 1, ascii)),
        (_, Standing::Safe | Standing::Unsafe | Standing::Unknown) => " ".repeat(usize::from(CHART)),
    }
}

fn said(row: &Row) -> String {
    let Known { answered, failed } = row.known;
    match (&row.measured, row.basis, row.standing) {
        (Some(measured), _, _) => result(measured),
        (None, Basis::History | Basis::Measured, _) => match (answered, failed) {
            (answered, 0) => format!("answered {answered} of {answered}"),
            (0, failed) => format!("FAILED {failed} of {failed}"),
            (answered, failed) => format!("answered {answered} of {}", answered + failed),
        },
        (None, Basis::Inferred, Standing::Safe) => "likely answered".to_owned(),
        (None, Basis::Inferred, Standing::Unsafe) => "likely FAILS".to_owned(),
        (None, Basis::Inferred, Standing::Mixed | Standing::Unknown) => "not known".to_owned(),
    }
}

fn basis(row: &Row) -> &'static str {
    match (row.basis, row.standing) {
        (Basis::Measured, _) => "measured",
        (Basis::History, _) => "history, last 7 days",
        (Basis::Inferred, Standing::Safe) => "inferred: an older one was answered",
        (Basis::Inferred, Standing::Unsafe) => "inferred: a younger one failed",
        (Basis::Inferred, Standing::Mixed | Standing::Unknown) => "",
    }
}

/// The whole map for people.
pub fn table(account: &Account, mailbox: &str, map: &Map, ascii: bool) -> String {
    let said: Vec<String> = map.rows.iter().map(said).collect();
    let width = said.iter().map(|said| said.chars().count()).max().unwrap_or(0).clamp(4, 60);
    let mut text = format!(
        "{}/{} at {}:{}\n\n",
        sanitise(&account.name, LINE_LIMIT),
        sanitise(mailbox, LINE_LIMIT),
        account.host,
        account.port
    );
    let cells = usize::from(CHART);
    let arrow = if ascii { "DONE->OK" } else { "DONE→OK" };
    let _ = writeln!(text, "{:>6}  {arrow:<cells$}  {:<width$}  KNOWN BY", "AGE", "DONE");
    for (row, said) in map.rows.iter().zip(&said) {
        let age = show_duration(Some(row.age));
        let line = format!("{age:>6}  {}  {said:<width$}  {}", chart(row, ascii), basis(row));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "\n{}.", map.sentence());
    text
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// One age as a JSON line.
pub fn json_age(account: &str, mailbox: &str, measured: &Measured) -> String {
    let mut line = json!({
        "kind": "probe_age",
        "account": account,
        "mailbox": mailbox,
        "age_ms": millis(measured.age),
        "disturbed": measured.disturbed,
    });
    if let (Value::Object(line), Value::Object(outcome)) = (&mut line, outcome(measured)) {
        line.extend(outcome);
    }
    line.to_string()
}

fn outcome(measured: &Measured) -> Value {
    match &measured.conduct {
        Ok(Conduct::Answered { took, status }) => {
            json!({ "outcome": "answered", "took_ms": millis(*took), "status": status.name() })
        }
        Ok(Conduct::Ignored { verdict, text, evidence, late }) => {
            let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = evidence;
            json!({
                "outcome": "ignored",
                "verdict": verdict.name(),
                "text": sanitise(text, LINE_LIMIT),
                "late_ms": late.map(millis),
                "evidence": {
                    "acked": acked, "outq": outq, "unacked": unacked, "retransmits": retransmits,
                    "backoff": backoff, "snd_wnd": snd_wnd, "proxy": proxy,
                },
            })
        }
        Ok(Conduct::Lost { after, text }) => {
            json!({ "outcome": "lost", "after_ms": millis(*after), "text": sanitise(text, LINE_LIMIT) })
        }
        Ok(Conduct::Ended { after, text }) => {
            json!({ "outcome": "ended", "after_ms": millis(*after), "text": sanitise(text, LINE_LIMIT) })
        }
        Err(fault) => {
            let text = sanitise(&fault.message, LINE_LIMIT);
            json!({ "outcome": "failed", "class": fault.class.name(), "text": text })
        }
    }
}

/// The whole map as a JSON line.
pub fn json_whole(account: &str, mailbox: &str, map: &Map) -> String {
    let standing = |standing| match standing {
        Standing::Safe => "safe",
        Standing::Unsafe => "unsafe",
        Standing::Mixed => "mixed",
        Standing::Unknown => "unknown",
    };
    let basis = |basis| match basis {
        Basis::Measured => "measured",
        Basis::History => "history",
        Basis::Inferred => "inferred",
    };
    let rows: Vec<Value> = map
        .rows
        .iter()
        .map(|row| {
            json!({
                "age_ms": millis(row.age),
                "standing": standing(row.standing),
                "basis": basis(row.basis),
                "history": { "answered": row.known.answered, "failed": row.known.failed },
            })
        })
        .collect();
    json!({
        "kind": "probe",
        "account": account,
        "mailbox": mailbox,
        "ages": rows,
        "safe_ms": map.safe().map(millis),
        "cliff_ms": map.cliff().map(millis),
        "reissue_ms": map.recommended().map(millis),
        "text": map.sentence(),
    })
    .to_string()
}
