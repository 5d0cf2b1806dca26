//! What the engine sees, in a line, for status bars and scripts: made from the board by whoever is attached to it.

mod escape;
mod figures;
mod format;
mod json;
mod line;
mod question;
mod text;

pub use self::escape::Escape;
pub use self::figures::{Figures, Moment, State};
pub use self::format::{FIELDS, Field, FieldSpec, Format, FormatError, placeholders};
pub use self::question::{Question, Shape};
