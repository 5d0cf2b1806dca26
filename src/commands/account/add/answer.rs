//! An answer that the account cannot do without.

use super::stop::Stop;
use crate::commands::account::environment::AccountEnvironment;
use crate::output::{Exit, Output};

/// Asks until there is an answer; without a terminal, `lacking` names the option to give.
pub(super) fn answer(
    question: &str,
    lacking: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<String, Stop> {
    if environment.prompter.is_interactive() {
        while let Some(line) = environment.prompter.line(question, output.err)? {
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }
    Err(Stop::Exit(output.error(Exit::Bad, format_args!("{lacking} is missing; nothing was written"))?))
}
