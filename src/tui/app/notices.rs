//! What the screen says of itself: a sentence after a key, the request that runs.

/// What the screen says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// A sentence for the user, until the next key.
    pub notice: Option<String>,
    /// The request that is not answered yet.
    pub pending: Option<&'static str>,
}

impl Notices {
    /// Says a sentence, until the next key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }
}
