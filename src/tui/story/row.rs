//! The rows of a wire's story: lines, notes of ours, and openings that hold the lines of a connection's making. Plain data
//! and its words.

use std::collections::VecDeque;
use std::time::SystemTime;

use crate::tui::words::show_span;
use mailwatch_proto::model::{ConnId, WireDirection};

/// What is said of a connection's making besides these is its lines'.
const STEPS: usize = 6;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryRow {
    /// When it was.
    pub ts: SystemTime,
    /// On which connection.
    pub conn: Option<ConnId>,
    /// What it is.
    pub what: What,
    /// What it says.
    pub text: String,
    /// What stands beside it.
    pub beside: Option<Beside>,
}

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A line of the trace, and which way it went.
    Line(WireDirection),
    /// How a connection was made, or was not.
    Opening(Box<Opening>),
    /// What happened to a connection, in our words.
    Note(Tone),
}

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It tells of something wrong.
    Trouble,
    /// It tells.
    Calm,
}

/// What stands beside a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The command that it answers, if it is a tagged reply.
    pub answers: Option<String>,
    /// How long that took, or what became of the line.
    pub text: String,
    /// Whether it came too late.
    pub late: bool,
}

impl Beside {
    /// All of it.
    #[must_use]
    pub fn whole(&self) -> String {
        match &self.answers {
            Some(command) => format!("to {command}, {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// How far a connection's making came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It goes on.
    Making,
    /// The connection watches.
    Made,
    /// It failed, and why.
    Failed(String),
    /// Nothing more is heard of it: the engine is another one.
    Left,
}

/// A connection's making: one row, whose lines are shown where it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Whether its lines are shown.
    pub open: bool,
    /// How far it came.
    pub stage: Stage,
    /// The lines that are kept.
    pub(super) lines: VecDeque<StoryRow>,
    /// How many more there were before those.
    pub(super) gone: usize,
    /// `TLS 1.3`, once it is known.
    pub(super) tls: Option<String>,
    /// The commands worth a word, in their order.
    pub(super) steps: Vec<String>,
    pub(super) begun: SystemTime,
    /// When the last thing of it was.
    pub(super) until: SystemTime,
    /// How many tries in a row ended so, of which this row tells.
    pub(super) tries: u32,
}

impl Opening {
    pub(super) const fn new(begun: SystemTime) -> Self {
        Self {
            open: false,
            stage: Stage::Making,
            lines: VecDeque::new(),
            gone: 0,
            tls: None,
            steps: Vec::new(),
            begun,
            until: begun,
            tries: 1,
        }
    }

    /// How many lines it had.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.gone + self.lines.len()
    }

    /// When the last thing of it was.
    #[must_use]
    pub const fn until(&self) -> SystemTime {
        self.until
    }

    /// Notes a command that was sent.
    pub(super) fn step(&mut self, command: &str) {
        let step = match command {
            "LOGIN" | "AUTHENTICATE" => "login",
            "STARTTLS" | "COMPRESS" | "EXAMINE" | "SELECT" | "LIST" | "NOTIFY" => command,
            // What is looked up besides is every connection's.
            _ => return,
        };
        if self.steps.len() < STEPS && !self.steps.iter().any(|before| before == step) {
            self.steps.push(step.to_owned());
        }
    }

    /// The row's words.
    pub(super) fn text(&self) -> String {
        let steps = || self.tls.iter().chain(&self.steps).fold(String::new(), |all, step| format!("{all}, {step}"));
        let said = match &self.stage {
            Stage::Making => format!("connecting{}", steps()),
            Stage::Made => format!("connected{}", steps()),
            Stage::Left => format!("connecting{}, no more is known", steps()),
            Stage::Failed(why) if self.tries > 1 => format!("{why}, {} tries", self.tries),
            Stage::Failed(why) => why.clone(),
        };
        format!("{said}{}", self.figures())
    }

    /// The end of the row's words: how many lines, how long.
    #[must_use]
    pub fn figures(&self) -> String {
        let lines = match self.lines() {
            0 => None,
            1 => Some("1 line".to_owned()),
            lines => Some(format!("{lines} lines")),
        };
        let took = self.until.duration_since(self.begun).ok().filter(|took| !took.is_zero());
        let took = took.filter(|_| self.stage != Stage::Making && self.tries == 1).map(show_span);
        let figures: Vec<_> = lines.into_iter().chain(took).collect();
        let between = if matches!(self.stage, Stage::Failed(_)) { "; " } else { ": " };
        if figures.is_empty() { String::new() } else { format!("{between}{}", figures.join(", ")) }
    }
}
