//! A problem as it is found.

use std::ops::Range;

use super::kind::ProblemKind;

/// A problem before the text to be shown with it is made.
#[derive(Clone, Debug)]
pub(in crate::config) struct Finding {
    pub(in crate::config) kind: ProblemKind,
    pub(in crate::config) span: Option<Range<usize>>,
    pub(in crate::config) also: Option<Range<usize>>,
}
