//! The process around the screen's loop.

use std::io;
use std::path::Path;

use super::app::Input;
use super::background::Ground;
use super::clock::Now;
use super::flow::Flow;
use super::out::Out;
use super::requests::Password;
#[cfg(unix)]
use mailwatch_engine::link::hosts::HostLinks;
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::WatchId;

/// The process around the loop: clocks, terminal modes, clipboard.
pub trait Environment {
    /// Reads the clocks.
    fn now(&self) -> Now;

    /// Gives the terminal back and stops the process.
    ///
    /// # Errors
    /// Where the system refuses.
    fn suspend(&mut self) -> io::Result<()>;

    /// Takes the terminal again.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn resume(&mut self) -> io::Result<()>;

    /// Puts the screen aside and runs an account's commands in the terminal. It is taken again by [`Environment::resume`].
    /// Dropping the future ends what runs.
    fn unlock(&mut self, account: &str) -> impl Future<Output = Unlocking> + Send;

    /// Puts the screen aside and has ssh reach a host from the terminal, where it can ask; taken again and ended likewise.
    #[cfg(unix)]
    fn ask(&mut self, _host: &str, _links: &HostLinks) -> impl Future<Output = Unlocking> + Send {
        std::future::ready(Unlocking::Failed("there is no terminal here".to_owned()))
    }

    /// What the process around the loop has to tell.
    fn news(&mut self) -> impl Future<Output = News> + Send {
        std::future::pending()
    }

    /// What is known of the line to the terminal at the loop's beginning.
    fn flow(&self) -> Flow {
        Flow::default()
    }

    /// The way to the terminal, where frames go through one.
    fn out(&self) -> Out {
        Out::default()
    }

    /// Asks the terminal what it answers once it has taken in all before; how many bytes that was.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn ask_terminal(&mut self) -> io::Result<usize> {
        Ok(0)
    }

    /// Waits, not for long, for what the terminal has not answered yet: whoever has the terminal next would take it for typed.
    fn settle(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Runs a command of the user's own, about a watch; [`Environment::news`] tells its end.
    fn run_users(&mut self, _watch: Option<WatchId>, _arguments: Vec<String>) {}

    /// Writes a file of the screen's own.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn keep(&mut self, _file: &Path, _text: &str) -> io::Result<()> {
        Ok(())
    }

    /// Starts a program and lets it go: its end is nobody's business here.
    ///
    /// # Errors
    /// Where it cannot be started: nothing of the terminal's.
    fn run(&mut self, _command: &[String]) -> io::Result<()> {
        Ok(())
    }

    /// Puts a text on the clipboard, if there is one.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn copy(&mut self, _text: String) -> io::Result<()> {
        Ok(())
    }

    /// Has the terminal show a notification, between two frames.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn alert(&mut self, _alert: &Alert) -> io::Result<()> {
        Ok(())
    }
}

/// What the process around the loop tells.
#[derive(Debug)]
pub enum News {
    /// Something that the screen shows.
    Shown(Box<Input>),
    /// The terminal has answered; with its background, where that is news.
    Answered(Option<Ground>),
}

/// How it went to run an account's commands, or ssh, in the terminal.
#[derive(Debug)]
pub enum Unlocking {
    /// They gave the account's secret; none, if only its proxy has a command, or ssh has asked.
    Done(Option<Password>),
    /// They did not: a sentence.
    Failed(String),
    /// The same, where the terminal shows more, until Enter.
    Shown(String),
}
