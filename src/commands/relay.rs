//! `relay`: joins standard input and output to the engine's socket on this machine, for a front end on another one that
//! reaches this one by ssh. It adds nothing and reads nothing of what passes.

use std::io;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use mailwatch_engine::link::socket::connect;
#[cfg(unix)]
use tokio::io::{AsyncWriteExt as _, copy, stdin, stdout};
#[cfg(unix)]
use tokio::time::sleep;

use crate::cli::Global;
use crate::output::{Exit, Output};

/// How long the engine's last words may take once the front end has left.
#[cfg(unix)]
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Joins both until one of them ends.
///
/// # Errors
/// Where a stream cannot be read or written.
pub(super) async fn relay(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    match global.state_path() {
        #[cfg(unix)]
        Ok(state) => join(&state, output).await,
        #[cfg(not(unix))]
        Ok(_) => output.error(Exit::Failed, "the engine has no socket on this system that could be joined"),
        Err(error) => output.error(Exit::Bad, error),
    }
}

#[cfg(unix)]
async fn join(state: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    let engine = match connect(state).await {
        Ok(engine) => engine,
        Err(why) => return output.error(Exit::Failed, why),
    };
    let (mut from_engine, mut to_engine) = engine.into_split();
    let said = async {
        // An engine that reads no more is about to end, which the other direction sees.
        let _ = copy(&mut stdin(), &mut to_engine).await;
        let _ = to_engine.shutdown().await;
        sleep(LAST_WORDS).await;
    };
    let mut out = stdout();
    let heard = copy(&mut from_engine, &mut out);
    tokio::select! {
        biased;
        heard = heard => match heard {
            Ok(_) => out.flush().await?,
            // It was killed.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => return Err(error),
        },
        () = said => {}
    }
    Ok(Exit::Done)
}
