//! A `watch` that is the engine.

use std::io;
use std::time::Duration;

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::link::{Ending, FrontEnd, ReaderName};
use mailwatch_engine::requests::NextProgram;
use mailwatch_proto::model::Command;
use tokio::sync::{mpsc, watch};

use super::Prepared;
use crate::headless::{self, Outcome, Signal};
use crate::output::{Exit, Output};
use crate::process::own_engine::{Begin, Material, OwnEngine, Unserved};
use crate::process::restart::Successor;
use crate::service::{self, Service};
use crate::stdout::Stdout;
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
        reader: prepared.reader.clone().map(|name| ReaderName { name, accounts: prepared.accounts(), own: true }),
    };
    let (engine, mut front_end, requests) = OwnEngine::start(begin).await;
    prepared.printed.owns();
    let next = next_program(&engine, &prepared.says);
    let mut out = Stdout::new();
    let mut next_one = None;
    let mut others = engine.others();
    let mut is_read = true;
    let outcome = loop {
        let (board, commander) = service::view_of(&front_end);
        let printing = (&mut out, &prepared.format, &mut prepared.printed);
        let showing = async {
            if is_read {
                headless::run(&mut front_end, printing, &mut prepared.signals).await
            } else {
                Ok(headless::run_unread(&mut front_end, &mut prepared.signals, &mut others).await)
            }
        };
        let outcome = tokio::select! {
            biased;
            outcome = showing => outcome,
            never = service.attend(board, commander) => match never {},
        };
        match outcome {
            // The engine outlives its reader while others look at it.
            Ok(Outcome::PipeClosed) if std::mem::take(&mut is_read) => {}
            Ok(Outcome::Reload) => {
                service.reloading();
                if let Some(outcome) = reload(&requests, &front_end, &mut prepared.signals, output).await? {
                    break Ok(outcome);
                }
                service.reloaded();
            }
            Ok(Outcome::Restart) => match successor(&engine, next.as_ref(), prepared.whole) {
                Ok(successor) => {
                    next_one = Some(successor);
                    break Ok(Outcome::Restart);
                }
                Err(error) => tracing::error!(%error, "the program cannot be restarted, and continues"),
            },
            outcome => break outcome,
        }
    };
    let why = match &outcome {
        Ok(Outcome::Stopped | Outcome::Reload) => Ending::Signal,
        Ok(Outcome::Restart) => Ending::Restart,
        Ok(Outcome::PipeClosed) => Ending::Left,
        Ok(Outcome::Ended) | Err(_) => Ending::Fault,
    };
    match &outcome {
        // For the service manager it goes on.
        Ok(Outcome::Restart) => service.restarting(),
        Ok(Outcome::Stopped | Outcome::Reload | Outcome::PipeClosed | Outcome::Ended) | Err(_) => service.stopping(),
    }
    drop(requests);
    let ending = tokio::time::Instant::now();
    let Unserved { mut engine, ready: _, notifying, lock } = engine.unserved(why).await?;
    engine.stop().await;
    if matches!(outcome, Ok(Outcome::Stopped | Outcome::Restart)) {
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
    if let Some(successor) = next_one {
        let error = successor.begin();
        return output.error(Exit::Failed, format_args!("the program could not be restarted: {error}"));
    }
    drop(lock);
    outcome.map(|outcome| match outcome {
        Outcome::Stopped | Outcome::PipeClosed | Outcome::Ended | Outcome::Reload | Outcome::Restart => Exit::Done,
    })
}

/// The program that is to be started in this one's place, once that is asked for: then it says so as a signal would.
fn next_program(engine: &OwnEngine, says: &mpsc::Sender<Signal>) -> Option<watch::Receiver<Option<NextProgram>>> {
    let next = engine.next_program()?;
    let (mut asked, says) = (next.clone(), says.clone());
    tokio::spawn(async move {
        while asked.changed().await.is_ok() {
            // Nobody listens any more once the end has begun.
            let _ = says.send(Signal::Restart).await;
        }
    });
    Some(next)
}

/// Gets the program ready that goes on in this one's place.
#[cfg(unix)]
fn successor(
    engine: &OwnEngine,
    next: Option<&watch::Receiver<Option<NextProgram>>>,
    whole: bool,
) -> io::Result<Successor> {
    let program = next.and_then(|next| next.borrow().clone()).ok_or(io::ErrorKind::NotFound)?;
    Successor::prepare(program.path, engine.lock(), &engine.typed(), whole)
}

/// A process becomes no other program here, and nobody can ask for it.
#[cfg(not(unix))]
fn successor(_: &OwnEngine, _: Option<&watch::Receiver<Option<NextProgram>>>, _: bool) -> io::Result<Successor> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Has the configuration read again, and says what is wrong with it. However long that takes, signals are heard: the outcome
/// where one is a reason to end.
async fn reload(
    requests: &RequestClient,
    front_end: &FrontEnd,
    signals: &mut mpsc::Receiver<Signal>,
    output: &mut Output<'_>,
) -> io::Result<Option<Outcome>> {
    let Some(mut replies) = requests.ask(Request::Reload) else { return Ok(None) };
    let mut again = false;
    loop {
        let reply = tokio::select! {
            biased;
            Some(signal) = signals.recv() => match signal {
                Signal::Stop => return Ok(Some(Outcome::Stopped)),
                Signal::Restart => return Ok(Some(Outcome::Restart)),
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
                writeln!(output.err, "The previous configuration stays in force.")?;
            }
            Some(Reply::Failed(why)) => {
                writeln!(output.err, "error: {why}")?;
                writeln!(output.err, "The previous configuration stays in force.")?;
            }
            Some(_) | None => {}
        }
        if !std::mem::take(&mut again) {
            return Ok(None);
        }
        match requests.ask(Request::Reload) {
            Some(more) => replies = more,
            None => return Ok(None),
        }
    }
}
