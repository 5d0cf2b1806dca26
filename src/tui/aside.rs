//! The screen put aside for commands that have the terminal meanwhile.

use std::io::{self, Write};

use crossterm::event::{Event as TermEvent, KeyCode};
use futures_util::{Stream, StreamExt};

use super::environment::{Environment, Unlocking};
use super::leave::Leave;
use super::linked::LinkInUse;
use super::requests::Password;
use super::signals::Signal;
#[cfg(unix)]
use mailwatch_engine::link::hosts::{Asked, Foreground};
use mailwatch_engine::secret::{SecretCommand, Unanswered};
use mailwatch_proto::model::{Command, sanitise};

/// For what the screen is put aside.
#[derive(Clone, Copy, Debug)]
pub(super) enum For<'a> {
    /// An account's commands.
    Account(&'a str),
    /// What ssh asks on the way to a host.
    Host(&'a str),
}

/// Runs it in the terminal; what it gave, or a sentence.
///
/// # Errors
/// Where a signal, or the terminal's end, ends the screen meanwhile.
pub(super) async fn unlock<I, S, E>(
    what: For<'_>,
    (environment, inputs, signals): (&mut E, &mut I, &mut S),
    link: &LinkInUse,
) -> Result<Result<Option<Password>, String>, Leave>
where
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
    E: Environment,
{
    let unlocking = tokio::select! {
        biased;
        // SIGINT came before the command had the terminal, or not from there.
        leave = interrupted(signals, link) => return leave.map_or_else(|| Ok(Err(GIVEN_UP.to_owned())), Err),
        unlocking = begin(what, environment, link) => unlocking,
    };
    match unlocking {
        Unlocking::Done(password) => Ok(Ok(password)),
        Unlocking::Failed(why) => Ok(Err(why)),
        Unlocking::Shown(why) => tokio::select! {
            biased;
            leave = interrupted(signals, link) => leave.map_or(Ok(Err(why)), Err),
            there = entered(inputs) => if there { Ok(Err(why)) } else { Err(Leave::TerminalGone) },
        },
    }
}

async fn begin<E: Environment>(what: For<'_>, environment: &mut E, link: &LinkInUse) -> Unlocking {
    match what {
        For::Account(account) => environment.unlock(account).await,
        #[cfg(unix)]
        For::Host(host) => match link.hosts() {
            Some(links) => environment.ask(host, links).await,
            None => Unlocking::Failed("no host is reached".to_owned()),
        },
        #[cfg(not(unix))]
        For::Host(host) => {
            let _ = (host, link);
            Unlocking::Failed("no host is reached on this system".to_owned())
        }
    }
}

/// Why there is no secret after SIGINT.
const GIVEN_UP: &str = "the command was cancelled";

/// Waits for the signal that ends the screen; SIGINT ends what has put it aside alone.
async fn interrupted<S: Stream<Item = Signal> + Unpin>(signals: &mut S, link: &LinkInUse) -> Option<Leave> {
    loop {
        match signals.next().await {
            Some(Signal::Interrupt) => return None,
            Some(signal @ (Signal::Terminate | Signal::HangUp)) => return Some(Leave::Signal(signal)),
            Some(Signal::User1) => {
                // The screen that would say how many is aside.
                let _ = link.commander().send_all(Command::Done);
            }
            Some(Signal::Continue) => {}
            None => return std::future::pending().await,
        }
    }
}

/// Waits for Enter; whether the terminal is still there.
async fn entered<I: Stream<Item = io::Result<TermEvent>> + Unpin>(inputs: &mut I) -> bool {
    loop {
        match inputs.next().await {
            Some(Ok(event)) if event.as_key_press_event().is_some_and(|key| key.code == KeyCode::Enter) => return true,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return false,
        }
    }
}

/// Runs an account's commands one after the other. The last one's is the account's secret, unless it is its proxy's.
pub(super) async fn run(account: &str, commands: Vec<SecretCommand>) -> Unlocking {
    let name = sanitise(account, 100);
    let mut password = None;
    for command in commands {
        say(&format!("Account {name}: {command} runs in this terminal. Ctrl-C cancels."));
        match command.ask_in_foreground().await {
            Ok(secret) => password = command.is_accounts().then_some(Password(secret)),
            Err(error @ Unanswered::GivenUp(_)) => return Unlocking::Failed(error.to_string()),
            Err(error @ Unanswered::Failed(_)) => {
                say(&format!("{error}. Enter goes back to the screen."));
                return Unlocking::Shown(error.to_string());
            }
        }
    }
    Unlocking::Done(password)
}

/// Lets ssh ask until the host's link stands.
#[cfg(unix)]
pub(super) async fn reach(host: &str, begin: impl FnOnce() -> io::Result<Foreground>) -> Unlocking {
    let name = sanitise(host, 100);
    say(&format!("Host {name}: ssh runs in this terminal until the link is made. Ctrl-C cancels."));
    let mut ssh = match begin() {
        Ok(ssh) => ssh,
        Err(error) => return Unlocking::Failed(format!("{name}: ssh cannot be started: {error}")),
    };
    loop {
        match ssh.next().await {
            Asked::Said(line) => say_on(&line),
            Asked::Stands => return Unlocking::Done(None),
            Asked::GivenUp => return Unlocking::Failed(format!("{name}: ssh was cancelled")),
            Asked::Failed(why) => {
                // The terminal is this process's again.
                drop(ssh);
                say(&format!("{name}: there is no link: {why}. Enter goes back to the screen."));
                return Unlocking::Shown(format!("{name}: no link: {why}"));
            }
        }
    }
}

/// A line of what a command says, where it says it.
#[cfg(unix)]
fn say_on(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line of its own on the terminal while the screen is aside. Where that fails, it is gone, as will be seen.
fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "\n{text}");
}
