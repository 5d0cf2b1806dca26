//! `relay` over the engine's socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use mailwatch_engine::link::socket::connect;
use tokio::io::{AsyncWriteExt as _, copy, stdin, stdout};
use tokio::time::sleep;

use crate::output::{Exit, Output};

/// How long the engine's last words may take once the front end has left.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Joins both until one of them ends.
pub(super) async fn join(state: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    let (mut from_engine, mut to_engine) = match connect(state).await {
        Ok(engine) => engine,
        Err(why) => return output.error(Exit::Failed, why),
    };
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
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {}
            Err(error) => return Err(error),
        },
        () = said => {}
    }
    Ok(Exit::Done)
}
