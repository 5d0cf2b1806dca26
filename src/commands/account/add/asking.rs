//! Questions to a person who sets up an account.

use std::path::Path;

use super::stop::{SHOWN, Stop};
use crate::cli::Add;
use crate::commands::account::environment::AccountEnvironment;
use crate::configuration::Format;
use crate::output::{Exit, Output};
use mailwatch_engine::config::Draft;
use mailwatch_engine::config::providers::Providers;
use mailwatch_proto::model::sanitise;

/// What every question needs.
pub(super) struct Asking<'a, 'w, 'o> {
    pub(super) wanted: &'a Add,
    /// The configuration's.
    pub(super) path: &'a Path,
    pub(super) format: &'a Format,
    pub(super) providers: &'a Providers,
    pub(super) output: &'a mut Output<'w>,
    pub(super) environment: &'a mut AccountEnvironment<'o>,
}

impl Asking<'_, '_, '_> {
    /// Whether somebody is there to answer.
    pub(super) fn is_interactive(&self) -> bool {
        self.environment.prompter.is_interactive()
    }

    /// Says something that is no answer to what was asked for.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Stop> {
        Ok(writeln!(self.output.err, "{text}")?)
    }

    /// Says why an answer will not do; a server's words may be in it.
    pub(super) fn refuse(&mut self, why: &str) -> Result<(), Stop> {
        self.say(&format!("  {}", sanitise(why, 4 * SHOWN)))
    }

    /// A line; the end of the input ends it all.
    pub(super) fn line(&mut self, question: &str) -> Result<String, Stop> {
        match self.environment.prompter.line(question, self.output.err)? {
            Some(line) => Ok(line.trim().to_owned()),
            None => Err(self.stop(Exit::Failed, "there are no more answers; nothing was written")?),
        }
    }

    /// A line that is not empty; Enter alone gives `usual`, where there is one.
    pub(super) fn text(&mut self, question: &str, usual: Option<&str>) -> Result<String, Stop> {
        let question = match usual {
            Some(usual) => format!("{question} [{}]: ", sanitise(usual, SHOWN)),
            None => format!("{question}: "),
        };
        loop {
            let line = self.line(&question)?;
            match (line.is_empty(), usual) {
                (true, Some(usual)) => return Ok(usual.to_owned()),
                (true, None) => {}
                (false, _) => return Ok(line),
            }
        }
    }

    /// One of some ways, by its name or the beginning of it; Enter alone gives the one that is shown in capitals.
    pub(super) fn choose<T: Copy>(&mut self, question: &str, ways: &[(&str, T)], usual: usize) -> Result<T, Stop> {
        let names = ways.iter().enumerate();
        let names = names.map(|(at, (name, _))| if at == usual { name.to_uppercase() } else { (*name).to_owned() });
        let question = format!("{question} [{}] ", names.collect::<Vec<_>>().join("/"));
        loop {
            let line = self.line(&question)?.to_lowercase();
            let chosen = if line.is_empty() { ways.get(usual) } else { of(ways, &line) };
            if let Some((_, way)) = chosen {
                return Ok(*way);
            }
            let names: Vec<_> = ways.iter().map(|(name, _)| *name).collect();
            self.say(&format!("  Answer {}.", names.join(", ")))?;
        }
    }

    /// What is wrong with this key of a draft, if something is.
    pub(super) fn wrong(&self, draft: &Draft, key: &str) -> Option<String> {
        let wrong = draft.account(self.path, self.format).err()?;
        (wrong.key.as_deref() == Some(key)).then_some(wrong.message)
    }

    /// Reports an error, and stops.
    pub(super) fn stop(&mut self, exit: Exit, message: &str) -> Result<Stop, Stop> {
        Ok(Stop::Exit(self.output.error(exit, message)?))
    }
}

/// The one way that begins so.
fn of<'w, 'n, T>(ways: &'w [(&'n str, T)], line: &str) -> Option<&'w (&'n str, T)> {
    let mut begun = ways.iter().filter(|(name, _)| name.starts_with(line));
    begun.next().filter(|_| begun.next().is_none())
}
