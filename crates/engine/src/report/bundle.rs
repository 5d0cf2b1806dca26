//! The files of a report, put together: what `report` and the screen's key write.

use std::time::SystemTime;

use super::cells::utc;
use super::data::ReportData;
use super::files::{servers_json, tcp_json, timeline_json, timeline_tsv, wire, wire_name};
use super::pcapng::pcapng;
use super::rows::{Kind, Row};
use super::state::state_json;
use super::summary::{About, summary};
use super::{csv, json, versions};

/// The trace for Wireshark.
const FRAMES: &str = "wire.pcapng";

/// What a report needs besides its data.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// From when on.
    pub since: SystemTime,
    /// Until when: now.
    pub until: SystemTime,
    /// The configuration without secrets, or why there is none.
    pub config: &'a str,
    /// Whether users' names were replaced.
    pub renamed: bool,
}

/// Every file with its name, the summary first.
#[must_use]
pub fn bundle(data: &ReportData, facts: &Facts<'_>) -> Vec<(String, Vec<u8>)> {
    let versions = versions();
    let mut files = vec![
        ("timeline.tsv".to_owned(), timeline_tsv(data), "what happened when, for reading".to_owned()),
        ("timeline.jsonl".to_owned(), timeline_json(data), "the same as JSON lines".to_owned()),
    ];
    let kinds = [
        (Kind::Stalls, "stalls", "each DONE that was not answered in time: verdict, sentence, TCP's figures"),
        (Kind::Receipts, "receipts", "each DONE's ladder: written, acknowledged, answered"),
        (Kind::Blind, "blind", "the times in which a mail could have come unheard"),
        (
            Kind::Pushes,
            "pushes",
            "each new mail: how it was found, when it was received, announced and told; nothing it says",
        ),
    ];
    for (kind, name, what) in kinds {
        let rows: Vec<Row> = match kind {
            Kind::Stalls => data.stalls.iter().cloned().map(Row::Stall).collect(),
            Kind::Receipts => data.receipts.iter().cloned().map(Row::Receipt).collect(),
            Kind::Blind => data.blind.iter().cloned().map(Row::Blind).collect(),
            Kind::Pushes => data.pushes.iter().cloned().map(Row::Push).collect(),
            // What mails say is no part of a report.
            Kind::Mails => Vec::new(),
        };
        files.push((format!("{name}.jsonl"), json(kind, &rows), what.to_owned()));
        files.push((format!("{name}.csv"), csv(kind, &rows), "the same for a spreadsheet".to_owned()));
    }
    files.push(("tcp.jsonl".to_owned(), tcp_json(data), "every look at TCP on the way to each stall".to_owned()));
    let what = "each connection's addresses, TLS, server ID and capabilities";
    files.push(("servers.jsonl".to_owned(), servers_json(data), what.to_owned()));
    for (index, stall) in data.stalls.iter().enumerate() {
        let lines = data.wire_of(stall);
        if !lines.is_empty() {
            let what = format!("the wire around stall {}", index + 1);
            files.push((wire_name(index, stall), wire(stall, &lines), what));
        }
    }
    let Facts { since, until, renamed, .. } = *facts;
    let what = "all of it in the order of time, for `mailwatch-tui open` with this report";
    files.push(("state.jsonl".to_owned(), state_json(data, since, until, renamed), what.to_owned()));
    files.push(("config.toml".to_owned(), facts.config.to_owned(), "the configuration without secrets".to_owned()));
    files.push(("versions.txt".to_owned(), versions.clone(), "what runs".to_owned()));
    let mut list: Vec<_> = files.iter().map(|(name, _, what)| (name.clone(), what.clone())).collect();
    let frames = pcapng(data);
    if !frames.is_empty() {
        let what = "the wire for Wireshark: frames made up from the trace, none was captured";
        list.push((FRAMES.to_owned(), what.to_owned()));
    }
    let page = summary(data, &About { since, until, versions: &versions, renamed, files: &list });
    let all = files.into_iter().map(|(name, text, _)| (name, text.into_bytes()));
    let first = std::iter::once(("summary.md".to_owned(), page.into_bytes()));
    first.chain(all).chain((!frames.is_empty()).then(|| (FRAMES.to_owned(), frames))).collect()
}

/// The folder in an archive, and an archive's name without its ending: `mailwatch-report-20261125T071503Z`.
#[must_use]
pub fn name(now: SystemTime) -> String {
    let stamp: String = utc(now).chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("mailwatch-report-{stamp}Z")
}
