//! What the screen's state takes in, and what it wants done outside.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::Event as TermEvent;
use ratatui::layout::Position;

use crate::tui::background::Ground;
use crate::tui::leave::Leave;
use crate::tui::linked::EngineIs;
use crate::tui::requests::{Password, Reply, Request};
use mailwatch_engine::link::{Ending, NotTaken};
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::{Board, Command, Event, MailKey, WatchId};

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A key, the mouse, a paste, a new size.
    Term(TermEvent),
    /// The second press of a double click; the first came as a click.
    DoubleClick(Position),
    /// The wheel has rested: what it has changed is asked for.
    Rested,
    /// What is true now.
    Board(Board),
    /// What happened.
    Event(Event),
    /// Where watches stood before the engine began, in the order of time.
    Earlier(Vec<Event>),
    /// A command was not taken.
    NotTaken(NotTaken),
    /// How many watches took a command for all.
    Asked(Command, usize),
    /// The program around the screen answers.
    Reply(Reply),
    /// The program around the screen does not take a request.
    NotRequested,
    /// The engine has ended.
    EngineEnded {
        /// Why, where it has said so.
        why: Option<Ending>,
        /// Whether another may take its place.
        standing_by: bool,
    },
    /// An account's commands have run in this terminal.
    Unlocked(String, Result<Option<Password>, String>),
    /// ssh has asked in this terminal for a host: whether its link stands.
    Reached(Arc<str>, Result<(), String>),
    /// A command of the user's own has ended: its watch, what was run, and its exit code or why there is none.
    RanUsers(Option<WatchId>, Vec<String>, Result<i32, String>),
    /// The terminal has said what its background is.
    Background(Ground),
    /// Another engine takes the place of the one before.
    Linked(EngineIs),
}

/// What must be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask a watch.
    Ask(WatchId, Command),
    /// Ask every watch.
    AskAll(Command),
    /// Stop the program until `fg`.
    Suspend,
    /// Draw every cell anew.
    Redraw,
    /// End the screen.
    Leave(Leave),
    /// Run an account's commands in this terminal, with the screen put aside.
    Unlock(String),
    /// Have ssh reach a host from this terminal, where it can ask, with the screen put aside.
    AskHost(Arc<str>),
    /// Start a program, and let it go.
    Run(Vec<String>),
    /// Run a command of the user's own, about a watch; its end is told.
    RunUsers(Option<WatchId>, Vec<String>),
    /// Write a file of the screen's own.
    Keep(PathBuf, String),
    /// Run what opens the mails of its account for this one, whose Message-ID may be known.
    OpenMail(MailKey, Option<String>),
    /// Put a text on the clipboard.
    Copy(String),
    /// Have the terminal show a notification.
    Alert(Alert),
    /// Have the link to a host tried at once.
    LinkAgain(Arc<str>),
    /// Ask the program around the screen.
    Request(Request),
    /// Ask it for what is shown where it comes; that it is not taken is not said.
    Look(Request),
}
