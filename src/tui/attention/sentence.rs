//! The sentences of what is wrong, each from the longest to the shortest.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Ageing;
use crate::tui::app::App;
use crate::tui::words::{self, fault_cell, fault_word, show_age};
use mailwatch_proto::model::{Fault, FaultClass, Snapshot, show_clock};

/// Whom it is about: a watch, an account's watches, those of several accounts.
fn subject(watches: &[&Snapshot]) -> String {
    let accounts: BTreeSet<_> = watches.iter().map(|snapshot| &snapshot.id.account).collect();
    match (watches, accounts.len()) {
        ([only], _) => only.id.to_string(),
        ([first, ..], 1) => format!("{}: {} watches", first.id.account, watches.len()),
        (_, accounts) => format!("{} watches of {accounts} accounts", watches.len()),
    }
}

fn is(watches: &[&Snapshot]) -> &'static str {
    if watches.len() == 1 { "is" } else { "are" }
}

/// A watch does, several do.
fn does(watches: &[&Snapshot], verb: &str) -> String {
    if watches.len() == 1 { format!("{verb}s") } else { verb.to_owned() }
}

/// A fault that has taken watches down.
pub fn of_fault(app: &App, watches: &[&Snapshot], fault: &Fault) -> Vec<String> {
    let who = subject(watches);
    let since = watches.iter().map(|snapshot| {
        let remembered = app.histories.get(&snapshot.id).and_then(|history| history.down_since);
        words::down_since(snapshot, remembered)
    });
    let age = since.min().map_or(Duration::ZERO, |since| app.now.at.saturating_duration_since(since));
    let is = is(watches);
    let age = show_age(age);
    let said = fault_cell(fault, u16::MAX);
    let first = said.split_once(". ").map_or(said.as_str(), |(first, _)| first).trim_end_matches('.').to_owned();
    let word = fault_word(fault.class);
    match fault.class {
        FaultClass::Secret => vec![
            format!("{who} {is} down for {age}: the password or token cannot be had"),
            format!("{who}: no password or token"),
            who,
        ],
        FaultClass::Limit => vec![
            format!("{who} {is} down for {age}: the server allows no more connections of this account"),
            format!("{who} {is} down for {age}: too many connections"),
            format!("{who}: too many connections"),
        ],
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Tls
        | FaultClass::Auth
        | FaultClass::Mailbox
        | FaultClass::Protocol
        | FaultClass::Timeout
        | FaultClass::Closed
        | FaultClass::History
        | FaultClass::Hook
        | FaultClass::Config => vec![
            format!("{who} {is} down for {age}: {first}"),
            format!("{who} {is} down for {age}: {word}"),
            format!("{who} {is} down: {word}"),
            format!("{who} {is} down"),
        ],
    }
}

/// DONE was not answered though the server's TCP had it.
pub fn ignored(app: &App, watches: &[&Snapshot], ageing: &Ageing) -> Vec<String> {
    let (who, ignores) = (subject(watches), does(watches, "ignore"));
    let acked = watches.iter().any(|snapshot| {
        let stalled = snapshot.past.stall.as_ref().map(|stall| &stall.finding).or(snapshot.finding.as_ref());
        stalled.and_then(|finding| finding.evidence.as_ref()).is_some_and(|evidence| evidence.acked == Some(true))
    });
    let tcp = if acked { "; its TCP had it" } else { "" };
    match ageing {
        Ageing::From(cliff) => {
            let (from, failed, of) = (show_clock(cliff.from), cliff.failed, cliff.failed + cliff.answered);
            vec![
                format!("{who} {ignores} DONE from {from} on ({failed} of {of}{tcp})"),
                format!("{who} {ignores} DONE from {from} on ({failed} of {of})"),
                format!("{who} {ignores} DONE from {from} on"),
                format!("{who} {ignores} DONE"),
            ]
        }
        Ageing::NeverAnswered { failed } => vec![
            format!("{who} never answered DONE, at any age ({failed} of {failed}{tcp})"),
            format!("{who} never answered DONE ({failed} of {failed})"),
            format!("{who} {ignores} DONE"),
        ],
        Ageing::AnyAge { answered, failed } => vec![
            format!("{who} ignored DONE ({failed}, while {answered} were answered): not by the IDLE's age"),
            format!("{who} ignored DONE {failed} of {} times", answered + failed),
            format!("{who} ignored DONE"),
        ],
        Ageing::NotKnown => {
            let age = watches.iter().filter_map(|snapshot| app.stall(snapshot)).map(|stall| stall.age).min();
            let ago = age.map_or_else(String::new, |age| format!(" {} ago", show_age(age)));
            vec![
                format!("{who} ignored DONE{ago}{tcp}"),
                format!("{who} ignored DONE{ago}"),
                format!("{who} ignored DONE"),
            ]
        }
    }
}

/// DONE was not acknowledged.
pub fn path_dead(watches: &[&Snapshot], ageing: &Ageing) -> Vec<String> {
    let who = subject(watches);
    match ageing {
        Ageing::From(cliff) => {
            let from = show_clock(cliff.from);
            vec![
                format!("{who}: connections die from {from} on: a NAT or firewall forgets them"),
                format!("{who}: connections die from {from} on"),
                format!("{who}: path dead"),
            ]
        }
        Ageing::NeverAnswered { .. } | Ageing::AnyAge { .. } | Ageing::NotKnown => vec![
            format!("{who}: DONE did not reach the server, the path was dead; not by the IDLE's age"),
            format!("{who}: DONE did not reach the server"),
            format!("{who}: path dead"),
        ],
    }
}

/// The server's window stays closed.
pub fn not_reading(watches: &[&Snapshot]) -> Vec<String> {
    let who = subject(watches);
    vec![
        format!("{who}: the server does not read what is sent to it, its window is closed"),
        format!("{who}: the server does not read"),
    ]
}

/// Mail was there and was not announced.
pub fn not_pushing(watches: &[&Snapshot]) -> Vec<String> {
    let who = subject(watches);
    let mails: Vec<_> =
        watches.iter().filter_map(|snapshot| snapshot.finding.as_ref()).flat_map(|finding| &finding.mails).collect();
    let longest = mails.iter().map(|mail| mail.found_after).max().unwrap_or_default();
    let (answers, announces) = (does(watches, "answer"), if watches.len() == 1 { "does" } else { "do" });
    vec![
        format!(
            "{who} {answers} DONE and {announces} not announce mail: {} found by looking, up to {} late",
            mails.len(),
            show_age(longest)
        ),
        format!("{who} {announces} not announce mail ({}, up to {} late)", mails.len(), show_age(longest)),
        format!("{who} {announces} not announce mail"),
        format!("{who}: not pushing"),
    ]
}
