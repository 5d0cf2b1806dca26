//! What the screen says of itself: a sentence after a key, the request that runs.

use crate::tui::attention::Attention;

/// What the screen says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// A sentence for the user, until the next key.
    pub notice: Option<String>,
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

    /// Says a sentence, until the next key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }
}
