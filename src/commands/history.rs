//! `history`: what `history.db` holds, as a table, JSON lines or CSV. Needs no configuration and no engine.

mod live;

use std::io;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use mailwatch_engine::history::{Archive, Interrupted, WatchKey};
use mailwatch_engine::report::{Form, Kind, Listing, not_watched};
use mailwatch_engine::requests::Selection;

use self::live::live;
use crate::cli::{Global, HistoryCommand, Look};
use crate::output::{Exit, Output};

/// Who looks: when, and at what terminal.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Now.
    pub now: SystemTime,
    /// What a table's times are written in.
    pub zone: TimeZone,
    /// The terminal's columns; `None` where the output is none.
    pub columns: Option<usize>,
}

/// Runs a `history` command, and stays with `--live`.
///
/// # Errors
/// Where the output cannot be written.
pub async fn run(
    command: &HistoryCommand,
    global: &Global,
    viewer: &Viewer,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let (kind, look) = chosen(command);
    look_back(kind, look, global, viewer, output).await
}

/// Runs `mail`: the mails that came.
///
/// # Errors
/// Where the output cannot be written.
pub async fn mail(look: &Look, global: &Global, viewer: &Viewer, output: &mut Output<'_>) -> io::Result<Exit> {
    look_back(Kind::Mails, look, global, viewer, output).await
}

async fn look_back(
    kind: Kind,
    look: &Look,
    global: &Global,
    viewer: &Viewer,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    if look.live {
        live((kind, look), global, viewer, output).await
    } else {
        list((kind, look), global, viewer, output)
    }
}

/// What is listed, and how.
const fn chosen(command: &HistoryCommand) -> (Kind, &Look) {
    match command {
        HistoryCommand::Stalls(look) => (Kind::Stalls, look),
        HistoryCommand::Receipts(look) => (Kind::Receipts, look),
        HistoryCommand::Blind(look) => (Kind::Blind, look),
        HistoryCommand::Pushes(look) => (Kind::Pushes, look),
    }
}

/// Lists once.
fn list((kind, look): (Kind, &Look), global: &Global, viewer: &Viewer, output: &mut Output<'_>) -> io::Result<Exit> {
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    let archive = match Archive::open(&state) {
        Ok(archive) => archive,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let watches = match archive.watches() {
        Ok(watches) => watches,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let selection = Selection { accounts: &global.accounts, watch: look.watch.as_deref() };
    if let Some(error) = selection.unknown(&watches) {
        return output.error(Exit::Bad, error);
    }
    let from = viewer.now.checked_sub(look.since).unwrap_or(SystemTime::UNIX_EPOCH);
    let watches = |key: &WatchKey| selection.includes(key);
    let form = match (look.json, look.csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        (false, false) => Form::Table { zone: &viewer.zone, columns: viewer.columns },
    };
    match (Listing { kind, from, since: look.since, watches: &watches }).write(&archive, &form, output.out) {
        Ok(()) => {}
        Err(Interrupted::Unreadable(error)) => return output.error(Exit::Failed, error),
        Err(Interrupted::Reader(error)) => return Err(error),
    }
    if kind == Kind::Blind && !look.json && !look.csv {
        let spans = match archive.unwatched(from) {
            Ok(spans) => spans,
            Err(error) => return output.error(Exit::Failed, error),
        };
        if let Some(said) = not_watched(&spans, from, &viewer.zone) {
            writeln!(output.out, "{said}")?;
        }
    }
    output.out.flush()?;
    Ok(Exit::Done)
}
