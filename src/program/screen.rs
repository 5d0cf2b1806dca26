//! The screen, on the user's accounts and on embedded servers.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use mailwatch_tui::cli::{BadConfig, Exit, Global, Output};
use mailwatch_tui::config::Config;
use mailwatch_tui::demo::Show;
use mailwatch_tui::history::{self, History};
use mailwatch_tui::secret::Asked;
use mailwatch_tui::tui::{self, Leave, Start};

use super::closing::close;
use super::steward::Steward;
use super::{start, state_dir};
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
    let steward = Steward::new(global.clone());
    let (config, bad) = match steward.read() {
        Ok(config) => (Some(config), None),
        Err(BadConfig::Config(error)) if helps => (None, Some(Arc::new(error))),
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            return Ok(Exit::Bad);
        }
    };
    warn(config.as_ref(), output)?;
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    // Before the screen takes the terminal.
    let accounts = config.as_ref().map_or(&[][..], |config| config.accounts.as_slice());
    let Some(asked) = super::ask_missing(global, accounts, output).await? else { return Ok(Exit::Failed) };
    logging::to_file(&state, global.verbose)?;
    let mut options = options(global);
    let path = global.config_path().map_err(io::Error::other)?;
    options.paths = vec![("config", path), ("state", state.join(history::FILE)), ("log", state.join(logging::FILE))];
    options.take(config.as_ref().map_or(ui, |config| config.ui.clone()));
    options.start = match &bad {
        None => Start::Watching,
        Some(error) => Start::Problem(Arc::clone(error)),
    };
    let (history, _) = History::open(&state);
    let accounts = config.map_or_else(Vec::new, |config| config.accounts);
    let (engine, front_end) = start(accounts, asked, history, true).await;
    let (host, desk) = tui::host::host();
    let serving = tokio::spawn(steward.serve(engine, desk));
    let left = tui::run(front_end, host, options).await;
    let (engine, ready) = serving.await.map_err(io::Error::other)?;
    close(engine, output).await;
    match (left?, bad) {
        // It was never mended: said again where it stays to be read.
        (Leave::Quit | Leave::Signal(_) | Leave::TerminalGone, Some(error)) if !ready => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            Ok(Exit::Bad)
        }
        (Leave::Quit | Leave::Signal(_) | Leave::TerminalGone, _) => Ok(Exit::Done),
    }
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
    options
}

/// The screen on embedded servers. Keeps nothing: each demo is the first.
///
/// # Errors
/// Where the terminal or a socket cannot be had.
pub async fn demo(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let mut options = options(global);
    match global.ui() {
        Ok(ui) => options.take(ui),
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            return Ok(Exit::Bad);
        }
    }
    let show = Show::start().await?;
    options.about = show.fates().iter().map(|&(account, fate)| (account.into(), fate)).collect();
    let (engine, front_end) = start(show.accounts(), Asked::default(), History::in_process(), true).await;
    let left = tui::run(front_end, tui::Host::absent(), options).await;
    close(engine, output).await;
    left.map(|_| Exit::Done)
}
