//! The table, by what its rows concern.

mod fetch;
mod headers;
mod mailbox;
mod names;
mod refusal;
mod user;

use crate::row::Row;

pub fn all() -> Vec<&'static Row> {
    [fetch::ROWS, mailbox::ROWS, refusal::ROWS, names::ROWS, headers::ROWS, user::ROWS].into_iter().flatten().collect()
}
