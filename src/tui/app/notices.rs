//! What the screen says of itself: a sentence after a key, the request that runs.

use std::time::{Duration, Instant};

use crate::tui::attention::Attention;

/// How long a sentence stands, unless a key comes before.
pub(super) const STANDS: Duration = Duration::from_secs(4);

/// What the screen says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// A sentence for the user, until the next key or for four seconds.
    pub notice: Option<String>,
    /// Until when it stands; `None` before that is known.
    until: Option<Instant>,
    /// The request that is not answered yet.
    pub pending: Option<&'static str>,
    /// What is wrong, the worst first.
    pub attentions: Vec<Attention>,
    /// Which of them the attention line shows.
    pub attention: usize,
}

impl Notices {
    /// What the attention line shows; `None` while nothing is wrong.
    #[must_use]
    pub fn attention(&self) -> Option<&Attention> {
        self.attentions.get(self.attention_at())
    }

    /// Its place among all.
    #[must_use]
    pub fn attention_at(&self) -> usize {
        if self.attention < self.attentions.len() { self.attention } else { 0 }
    }

    /// Says a sentence, until the next key or for four seconds.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
        self.until = None;
    }

    /// Says nothing any more.
    pub fn hush(&mut self) {
        (self.notice, self.until) = (None, None);
    }

    /// Lets time pass: what was said since the last moment stands from now on, what has stood long enough goes.
    pub fn pass(&mut self, now: Instant) {
        match (&self.notice, self.until) {
            (Some(_), None) => self.until = Some(now + STANDS),
            (Some(_), Some(until)) if until <= now => self.hush(),
            (Some(_), Some(_)) | (None, _) => {}
        }
    }
}
