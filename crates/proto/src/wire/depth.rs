//! How deep a response nests: the parser recurses, and a stack that overflows aborts the process uncaught.

use super::framer::Frame;

/// DESIGN's limit. A mail forwarded ten times over reaches about half of it.
const NESTING: u32 = 20;

/// Where quotes or literals hold parentheses, so many openings are let through in all: the parser's stack bears some
/// hundreds.
const HIDDEN: usize = 64;

/// The one item whose parser recurses (imap-proto 0.17, djc/imap-proto#90).
const RECURSIVE: &[u8] = b"BODYSTRUCTURE ";

/// Whether the parser may see it.
#[must_use]
pub fn is_safe(frame: Frame<'_>) -> bool {
    let mut count = Count::default();
    for part in frame.outside() {
        count.add(&frame.bytes[part]);
    }
    if count.deepest > NESTING {
        return false;
    }
    // First what is quickest to see of a large literal.
    if openings(frame.bytes) <= HIDDEN {
        return true;
    }
    let hidden =
        count.hidden || frame.literals.iter().any(|at| frame.bytes[at.clone()].iter().copied().any(is_parenthesis));
    // Lenient as the parser is, it can take for an atom what is a quote or a literal here, and so meet parentheses that
    // were not counted. That is a danger in the recursive item alone, which this program never asks for.
    !hidden || find(frame.bytes, RECURSIVE).is_none()
}

/// How many parentheses open, whatever holds them. In pieces whose count fits a byte, so that the processor takes many at
/// once.
fn openings(bytes: &[u8]) -> usize {
    let count = |piece: &[u8]| usize::from(piece.iter().map(|&b| u8::from(b == b'(')).sum::<u8>());
    bytes.chunks(usize::from(u8::MAX)).map(count).sum()
}

const fn is_parenthesis(b: u8) -> bool {
    matches!(b, b'(' | b')')
}

/// Parentheses outside of quotes.
#[derive(Default)]
struct Count {
    depth: u32,
    deepest: u32,
    quoted: bool,
    escaped: bool,
    /// Whether there was one inside of quotes.
    hidden: bool,
}

impl Count {
    fn add(&mut self, part: &[u8]) {
        for &b in part {
            match b {
                _ if self.quoted => {
                    self.hidden |= is_parenthesis(b);
                    self.quoted = self.escaped || b != b'"';
                    self.escaped = !self.escaped && b == b'\\';
                }
                b'"' => self.quoted = true,
                b'(' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b')' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// Where `needle`, in any case, first is.
#[must_use]
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle.first()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    // Most bytes begin nothing: to look at one is quicker than to compare.
    let is_there = |window: &[u8]| {
        window.first().is_some_and(|&b| b == lower || b == upper) && window.eq_ignore_ascii_case(needle)
    };
    bytes.windows(needle.len()).position(is_there)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_searched_is_found_where_it_first_is_in_any_case(text in "[aAbB \\(]{0,40}", needle in "[aAbB \\(]{1,4}") {
            let at = text.to_ascii_lowercase().find(&needle.to_ascii_lowercase());
            prop_assert_eq!(find(text.as_bytes(), needle.as_bytes()), at);
        }
    }

    #[test]
    fn nothing_is_nowhere() {
        assert_eq!([find(b"abc", b""), find(b"", b"a"), find(b"ab", b"abc")], [None; 3]);
    }
}
