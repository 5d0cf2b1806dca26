//! Why the screen ends.

use super::signals::Signal;

/// Why the screen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The user left.
    Quit,
    /// The user left, and the screen's own engine is to go on without it.
    Keep,
    /// The user wants to see the demo.
    Demo,
    /// A signal asked for it.
    Signal(Signal),
    /// The terminal is gone.
    TerminalGone,
}
