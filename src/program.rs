//! The programs behind the commands that watch: engine and front end put together and taken apart. Part of the binary.

mod apart;
mod check;
mod closing;
mod demo_desk;
mod ends;
mod metrics;
mod network;
mod notify;
mod oauth_login;
mod probe;
mod report;
mod save;
mod screen;
mod status;
mod steward;
mod systemd;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{Scenario, ServeOptions};
use jiff::tz::TimeZone;
use mailwatch_engine::config::{Config, make_state_dir};
use mailwatch_engine::dial::{Dial, Dialler};
use mailwatch_engine::history::History;
use mailwatch_engine::link::{FrontEnd, event_capacity, link};
use mailwatch_engine::secret::{self, Asked, NotAsked, Sources};
use mailwatch_engine::status::answer;
use mailwatch_engine::{Engine, Parts, Sleeper, network as network_changes, suspend, watch_ids};
use mailwatch_proto::model::{Account, Notifications};
use mailwatch_tui::cli::{Demo, Exit, Global, Output};
use mailwatch_tui::headless::{self, Format, Outcome, Signal};
use mailwatch_tui::prompt;
use tokio::sync::{mpsc, watch};

use self::apart::Apart;
pub use self::check::check;
use self::metrics::Metrics;
pub use self::network::dialler;
pub use self::oauth_login::{AtIssuer, oauth_account};
pub use self::probe::probe;
pub use self::report::report;
pub use self::screen::{demo, screen};
pub use self::status::status;
use self::systemd::Service;
use crate::logging;

/// How long after the end began what it brought may still be written: a reader that does not read does not hold it up
/// beyond the 2 seconds in which the program ends.
const LAST_WORDS: Duration = Duration::from_millis(1800);

/// And so long in any case.
const LAST_WORD: Duration = Duration::from_millis(50);

/// An engine on these accounts and the front end's end of its link.
async fn start(
    accounts: Vec<Account>,
    dialler: Dialler,
    asked: watch::Receiver<Asked>,
    history: History,
    wire: bool,
) -> (Engine, FrontEnd) {
    let watches = accounts.iter().map(|account| account.mailboxes.len()).sum();
    allow_sockets(watches);
    let dial: Arc<dyn Dial> = Arc::new(dialler);
    let link = link(watch_ids(&accounts), event_capacity(watches), wire);
    let engine = Engine::start(Parts {
        accounts,
        secrets: Arc::new(Sources::following(Arc::clone(&dial), asked)),
        dial,
        history,
        publisher: link.publisher,
        commands: link.commands,
        confirmed: link.confirmed,
    })
    .await;
    notice_suspends(engine.sleeper());
    notice_networks(engine.sleeper());
    (engine, link.front_end)
}

/// Has every IDLE checked after a suspend.
fn notice_suspends(sleeper: Sleeper) {
    tokio::spawn(async move {
        if let Err(error) = suspend::watch(|slept| sleeper.slept(slept)).await {
            tracing::warn!(%error, "this system does not tell when it was suspended");
        }
    });
}

/// Has every IDLE checked when the machine's network changes.
fn notice_networks(sleeper: Sleeper) {
    tokio::spawn(async move {
        if let Err(error) = network_changes::watch(|| sleeper.network_changed()).await {
            tracing::warn!(%error, "this system does not tell when its network changes");
        }
    });
}

/// Raises the soft limit on open files where so many watches, each with a stuck connection besides, need more.
fn allow_sockets(watches: usize) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        /// Files of the program's own: the database, the log, standard streams, the runtime's.
        const OWN: u64 = 64;
        let wanted = OWN + 2 * watches as u64;
        let mut limit = getrlimit(Resource::Nofile);
        if limit.current.is_some_and(|current| current < wanted) {
            limit.current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
            if setrlimit(Resource::Nofile, limit).is_err() {
                tracing::warn!(wanted, "the limit on open files could not be raised");
            }
        }
    }
}

/// The configuration, or what is wrong with it on standard error.
fn load(global: &Global, output: &mut Output<'_>) -> io::Result<Option<Config>> {
    match global.load() {
        Ok(config) => {
            for warning in &config.warnings {
                writeln!(output.err, "warning: {}: {warning}", config.path.display())?;
            }
            Ok(Some(config))
        }
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            Ok(None)
        }
    }
}

/// With `--ask`, the passwords that are missing; nothing where a person would not type one.
async fn ask_missing(global: &Global, accounts: &[Account], output: &mut Output<'_>) -> io::Result<Option<Asked>> {
    if !global.ask {
        return Ok(Some(Asked::default()));
    }
    match secret::ask_missing(accounts, &mut *output.err, prompt::ask).await {
        Ok(asked) => Ok(Some(asked)),
        Err(NotAsked::Io(error)) => Err(error),
        Err(error @ NotAsked::Prompt { .. }) => {
            writeln!(output.err, "error: {error}")?;
            Ok(None)
        }
    }
}

/// The state directory, made where it is missing.
fn state_dir(global: &Global, output: &mut Output<'_>) -> io::Result<Option<PathBuf>> {
    let path = match global.state_path() {
        Ok(path) => path,
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            return Ok(None);
        }
    };
    match make_state_dir(&path) {
        Ok(()) => Ok(Some(path)),
        Err(error) => {
            let hint = "name another with --state-dir";
            writeln!(output.err, "error: {}: the state directory cannot be made ({error}); {hint}", path.display())?;
            Ok(None)
        }
    }
}

/// One embedded server for other clients, until SIGINT, SIGTERM or SIGHUP: it has nothing to read again.
///
/// # Errors
/// Where the port is taken or the output cannot be written.
pub async fn serve(demo: &Demo, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(0);
    let scenario = match Scenario::by_name(demo.scenario.as_deref().unwrap_or("healthy")) {
        Ok(scenario) => scenario,
        Err(error) => {
            writeln!(output.err, "error: {error}. There are:")?;
            for (name, about) in Scenario::list() {
                writeln!(output.err, "  {name:<24} {about}")?;
            }
            return Ok(Exit::Bad);
        }
    };
    let mailboxes = demo.mailboxes.map_or(1, |count| count as usize);
    allow_sockets(mailboxes);
    let options = ServeOptions {
        scenario,
        port: demo.port.unwrap_or(0),
        mailboxes,
        every: demo.every,
        ..ServeOptions::default()
    };
    let mut signals = signals()?;
    let stop = async move { while signals.recv().await == Some(Signal::CheckMail) {} };
    imap_misbehave::serve(options, &mut io::stdout(), stop).await?;
    Ok(Exit::Done)
}

/// Events on standard output.
///
/// # Errors
/// Where the output cannot be written, for another reason than that nobody reads it.
pub async fn watch(global: &Global, json: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(global.verbose);
    let mut signals = signals()?;
    let Some(mut config) = load(global, output)? else { return Ok(Exit::Bad) };
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    let format = if json { Format::Json } else { Format::Text { zone: TimeZone::system(), all: global.verbose > 0 } };
    let accounts = std::mem::take(&mut config.accounts);
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let Some(asked) = ask_missing(global, &accounts, output).await? else { return Ok(Exit::Failed) };
    let Some(metrics) = Metrics::listen(global, output).await? else { return Ok(Exit::Failed) };
    let notifications = watch::Sender::new(config.notify.clone());
    // Nothing is touched for a configuration that is wrong.
    let mut another = || -> io::Result<Option<(Vec<Account>, String)>> {
        let Some(new) = load(global, output)? else {
            writeln!(output.err, "The configuration read before stays in force.")?;
            return Ok(None);
        };
        // Nothing is drawn here: of what is no watch's, the ways to notify alone are heeded.
        let now = Apart { notify: new.notify, ..Apart::default() };
        let before = Apart { notify: notifications.send_replace(now.notify.clone()), ..Apart::default() };
        Ok(Some((new.accounts, before.changed(&now))))
    };
    let start = (accounts, dialler, asked, notifications.subscribe());
    match watch_until(start, &state, &format, &mut signals, &metrics, &mut another).await? {
        Outcome::AllFailed => Ok(Exit::Failed),
        Outcome::Stopped | Outcome::PipeClosed | Outcome::Ended | Outcome::Reload => Ok(Exit::Done),
    }
}

/// Watches until there is a reason to end; `another` reads the accounts again, and says what else changed.
async fn watch_until(
    (accounts, dialler, asked, notifications): (Vec<Account>, Dialler, Asked, watch::Receiver<Notifications>),
    state: &Path,
    format: &Format,
    signals: &mut mpsc::Receiver<Signal>,
    metrics: &Metrics,
    another: &mut impl FnMut() -> io::Result<Option<(Vec<Account>, String)>>,
) -> io::Result<Outcome> {
    let (history, _) = History::open(state);
    let mut service = Service::from_env(accounts.iter().map(|account| account.name.as_str()));
    let (mut engine, mut front_end) =
        start(accounts, dialler, watch::Sender::new(asked).subscribe(), history, false).await;
    let _serving = (metrics.serve(&front_end), answer(state, front_end.board.clone()));
    let notifying = notify::start(&mut front_end, notifications, None);
    let mut out = tokio::io::stdout();
    let outcome = loop {
        let (board, commander) = systemd::sight(&front_end);
        let outcome = tokio::select! {
            biased;
            outcome = headless::run(&mut front_end, &mut out, format, signals) => outcome,
            never = service.attend(board, commander) => match never {},
        };
        match outcome {
            Ok(Outcome::Reload) => {
                service.reloading();
                if let Some((accounts, else_changed)) = another()? {
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
    if matches!(outcome, Ok(Outcome::Stopped | Outcome::AllFailed)) {
        // What the end itself brought. Signals have been heard.
        let (_none, mut no_signals) = mpsc::channel(1);
        let rest = headless::run(&mut front_end, &mut out, format, &mut no_signals);
        let until = (ending + LAST_WORDS).max(tokio::time::Instant::now() + LAST_WORD);
        let _ = tokio::time::timeout_at(until, rest).await;
    }
    drop(front_end);
    engine.close().await;
    // It has had its time meanwhile, and takes little more.
    let _ = notifying.await;
    outcome
}

/// The signals that a program without a screen hears.
fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (tx, rx) = mpsc::channel(4);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::interrupt(), Signal::Stop),
            (SignalKind::terminate(), Signal::Stop),
            (SignalKind::user_defined1(), Signal::CheckMail),
            (SignalKind::hangup(), Signal::Reload),
        ];
        for (kind, meaning) in kinds {
            let (mut stream, tx) = (signal(kind)?, tx.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    if tx.send(meaning).await.is_err() {
                        return;
                    }
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if tx.send(Signal::Stop).await.is_err() {
                return;
            }
        }
    });
    Ok(rx)
}
