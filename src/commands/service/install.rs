//! `service install`: the definition written, the service enabled and started.

use std::fs;
use std::io;
use std::path::Path;

use mailwatch_proto::model::{Account, SecretSource, sanitise};

use super::ServiceEnvironment;
use super::definition::unsealed;
use super::difference::difference;
use super::found::{self, Found};
use super::launch::Launch;
use super::manager::Manager;
use super::place::Place;
use super::program::{doubt, in_system, is_outdated};
use super::seen::Seen;
use super::tool::finds;
use super::{linger, running};
use crate::cli::Global;
use crate::commands::account::confirm;
use crate::output::{Exit, Output};
use crate::process::prepare::load;

/// Installs the service.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn install(
    force: bool,
    manager: Manager<'_>,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut ServiceEnvironment<'_>,
) -> io::Result<Exit> {
    for (given, option) in [(global.ask, "--ask"), (global.keylog, "--keylog")] {
        if given {
            return output.error(Exit::Bad, format_args!("{option} is not for a service, which has no terminal"));
        }
    }
    // One that is wrong would only be seen in the journal.
    let place = environment.place;
    let named = place.named(global);
    let Some(config) = load(&named, output)? else { return Ok(Exit::Bad) };
    let launch = match Launch::of(global, place) {
        Ok(launch) => launch,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let (file, seen) = match (manager.file().await, manager.look().await) {
        (Ok(file), Ok(seen)) => (file, seen),
        (Err(error), _) | (_, Err(error)) => return output.error(error.exit(), error),
    };
    let found = match Found::at(&file) {
        Ok(found) => found,
        Err(error) => return output.error(Exit::Failed, format_args!("{} cannot be read: {error}", file.display())),
    };
    if seen.masked || found == Found::Masked {
        let message = format!("the service is masked, so it cannot start: run `{}` first", manager.unmask());
        return output.error(Exit::Failed, message);
    }
    if let Some(doubt) = doubt(Path::new(&launch.program)) {
        writeln!(output.err, "warning: {} {}", launch.program, doubt.sentence())?;
    }
    warn_of_commands(manager, &config.accounts, place, output).await?;
    let text = manager.definition(&launch, place);
    let step = step(&found, &text, &seen, &launch, place);
    match step {
        Step::Packaged => {
            let from = seen.from.as_deref().map(|path| place.short(path)).unwrap_or_default();
            writeln!(output.out, "{from} starts this program already: it is used as it is.")?;
        }
        Step::Same => writeln!(output.out, "{} is up to date.", place.short(&file))?,
        Step::Write => {
            if !may_replace(&found, &text, force, &place.short(&file), output, environment)? {
                return Ok(Exit::Failed);
            }
            if let Err(error) = found::write(&file, &text) {
                return not_written(&file, &error, &launch, output);
            }
            writeln!(output.out, "{} is written: it starts {}", place.short(&file), launch.line())?;
            // One whose file is gone is remembered by the manager until it reads again.
            if let (Found::Nothing, Some(from)) = (&found, &seen.from)
                && *from != file
            {
                writeln!(output.out, "It takes precedence over {}, which stays.", place.short(from))?;
            }
        }
    }
    let before = running::engine(&named).await.filter(|pid| Some(*pid) != seen.pid);
    writeln!(
        output.out,
        "The service starts; it is ready once every mailbox has been tried, after 45 s at the latest."
    )?;
    // One whose file was replaced by an upgrade runs the old program until then.
    let outdated = seen.pid.is_some_and(|pid| is_outdated(pid, &place.root));
    if let Err(error) = manager.begin(seen.runs() && (step == Step::Write || outdated)).await {
        return output.error(Exit::Failed, format_args!("{error}\nIts log: {}", manager.log()));
    }
    began(manager, before, &config.accounts, output).await
}

/// What is to be done with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Another one does: a package's.
    Packaged,
    /// It is there.
    Same,
    /// It is written.
    Write,
}

fn step(found: &Found, text: &str, seen: &Seen, launch: &Launch, place: &Place) -> Step {
    match (found, &seen.from) {
        (Found::Nothing, Some(from)) if starts(from, launch, place) => Step::Packaged,
        (Found::Ours(there), _) if there == text => Step::Same,
        (
            Found::Nothing | Found::Ours(_) | Found::Shipped(_) | Found::Theirs(_) | Found::Link(..) | Found::Masked,
            _,
        ) => Step::Write,
    }
}

/// Whether a package's unit starts this very program, with nothing more asked for.
fn starts(unit: &Path, launch: &Launch, place: &Place) -> bool {
    let shipped = Launch::shipped();
    let Ok(text) = fs::read_to_string(unit) else { return false };
    let line = format!("ExecStart={} {}", shipped.program, shipped.arguments.join(" "));
    let found = in_system(&place.root, &shipped.program).and_then(|path| path.canonicalize().ok());
    launch.arguments == shipped.arguments
        && text.lines().any(|there| there == line)
        && found.is_some_and(|found| Path::new(&launch.program).canonicalize().is_ok_and(|ours| ours == found))
}

/// Whether what is there may go. Says what would differ, and asks where it is not `install`'s own.
fn may_replace(
    found: &Found,
    text: &str,
    force: bool,
    file: &str,
    output: &mut Output<'_>,
    environment: &mut ServiceEnvironment<'_>,
) -> io::Result<bool> {
    let (what, usual) = match found {
        Found::Nothing | Found::Masked => return Ok(true),
        Found::Ours(_) => ("was written by service install", true),
        Found::Shipped(_) => ("was copied from what came with the program", true),
        Found::Theirs(_) => ("was written or changed by you or another program", false),
        Found::Link(to, _) => {
            writeln!(output.err, "{file} is a link to {}, which would stay.", to.display())?;
            ("is a link", false)
        }
    };
    writeln!(output.err, "{file} {what}. What differs:")?;
    write!(output.err, "{}", difference(unsealed(found.text()), unsealed(text)))?;
    if force || matches!(found, Found::Ours(_)) {
        return Ok(true);
    }
    if !environment.prompter.is_interactive() {
        writeln!(output.err, "error: {file} is kept as it is, and nothing was done: --force replaces it")?;
        return Ok(false);
    }
    let yes = confirm(environment.prompter, &format!("Replace {file}?"), usual, output.err)?;
    if !yes {
        writeln!(output.err, "It is kept as it is, and nothing was done.")?;
    }
    Ok(yes)
}

fn not_written(file: &Path, error: &io::Error, launch: &Launch, output: &mut Output<'_>) -> io::Result<Exit> {
    let hint = match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => format!(
            "; if something else writes your services (home-manager, dotfiles), let it start: {}",
            launch.line()
        ),
        _other => String::new(),
    };
    output.error(Exit::Failed, format_args!("{} cannot be written: {error}{hint}", file.display()))
}

/// A service does not know the shell's `PATH`.
async fn warn_of_commands(
    manager: Manager<'_>,
    accounts: &[Account],
    place: &Place,
    output: &mut Output<'_>,
) -> io::Result<()> {
    let Manager::Systemd(systemd) = manager else { return Ok(()) };
    let Some(path) = systemd.path().await.map(Into::into) else { return Ok(()) };
    for account in accounts {
        let SecretSource::Command(command) = &account.secret else { continue };
        let Some(program) = command.first().filter(|program| !program.contains('/')) else { continue };
        if !finds(&path, program) && finds(&place.path, program) {
            let (name, program) = (sanitise(&account.name, 100), sanitise(program, 100));
            writeln!(
                output.err,
                "warning: account {name}: {program} is not on the service's PATH: write its whole path into the configuration"
            )?;
        }
    }
    Ok(())
}

/// How it went.
async fn began(
    manager: Manager<'_>,
    before: Option<u32>,
    accounts: &[Account],
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let seen = match manager.look().await {
        Ok(seen) => seen,
        Err(error) => return output.error(Exit::Failed, error),
    };
    if !seen.runs() {
        let message = format!("the service is not running ({}). Its log: {}", seen.state, manager.log());
        return output.error(Exit::Failed, message);
    }
    let pid = seen.pid.map(|pid| format!(" as process {pid}")).unwrap_or_default();
    let says = seen.says.map(|says| format!(": {says}")).unwrap_or_default();
    writeln!(output.out, "The service is enabled and runs{pid}{says}")?;
    if let Some(before) = before {
        writeln!(
            output.err,
            "warning: process {before} watches on this state directory already and is not the service: end it (`q`, or `kill {before}`), and the service takes over"
        )?;
    }
    linger::say(manager, accounts, output).await?;
    writeln!(output.out, "Its log: {}", manager.log())?;
    Ok(Exit::Done)
}
