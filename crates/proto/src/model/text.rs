//! Text from strangers, made fit for a screen, a log, a notification and a hook's environment.

use unicode_segmentation::UnicodeSegmentation as _;

/// What [`one_line`] keeps of a text, in characters.
pub const LINE_LIMIT: usize = 1000;

/// What stands for a character that must not reach a terminal.
const REPLACEMENT: char = '\u{fffd}';

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It stays.
    Stays,
    /// It moves the cursor or begins a sequence of the terminal: it is replaced, and its absence shows.
    Replaced,
    /// It is white space of another kind.
    Space,
    /// Nobody sees it, and it hides or reorders what stands beside it.
    Dropped,
    /// Nobody sees it, and languages and emoji need it to join or to part letters.
    Joins,
}

/// Controls (C0, DEL, C1) and separators of lines are replaced. The bidirectional controls of UAX #9, zero-width and
/// other invisible format characters, tags and noncharacters are dropped, but for those that Persian, Hindi and
/// Mongolian are written with.
fn fate(c: char) -> Fate {
    match c {
        ' '..='~' => Fate::Stays,
        '\t' | '\n' | '\r' => Fate::Space,
        '\u{2028}' | '\u{2029}' | '\u{fff0}'..='\u{fffb}' => Fate::Replaced,
        c if c.is_control() => Fate::Replaced,
        '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180f}' => Fate::Joins,
        '\u{00ad}'
        | '\u{034f}'
        | '\u{061c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Fate::Dropped,
        _ => Fate::Stays,
    }
}

/// Whether something may be joined to a character: white space and another joiner are nothing to join.
fn can_be_joined(before: Option<char>) -> bool {
    before.is_some_and(|c| c != REPLACEMENT && !c.is_whitespace() && fate(c) != Fate::Joins)
}

/// Replaces what could harm a terminal, drops what nobody sees, makes tabs and newlines spaces, and cuts after `limit`
/// characters with `…`; what is one character to a reader is never cut in two.
#[must_use]
pub fn sanitise(text: &str, limit: usize) -> String {
    if text.len() <= limit && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    let mut kept = 0_usize;
    for c in text.chars() {
        let c = match fate(c) {
            Fate::Stays => c,
            Fate::Space => ' ',
            Fate::Replaced => REPLACEMENT,
            Fate::Joins if can_be_joined(out.chars().next_back()) => c,
            Fate::Joins | Fate::Dropped => continue,
        };
        if kept == limit {
            cut_before(&mut out, c);
            out.push('…');
            break;
        }
        out.push(c);
        kept += 1;
    }
    out
}

/// Takes away the characters that form one with what comes next.
fn cut_before(out: &mut String, next: char) {
    // Enough for any emoji that people send; a longer one is a flood, and is cut anywhere.
    const LONGEST: usize = 32;
    let tail = out.char_indices().rev().nth(LONGEST).map_or(0, |(at, _)| at);
    let whole = out.len();
    out.push(next);
    let last = out[tail..].grapheme_indices(true).next_back().map_or(whole, |(at, _)| tail + at);
    // A single cluster as long as all that was looked at has no better place.
    out.truncate(if last == tail { whole } else { last.min(whole) });
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
        assert_eq!(clean, "a\u{fffd}[2Jb\u{fffd}cde f g\u{fffd}h");
    }

    #[test]
    fn what_joins_letters_stays_between_letters_alone() {
        for text in ["می\u{200c}خواهم", "क\u{94d}\u{200d}ष", "👩\u{200d}💻", "ᠠ\u{180b}"] {
            assert_eq!(sanitise(text, 100), text);
        }
        assert_eq!(sanitise("\u{200c}a \u{200d}b\u{200d}\u{200d}\u{200c}c", 100), "a b\u{200d}c");
    }

    #[test]
    fn what_is_one_to_a_reader_is_not_cut_in_two() {
        assert_eq!(sanitise("abe\u{301}f", 3), "ab…");
        assert_eq!(sanitise("abe\u{301}f", 4), "abe\u{301}…");
        assert_eq!(sanitise("ab👩\u{200d}💻c", 3), "ab…");
        assert_eq!(sanitise("ab👩\u{200d}💻c", 4), "ab…");
        assert_eq!(sanitise(&format!("a{}", "\u{301}".repeat(5000)), 100).chars().count(), 101);
    }

    #[test]
    fn whatever_comes_is_harmless_and_no_longer_than_asked() {
        for c in (0..=0x000e_ffff).filter_map(char::from_u32) {
            let clean = sanitise(&format!("a{c}b"), 10);
            let visible = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(clean.chars().all(visible), "{c:?}");
            assert!(clean.starts_with('a') && clean.ends_with('b'), "{c:?}");
            assert!(sanitise(&format!("a{c}b{c}c"), 2).chars().count() <= 3, "{c:?}");
        }
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
