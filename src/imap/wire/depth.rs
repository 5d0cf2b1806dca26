//! How deep a response nests: the parser recurses, and a stack that overflows aborts the process uncaught.

use super::framer::Frame;

/// DESIGN's limit. A mail forwarded ten times over reaches about half of it.
const NESTING: u32 = 20;

/// Where quotes could hide parentheses from this count and not from the parser, so many are let through in all: the
/// parser's stack bears some hundreds.
const HIDDEN: u32 = 64;

/// The one item whose parser recurses (imap-proto 0.17, djc/imap-proto#90).
const RECURSIVE: &[u8] = b"BODYSTRUCTURE ";

/// Whether the parser may see it.
#[must_use]
pub fn is_safe(frame: Frame<'_>) -> bool {
    let (mut depth, mut deepest, mut opened) = (0_u32, 0, 0);
    let (mut quoted, mut escaped, mut hidden) = (false, false, false);
    let mut literals = frame.literals.iter().peekable();
    for (index, &b) in frame.bytes.iter().enumerate() {
        while literals.next_if(|literal| literal.end <= index).is_some() {}
        let literal = literals.peek().is_some_and(|literal| literal.contains(&index));
        let parenthesis = matches!(b, b'(' | b')');
        opened += u32::from(b == b'(');
        if literal {
            hidden |= parenthesis;
            continue;
        }
        match b {
            _ if escaped => {
                escaped = false;
                hidden |= parenthesis;
            }
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => hidden |= parenthesis,
            b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // Lenient as the parser is, it can take for an atom what is a quote or a literal here, and so meet parentheses that
    // were not counted. Only in the recursive item is that a danger, and nobody here asks for that item.
    deepest <= NESTING && (!hidden || opened <= HIDDEN || find(frame.bytes, RECURSIVE).is_none())
}

/// Where `needle`, in any case, first is.
#[must_use]
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}
