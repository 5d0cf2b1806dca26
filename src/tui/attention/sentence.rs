//! The sentences of what is wrong, each from the longest to the shortest.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Ageing;
use super::fault::{self, Said};
use crate::tui::app::{App, LostHost};
use crate::tui::words::{self, fault_sentence, show_age};
use mailwatch_proto::model::{Fault, HostLink, Snapshot, show_clock};

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

/// Whom it is about in few cells, and the verb's ending: an account, or how many watches.
fn short(watches: &[&Snapshot]) -> (String, &'static str) {
    let accounts: BTreeSet<_> = watches.iter().map(|snapshot| &snapshot.id.account).collect();
    match accounts.first() {
        Some(only) if accounts.len() == 1 => (only.to_string(), "s"),
        Some(_) | None => (format!("{} watches", watches.len()), ""),
    }
}

/// A host without a link.
pub fn of_host(host: &LostHost<'_>) -> Vec<String> {
    let (name, age) = (host.name, show_age(host.age));
    if host.link == HostLink::Silent {
        return vec![format!("{name}: no answer for {age}"), format!("{name}: no answer")];
    }
    let mut sentences = vec![format!("{name}: no link for {age}: {}", host.said)];
    if host.asks {
        sentences = vec![
            format!("{name}: no link for {age}: ssh may want to ask: {}", host.said),
            format!("{name}: no link for {age}: ssh may want to ask"),
        ];
    }
    sentences.extend([format!("{name}: no link for {age}"), format!("{name}: no link")]);
    sentences
}

/// A fault that has taken watches down.
pub fn of_fault(app: &App, watches: &[&Snapshot], fault: &Fault) -> Vec<String> {
    let who = subject(watches);
    let since = watches.iter().map(|snapshot| {
        let remembered = app.histories.get(&snapshot.id).and_then(|history| history.down_since);
        words::down_since(snapshot, remembered)
    });
    let age = since.min().map_or(Duration::ZERO, |since| app.now.at.saturating_duration_since(since));
    let (is, age, short) = (is(watches), show_age(age), short(watches).0);
    let Said { sentence, phrase } = fault::of(fault);
    vec![
        format!("{who} {is} down for {age}: {}", without_code(&fault_sentence(fault))),
        format!("{who} {is} down for {age}: {sentence}"),
        format!("{who} {is} down for {age}: {phrase}"),
        format!("{who} {is} down: {phrase}"),
        format!("{short}: {phrase}"),
    ]
}

/// What a server said without its response code, which says nothing to a reader: `refused the login: [LIMIT] Too many`.
fn without_code(sentence: &str) -> String {
    let parts = sentence.split_once(": [").and_then(|(who, said)| Some((who, said.split_once("] ")?.1)));
    parts.map_or_else(|| sentence.to_owned(), |(who, said)| format!("{who}: {}", said.trim_start()))
}

/// DONE was not answered though the server's TCP had it.
pub fn ignored(app: &App, watches: &[&Snapshot], ageing: &Ageing) -> Vec<String> {
    let (who, ignores) = (subject(watches), does(watches, "ignore"));
    let acked = watches.iter().any(|snapshot| {
        let stalled = snapshot.past.stall.as_ref().map(|stall| &stall.finding).or(snapshot.finding.as_ref());
        stalled.and_then(|finding| finding.evidence.as_ref()).is_some_and(|evidence| evidence.acked == Some(true))
    });
    let tcp = if acked { "; its TCP had it" } else { "" };
    let (short, s) = short(watches);
    match ageing {
        Ageing::From(cliff) => {
            let (from, failed, of) = (show_clock(cliff.from), cliff.failed, cliff.failed + cliff.answered);
            vec![
                format!("{who} {ignores} DONE from {from} on ({failed} of {of}{tcp})"),
                format!("{who} {ignores} DONE from {from} on ({failed} of {of})"),
                format!("{who} {ignores} DONE from {from} on"),
                format!("{who} {ignores} DONE"),
                format!("{short} ignore{s} DONE"),
            ]
        }
        Ageing::NeverAnswered { failed } => vec![
            format!("{who} never answered DONE, at any age ({failed} of {failed}{tcp})"),
            format!("{who} never answered DONE ({failed} of {failed})"),
            format!("{who} {ignores} DONE"),
            format!("{short} ignore{s} DONE"),
        ],
        Ageing::AnyAge { answered, failed } => vec![
            format!("{who} ignored {failed} of {} DONEs, whatever the IDLE's age", answered + failed),
            format!("{who} ignored {failed} of {} DONEs", answered + failed),
            format!("{who} ignored DONE"),
            format!("{short} ignored DONE"),
        ],
        Ageing::NotKnown => {
            let age = watches.iter().filter_map(|snapshot| app.stall(snapshot)).map(|stall| stall.age).min();
            let ago = age.map_or_else(String::new, |age| format!(" {} ago", show_age(age)));
            vec![
                format!("{who} ignored DONE{ago}{tcp}"),
                format!("{who} ignored DONE{ago}"),
                format!("{who} ignored DONE"),
                format!("{short} ignored DONE"),
            ]
        }
    }
}

/// DONE was not acknowledged.
pub fn path_dead(watches: &[&Snapshot], ageing: &Ageing) -> Vec<String> {
    let (who, short) = (subject(watches), short(watches).0);
    let mut sentences = match ageing {
        Ageing::From(cliff) => {
            let from = show_clock(cliff.from);
            vec![
                format!("{who}: connections die from {from} on: a NAT or firewall forgets them"),
                format!("{who}: connections die from {from} on"),
            ]
        }
        Ageing::NeverAnswered { .. } | Ageing::AnyAge { .. } => vec![
            format!("{who}: the path was dead, DONE did not arrive, whatever the IDLE's age"),
            format!("{who}: DONE did not reach the server"),
        ],
        Ageing::NotKnown => vec![
            format!("{who}: the path was dead, DONE did not reach the server"),
            format!("{who}: DONE did not reach the server"),
        ],
    };
    sentences.extend([format!("{who}: path dead"), format!("{short}: path dead")]);
    sentences
}

/// The server's window stays closed.
pub fn not_reading(watches: &[&Snapshot]) -> Vec<String> {
    let (who, short) = (subject(watches), short(watches).0);
    vec![
        format!("{who}: the server reads nothing: its window is closed"),
        format!("{who}: the server does not read"),
        format!("{short}: window closed"),
    ]
}

/// DONE was not answered, and there is no evidence.
pub fn not_known(watches: &[&Snapshot]) -> Vec<String> {
    let (who, short) = (subject(watches), short(watches).0);
    vec![
        format!("{who}: DONE got no answer; nothing shows who is at fault"),
        format!("{who}: DONE got no answer"),
        format!("{short}: no answer"),
    ]
}

/// The server is silent for longer than its heartbeat.
pub fn quiet(app: &App, watches: &[&Snapshot]) -> Vec<String> {
    let (who, (short, _)) = (subject(watches), short(watches));
    let silent = watches.iter().filter_map(|snapshot| snapshot.connection.heard).min();
    let silent = silent.map_or(Duration::ZERO, |heard| app.now.at.saturating_duration_since(heard));
    let beat = watches.iter().filter_map(|snapshot| snapshot.connection.heartbeat).max();
    let has = if watches.len() == 1 { "has" } else { "have" };
    let mut sentences = Vec::new();
    if let Some(beat) = beat {
        let (silent, beat) = (show_age(silent), show_clock(beat));
        sentences.push(format!("{who} {has} heard nothing for {silent}; the server spoke every {beat}"));
    }
    sentences.push(format!("{who} {has} heard nothing for {}", show_age(silent)));
    sentences.push(format!("{short}: quiet"));
    sentences
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
        format!("{}: not pushing", short(watches).0),
    ]
}
