//! No command: the screen on the user's accounts.

mod attached;
mod wanted_hosts;

use std::io::{self, IsTerminal};
use std::sync::Arc;

use mailwatch_engine::history;
use mailwatch_engine::requests::AppService;

use self::attached::{Place, show_hosts, show_once};
use self::wanted_hosts::wanted_hosts;
use super::demo::{Then, show};
use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config};
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::command_line::CommandLine;
use crate::process::dialler::dialler;
use crate::process::enter::same_config;
use crate::process::metrics::Metrics;
use crate::process::own_engine::Material;
use crate::process::prepare::{ask_missing, state_dir};
use crate::process::screen_options::options;
use crate::tui::{Keyboard, Leave, Start, kept};

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
            // The hosts alone.
            Err(BadConfig::Config(error)) if !global.hosts.is_empty() && error.is_empty() => (None, None),
            Err(BadConfig::Config(error)) if helps => (None, Some(Arc::new(error))),
            Err(error) => {
                write!(output.err, "{}", error.render(output.width, output.colour))?;
                return Ok(Exit::Bad);
            }
        };
        warn(config.as_ref(), output)?;
        let configured = config.as_ref().map_or(&[][..], |config| config.hosts.as_slice());
        let hosts = match wanted_hosts(configured, &global.hosts) {
            Ok(hosts) => hosts,
            Err(why) => return output.error(Exit::Bad, why),
        };
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
        options.themes.keep_in(state.join(kept::FILE));
        options.apply(config.as_ref().map_or_else(|| ui.clone(), |config| config.ui.clone()));
        options.start = bad.clone().map_or(Start::Watching, Start::Problem);
        let notifications = config.as_ref().map(|config| config.notify.clone()).unwrap_or_default();
        let accounts = config.map_or_else(Vec::new, |config| config.accounts);
        let hosts_alone = accounts.is_empty() && !hosts.is_empty() && bad.is_none();
        options.configures &= !hosts_alone;
        let material = Material { app, accounts, typed: asked, dialler };
        let place = Place { global, state, config: same_config(global), metrics: &metrics, notifications, hosts };
        if hosts_alone {
            show_hosts(&place, &mut keyboard, options).await?;
            return Ok(Exit::Done);
        }
        let left = match Box::pin(show_once(&place, material, &mut keyboard, options, output)).await? {
            Ok(left) => left,
            Err(why) => return output.error(Exit::Failed, why),
        };
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

fn warn(config: Option<&Config>, output: &mut Output<'_>) -> io::Result<()> {
    for (config, warning) in config.iter().flat_map(|config| config.warnings.iter().map(move |one| (config, one))) {
        writeln!(output.err, "warning: {}: {warning}", config.path.display())?;
    }
    Ok(())
}
