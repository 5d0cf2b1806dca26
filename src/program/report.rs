//! `report`, broken off by a signal without leaving half a file. Part of the binary.

use std::io;
use std::time::{Duration, SystemTime};

use mailwatch_tui::cli::{self, Exit, Global, NoReport, Output, Written};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::ends::Ends;

/// How long a disk that hangs is waited for after the program was asked to end.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// Writes the report and says where it is.
///
/// # Errors
/// Where the output cannot be written.
pub async fn report(global: &Global, asked: &cli::Report, output: &mut Output<'_>) -> io::Result<Exit> {
    let mut ends = Ends::listen();
    let stop = CancellationToken::new();
    let mut writing = begin(asked.clone(), global.clone(), stop.clone());
    let written = tokio::select! {
        biased;
        written = &mut writing => written,
        () = ends.asked() => {
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
    tokio::task::spawn_blocking(move || cli::report(&asked, &global, SystemTime::now(), &|| stop.is_cancelled()))
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
