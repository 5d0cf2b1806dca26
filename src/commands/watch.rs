//! `watch`: events on standard output, without a screen.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use jiff::tz::TimeZone;
use mailwatch_engine::config::beside_runtime;
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::history::History;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::open_files::allow_sockets;
use mailwatch_engine::requests::changed_settings;
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_engine::status::answer;
use mailwatch_proto::model::{Account, Notifications};
use tokio::sync::{mpsc, watch};

use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config};
use crate::headless::{self, Format, Outcome, Signal};
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::metrics::Metrics;
use crate::process::notify;
use crate::process::prepare::{ask_missing, state_dir, usable};
use crate::process::signals::signals;
use crate::process::start::start;
use crate::service::{self, Service};

/// How long after the stop the last events may still be written: a stalled reader must not delay the end beyond 2 seconds.
const LAST_WORDS: Duration = Duration::from_millis(1800);

/// The least time for them.
const LAST_WORD: Duration = Duration::from_millis(50);

/// Events on standard output.
///
/// # Errors
/// If the output cannot be written for another reason than a closed pipe.
pub async fn watch(global: &Global, json: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(global.verbose);
    let mut signals = signals()?;
    let Some(read) = load(global, &mut signals).await? else { return Ok(Exit::Done) };
    let Some(mut config) = usable(read, output)? else { return Ok(Exit::Bad) };
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    let format = if json { Format::Json } else { Format::Text { zone: TimeZone::system(), all: global.verbose > 0 } };
    let accounts = std::mem::take(&mut config.accounts);
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let Some(asked) = ask_missing(global, &accounts, output).await? else { return Ok(Exit::Failed) };
    let Some(metrics) = Metrics::listen(global, output).await? else { return Ok(Exit::Failed) };
    let notifications = watch::Sender::new(config.notify.clone());
    let (history, _) = History::open(&state);
    let mut limits = config.history;
    history.limit(limits);
    // A broken configuration changes nothing.
    let mut another = |read| -> io::Result<Option<(Vec<Account>, String)>> {
        let Some(new) = usable(read, output)? else {
            writeln!(output.err, "The configuration read before stays in force.")?;
            return Ok(None);
        };
        let before = notifications.send_replace(new.notify.clone());
        let limits_before = std::mem::replace(&mut limits, new.history);
        history.limit(limits);
        // `watch` has no screen: `[ui]` does not matter.
        Ok(Some((new.accounts, changed_settings((&before, limits_before), (&new.notify, limits), &[]))))
    };
    let start = (accounts, dialler, asked, notifications.subscribe());
    match watch_until(start, (history.clone(), &state), &format, (global, &mut signals), &metrics, &mut another).await?
    {
        Outcome::Stopped | Outcome::PipeClosed | Outcome::Ended | Outcome::Reload => Ok(Exit::Done),
    }
}

/// Watches until there is a reason to end. `another` takes over what was read again: its accounts, and what else
/// changed.
async fn watch_until(
    (accounts, dialler, asked, notifications): (Vec<Account>, Dialler, TypedPasswords, watch::Receiver<Notifications>),
    (history, state): (History, &Path),
    format: &Format,
    (global, signals): (&Global, &mut mpsc::Receiver<Signal>),
    metrics: &Metrics,
    another: &mut impl FnMut(Result<Config, BadConfig>) -> io::Result<Option<(Vec<Account>, String)>>,
) -> io::Result<Outcome> {
    let mut service = Service::from_env(accounts.iter().map(|account| account.name.as_str()));
    let kept = (history, LoginGovernor::open(state));
    let (mut engine, mut front_end) =
        start(accounts, dialler, watch::Sender::new(asked).subscribe(), kept, false).await;
    let _serving = (metrics.serve(&front_end), answer(state, front_end.board.clone()));
    let notifying = notify::start(&mut front_end, notifications, None);
    let mut out = tokio::io::stdout();
    let outcome = loop {
        let (board, commander) = service::view_of(&front_end);
        let outcome = tokio::select! {
            biased;
            outcome = headless::run(&mut front_end, &mut out, format, signals) => outcome,
            never = service.attend(board, commander) => match never {},
        };
        match outcome {
            Ok(Outcome::Reload) => {
                service.reloading();
                let Some(read) = load(global, signals).await? else { break Ok(Outcome::Stopped) };
                if let Some((accounts, else_changed)) = another(read)? {
                    allow_sockets(accounts.iter().map(|account| account.mailboxes.len()).sum());
                    let done = engine.reconfigure(accounts).await;
                    tracing::info!("{done}{else_changed}");
                }
                service.reloaded();
            }
            outcome => break outcome,
        }
    };
    service.stopping();
    let ending = tokio::time::Instant::now();
    engine.stop().await;
    if matches!(outcome, Ok(Outcome::Stopped)) {
        // The events of the stop itself. Signals no longer matter.
        let (_none, mut no_signals) = mpsc::channel(1);
        let rest = headless::run(&mut front_end, &mut out, format, &mut no_signals);
        let until = (ending + LAST_WORDS).max(tokio::time::Instant::now() + LAST_WORD);
        let _ = tokio::time::timeout_at(until, rest).await;
    }
    drop(front_end);
    engine.close().await;
    // It ran beside the stop, and ends soon.
    let _ = notifying.await;
    outcome
}

/// Reads the configuration, however long its files take; `None` where a signal asked to end first.
async fn load(global: &Global, signals: &mut mpsc::Receiver<Signal>) -> io::Result<Option<Result<Config, BadConfig>>> {
    loop {
        let global = global.clone();
        let mut reading = pin!(beside_runtime(move || configuration::load(&global)));
        loop {
            let signal = tokio::select! {
                biased;
                Some(signal) = signals.recv() => signal,
                read = &mut reading => return read.map(Some),
            };
            match signal {
                Signal::Stop => return Ok(None),
                // It may have been read before what this signal is about.
                Signal::Reload => break,
                Signal::CheckMail => {}
            }
        }
    }
}
