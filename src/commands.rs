//! What each command does: one file or folder a command.

pub mod account;
mod check;
pub mod completions;
pub mod config;
mod ctl;
pub mod demo;
mod history;
pub mod man;
mod open;
mod probe;
mod relay;
mod report;
mod screen;
pub mod serve;
pub mod service;
mod status;
mod watch;

use std::io::{self, IsTerminal};
use std::panic::resume_unwind;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use self::check::PushOrder;
use self::history::Viewer;
use crate::cli::{Cli, Command};
use crate::output::{Exit, Output};

/// Columns of a message if the terminal's width is unknown.
const WIDTH: usize = 100;

/// The same where there is no terminal.
const PLAIN_WIDTH: usize = 80;

/// Runs the command on the process's standard streams.
///
/// # Errors
/// Where a stream cannot be written.
pub async fn run(cli: &Cli) -> io::Result<Exit> {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let colour = err.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let width = width(out.is_terminal() || err.is_terminal());
    let mut output = Output { out: &mut out, err: &mut err, width, colour };
    let global = &cli.global;
    match &cli.command {
        None => screen::screen(global, &mut output).await,
        Some(Command::Demo(demo)) if demo.serve => serve::serve(demo, &mut output).await,
        Some(Command::Demo(demo)) => demo::demo(global, demo.notify, &mut output).await,
        Some(Command::Watch { json, reader, handed_over }) => {
            let asked = watch::Asked { json: *json, reader: reader.clone(), handed_over: *handed_over };
            let global = global.clone();
            let watching = async move {
                let (mut out, mut err) = (io::stdout(), io::stderr());
                watch::watch(&global, asked, &mut Output { out: &mut out, err: &mut err, width, colour }).await
            };
            // As a task: where the kernel takes a line at once, the thread on which a watch tells something prints it too.
            match tokio::spawn(watching).await {
                Ok(exit) => exit,
                Err(error) => error.try_into_panic().map_or(Ok(Exit::Failed), |panic| resume_unwind(panic)),
            }
        }
        Some(Command::Service(command)) => service::run(*command, global, &mut output).await,
        Some(Command::Check { account, push: None, json, .. }) => {
            check::check(global, account.as_deref(), *json, &mut output).await
        }
        Some(Command::Check { account, push: Some(mailbox), times, yes, json }) => {
            let order = PushOrder { account: account.as_deref(), mailbox, times: *times, yes: *yes, json: *json };
            check::push(global, &order, &mut output).await
        }
        Some(Command::Account(command)) => account::run(command, global, &mut output).await,
        Some(Command::Probe(probe)) => probe::probe(global, probe, &mut output).await,
        Some(Command::History(command)) => history::run(command, global, &viewer(width), &mut output).await,
        Some(Command::Mail(look)) => history::mail(look, global, &viewer(width), &mut output).await,
        Some(Command::Status(status)) => status::run(status, global, &mut output).await,
        Some(Command::Ctl(command)) => ctl::ctl(command, global, &mut output).await,
        Some(Command::Report(report)) => report::report(global, report, &mut output).await,
        Some(Command::Open { file }) => open::open(global, file, &mut output).await,
        Some(Command::Relay) => relay::relay(global, &mut output).await,
        Some(Command::Config(command)) => config::config(*command, global, &mut output),
        Some(Command::Completions { shell }) => {
            completions::completions(*shell, &mut io::stdout()).map(|()| Exit::Done)
        }
        Some(Command::Man { dir: None }) => man::man(&mut io::stdout()).map(|()| Exit::Done),
        Some(Command::Man { dir: Some(dir) }) => man::man_dir(dir, &mut output),
    }
}

/// How wide a message may be. Without a terminal crossterm would run `tput` twice to find out.
fn width(terminal: bool) -> usize {
    if !terminal {
        return PLAIN_WIDTH;
    }
    crossterm::terminal::size().map_or(WIDTH, |(columns, _)| usize::from(columns.max(40)))
}

/// Who looks; `width` is the terminal's.
fn viewer(width: usize) -> Viewer {
    let columns = io::stdout().is_terminal().then_some(width);
    Viewer { now: SystemTime::now(), zone: TimeZone::system(), columns }
}
