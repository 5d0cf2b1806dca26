//! The screen's state, and how keys, events and the board change it. Pure: no I/O, no clock, no terminal; what must be
//! done outside leaves [`App::update`] as an [`Effect`].

mod accounts;
mod act;
mod adding;
mod ask;
mod ask_host;
mod copy;
mod filter;
mod freeze;
mod message;
mod mouse;
mod pane;
mod popup;
mod search;
mod take;
mod tune;

use std::collections::BTreeMap;
use std::sync::Arc;

use crossterm::event::{Event as TermEvent, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Size;
use zeroize::Zeroizing;

use super::clock::Now;
use super::form::Form;
use super::glyphs::Glyphs;
use super::keymap::{self, Context};
use super::log::Log;
use super::progress::Progress;
use super::table::{Arrangement, Row};
use super::theme::Styles;
use super::watch_history::WatchHistory;
use super::{Leave, Options, Start, log_line};
use mailwatch_engine::config::{ConfigError, Ui};
use mailwatch_engine::link::NotTaken;
use mailwatch_proto::model::{Board, MailKey, WatchId};

pub use adding::{Hit, WelcomeChoice};
pub use ask_host::Problem;
pub use message::{Effect, Input};
pub use pane::{FilterTarget, Pane};
pub use popup::{Details, Popup};
pub(in crate::tui) use tune::special;
pub use tune::{Scope, TUNED, Tuning, TuningHit};

/// Whether anybody has pressed anything yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hands {
    #[default]
    Off,
    On,
}

/// The screen's state. Drawing reads it, [`App::update`] changes it.
#[derive(Debug)]
pub struct App {
    /// What the command line and the terminal ask for.
    pub options: Options,
    /// The styles.
    pub theme: Styles,
    /// The marks.
    pub glyphs: &'static Glyphs,
    /// What is true now, or was when the display was frozen.
    pub board: Board,
    /// The moment that counters are computed for.
    pub now: Now,
    /// The terminal's size.
    pub size: Size,
    /// The rows of the watches' table.
    pub rows: Vec<Row>,
    /// How they are arranged.
    pub arrangement: Arrangement,
    /// The selected watch; under an account's heading the first of the account.
    pub selected: Option<WatchId>,
    /// The account whose heading is selected.
    pub heading: Option<Arc<str>>,
    /// The first visible row of the watches.
    pub top: usize,
    /// How far the watches' beginning is.
    pub progress: Progress,
    /// The pane that has the keys.
    pub pane: Pane,
    /// Whether it is shown alone.
    pub zoom: bool,
    /// What is open above the panes.
    pub popup: Option<Popup>,
    /// The account being typed; it waits below what is opened above it.
    pub form: Option<Form>,
    /// Why there is nothing to watch: no configuration could be used yet.
    pub unready: Option<Arc<ConfigError>>,
    /// What happened.
    pub log: Log,
    /// What is remembered of each watch.
    pub histories: BTreeMap<WatchId, WatchHistory>,
    /// How many columns the wire's lines are moved to the left.
    pub wire_column: usize,
    /// Whether the wire's long lines are wrapped.
    pub wire_wrap: bool,
    /// The text last searched for in the log or the wire, in lower case.
    pub needle: String,
    /// The filter of each list that has one.
    pub filters: BTreeMap<FilterTarget, String>,
    /// The list whose filter is being typed.
    pub typing: Option<FilterTarget>,
    /// A sentence for the user, until the next key.
    pub notice: Option<String>,
    /// What was requested of the program around and is not answered yet.
    pub pending: Option<&'static str>,
    /// Whether the engine has ended.
    pub engine_ended: bool,
    hands: Hands,
    frozen: Option<freeze::Frozen>,
    unconfirmed: Vec<MailKey>,
    changes: tune::Changes,
}

impl App {
    /// A screen that has been told nothing yet.
    #[must_use]
    pub fn new(options: Options, size: Size, now: Now) -> Self {
        let mut log = Log::default();
        for (account, about) in &options.about {
            log.push(now.wall, None, log_line::describe_account(account, about));
        }
        let (popup, unready) = match &options.start {
            Start::Watching => (None, None),
            Start::Problem(error) if error.is_empty() => (Some(Popup::Welcome(0)), Some(Arc::clone(error))),
            Start::Problem(error) => {
                let problem = Problem { error: Arc::clone(error), offset: 0 };
                (Some(Popup::Problem(problem)), Some(Arc::clone(error)))
            }
        };
        Self {
            theme: Styles::new(&options.theme, options.depth),
            glyphs: Glyphs::of(options.characters),
            options,
            board: Board::default(),
            now,
            size,
            rows: Vec::new(),
            arrangement: Arrangement::default(),
            selected: None,
            heading: None,
            top: 0,
            progress: Progress::default(),
            pane: Pane::Watches,
            zoom: false,
            popup,
            form: None,
            unready,
            log,
            histories: BTreeMap::new(),
            wire_column: 0,
            wire_wrap: false,
            needle: String::new(),
            filters: BTreeMap::new(),
            typing: None,
            notice: None,
            pending: None,
            engine_ended: false,
            hands: Hands::default(),
            frozen: None,
            unconfirmed: Vec::new(),
            changes: tune::Changes::default(),
        }
    }

    /// The screen as the configuration now wants it.
    fn restyle(&mut self, ui: Ui) {
        self.options.take(ui);
        self.theme = Styles::new(&self.options.theme, self.options.depth);
    }

    /// Takes in what came, at the moment that counters are computed for; returns what must be done outside.
    pub fn update(&mut self, input: Input, now: Now) -> Vec<Effect> {
        if self.frozen.is_none() {
            self.now = now;
        }
        let effects = match input {
            Input::Term(event) => self.term(event),
            Input::DoubleClick(at) => self.double_click(at),
            Input::Board(board) => {
                self.take_board(board);
                Vec::new()
            }
            Input::Event(event) => {
                self.take_event(event);
                Vec::new()
            }
            Input::NotTaken(why) => {
                self.notice = Some(
                    match why {
                        NotTaken::Busy => "the watch is busy: press again",
                        NotTaken::NoSuchWatch | NotTaken::Ended => "the watch has ended",
                    }
                    .to_owned(),
                );
                Vec::new()
            }
            Input::Asked(count) => {
                let noun = if count == 1 { "watch" } else { "watches" };
                self.notice = Some(format!("DONE asked of {count} {noun}"));
                Vec::new()
            }
            Input::Reply(reply) => self.take_reply(reply),
            Input::NotRequested => {
                self.not_requested();
                Vec::new()
            }
            Input::EngineEnded => {
                self.engine_ended = true;
                Vec::new()
            }
        };
        if self.popup.is_none() {
            self.popup = self.underneath();
            if self.popup.is_some() {
                self.typing = None;
            }
        }
        self.keep_in_view();
        effects
    }

    /// Moves the counters to a later moment; a frozen display stands still.
    pub const fn tick(&mut self, now: Now) {
        if self.frozen.is_none() {
            self.now = now;
        }
    }

    /// The mails whose lines the last frame could show: to be confirmed now that it was drawn.
    pub fn drawn(&mut self) -> Vec<MailKey> {
        std::mem::take(&mut self.unconfirmed)
    }

    fn keep_in_view(&mut self) {
        let height = self.layout().watch_rows();
        let position = self.position().unwrap_or(0);
        self.top = self.top.min(position).max((position + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    fn term(&mut self, event: TermEvent) -> Vec<Effect> {
        match event {
            TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
                self.hands = Hands::On;
                self.key(key)
            }
            TermEvent::Mouse(mouse) => {
                self.hands = Hands::On;
                self.mouse(mouse)
            }
            TermEvent::Resize(width, height) => {
                self.size = Size::new(width, height);
                Vec::new()
            }
            TermEvent::Paste(text) => {
                // It may be a password.
                let text = Zeroizing::new(text);
                if matches!(self.popup, Some(Popup::Form)) {
                    if let Some(form) = &mut self.form {
                        form.paste(&text);
                    }
                    return Vec::new();
                }
                for c in text.chars().filter(|c| !c.is_control()) {
                    self.type_char(c);
                }
                Vec::new()
            }
            TermEvent::Key(_) | TermEvent::FocusGained | TermEvent::FocusLost => Vec::new(),
        }
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.notice = None;
        if matches!(self.popup, Some(Popup::Form)) {
            return self.form_key(key);
        }
        if self.typing.is_some() && !key.modifiers.contains(KeyModifiers::CONTROL) && self.type_key(key.code) {
            return Vec::new();
        }
        let context = if matches!(self.popup, Some(Popup::Tuning(_))) { Context::Tuning } else { Context::Screen };
        let action = keymap::key_of(key).and_then(|key| self.options.keys.action(key, context));
        let Some(action) = action else { return Vec::new() };
        // While a filter is typed the list below it may be moved through; anything else ends the typing.
        if !action.is_move() {
            self.typing = None;
        }
        self.act(action)
    }
}

#[cfg(test)]
mod tests;
