//! The widths below which the headline does without its words.

/// On narrower screens the headline counts without words: the rows below it have them.
pub(super) const WORDS: u16 = 38;

/// On narrower screens counts of other things than watches have no words.
pub(super) const COUNTS_AND_WORD: u16 = 50;
