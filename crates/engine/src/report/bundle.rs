//! The files of a report, put together: what `report` and the screen's key write.

use std::io::Write;
use std::time::SystemTime;

use super::cells::utc;
use super::data::ReportData;
use super::files::{TIMELINE, servers_json, tcp_json, timeline_json, timeline_tsv, wire, wire_name};
use super::lines::{csv_head, csv_line, json_line};
use super::pcapng::pcapng;
use super::rows::{Kind, Row};
use super::state::state_json;
use super::summary::{About, summary};
use super::versions;
use crate::history::Interrupted;

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

/// A file of a report.
pub struct ReportFile<'a> {
    /// Its name in the report's folder.
    pub name: String,
    content: Content<'a>,
}

enum Content<'a> {
    Whole(Vec<u8>),
    /// As long as the history: written row by row, the same each time.
    Rows(Box<WriteRows<'a>>),
}

type WriteRows<'a> = dyn Fn(&mut dyn Write) -> Result<(), Interrupted> + 'a;

impl ReportFile<'_> {
    /// Writes its content.
    ///
    /// # Errors
    /// Where the history cannot be read or `out` refuses.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Interrupted> {
        match &self.content {
            Content::Whole(bytes) => Ok(out.write_all(bytes)?),
            Content::Rows(rows) => rows(out),
        }
    }
}

/// Files, and what each is.
#[derive(Default)]
struct Files<'a> {
    files: Vec<ReportFile<'a>>,
    about: Vec<(String, String)>,
}

impl<'a> Files<'a> {
    fn add(&mut self, name: impl Into<String>, what: impl Into<String>, content: Content<'a>) {
        let name = name.into();
        self.about.push((name.clone(), what.into()));
        self.files.push(ReportFile { name, content });
    }

    fn text(&mut self, name: impl Into<String>, what: impl Into<String>, text: String) {
        self.add(name, what, Content::Whole(text.into_bytes()));
    }

    fn rows(
        &mut self,
        name: impl Into<String>,
        what: impl Into<String>,
        write: impl Fn(&mut dyn Write) -> Result<(), Interrupted> + 'a,
    ) {
        self.add(name, what, Content::Rows(Box::new(write)));
    }
}

/// Every file, the summary first.
#[must_use]
pub fn bundle<'a>(data: &'a ReportData<'a>, facts: &Facts<'_>) -> Vec<ReportFile<'a>> {
    let versions = versions();
    let mut files = Files::default();
    files.rows("timeline.tsv", "what happened when, for reading", |out| {
        out.write_all(TIMELINE.as_bytes())?;
        data.lists.log(&mut |line| out.write_all(timeline_tsv(&line).as_bytes()))
    });
    files.rows("timeline.jsonl", "the same as JSON lines", |out| {
        data.lists.log(&mut |line| out.write_all(timeline_json(&line).as_bytes()))
    });
    for (kind, name, what) in [
        (Kind::Stalls, "stalls", "each DONE that was not answered in time: verdict, sentence, TCP's figures"),
        (Kind::Receipts, "receipts", "each DONE's ladder: written, acknowledged, answered"),
        (Kind::Blind, "blind", "the times in which a mail could have come unnoticed"),
        (
            Kind::Pushes,
            "pushes",
            "each new mail: how it was found, when it was received, announced and reported; nothing of its content",
        ),
    ] {
        files.rows(format!("{name}.jsonl"), what, move |out| {
            each_row(data, kind, &mut |row| out.write_all(json_line(kind, row).as_bytes()))
        });
        files.rows(format!("{name}.csv"), "the same for a spreadsheet", move |out| {
            out.write_all(csv_head(kind).as_bytes())?;
            each_row(data, kind, &mut |row| out.write_all(csv_line(row).as_bytes()))
        });
    }
    files.text("tcp.jsonl", "every look at TCP on the way to each stall", tcp_json(data));
    let what = "each connection's addresses, TLS, server ID and capabilities";
    files.text("servers.jsonl", what, servers_json(data));
    for (index, stall) in data.proof.stalls.iter().enumerate() {
        let lines = data.wire_of(stall);
        if !lines.is_empty() {
            files.text(wire_name(index, stall), format!("the wire around stall {}", index + 1), wire(stall, &lines));
        }
    }
    let Facts { since, until, renamed, .. } = *facts;
    let what = "all of it in the order of time, for `mailwatch-tui open` with this report";
    files.rows("state.jsonl", what, move |out| state_json(data, (since, until), renamed, out));
    files.text("config.toml", "the configuration without secrets", facts.config.to_owned());
    files.text("versions.txt", "what runs", versions.clone());
    let frames = pcapng(data);
    if !frames.is_empty() {
        let what = "the wire for Wireshark: frames made up from the trace, none was captured";
        files.add(FRAMES, what, Content::Whole(frames));
    }
    let Files { files, about } = files;
    let page = summary(data, &About { since, until, versions: &versions, renamed, files: &about });
    let first = ReportFile { name: "summary.md".to_owned(), content: Content::Whole(page.into_bytes()) };
    std::iter::once(first).chain(files).collect()
}

fn each_row(
    data: &ReportData<'_>,
    kind: Kind,
    each: &mut dyn FnMut(&Row) -> std::io::Result<()>,
) -> Result<(), Interrupted> {
    match kind {
        Kind::Receipts => data.lists.receipts(&mut |receipt| each(&Row::Receipt(receipt))),
        Kind::Pushes => data.lists.pushes(&mut |push| each(&Row::Push(push))),
        Kind::Stalls => Ok(data.proof.stalls.iter().cloned().map(Row::Stall).try_for_each(|row| each(&row))?),
        Kind::Blind => Ok(data.proof.blind.iter().cloned().map(Row::Blind).try_for_each(|row| each(&row))?),
        // What mails say is no part of a report.
        Kind::Mails => Ok(()),
    }
}

/// The folder in an archive, and an archive's name without its ending: `mailwatch-report-20261125T071503Z`.
#[must_use]
pub fn name(now: SystemTime) -> String {
    let stamp: String = utc(now).chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("mailwatch-report-{stamp}Z")
}
