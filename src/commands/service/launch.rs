//! What the service starts: this program's `watch`, with the options given to `service install`.

use std::path::{Path, PathBuf};

use super::place::{Place, System};
use super::program::{NoProgram, lasting};
use crate::cli::Global;

/// A command line, each part text without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The program's path.
    pub program: String,
    /// What stands behind it.
    pub arguments: Vec<String>,
}

/// Why there is nothing to start.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoLaunch {
    /// The program's path.
    #[error(transparent)]
    Program(#[from] NoProgram),
    /// A path or a name that was given.
    #[error("{0} {1:?} is not UTF-8 text without control characters: a service cannot use it")]
    NoText(&'static str, PathBuf),
    /// A relative path, and no directory to start from.
    #[error("{0} {1:?} cannot be made absolute: {2}")]
    NoPlace(&'static str, PathBuf, String),
}

impl Launch {
    /// What the shipped definitions start.
    #[must_use]
    pub fn shipped() -> Self {
        Self { program: "mailwatch-tui".to_owned(), arguments: vec!["watch".to_owned()] }
    }

    /// `watch` with these options, its files by absolute paths.
    pub(super) fn of(global: &Global, place: &Place) -> Result<Self, NoLaunch> {
        let program = lasting(&place.program, &place.path)?;
        let program = text("the program", &program)?;
        let mut arguments = vec!["watch".to_owned()];
        if let Some(path) = config(global, place) {
            arguments.extend(["--config".to_owned(), absolute("--config", &path)?]);
        }
        if let Some(path) = state_dir(global, place) {
            arguments.extend(["--state-dir".to_owned(), absolute("--state-dir", &path)?]);
        }
        for name in &global.accounts {
            arguments.extend(["--account".to_owned(), text("--account", Path::new(name))?]);
        }
        if let Some(address) = global.metrics.address() {
            arguments.extend(["--metrics".to_owned(), address.to_string()]);
            if global.metrics.is_public() {
                arguments.push("--metrics-public".to_owned());
            }
        }
        if global.verbose > 0 {
            arguments.push(format!("-{}", "v".repeat(usize::from(global.verbose))));
        }
        Ok(Self { program, arguments })
    }

    /// As it would be typed, for a sentence.
    pub(super) fn line(&self) -> String {
        let parts = std::iter::once(self.program.as_str()).chain(self.arguments.iter().map(String::as_str));
        shlex::try_join(parts).unwrap_or_else(|_| self.program.clone())
    }
}

/// The configuration's path where the service has to be told: the shell's `XDG_CONFIG_HOME` is not the service's.
fn config(global: &Global, place: &Place) -> Option<PathBuf> {
    let usual = place.home.join(".config/mailwatch-tui/config.toml");
    global.config.clone().or_else(|| told(place, &place.config, &usual))
}

/// The same of the state directory.
fn state_dir(global: &Global, place: &Place) -> Option<PathBuf> {
    let usual = place.home.join(".local/state/mailwatch-tui");
    global.state_dir.clone().or_else(|| told(place, &place.state, &usual))
}

fn told(place: &Place, path: &Path, usual: &Path) -> Option<PathBuf> {
    match place.system {
        System::Systemd => Some(path).filter(|path| *path != usual).map(Path::to_owned),
        // It has no such variables.
        System::Launchd | System::Other => None,
    }
}

fn absolute(option: &'static str, path: &Path) -> Result<String, NoLaunch> {
    let whole =
        std::path::absolute(path).map_err(|error| NoLaunch::NoPlace(option, path.to_owned(), error.to_string()))?;
    text(option, &whole)
}

fn text(what: &'static str, path: &Path) -> Result<String, NoLaunch> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.map(ToOwned::to_owned).ok_or_else(|| NoLaunch::NoText(what, path.to_owned()))
}
