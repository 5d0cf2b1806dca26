//! The screen, on the user's accounts and on embedded servers.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use mailwatch_engine::Engine;
use mailwatch_engine::config::{Config, Ui};
use mailwatch_engine::history::{self, History};
use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::secret::Asked;
use mailwatch_engine::status::answer;
use mailwatch_proto::model::Notifications;
use mailwatch_tui::cli::{BadConfig, Exit, Global, Output};
use mailwatch_tui::show::Show;
use mailwatch_tui::tui::{self, Keyboard, Leave, Start};

use super::closing::close;
use super::metrics::Metrics;
use super::steward::Steward;
use super::{demo_desk, dialler, notify, start, state_dir};
use crate::logging;

/// The screen on the user's accounts. Where there is none, or the configuration cannot be used, the screen says so and
/// helps; without a terminal that is said on standard error.
///
/// # Errors
/// Where the terminal or the state directory cannot be used.
pub async fn screen(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let helps = io::stdin().is_terminal() && io::stdout().is_terminal();
    let ui = match global.ui() {
        Ok(ui) => ui,
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            return Ok(Exit::Bad);
        }
    };
    let Some(metrics) = Metrics::listen(global, output).await? else { return Ok(Exit::Failed) };
    let mut state = None;
    let mut keyboard = Keyboard::default();
    loop {
        let mut steward = Steward::new(global.clone());
        let (config, bad) = match steward.read() {
            Ok(config) => (Some(config), None),
            Err(BadConfig::Config(error)) if helps => (None, Some(Arc::new(error))),
            Err(error) => {
                write!(output.err, "{}", error.render(output.width, output.colour))?;
                return Ok(Exit::Bad);
            }
        };
        warn(config.as_ref(), output)?;
        // Before the screen takes the terminal.
        let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
        let accounts = config.as_ref().map_or(&[][..], |config| config.accounts.as_slice());
        let Some(asked) = super::ask_missing(global, accounts, output).await? else { return Ok(Exit::Failed) };
        let state = if let Some(state) = &state {
            state
        } else {
            let Some(made) = state_dir(global, output)? else { return Ok(Exit::Bad) };
            logging::to_file(&made, global.verbose)?;
            state.insert(made)
        };
        let mut options = options(global);
        let path = global.config_path().map_err(io::Error::other)?;
        options.paths =
            vec![("config", path), ("state", state.join(history::FILE)), ("log", state.join(logging::FILE))];
        options.take(config.as_ref().map_or_else(|| ui.clone(), |config| config.ui.clone()));
        options.start = bad.clone().map_or(Start::Watching, Start::Problem);
        let accounts = config.map_or_else(Vec::new, |config| config.accounts);
        let (history, _) = History::open(state);
        steward.remember(history.clone());
        let (engine, front_end) = start(accounts, dialler, steward.take_typed(asked), history, true).await;
        let serving = (metrics.serve(&front_end), answer(state, front_end.board.clone()));
        let left = watch(steward, (engine, front_end), &mut keyboard, options, output).await?;
        drop(serving);
        match left {
            // As one has come to it: with the ways on, once it was left.
            (Leave::Demo, _) => {
                match show(global, ui.clone(), (&mut keyboard, Then::Screen), &metrics, None, output).await? {
                    Leave::Quit | Leave::Demo => {}
                    Leave::Signal(_) | Leave::TerminalGone => return Ok(Exit::Done),
                }
            }
            (Leave::Quit | Leave::Signal(_) | Leave::TerminalGone, ready) => {
                return match bad.filter(|_| !ready) {
                    // It was never mended: said again where it stays to be read.
                    Some(error) => {
                        write!(output.err, "{}", error.render(output.width, output.colour))?;
                        Ok(Exit::Bad)
                    }
                    None => Ok(Exit::Done),
                };
            }
        }
    }
}

/// The screen once. Why it was left, and whether there was a usable configuration.
async fn watch(
    steward: Steward,
    (engine, mut front_end): (Engine, FrontEnd),
    keyboard: &mut Keyboard,
    options: tui::Options,
    output: &mut Output<'_>,
) -> io::Result<(Leave, bool)> {
    let (host, desk) = tui::host::host();
    let notifying = notify::start(&mut front_end, steward.notifications(), Some(desk.replies.clone()));
    let serving = tokio::spawn(steward.serve(engine, desk));
    let left = tui::run(keyboard, front_end, host, options).await;
    if !matches!(left, Ok(Leave::Demo)) {
        keyboard.let_go();
    }
    let (engine, ready) = serving.await.map_err(io::Error::other)?;
    close(engine, output).await;
    // It has had its time meanwhile, and takes little more.
    let _ = notifying.await;
    Ok((left?, ready))
}

fn warn(config: Option<&Config>, output: &mut Output<'_>) -> io::Result<()> {
    for (config, warning) in config.iter().flat_map(|config| config.warnings.iter().map(move |one| (config, one))) {
        writeln!(output.err, "warning: {}: {warning}", config.path.display())?;
    }
    Ok(())
}

fn options(global: &Global) -> tui::Options {
    let mut options = tui::Options::from_env();
    if global.ascii {
        options.characters = options.characters.with_ascii_marks();
    }
    options.mouse &= !global.no_mouse;
    options.keylog = global.keylog;
    options
}

/// The screen on embedded servers. Keeps nothing: each demo is the first.
///
/// # Errors
/// Where the terminal or a socket cannot be had.
pub async fn demo(global: &Global, notify: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    let notifications = notify.then(|| {
        let configured = global.load().map(|config| config.notify).unwrap_or_default();
        if configured.any() { configured } else { Notifications { desktop: true, ..configured } }
    });
    match global.ui() {
        Ok(ui) => match Metrics::listen(global, output).await? {
            Some(metrics) => {
                let mut keyboard = Keyboard::default();
                show(global, ui, (&mut keyboard, Then::Shell), &metrics, notifications, output)
                    .await
                    .map(|_| Exit::Done)
            }
            None => Ok(Exit::Failed),
        },
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            Ok(Exit::Bad)
        }
    }
}

/// What comes after the demo was left by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The screen that it was opened from.
    Screen,
    Shell,
}

/// The screen on embedded servers once. Their mail is nobody's: it notifies only where that was asked for.
async fn show(
    global: &Global,
    ui: Ui,
    (keyboard, then): (&mut Keyboard, Then),
    metrics: &Metrics,
    notifications: Option<Notifications>,
    output: &mut Output<'_>,
) -> io::Result<Leave> {
    let mut options = tui::Options { configures: false, ..options(global) };
    options.take(ui);
    let Some(dialler) = dialler(global, output)? else { return Ok(Leave::Quit) };
    let show = Show::start().await?;
    let nothing = tokio::sync::watch::Sender::new(Asked::default());
    options.about = show.fates().iter().map(|&(account, fate)| (account.into(), fate)).collect();
    let history = History::in_process();
    let (engine, mut front_end) = start(show.accounts(), dialler, nothing.subscribe(), history.clone(), true).await;
    let _serving = metrics.serve(&front_end);
    let (host, desk) = tui::host::host();
    let replies = desk.replies.clone();
    let _desk = demo_desk::serve(desk, history, std::env::temp_dir());
    if let Some(notifications) = notifications {
        let settings = tokio::sync::watch::Sender::new(notifications).subscribe();
        notify::start(&mut front_end, settings, Some(replies));
    }
    let left = tui::run(keyboard, front_end, host, options).await;
    match (&left, then) {
        (Ok(Leave::Quit | Leave::Demo), Then::Screen) => {}
        (Ok(Leave::Quit | Leave::Demo), Then::Shell)
        | (Ok(Leave::Signal(_) | Leave::TerminalGone) | Err(_), Then::Screen | Then::Shell) => keyboard.let_go(),
    }
    close(engine, output).await;
    left
}
