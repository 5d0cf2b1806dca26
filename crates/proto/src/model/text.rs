//! Text from strangers, made fit for a screen, a log, a notification and a hook's environment.

/// What [`one_line`] keeps of a text, in characters.
pub const LINE_LIMIT: usize = 1000;

/// What stands for a character that must not reach a terminal.
const REPLACEMENT: char = '\u{fffd}';

/// Whether a character can move the cursor, hide, or reorder what stands beside it.
///
/// Controls (C0, DEL, C1), the bidirectional controls of UAX #9, zero-width and other invisible format characters,
/// line and paragraph separators, tags and private-use noncharacters. U+200D stays: emoji are joined with it.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Replaces what could harm a terminal, tabs and newlines by spaces, and cuts after `limit` characters with `…`.
#[must_use]
pub fn sanitise(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    for (index, c) in text.chars().enumerate() {
        if index == limit {
            out.push('…');
            break;
        }
        out.push(match c {
            '\t' | '\n' | '\r' => ' ',
            c if is_hostile(c) => REPLACEMENT,
            c => c,
        });
    }
    out
}

/// Bytes from the wire as one harmless line of at most [`LINE_LIMIT`] characters, its line end cut off.
#[must_use]
pub fn one_line(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
    // Four bytes a character at most: no need to decode what would be cut.
    let end = end.min(LINE_LIMIT * 4 + 4);
    sanitise(&String::from_utf8_lossy(&bytes[..end]), LINE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_reordering_do_not_pass() {
        let hostile = "a\u{1b}[2Jb\u{9b}c\u{202e}d\u{200b}e\nf\tg\u{7f}h\u{e0041}";
        let clean = sanitise(hostile, 100);
        assert_eq!(clean, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e f g\u{fffd}h\u{fffd}");
    }

    #[test]
    fn letters_marks_and_emoji_pass() {
        let kind = "Grüße, 日本語, עברית, e\u{301}, 👩\u{200d}💻";
        assert_eq!(sanitise(kind, 100), kind);
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(sanitise("abcdef", 3), "abc…");
        assert_eq!(sanitise("abc", 3), "abc");
    }

    #[test]
    fn a_line_loses_its_end_and_survives_broken_utf8() {
        assert_eq!(one_line(b"* OK \xff hi\r\n"), "* OK \u{fffd} hi");
        assert_eq!(one_line(b"\r\n"), "");
    }
}
