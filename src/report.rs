//! What is kept of the past, for people, scripts and a provider's support. Reads; watches nothing.

mod fit;
mod lines;
mod rows;

pub use self::fit::Table;
pub use self::lines::{csv, json};
pub use self::rows::{Kind, Row, columns, rows, table, tally};
