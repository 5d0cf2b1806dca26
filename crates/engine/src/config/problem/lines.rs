//! Lines of a text.

/// The line, from 1, that a byte stands in.
pub(in crate::config) fn line_at(text: &[u8], at: usize) -> usize {
    text[..at.min(text.len())].split(|&byte| byte == b'\n').count()
}
