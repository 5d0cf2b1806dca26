//! How a command ends, and where it writes.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::configuration::BadConfig;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done.
    Done,
    /// A watch or a check failed.
    Failed,
    /// Bad use or bad configuration.
    Bad,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Bad => 2,
        })
    }
}

/// Where a command writes, and how it may.
pub struct Output<'w> {
    /// What was asked for.
    pub out: &'w mut (dyn Write + Send),
    /// What went wrong, warnings and questions.
    pub err: &'w mut (dyn Write + Send),
    /// Columns that a message on `err` may take.
    pub width: usize,
    /// Whether a message on `err` may have colours.
    pub colour: bool,
}

impl Output<'_> {
    /// Writes why there is no configuration to work with.
    ///
    /// # Errors
    /// Where `err` cannot be written.
    pub fn bad(&mut self, error: &BadConfig) -> io::Result<Exit> {
        write!(self.err, "{}", error.render(self.width, self.colour))?;
        Ok(Exit::Bad)
    }

    /// Writes one line that says what went wrong.
    ///
    /// # Errors
    /// Where `err` cannot be written.
    pub fn error(&mut self, exit: Exit, message: impl std::fmt::Display) -> io::Result<Exit> {
        writeln!(self.err, "error: {message}")?;
        Ok(exit)
    }
}
