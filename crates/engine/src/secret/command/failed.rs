//! Why a command gave no secret.

use std::io;
use std::time::Duration;

use super::wish::Wish;
use crate::process::Failure;
use mailwatch_proto::model::Next;

/// Why a command gave no secret although a person was there to answer it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The person gave up: Ctrl-C, or Ctrl-Z.
    #[error("{0} was given up")]
    GivenUp(String),
    /// The command failed, in a sentence. What it said itself went to the terminal.
    #[error("{0}")]
    Failed(String),
}

/// The same of one without a terminal: a sentence behind the setting's name, what follows, and what it may have wanted.
#[derive(Debug)]
pub(super) struct Failed {
    pub said: String,
    pub next: Next,
    pub wish: Wish,
}

impl Failed {
    /// It needs the user.
    pub fn for_user(said: impl Into<String>) -> Self {
        Self { said: said.into(), next: Next::User, wish: Wish::Unknown }
    }

    /// It may pass.
    pub fn for_now(said: impl Into<String>) -> Self {
        Self { said: said.into(), next: Next::Retry, wish: Wish::Unknown }
    }

    /// It did not come to an end of its own.
    pub fn without_end(failure: &Failure, program: &str, most: usize, limit: Duration) -> Self {
        match failure {
            Failure::NotStarted(error) => match error.kind() {
                io::ErrorKind::NotFound => Self::for_user(format!("there is no program `{program}`")),
                io::ErrorKind::PermissionDenied => Self::for_user(format!("`{program}` may not be run")),
                _ => Self::for_now(format!("`{program}` could not be started: {error}")),
            },
            Failure::TooMuchOutput => Self::for_user(format!("`{program}` printed more than {} KiB", most / 1024)),
            Failure::Io(error) => Self::for_now(format!("`{program}` could not be read: {error}")),
            Failure::TimedOut | Failure::Stopped => Self {
                wish: Wish::Time,
                ..Self::for_now(format!("`{program}` did not end within {} s and was killed", limit.as_secs_f32()))
            },
        }
    }
}
