//! `service remove`: the service stopped and disabled, and what `install` wrote removed.

use std::fs;
use std::io;

use super::ServiceEnvironment;
use super::found::Found;
use super::manager::Manager;
use super::seen::Seen;
use crate::commands::account::confirm;
use crate::output::{Exit, Output};

/// Removes the service.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn remove(
    force: bool,
    manager: Manager<'_>,
    output: &mut Output<'_>,
    environment: &mut ServiceEnvironment<'_>,
) -> io::Result<Exit> {
    let (file, seen) = match (manager.file().await, manager.look().await) {
        (Ok(file), Ok(seen)) => (file, seen),
        (Err(error), _) | (_, Err(error)) => return output.error(error.exit(), error),
    };
    let found = match Found::at(&file) {
        Ok(found) => found,
        Err(error) => return output.error(Exit::Failed, format_args!("{} cannot be read: {error}", file.display())),
    };
    if !is_there(&found, &seen) {
        writeln!(output.out, "No service is installed.")?;
        return Ok(Exit::Done);
    }
    if (seen.enabled || seen.runs() || seen.from.is_some()) && !seen.masked {
        if let Err(error) = manager.end().await {
            return output.error(Exit::Failed, error);
        }
        writeln!(output.out, "The service is stopped and disabled.")?;
    }
    let short = environment.place.short(&file);
    match &found {
        Found::Nothing => {
            // A package's: it is the package's to remove.
            if let Some(from) = seen.from.filter(|from| *from != file) {
                writeln!(output.out, "{} stays: service install did not write it.", environment.place.short(&from))?;
            }
            return Ok(Exit::Done);
        }
        Found::Masked => {
            writeln!(output.out, "{short} stays: it masks the service.")?;
            return Ok(Exit::Done);
        }
        Found::Ours(_) => {}
        Found::Shipped(_) | Found::Theirs(_) | Found::Link(..) => {
            let wanted = force
                || environment.prompter.is_interactive()
                    && confirm(
                        environment.prompter,
                        &format!("{short} was not written by service install, or changed since. Remove it too?"),
                        false,
                        output.err,
                    )?;
            if !wanted {
                let message = format!(
                    "{short} was not written by service install, or changed since: it stays (--force removes it)"
                );
                return output.error(Exit::Failed, message);
            }
        }
    }
    if let Err(error) = fs::remove_file(&file) {
        return output.error(Exit::Failed, format_args!("{} cannot be removed: {error}", file.display()));
    }
    writeln!(output.out, "{short} is removed.")?;
    let changes = file.with_extension("service.d");
    if changes.is_dir() {
        writeln!(output.out, "{} stays: it is yours.", environment.place.short(&changes))?;
    }
    match manager.forget().await {
        Ok(()) => Ok(Exit::Done),
        Err(error) => output.error(Exit::Failed, error),
    }
}

fn is_there(found: &Found, seen: &Seen) -> bool {
    *found != Found::Nothing || seen.from.is_some() || seen.enabled || seen.runs()
}
