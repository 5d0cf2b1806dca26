//! Questions and answers at the terminal.

use std::io::{self, IsTerminal, Write};

use secrecy::SecretString;

use mailwatch_engine::secret::PromptError;

/// Answers questions. Tests bring their own.
pub trait Prompter {
    /// Whether a user is there to answer.
    fn is_interactive(&self) -> bool;

    /// Puts a question on `to` and gets a line without its end; `None` where the input has ended.
    ///
    /// # Errors
    /// Where the terminal fails.
    fn line(&mut self, question: &str, to: &mut dyn Write) -> io::Result<Option<String>>;

    /// Puts a question on `to` and gets a password, which is not echoed.
    ///
    /// # Errors
    /// Where none is given.
    fn password(&mut self, question: &str, to: &mut dyn Write) -> Result<SecretString, PromptError>;
}

/// The user at standard input.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtTerminal;

impl Prompter for AtTerminal {
    fn is_interactive(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn line(&mut self, question: &str, to: &mut dyn Write) -> io::Result<Option<String>> {
        write!(to, "{question}")?;
        to.flush()?;
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }

    fn password(&mut self, question: &str, to: &mut dyn Write) -> Result<SecretString, PromptError> {
        crate::prompt::ask(question, to)
    }
}

/// Asks a yes-or-no question. Enter alone means `usual`, the end of the input means no.
///
/// # Errors
/// Where the terminal fails.
pub(in crate::commands) fn confirm(
    prompter: &mut dyn Prompter,
    question: &str,
    usual: bool,
    to: &mut dyn Write,
) -> io::Result<bool> {
    let choice = if usual { "[Y/n]" } else { "[y/N]" };
    loop {
        let Some(answer) = prompter.line(&format!("{question} {choice} "), to)? else { return Ok(false) };
        match answer.to_lowercase().as_str() {
            "" => return Ok(usual),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => writeln!(to, "Answer y or n.")?,
        }
    }
}
