//! A `watch` that is the engine.

use std::io;
use std::time::Duration;

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::link::{Ending, FrontEnd};
use mailwatch_proto::model::Command;
use tokio::sync::mpsc;

use super::Prepared;
use crate::headless::{self, Outcome, Signal};
use crate::output::{Exit, Output};
use crate::process::own_engine::{Begin, Material, OwnEngine, Unserved};
use crate::service::{self, Service};
use crate::tui::requests::{Reply, Request, RequestClient};

/// How long after the stop the last events may still be written: a stalled reader must not delay the end beyond 2 seconds.
const LAST_WORDS: Duration = Duration::from_millis(1800);

/// The least time for them.
const LAST_WORD: Duration = Duration::from_millis(50);

/// Runs the engine and prints its events until there is a reason to end.
///
/// # Errors
/// If the output cannot be written for another reason than a closed pipe.
pub(super) async fn run_own(
    prepared: &mut Prepared<'_>,
    material: Material,
    lock: EngineLock,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let mut service = Service::from_env(material.accounts.iter().map(|account| account.name.as_str()));
    let begin = Begin {
        lock,
        role: "watch",
        material,
        state: &prepared.state,
        config: prepared.config.as_deref(),
        metrics: &prepared.metrics,
    };
    let (engine, mut front_end, requests) = OwnEngine::start(begin).await;
    prepared.printed.owns();
    let mut out = tokio::io::stdout();
    let outcome = loop {
        let (board, commander) = service::view_of(&front_end);
        let printing = (&mut out, &prepared.format, &mut prepared.printed);
        let outcome = tokio::select! {
            biased;
            outcome = headless::run(&mut front_end, printing, &mut prepared.signals) => outcome,
            never = service.attend(board, commander) => match never {},
        };
        match outcome {
            Ok(Outcome::Reload) => {
                service.reloading();
                if let Ended::Yes = reload(&requests, &front_end, &mut prepared.signals, output).await? {
                    break Ok(Outcome::Stopped);
                }
                service.reloaded();
            }
            outcome => break outcome,
        }
    };
    let why = match &outcome {
        Ok(Outcome::Stopped | Outcome::Reload) => Ending::Signal,
        Ok(Outcome::PipeClosed) => Ending::Left,
        Ok(Outcome::Ended) | Err(_) => Ending::Fault,
    };
    service.stopping();
    drop(requests);
    let ending = tokio::time::Instant::now();
    let Unserved { mut engine, ready: _, notifying, lock } = engine.unserved(why).await?;
    engine.stop().await;
    if matches!(outcome, Ok(Outcome::Stopped)) {
        // The events of the stop itself. Signals no longer matter.
        let (_none, mut no_signals) = mpsc::channel(1);
        let printing = (&mut out, &prepared.format, &mut prepared.printed);
        let rest = headless::run(&mut front_end, printing, &mut no_signals);
        let until = (ending + LAST_WORDS).max(tokio::time::Instant::now() + LAST_WORD);
        let _ = tokio::time::timeout_at(until, rest).await;
    }
    drop(front_end);
    engine.close().await;
    // It ran beside the stop, and ends soon.
    let _ = notifying.await;
    drop(lock);
    outcome.map(|outcome| match outcome {
        Outcome::Stopped | Outcome::PipeClosed | Outcome::Ended | Outcome::Reload => Exit::Done,
    })
}

/// Whether a signal asked to end.
enum Ended {
    Yes,
    No,
}

/// Has the configuration read again, and says what is wrong with it. However long that takes, signals are heard.
async fn reload(
    requests: &RequestClient,
    front_end: &FrontEnd,
    signals: &mut mpsc::Receiver<Signal>,
    output: &mut Output<'_>,
) -> io::Result<Ended> {
    let Some(mut replies) = requests.ask(Request::Reload) else { return Ok(Ended::No) };
    let mut again = false;
    loop {
        let reply = tokio::select! {
            biased;
            Some(signal) = signals.recv() => match signal {
                Signal::Stop => return Ok(Ended::Yes),
                Signal::Reload => {
                    // It may have been read before what this signal is about.
                    again = true;
                    continue;
                }
                Signal::CheckMail => {
                    let _ = front_end.commander().send_all(Command::Done);
                    continue;
                }
            },
            reply = replies.recv() => reply,
        };
        match reply {
            Some(Reply::Config(error)) => {
                write!(output.err, "{}", error.render(output.width, output.colour))?;
                writeln!(output.err, "The configuration read before stays in force.")?;
            }
            Some(Reply::Failed(why)) => {
                writeln!(output.err, "error: {why}")?;
                writeln!(output.err, "The configuration read before stays in force.")?;
            }
            Some(_) | None => {}
        }
        if !std::mem::take(&mut again) {
            return Ok(Ended::No);
        }
        match requests.ask(Request::Reload) {
            Some(more) => replies = more,
            None => return Ok(Ended::No),
        }
    }
}
