//! Frames as the line takes them: whole on a fast one; on a slow one in parts, the newest state, what answers a key first.

use std::time::Instant;

use ratatui::Terminal;

use super::app::{App, Input};
use super::clock::Now;
use super::draw::{draw, first};
use super::flow::Flow;
use super::lean::{Paced, Part};
use crossterm::event::Event as TermEvent;

/// What the loop sends.
#[derive(Debug, Default)]
pub struct Sending {
    flow: Flow,
    /// Whether a part of the last frame waits.
    rest: bool,
    /// Whether it is all that answers a key.
    is_urgent: bool,
}

impl Sending {
    /// Over a line of which so much is known.
    #[must_use]
    pub const fn new(flow: Flow) -> Self {
        Self { flow, rest: false, is_urgent: false }
    }

    /// When the next frame is due, if one is `wanted`. What a key that was `pressed` changes must be known by itself to go
    /// first: it is drawn though there be no room.
    #[must_use]
    pub fn due(&self, wanted: Option<Instant>, now: Instant, pressed: bool) -> Option<Instant> {
        if pressed {
            return wanted;
        }
        let wanted = if self.rest { now } else { wanted? };
        let free = if self.flow.room(now, self.is_urgent) > 0 { now } else { self.flow.due(now, self.is_urgent) };
        Some(wanted.max(free))
    }

    /// Whether the last frame was sent whole.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.rest
    }

    /// The terminal has answered: it has taken all before the question.
    pub fn answered(&mut self, now: Instant) {
        self.flow.answered(now);
    }

    /// What the terminal was asked is answered to somebody else: it is given to another program meanwhile.
    pub fn forget(&mut self) {
        self.flow.forget();
    }

    /// The terminal was asked.
    pub fn asked(&mut self, now: Instant, bytes: usize) {
        self.flow.asked(now, bytes);
    }

    /// Draws for the app's moment `now`, at `at`. Whether the terminal is to be asked now. Its size may have changed without
    /// an event: the app learns it before it is drawn.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn frame<B: Paced>(
        &mut self,
        terminal: &mut Terminal<B>,
        app: &mut App,
        (now, at): (Now, Instant),
        pressed: bool,
    ) -> Result<bool, B::Error> {
        self.is_urgent |= pressed;
        let room = self.flow.room(at, self.is_urgent);
        let part = if room == usize::MAX { Part::WHOLE } else { Part { room, is_urgent: pressed, first: first(app) } };
        terminal.backend_mut().limit(part);
        terminal.draw(|frame| {
            let size = frame.area().as_size();
            if size != app.size {
                app.update(Input::Term(TermEvent::Resize(size.width, size.height)), now);
            }
            draw(frame, app);
        })?;
        let backend = terminal.backend_mut();
        self.rest = backend.waits();
        let sent = backend.take_sent();
        self.is_urgent &= self.rest && sent == 0;
        Ok(sent > 0 && self.flow.sent(at, sent))
    }
}

#[cfg(test)]
impl Paced for ratatui::backend::TestBackend {}
