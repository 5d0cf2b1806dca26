//! `service`: `watch` as the user's service, by the system's service manager: installed, removed, looked at.
//!
//! What `watch` tells a service manager while it runs is `src/service.rs`'s.

mod definition;
mod difference;
mod found;
mod install;
mod launch;
mod launchd;
mod linger;
mod manager;
mod place;
pub(crate) mod program;
mod remove;
mod running;
mod seen;
mod status;
mod systemd;
mod tool;

use std::io;

pub use self::definition::{AGENT, UNIT, agent, sealed, unit};
pub use self::launch::Launch;
pub use self::place::{Place, System};

use self::manager::Manager;
use super::account::{AtTerminal, Prompter};
use crate::cli::{Global, ServiceCommand};
use crate::output::{Exit, Output};
use mailwatch_engine::config::NoHome;

const NO_MANAGER: &str = "services are written for systemd and launchd, and this system has neither: start `mailwatch-tui watch` with whatever starts your programs";

/// A service of Windows would run as another user, without this one's keyring; its Task Scheduler starts programs at login.
const ON_WINDOWS: &str = "services are written for systemd and launchd alone. The Task Scheduler starts `watch` at your login: schtasks /Create /SC ONLOGON /TN mailwatch-tui /TR \"PATH\\mailwatch-tui.exe watch\"";

/// What the commands need from outside of this program; tests bring their own.
pub struct ServiceEnvironment<'o> {
    /// Who answers questions.
    pub prompter: &'o mut dyn Prompter,
    /// The system, its directories, this program.
    pub place: &'o Place,
}

/// Runs a `service` command with the terminal and this system.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn run(command: ServiceCommand, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let place = match Place::of_process() {
        Ok(place) => place,
        Err(error @ NoHome) => return output.error(Exit::Bad, error),
    };
    let mut environment = ServiceEnvironment { prompter: &mut AtTerminal, place: &place };
    service(command, global, output, &mut environment).await
}

/// Runs a `service` command.
///
/// # Errors
/// Where the output cannot be written.
pub async fn service(
    command: ServiceCommand,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut ServiceEnvironment<'_>,
) -> io::Result<Exit> {
    let Some(manager) = Manager::of(environment.place) else {
        return output.error(Exit::Bad, if cfg!(windows) { ON_WINDOWS } else { NO_MANAGER });
    };
    match command {
        ServiceCommand::Install { force } => install::install(force, manager, global, output, environment).await,
        ServiceCommand::Remove { force } => remove::remove(force, manager, output, environment).await,
        ServiceCommand::Status { json } => status::status(json, manager, environment.place, output).await,
    }
}
