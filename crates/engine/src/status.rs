//! `status`: the running program says over a Unix socket what it sees, for status bars and scripts.
//!
//! [`answer`](fn@answer) is the program's side, [`ask`](fn@ask) the other. The line is made by the one who answers: the two
//! need not be of one version. It reads the board and nothing else, and wakes only for who asks or follows.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
mod answer;
#[cfg(unix)]
mod ask;
mod figures;
mod format;
mod json;
mod line;
#[cfg(unix)]
mod place;
mod question;
#[cfg(all(test, unix))]
mod tests;
mod text;

#[cfg(not(unix))]
pub use self::absent::{Answering, Answers, NoAnswer, answer, ask};
#[cfg(unix)]
pub use self::answer::{Answering, answer};
#[cfg(unix)]
pub use self::ask::{Answers, NoAnswer, ask};
pub use self::figures::{Figures, State, Teller};
pub use self::format::{FIELDS, Field, FieldSpec, Format, FormatError, placeholders};
pub use self::question::{Question, Shape};
