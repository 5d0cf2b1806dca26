//! Tuned timers into the configuration's text: their values change and nothing else does, to the byte.
//!
//! [`edit`] is pure. [`save`] reads the file again, merges what others changed meanwhile, and replaces it in one step.

mod edit;
mod file;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::edit::Doc;
pub use self::file::save;
use super::document::{Config, Source};
use super::error::ConfigError;
use super::format::FrontEndTable;
use super::parse::parse_with;
use super::providers::Providers;
use mailwatch_proto::model::{Account, Setting, Timer, sanitise};

/// What of a reason is shown, in characters.
const REASON: usize = 200;

/// Whose timer is meant. The configuration has none for one mailbox alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One account's: its `timers`.
    Account(Arc<str>),
    /// Every account's that says nothing else: `[timers]`.
    All,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => f.pad(name),
            Self::All => f.pad("all accounts"),
        }
    }
}

/// A timer's setting that is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuned {
    /// Where.
    pub place: Place,
    /// Which.
    pub timer: Timer,
    /// To what it is set.
    pub setting: Setting,
}

/// A text with timers set in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited<S = ()> {
    /// What it is read as.
    pub config: Config<S>,
    /// The whole text.
    pub text: String,
    /// What was set. What the text said already is not among it.
    pub changed: Vec<Tuned>,
    /// Accounts whose own timers say something else than was set for all.
    pub overridden: BTreeSet<String>,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved<S = ()> {
    /// The file.
    pub path: PathBuf,
    /// What changed in it.
    pub edited: Edited<S>,
    /// Whether it holds other changes that were made since it was read.
    pub merged: bool,
    /// What was read, with what was saved: what the next save compares with.
    pub source: Source,
}

/// Why nothing was saved. Each is a sentence that ends with what to do.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The account is not in the file.
    #[error("not saved: {} has no account `{account}` any more", path.display())]
    NoAccount {
        /// The file.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// Somebody else set the same timer since the file was read.
    #[error("not saved: {timer} for {place} was changed in {} to {now}: R reads it first", path.display())]
    Collision {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// Which.
        timer: Timer,
        /// What it says now.
        now: String,
    },
    /// The file cannot be read, or has a problem now.
    #[error("not saved: {}", first_line(error))]
    Broken {
        /// What is wrong with it.
        error: Box<ConfigError>,
    },
    /// With these values it would have one.
    #[error("not saved, it would not be valid: {}", first_line(error))]
    Invalid {
        /// What would be wrong with it.
        error: Box<ConfigError>,
    },
    /// The timers stand in a form that cannot be edited without touching anything else.
    #[error("not saved: the timers for {place} stand in {} in a form that only you can edit", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
    },
    /// The file cannot be replaced.
    #[error("not saved: {} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The first problem of a configuration in one line.
fn first_line(error: &ConfigError) -> String {
    match error {
        ConfigError::Invalid(problems) => {
            let first = problems.problems.first().map_or_else(String::new, ToString::to_string);
            format!("{}: {}", problems.path.display(), sanitise(&first, REASON))
        }
        ConfigError::Missing { .. }
        | ConfigError::Unreadable { .. }
        | ConfigError::TooLarge { .. }
        | ConfigError::NotText { .. } => error.to_string(),
    }
}

/// Sets timers in a configuration's text. Everything else stays as it is, to the byte: comments, order, blanks, line
/// ends. What the text says already, or what holds for the account without a word of its own, is not written.
/// The providers are what accounts have by their server; the other reads `[ui]`.
///
/// # Errors
/// Where the text is no valid configuration, or would be none; where an account is not there.
pub fn edit<F: FrontEndTable>(
    text: &str,
    path: &Path,
    by: (&Providers, &F),
    wanted: &[Tuned],
) -> Result<Edited<F::Settings>, SaveError> {
    let parsed = |text: &str| parse_with(text, path, by, None).map_err(Box::new);
    let mut config = parsed(text).map_err(|error| SaveError::Broken { error })?;
    let mut text = text.to_owned();
    let (mut changed, mut overridden) = (Vec::new(), BTreeSet::new());
    for one in wanted {
        let form = || SaveError::Form { path: path.to_owned(), place: one.place.clone() };
        let doc = Doc::read(&text).ok_or_else(form)?;
        let in_force = match &one.place {
            Place::All => {
                overridden.extend(doc.accounts_that_say_otherwise(one.timer, one.setting));
                doc.said(&one.place, one.timer)
            }
            Place::Account(name) => {
                let Some(account) = config.accounts.iter().find(|account| *account.name == **name) else {
                    return Err(SaveError::NoAccount { path: path.to_owned(), account: name.to_string() });
                };
                Some(setting_of(account, one.timer))
            }
        };
        if in_force == Some(one.setting) {
            continue;
        }
        let new = doc.set(&one.place, one.timer, one.setting).ok_or_else(form)?;
        let reads_so = Doc::read(&new).is_some_and(|doc| doc.said(&one.place, one.timer) == Some(one.setting));
        text = Some(new).filter(|_| reads_so).ok_or_else(form)?;
        changed.push(one.clone());
    }
    if !changed.is_empty() {
        config = parsed(&text).map_err(|error| SaveError::Invalid { error })?;
    }
    Ok(Edited { config, text, changed, overridden })
}

fn setting_of(account: &Account, timer: Timer) -> Setting {
    if timer == Timer::Reissue && account.reissue_auto {
        Setting::Auto
    } else {
        Setting::Value(account.timers.value(timer))
    }
}
