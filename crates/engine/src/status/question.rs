//! What a line is wanted of, and how it is to look. Data only.

use super::escape::Escape;
use super::figures::{Figures, Moment};
use super::format::Format;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The line's shape.
    pub shape: Shape,
    /// How strangers' text is written; as the shape needs it where nothing is said.
    pub escape: Option<Escape>,
    /// The accounts whose watches count; all where none is named.
    pub accounts: Vec<String>,
    /// Whether a line is wanted at each change, too.
    pub follow: bool,
}

impl Question {
    /// The line, without its end.
    #[must_use]
    pub fn line(&self, figures: &Figures, moment: &Moment) -> String {
        self.shape.line(figures, moment, self.escape)
    }
}

/// How a line looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Text,
    /// One JSON object with everything.
    Json,
    /// A line of the user's own.
    Format(Format),
    /// One JSON object as waybar's custom modules want it, its text perhaps a line of the user's own.
    Waybar(Option<Format>),
}
