//! The binary: command line in, library together, exit code out. Decides nothing about mail.

mod logging;
mod program;

use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use mailwatch_engine::discover::SystemDns;
use mailwatch_engine::secret;
use mailwatch_tui::cli::{self, AccountCommand, AtTerminal, Cli, Command, Exit, Global, Here, Output, Outside};

/// How long blocking work (a keyring that prompts, a reader that does not read) may hold up the end.
const STRAGGLERS: Duration = Duration::from_millis(100);

/// Columns of a message where nobody knows the terminal's width.
const WIDTH: usize = 100;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        // Prints help or the error, and exits with 0 or 2.
        Err(error) => error.exit(),
    };
    logging::quiet_panics();
    if let Err(error) = secret::forbid_core_dumps() {
        // As safe as any other program's memory then: no reason not to watch mail.
        let _ = writeln!(io::stderr(), "warning: core dumps stay allowed: {error}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: the program cannot start: {error}");
            return Exit::Failed.into();
        }
    };
    // A panic of the screen's own: its place is in the log, the terminal has been given back.
    let exit = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(&cli))));
    runtime.shutdown_timeout(STRAGGLERS);
    let exit =
        exit.unwrap_or_else(|_| Err(io::Error::other("a fault of the program's own has ended it; the log says where")));
    match exit {
        Ok(exit) => exit.into(),
        // Nobody reads any more, `| head` for one: nothing went wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            Exit::Failed.into()
        }
    }
}

/// `account`, with the terminal, the system's DNS and the network.
async fn account(command: &AccountCommand, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let Some(dial) = program::dialler(global, output)? else { return Ok(Exit::Bad) };
    let dns = SystemDns;
    let mut outside = Outside { person: &mut AtTerminal, dns: &dns, dial: &dial, login: &program::AtIssuer };
    cli::account(command, global, output, &mut outside).await
}

/// Where and when this runs; `width` is the terminal's.
fn here(width: usize) -> Here {
    let columns = io::stdout().is_terminal().then_some(width);
    Here { now: SystemTime::now(), zone: TimeZone::system(), columns }
}

async fn run(cli: &Cli) -> io::Result<Exit> {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let colour = err.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let width = crossterm::terminal::size().map_or(WIDTH, |(columns, _)| usize::from(columns.max(40)));
    let mut output = Output { out: &mut out, err: &mut err, width, colour };
    match &cli.command {
        None => program::screen(&cli.global, &mut output).await,
        Some(Command::Demo(demo)) if demo.serve => program::serve(demo, &mut output).await,
        Some(Command::Demo(demo)) => program::demo(&cli.global, demo.notify, &mut output).await,
        Some(Command::Watch { json }) => program::watch(&cli.global, *json, &mut output).await,
        Some(Command::Check { account, json }) => {
            program::check(&cli.global, account.as_deref(), *json, &mut output).await
        }
        Some(Command::Account(command)) => match program::oauth_account(command, &cli.global, &mut output).await? {
            Some(exit) => Ok(exit),
            None => account(command, &cli.global, &mut output).await,
        },
        Some(Command::Probe(probe)) => program::probe(&cli.global, probe, &mut output).await,
        Some(Command::History(command)) => cli::history(command, &cli.global, &here(width), &mut output),
        Some(Command::Status(command)) => program::status(command, &cli.global, &mut output).await,
        Some(Command::Report(report)) => program::report(&cli.global, report, &mut output).await,
        Some(Command::Config(command)) => cli::config(*command, &cli.global, &mut output),
        Some(Command::Completions { shell }) => cli::completions(*shell, &mut io::stdout()).map(|()| Exit::Done),
        Some(Command::Man { dir: None }) => cli::man(&mut io::stdout()).map(|()| Exit::Done),
        Some(Command::Man { dir: Some(dir) }) => cli::man_dir(dir, &mut output),
    }
}
