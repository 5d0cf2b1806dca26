//! `config path`, `config check` and `config init`.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use clap::Subcommand;

use super::{Exit, Global, Output};
use crate::config::{NoHome, SAMPLE};

/// What to do with the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Where it is looked for
    Path,
    /// Whether it is right, and if not, where
    Check,
    /// Write a commented sample; never over a file that is there
    Init,
}

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
                writeln!(output.err, "It is not there yet: `mailwatch-tui config init` writes a sample.")?;
            }
            Ok(Exit::Done)
        }
        ConfigCommand::Check => check(global, output),
        ConfigCommand::Init => init(&path, global.config.is_some(), output),
    }
}

fn check(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let config = match global.load() {
        Ok(config) => config,
        Err(error) => return output.bad(&error),
    };
    for warning in &config.warnings {
        writeln!(output.err, "warning: {warning}")?;
    }
    let (accounts, watches) = (config.accounts.len(), config.watches().count());
    let account = if accounts == 1 { "account" } else { "accounts" };
    let watch = if watches == 1 { "watch" } else { "watches" };
    writeln!(output.out, "ok: {accounts} {account}, {watches} {watch}")?;
    Ok(Exit::Done)
}

fn init(path: &Path, named: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    match write_sample(path) {
        Ok(()) => {
            writeln!(output.out, "{} is written.", path.display())?;
            let option = if named { format!(" --config {}", path.display()) } else { String::new() };
            writeln!(output.out, "Edit its example account, then: mailwatch-tui{option} account login work")?;
            Ok(Exit::Done)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output.error(Exit::Failed, format_args!("{} is there already; nothing was written", path.display()))
        }
        Err(error) => output.error(Exit::Failed, format_args!("{} cannot be written: {error}", path.display())),
    }
}

/// Writes the sample for this user alone: it will tell where their mail is, and which commands give out passwords.
fn write_sample(path: &Path) -> io::Result<()> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(SAMPLE.as_bytes())?;
    file.sync_all()
}
