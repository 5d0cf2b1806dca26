//! A file of the past as a screen shows it: what a report or a `history.db` keeps, and the state at any moment of it.
//!
//! [`open()`] reads a file, of which nothing is believed; [`Replay`] is pure: a list of dated records, and the board that they
//! add up to at a moment.

mod clock;
mod database;
mod entries;
mod lines;
mod material;
mod moments;
mod open;
mod state;
mod tarball;
mod watch;

pub use self::material::Material;
pub use self::moments::{Direction, Replay, Wanted};
pub use self::open::{NotOpened, open, read_lines, read_report};

#[cfg(test)]
mod tests;
