//! `ctl restart`: the engine starts its program anew, and this waits until that answers.

use std::io;
use std::path::Path;
use std::time::Duration;

use mailwatch_engine::link::Ending;
use mailwatch_engine::link::protocol::{EngineHello, ReplyState, RequestState};
use mailwatch_engine::link::socket::{Caller, NoAnswer, NoEngine};
use mailwatch_proto::model::{LINE_LIMIT, sanitise};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::answers::outcome;
use crate::output::{Exit, Output};
use crate::process::enter::hello;

/// How long it may take: connections are ended first, and the new program reads its configuration.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Asks for it, and says what became of it.
pub(super) async fn restart(mut engine: Caller, state: &Path, json: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    let before = engine.engine.clone();
    let refused = match engine.request(RequestState::Restart).await {
        Ok(ReplyState::Done { .. }) | Err(NoAnswer::Ended(Some(Ending::Restart))) => None,
        Ok(reply) => Some(outcome(reply).1),
        Err(error) => Some(error.to_string()),
    };
    let became = match refused {
        None => came_back(&before, state).await,
        Some(why) => Err(why),
    };
    let (exit, text) = match &became {
        Ok(engine) => (
            Exit::Done,
            format!("the engine (process {}) is {} now", engine.pid, sanitise(&engine.program, LINE_LIMIT)),
        ),
        Err(why) => (Exit::Failed, why.trim_end().to_owned()),
    };
    if json {
        writeln!(output.out, "{}", json!({ "command": "restart", "ok": became.is_ok(), "text": text }))?;
    } else if became.is_ok() {
        writeln!(output.out, "{text}")?;
    } else {
        let begins = if text.starts_with("error") { "" } else { "error: " };
        writeln!(output.err, "{begins}{text}")?;
    }
    Ok(exit)
}

/// Who answers in its place, once somebody does.
async fn came_back(before: &EngineHello, state: &Path) -> Result<EngineHello, String> {
    let by = Instant::now() + PATIENCE;
    loop {
        let why = match Caller::connect(state, &hello("ctl", None)).await {
            Ok(caller) if caller.engine.engine != before.engine => return Ok(caller.engine),
            Ok(_) => "it does not end".to_owned(),
            Err(why @ (NoEngine::NotRunning(_) | NoEngine::Hangs(_) | NoEngine::Broken(_))) => why.to_string(),
            Err(why @ (NoEngine::Foreign(_) | NoEngine::Older(_) | NoEngine::Refused(_))) => {
                return Err(why.to_string());
            }
        };
        if Instant::now() >= by {
            return Err(format!(
                "the engine (process {}) has not come back within {} s: {why}",
                before.pid,
                PATIENCE.as_secs()
            ));
        }
        sleep(LOOK).await;
    }
}
