//! Why nothing was saved.

use std::io;
use std::path::PathBuf;

use super::tuned::Place;
use crate::config::error::ConfigError;
use mailwatch_proto::model::{Timer, sanitise};

/// How much of a reason a message shows, in characters.
const REASON: usize = 200;

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
    /// The same timer was changed in the file since it was read.
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
    #[error("not saved: the timers for {place} are written in {} in a form that only you can edit", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
    },
    /// The account stands in such a form.
    #[error("not saved: account {account} is written in {} in a form that only you can edit", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The account.
        account: String,
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
