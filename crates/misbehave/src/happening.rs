//! What happens in a session, as rules look at it: a command that came, or anything else.

use crate::arguments::Argument;
use crate::behaviour::Event;

/// What happens, as rules look at it.
pub(crate) enum Happening<'a> {
    Command(&'a Command),
    /// Anything else.
    Event(&'a Event),
}

/// A command's three parts.
pub(crate) struct Command {
    pub(crate) tag: String,
    /// In capitals; `UID FETCH` is one verb.
    pub(crate) verb: String,
    /// The arguments' bytes.
    pub(crate) rest: Vec<u8>,
    /// Nothing where they are not well-formed.
    pub(crate) arguments: Option<Vec<Argument>>,
}
