//! `report`, broken off by a signal without leaving half a file.

use std::io;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{self, Global};
use crate::output::{Exit, Output};
use crate::process::stop_signals::StopSignals;

mod written;

pub use self::written::{NoReport, Written};

/// What the screen's key means: a day.
pub(super) const SINCE: Duration = Duration::from_hours(24);

/// How long a disk that hangs is waited for after the program was asked to end.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// Writes the report and says where it is.
///
/// # Errors
/// Where the output cannot be written.
pub async fn report(global: &Global, asked: &cli::Report, output: &mut Output<'_>) -> io::Result<Exit> {
    let mut stop_signals = StopSignals::listen();
    let stop = CancellationToken::new();
    let mut writing = begin(asked.clone(), global.clone(), stop.clone());
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
            writeln!(output.out, "{}", said(&written))?;
            Ok(Exit::Done)
        }
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            Ok(error.exit())
        }
    }
}

/// Begins to write, on a thread that may block.
pub fn begin(asked: cli::Report, global: Global, stop: CancellationToken) -> JoinHandle<Result<Written, NoReport>> {
    tokio::task::spawn_blocking(move || written::report(&asked, &global, SystemTime::now(), &|| stop.is_cancelled()))
}

/// What was written, in a sentence.
pub fn said(written: &Written) -> String {
    let stalls = match written.stalls {
        0 => "no stall".to_owned(),
        1 => "1 stall".to_owned(),
        count => format!("{count} stalls"),
    };
    format!(
        "{}: the evidence of {stalls}, {} KiB; read summary.md in it first",
        written.path.display(),
        written.size.div_ceil(1024)
    )
}
