//! `report`, broken off by a signal without leaving half a file.

use std::io;
use std::time::Duration;

use mailwatch_engine::config::FrontEndTable as _;
use mailwatch_engine::requests::{EvidenceOrder, NoReport, begin_evidence};
use tokio_util::sync::CancellationToken;

use crate::cli::{Global, Report};
use crate::output::{Exit, Output};
use crate::process::stop_signals::StopSignals;
use crate::tui::settings::UiTable;

/// How long a disk that hangs is waited for after the program was asked to end.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// Writes the report and says where it is.
///
/// # Errors
/// Where the output cannot be written.
pub async fn report(global: &Global, asked: &Report, output: &mut Output<'_>) -> io::Result<Exit> {
    let mut stop_signals = StopSignals::listen();
    let stop = CancellationToken::new();
    let mut writing = begin_evidence(order(asked, global), stop.clone());
    let written = tokio::select! {
        biased;
        written = &mut writing => written,
        () = stop_signals.received() => {
            stop.cancel();
            let Ok(written) = tokio::time::timeout(LAST_WRITE, writing).await else {
                writeln!(output.err, "error: broken off; the disk does not answer")?;
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
