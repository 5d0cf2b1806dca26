//! No command: the screen on the user's accounts.

mod source;

use std::io::{self, IsTerminal};
use std::sync::Arc;

use mailwatch_engine::history::{self, History};
use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::requests::{AppService, RunningService, request_channel, serve};
use mailwatch_engine::status::answer;
use mailwatch_proto::model::Notifications;
use tokio::sync::{mpsc, watch};

use self::source::CommandLine;
use super::demo::{Then, show};
use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config};
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::metrics::Metrics;
use crate::process::notify;
use crate::process::prepare::{ask_missing, state_dir};
use crate::process::screen_options::options;
use crate::process::shutdown::close;
use crate::process::start::start;
use crate::tui::{self, EngineIs, Keyboard, Leave, Linked, Start};

/// The screen on the user's accounts. Where there is none, or the configuration cannot be used, the screen says so and
/// helps; without a terminal that is said on standard error.
///
/// # Errors
/// Where the terminal or the state directory cannot be used.
pub async fn screen(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let helps = io::stdin().is_terminal() && io::stdout().is_terminal();
    let ui = match configuration::ui(global) {
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
        let mut app = AppService::new(CommandLine(global.clone()));
        let (config, bad) = match app.read() {
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
        let Some(asked) = ask_missing(global, accounts, output).await? else { return Ok(Exit::Failed) };
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
        options.apply(config.as_ref().map_or_else(|| ui.clone(), |config| config.ui.clone()));
        options.start = bad.clone().map_or(Start::Watching, Start::Problem);
        let accounts = config.map_or_else(Vec::new, |config| config.accounts);
        let (history, _) = History::open(state);
        let kept = (history.clone(), LoginGovernor::open(state));
        let (engine, front_end) = start(accounts, dialler, app.take_typed(asked), kept, true).await;
        let serving = (metrics.serve(&front_end), answer(state, front_end.board.clone()));
        let notifications = app.notifications();
        let service = app.with_engine(engine, history);
        let left = show_once((service, notifications), front_end, &mut keyboard, options, output).await?;
        drop(serving);
        match left {
            // Leaving the demo leads back to the welcome.
            (Leave::Demo, _) => {
                match show(global, ui.clone(), (&mut keyboard, Then::Screen), &metrics, None, output).await? {
                    Leave::Quit | Leave::Keep | Leave::Demo => {}
                    Leave::Signal(_) | Leave::TerminalGone => return Ok(Exit::Done),
                }
            }
            (Leave::Quit | Leave::Keep | Leave::Signal(_) | Leave::TerminalGone, ready) => {
                return match bad.filter(|_| !ready) {
                    // It was never repaired: repeated where it stays readable.
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
async fn show_once(
    (mut service, notifications): (RunningService<CommandLine>, watch::Receiver<Notifications>),
    mut front_end: FrontEnd,
    keyboard: &mut Keyboard,
    options: tui::Options,
    output: &mut Output<'_>,
) -> io::Result<(Leave, bool)> {
    let (client, queue) = request_channel();
    let notifying = notify::start(&mut front_end, notifications, Some(client.reply_to()));
    let serving = tokio::spawn(async move {
        serve(&mut service, queue).await;
        service.into_engine()
    });
    let first = Linked { front_end, requests: client, engine: EngineIs::Own };
    let links = mpsc::channel(1).1;
    let left = tui::run(keyboard, first, links, options).await;
    if !matches!(left, Ok(Leave::Demo)) {
        keyboard.let_go();
    }
    let (engine, ready) = serving.await.map_err(io::Error::other)?;
    close(engine, output).await;
    // It ran beside the stop, and ends soon.
    let _ = notifying.await;
    Ok((left?, ready))
}

fn warn(config: Option<&Config>, output: &mut Output<'_>) -> io::Result<()> {
    for (config, warning) in config.iter().flat_map(|config| config.warnings.iter().map(move |one| (config, one))) {
        writeln!(output.err, "warning: {}: {warning}", config.path.display())?;
    }
    Ok(())
}
