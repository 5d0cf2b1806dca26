//! `ctl`: commands to the running engine, for scripts and window managers. Needs no configuration; a client like any other
//! front end, which waits for its answers.

mod answers;
mod orders;
mod restart;
mod targets;

pub(super) use self::orders::ctl;
