//! `report`, broken off by a signal without leaving half a file.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use mailwatch_engine::config::FrontEndTable as _;
use mailwatch_engine::report::NotWritten;
use mailwatch_engine::requests::{
    EvidenceOrder, Gathered, NoReport, Reply, ReportHead, ReportOrder, Request, Written, begin_evidence, is_free,
};
use mailwatch_proto::model::{LINE_LIMIT, sanitise};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Global, Report};
use crate::output::{Exit, Output};
use crate::process::running::{Replies, ask, refusal};
use crate::process::stop_signals::StopSignals;
use crate::tui::settings::UiTable;

/// How long a disk that hangs is waited for after the program was asked to end.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// A report that is being written.
type Writing = JoinHandle<Result<Written, NoReport>>;

/// Writes the report and says where it is.
///
/// # Errors
/// Where the output cannot be written.
pub async fn report(global: &Global, asked: &Report, output: &mut Output<'_>) -> io::Result<Exit> {
    let mut stop_signals = StopSignals::listen();
    let (order, stop) = (order(asked, global), CancellationToken::new());
    let writing = match asked_for(global, &order).await {
        None => begin_evidence(order, stop.clone()),
        // An engine that runs knows also what is still on its way to the disk.
        Some(replies) => {
            let fetched = tokio::select! {
                biased;
                fetched = fetched(replies) => fetched,
                () = stop_signals.received() => return output.error(Exit::Failed, NotWritten::Stopped),
            };
            match fetched {
                Ok(gathered) => begin_saving(gathered, order, stop.clone()),
                Err((exit, why)) => return output.error(exit, sanitise(&why, LINE_LIMIT)),
            }
        }
    };
    written(writing, &stop, &mut stop_signals, output).await
}

/// Has an engine that runs gather it, unless it could not be written anyway.
async fn asked_for(global: &Global, order: &EvidenceOrder) -> Option<Replies> {
    is_free(order.output.as_deref(), order.force, SystemTime::now()).ok()?;
    let state = order.state.as_ref().ok()?;
    let EvidenceOrder { since, accounts, watch, with_names, .. } = order.clone();
    let wanted = ReportOrder { since, accounts, watch, with_names };
    ask(global, state, "report", Request::Report(wanted)).await
}

/// The whole of it, or why there is none.
async fn fetched(mut replies: Replies) -> Result<Gathered, (Exit, String)> {
    let mut next = async || match replies.next().await {
        Some(Ok(Reply::Wrong(wrong))) => Err((Exit::Bad, wrong.message)),
        Some(Ok(reply)) => Ok(reply),
        Some(Err(why)) => Err((Exit::Failed, why)),
        None => Err((Exit::Failed, "the engine gives no answer".to_owned())),
    };
    let ReportHead { name, size, stalls } = match next().await? {
        Reply::Report(head) => head,
        other => return Err((Exit::Failed, refusal(other))),
    };
    let mut bytes = Vec::new();
    while bytes.len() < size {
        match next().await? {
            Reply::Part(part) => bytes.extend(part),
            other => return Err((Exit::Failed, refusal(other))),
        }
    }
    // A name, and no path.
    let name = Path::new(&name).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Gathered { name, bytes, stalls })
}

/// Begins to write what was fetched, on a thread that may block.
fn begin_saving(gathered: Gathered, order: EvidenceOrder, stop: CancellationToken) -> Writing {
    tokio::task::spawn_blocking(move || {
        Ok(gathered.save(order.output.as_deref(), order.force, &|| stop.is_cancelled())?)
    })
}

/// Waits until it is written, and says where it is.
async fn written(
    mut writing: Writing,
    stop: &CancellationToken,
    stop_signals: &mut StopSignals,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let written = tokio::select! {
        biased;
        written = &mut writing => written,
        () = stop_signals.received() => {
            stop.cancel();
            let Ok(written) = tokio::time::timeout(LAST_WRITE, writing).await else {
                writeln!(output.err, "error: interrupted; the disk does not answer")?;
                return Ok(Exit::Failed);
            };
            written
        }
    };
    match written.map_err(io::Error::other)? {
        Ok(written) => {
            writeln!(output.out, "{written}")?;
            Ok(Exit::Done)
        }
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            Ok(exit_of(&error))
        }
    }
}

fn order(asked: &Report, global: &Global) -> EvidenceOrder {
    EvidenceOrder {
        since: asked.since,
        accounts: global.accounts.clone(),
        watch: asked.watch.clone(),
        output: asked.output.clone(),
        with_names: asked.with_names,
        force: asked.force,
        state: global.state_path(),
        config: global.config_path().ok(),
        ui_tables: UiTable.tables(),
    }
}

const fn exit_of(error: &NoReport) -> Exit {
    match error {
        NoReport::NoHome(_) | NoReport::Unknown(_) => Exit::Bad,
        NoReport::Unreadable(_) | NoReport::NotWritten(_) => Exit::Failed,
    }
}
