//! The whole configuration, taken over from an engine that watched more accounts than the command line names: what that engine
//! watched is watched on.

use std::io;
use std::path::Path;

use mailwatch_engine::config::beside_runtime;
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::link::{protocol::FrontEndHello, socket::Caller};
use mailwatch_engine::requests::AppService;
use mailwatch_engine::secret::TypedPasswords;

use super::command_line::CommandLine;
use super::own_engine::Material;
use crate::cli::Global;
use crate::configuration;
use crate::configuration::Config;

/// Columns of a problem in the log.
const PROBLEM: usize = 120;

/// What an engine on this configuration is made of; a reload reads it again with these options.
pub fn material(global: &Global, config: Config, typed: TypedPasswords, dialler: Dialler) -> Material {
    let mut app = AppService::new(CommandLine(global.clone()));
    let accounts = app.take(config).accounts;
    Material { app, accounts, typed, dialler }
}

/// The same options on every account.
pub fn all(global: &Global) -> Global {
    Global { accounts: Vec::new(), ..global.clone() }
}

/// Whether the engine that runs watches accounts besides those that the options name.
pub async fn watches_more(global: &Global, state: &Path, hello: &FrontEndHello) -> bool {
    if global.accounts.is_empty() {
        return false;
    }
    let board = async { Caller::connect(state, hello).await.ok()?.board().await.ok() };
    let names = |name: &str| global.accounts.iter().any(|account| account == name);
    board.await.is_some_and(|board| board.watches.iter().any(|watch| !names(&watch.watch.account)))
}

/// The same on the whole configuration; `Err` is what it was, where that cannot be read just now.
///
/// # Errors
/// Where no thread can be had to read it.
pub async fn whole(global: &Global, material: Material) -> io::Result<Result<Material, Material>> {
    let all = all(global);
    let read = all.clone();
    Ok(match beside_runtime(move || configuration::load(&read)).await? {
        Ok(config) => Ok(self::material(&all, config, material.typed, material.dialler)),
        Err(error) => {
            tracing::warn!("the other accounts are not taken over: {}", error.render(PROBLEM, false).trim_end());
            Err(material)
        }
    })
}
