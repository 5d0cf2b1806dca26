//! `status`: the running program answers over a Unix socket what it sees, for status bars and scripts.
//!
//! [`answer`](fn@answer) is the program's side, [`ask`](fn@ask) the client's. The program makes the line, so that the two need
//! not be of one version. It reads the board and nothing else, and wakes only for clients that ask or follow.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
mod client;
mod escape;
mod figures;
mod format;
mod json;
mod line;
mod question;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod socket_paths;
#[cfg(all(test, unix))]
mod tests;
mod text;

#[cfg(not(unix))]
pub use self::absent::{Answers, NoAnswer, StatusServer, answer, ask};
#[cfg(unix)]
pub use self::client::{Answers, NoAnswer, ask};
pub use self::escape::Escape;
pub use self::figures::{Figures, Moment, State};
pub use self::format::{FIELDS, Field, FieldSpec, Format, FormatError, placeholders};
pub use self::question::{Question, Shape};
#[cfg(unix)]
pub use self::server::{StatusServer, answer};
#[cfg(target_os = "linux")]
pub(crate) use self::socket_paths::sockets;
