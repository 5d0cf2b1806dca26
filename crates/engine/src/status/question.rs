//! Questions and replies over the socket: one JSON object a line, each way. Data only.

use serde::{Deserialize, Serialize};

use super::escape::Escape;
use super::figures::{Figures, Moment};
use super::format::Format;

/// Bytes of a question: enough for a long format and the names of many accounts.
#[cfg(unix)]
pub(super) const QUESTION_LIMIT: u64 = 64 * 1024;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The line's shape.
    pub shape: Shape,
    /// How strangers' text is written; as the shape needs it where nothing is said. Programs of 0.1.0 do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escape: Option<Escape>,
    /// The accounts whose watches count; all where none is named.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Whether a line is wanted at each change, too.
    #[serde(default)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// A reply.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reply {
    /// A line, without its end.
    Line(String),
    /// Why there is none.
    Error(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_it_was_asked() {
        let format = || Format::parse("{new} {{").expect("a format");
        for shape in
            [Shape::Text, Shape::Json, Shape::Format(format()), Shape::Waybar(None), Shape::Waybar(Some(format()))]
        {
            let question =
                Question { shape, escape: Some(Escape::None), accounts: vec!["a \"b\"\n".to_owned()], follow: true };
            let line = serde_json::to_string(&question).expect("JSON");
            assert!(!line.contains('\n'), "one line: {line}");
            assert_eq!(serde_json::from_str::<Question>(&line).expect("a question"), question);
        }
        // Programs of other versions read the same line.
        let line =
            serde_json::to_string(&Question { shape: Shape::Text, escape: None, accounts: Vec::new(), follow: false });
        assert_eq!(line.expect("JSON"), r#"{"shape":"text","accounts":[],"follow":false}"#);
    }
}
