//! Which engine a `watch` prints the events of: its own, or the one that runs, until that ends.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use mailwatch_engine::history::passing_name;
use mailwatch_engine::link::protocol::{Attach, EngineHello, Resume};
use tokio::time::{sleep, timeout};

use super::Prepared;
use super::own::run_own;
use crate::configuration;
use crate::headless::{self, Outcome, Signal};
use crate::output::{Exit, Output};
use crate::process::enter::{Attached, Entered, NoEngine, enter, hand_over, hello, own};
use crate::process::own_engine::Material;
use crate::process::whole::{watches_more, whole};
use crate::service::{self, Service};
use crate::stdout::Stdout;
use crate::tui::requests::Request;

/// Between two tries to attach to an engine that does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// How long an engine may take to hear the last words.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Runs until there is a reason to end.
pub(super) async fn run(mut prepared: Prepared<'_>, material: Material, output: &mut Output<'_>) -> io::Result<Exit> {
    let hello = hello("watch", prepared.config.as_deref());
    let global = prepared.global.clone();
    let ui = move || configuration::ui(&global).unwrap_or_default();
    let mut left: Option<Resume> = None;
    // Without a name too: what it was not told by one engine it is told by the next.
    let name = prepared.reader.clone().unwrap_or_else(passing_name);
    if let Some(lock) = prepared.carried.lock(&prepared.state) {
        return run_own(&mut prepared, material, lock, output).await;
    }
    if prepared.global.own.is_some() {
        return match own(&prepared.state)? {
            Ok(lock) => run_own(&mut prepared, material, lock, output).await,
            Err(why) => output.error(Exit::Failed, why),
        };
    }
    let mut service = Service::from_env(std::iter::empty());
    let mut more = false;
    loop {
        let wants = Attach {
            events: true,
            accounts: prepared.accounts(),
            resume: left.clone(),
            reader: Some(name.clone()),
            ..Attach::default()
        };
        match enter(&prepared.state, &hello, &wants, ui.clone()).await? {
            Ok(Entered::Own(lock)) => {
                let material = if more { on_all(&mut prepared, material).await? } else { material };
                return run_own(&mut prepared, material, lock, output).await;
            }
            Ok(Entered::Attached(attached)) => {
                more = watches_more(prepared.global, &prepared.state, &hello).await;
                let engine = attached.engine.engine.clone();
                prepared.reader = Some(name.clone());
                hand_over(&material.typed, &material.accounts, &attached.requests).await;
                match read(*attached, &mut prepared, &mut service, output).await? {
                    Read::Exit(exit) => return Ok(exit),
                    Read::EngineEnded(after) => left = Some(Resume { engine, after }),
                }
            }
            // Where it was attached already it stands by: the engine may be stopped, or starting.
            Err(why @ (NoEngine::Hangs(_) | NoEngine::NotRunning(_) | NoEngine::Broken(_)))
                if service.is_standing_by() =>
            {
                tracing::warn!("{why}");
                if let Some(exit) = wait(&mut prepared).await {
                    return Ok(exit);
                }
            }
            Err(why) => return output.error(Exit::Failed, why),
        }
    }
}

/// What all accounts are watched with, those that are not printed too; where they cannot be read just now, what was there.
async fn on_all(prepared: &mut Prepared<'_>, material: Material) -> io::Result<Material> {
    let all = whole(prepared.global, material).await?;
    prepared.whole = all.is_ok();
    Ok(all.unwrap_or_else(|named| named))
}

/// Waits before the next try; the exit where a signal came first.
async fn wait(prepared: &mut Prepared<'_>) -> Option<Exit> {
    tokio::select! {
        biased;
        Some(Signal::Stop) = prepared.signals.recv() => Some(Exit::Done),
        () = sleep(AGAIN) => None,
    }
}

enum Read {
    Exit(Exit),
    /// After the event of this number.
    EngineEnded(u64),
}

/// Prints another engine's events until there is a reason to end, or that engine has ended.
async fn read(
    attached: Attached,
    prepared: &mut Prepared<'_>,
    service: &mut Service,
    output: &mut Output<'_>,
) -> io::Result<Read> {
    let Attached { mut front_end, requests, engine, ended } = attached;
    writeln!(output.err, "{}", standing_by(&engine))?;
    for name in prepared.accounts() {
        if !front_end.board.borrow().watches.keys().any(|watch| watch.account == name) {
            writeln!(output.err, "mailwatch-tui: that engine watches no mailbox of account {name}")?;
        }
    }
    service.stands_by(&format!("standing by: process {} is the engine", engine.pid));
    let _metrics = prepared.metrics.serve(&front_end);
    let mut out = Stdout::new();
    let begun = front_end.board.borrow().clone();
    prepared.printed.begin(&mut out, &prepared.format, &begun).await?;
    let outcome = loop {
        let (board, commander) = service::view_of(&front_end);
        let printing = (&mut out, &prepared.format, &mut prepared.printed);
        let outcome = tokio::select! {
            biased;
            outcome = headless::run(&mut front_end, printing, &mut prepared.signals) => outcome?,
            never = service.attend(board, commander) => match never {},
        };
        match outcome {
            // It is handed on.
            Outcome::Reload => drop(requests.ask(Request::Reload)),
            // Only an engine is started anew.
            Outcome::Restart => {}
            outcome @ (Outcome::Stopped | Outcome::PipeClosed | Outcome::Ended) => break outcome,
        }
    };
    Ok(match outcome {
        Outcome::Ended => {
            let why = front_end.ending().map_or_else(String::new, |why| format!(": {}", why.words()));
            writeln!(output.err, "mailwatch-tui: `{}` (process {}) has ended{why}", engine.role, engine.pid)?;
            Read::EngineEnded(front_end.last())
        }
        Outcome::Stopped | Outcome::PipeClosed | Outcome::Reload | Outcome::Restart => {
            // What it was told last is still to be confirmed there, and that it leaves.
            drop((front_end, requests));
            let _ = timeout(LAST_WORDS, ended).await;
            Read::Exit(Exit::Done)
        }
    })
}

fn standing_by(engine: &EngineHello) -> String {
    let since = Timestamp::try_from(engine.since.0).unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    format!(
        "mailwatch-tui: `{}` (process {}) is the engine of this state directory since {}: its events follow, and this program \
         stands by",
        engine.role,
        engine.pid,
        since.strftime("%a %H:%M")
    )
}
