//! `report`: the evidence of a time as one file, for a provider's support or a bug report. Needs no engine; without a
//! configuration it says so in the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::{Global, Report};
use crate::commands::selection::Selection;
use crate::output::Exit;
use crate::tui::settings::UiTable;
use mailwatch_engine::config::{FrontEndTable as _, share};
use mailwatch_engine::history::{Archive, Unreadable};
use mailwatch_engine::report::{self, Facts, NotWritten, Proof, Redactor, Wanted};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: usize,
    /// How many stalls it tells of.
    pub stalls: usize,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// There is no state directory.
    #[error(transparent)]
    NoHome(#[from] mailwatch_engine::config::NoHome),
    /// Nothing is kept of an account or watch of that name.
    #[error("{0}")]
    Unknown(String),
    /// `history.db` cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The file cannot be written.
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
}

impl NoReport {
    /// How the program ends for it.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::NoHome(_) | Self::Unknown(_) => Exit::Bad,
            Self::Unreadable(_) | Self::NotWritten(_) => Exit::Failed,
        }
    }
}

/// Gathers and writes. `stop` is asked in between: once it says yes, nothing is left. Blocks.
///
/// # Errors
/// Where nothing can be read or written, or it was stopped.
pub fn report(asked: &Report, global: &Global, now: SystemTime, stop: &dyn Fn() -> bool) -> Result<Written, NoReport> {
    let name = report::name(now);
    let path = place(asked.output.as_deref(), &name);
    if !asked.force && path.symlink_metadata().is_ok() {
        return Err(NotWritten::Exists(path).into());
    }
    let archive = Archive::open(&global.state_path()?)?;
    let watches = archive.watches()?;
    let whose = Selection { accounts: &global.accounts, watch: asked.watch.as_deref() };
    if let Some(error) = whose.unknown(&watches) {
        return Err(NoReport::Unknown(error));
    }
    let config = global.config_path().ok().map(|path| fs::read_to_string(&path).map_err(|error| (path, error)));
    let known = config.iter().flatten().flat_map(|text| share::users(text));
    let logins = watches.iter().map(|key| key.login.rsplit_once('@').map_or(key.login.as_str(), |(user, _)| user));
    let users: Vec<String> = logins.map(str::to_owned).chain(known).collect();
    let redactor = Redactor::new(users.iter().map(String::as_str), asked.with_names);
    let since = now.checked_sub(asked.since).unwrap_or(SystemTime::UNIX_EPOCH);
    let proof = Proof::read(&archive, &Wanted { since, whose: &|key| whose.includes(key), redactor: &redactor })?;
    if stop() {
        return Err(NotWritten::Stopped.into());
    }
    let home = std::env::home_dir().map(|home| home.to_string_lossy().into_owned()).filter(|home| home.len() > 1);
    let rename = |text: &str| {
        // A home directory has its owner's name.
        let short = home.as_ref().map_or_else(|| text.to_owned(), |home| text.replace(home.as_str(), "~"));
        redactor.text(if asked.with_names { text } else { &short })
    };
    let config = match config {
        Some(Ok(text)) => {
            share::shareable(&text, UiTable.tables(), &rename).unwrap_or_else(|error| format!("# {error}\n"))
        }
        Some(Err((path, error))) => format!("# {} cannot be read: {error}\n", rename(&path.display().to_string())),
        None => "# there is none\n".to_owned(),
    };
    let facts = Facts { since, until: now, config: &config, renamed: !asked.with_names };
    let files = report::bundle(&proof, &facts);
    if stop() {
        return Err(NotWritten::Stopped.into());
    }
    let packed = report::pack(&name, &files, now).map_err(|error| NotWritten::Io { path: path.clone(), error })?;
    report::save(&path, &packed, asked.force, stop)?;
    Ok(Written { path, size: packed.len(), stalls: proof.stalls.len() })
}

/// Where it goes: a directory gets a file of the report's own name.
fn place(output: Option<&Path>, name: &str) -> PathBuf {
    let file = format!("{name}.tar.gz");
    match output {
        None => PathBuf::from(file),
        Some(path) if path.is_dir() => path.join(file),
        Some(path) => path.to_owned(),
    }
}
