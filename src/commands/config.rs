//! `config path`, `config check` and `config init`.

#[cfg(unix)]
mod writable;

use std::io;
use std::path::Path;

use mailwatch_engine::config::{NoHome, write_sample};
use mailwatch_proto::model::{LINE_LIMIT, sanitise, show_duration};

use crate::cli::{ConfigCommand, Global};
use crate::configuration::{self, SAMPLE};
use crate::output::{Exit, Output};

/// Runs a `config` command.
///
/// # Errors
/// Where the output cannot be written.
pub fn config(command: ConfigCommand, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let path = match global.config_path() {
        Ok(path) => path,
        Err(error @ NoHome) => return output.error(Exit::Bad, error),
    };
    match command {
        ConfigCommand::Path => {
            writeln!(output.out, "{}", path.display())?;
            if !path.exists() {
                writeln!(
                    output.err,
                    "It does not exist yet: `mailwatch-tui account add` asks questions and makes one, `mailwatch-tui config init` writes a sample."
                )?;
            }
            Ok(Exit::Done)
        }
        ConfigCommand::Check => check(global, output),
        ConfigCommand::Init => init(&path, global.config.is_some(), output),
    }
}

fn check(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let config = match configuration::load(global) {
        Ok(config) => config,
        Err(error) => return output.bad(&error),
    };
    for warning in &config.warnings {
        writeln!(output.err, "warning: {warning}")?;
    }
    #[cfg(unix)]
    for warning in writable::warnings(&config) {
        writeln!(output.err, "warning: {warning}")?;
    }
    for account in &config.accounts {
        if let Some(every) = account.hooks.canary() {
            let place = sanitise(&format!("{}/{}", account.name, account.first_name()), LINE_LIMIT);
            writeln!(
                output.out,
                "note: canary = \"{}\" adds a message of about 600 bytes to {place} at that interval, marked as seen, and removes it",
                show_duration(Some(every))
            )?;
        }
    }
    let (accounts, watches) = (config.accounts.len(), config.watches().count());
    let account = if accounts == 1 { "account" } else { "accounts" };
    let watch = if watches == 1 { "watch" } else { "watches" };
    let hosts = match config.hosts.len() {
        0 => String::new(),
        1 => ", 1 host".to_owned(),
        several => format!(", {several} hosts"),
    };
    writeln!(output.out, "ok: {accounts} {account}, {watches} {watch}{hosts}")?;
    Ok(Exit::Done)
}

fn init(path: &Path, named: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    match write_sample(path, SAMPLE) {
        Ok(()) => {
            writeln!(output.out, "{} is written.", path.display())?;
            let option = if named { format!(" --config {}", path.display()) } else { String::new() };
            writeln!(output.out, "Edit its example account, then run: mailwatch-tui{option} account login work")?;
            Ok(Exit::Done)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output.error(Exit::Failed, format_args!("{} already exists; nothing was written", path.display()))
        }
        Err(error) => output.error(Exit::Failed, format_args!("{} cannot be written: {error}", path.display())),
    }
}
