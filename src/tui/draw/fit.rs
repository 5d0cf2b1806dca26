//! Texts measured in cells, cut, broken into lines, searched. Pure.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::glyphs::Glyphs;

/// In fewer cells a title's right part says nothing.
const LEAST_INFO: u16 = 8;

/// The end of a text in `width` cells, behind an ellipsis if it does not fit.
pub fn end_of<'t>(text: &'t str, width: u16, ellipsis: &str) -> Cow<'t, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(cells(ellipsis)) else { return Cow::Borrowed("") };
    let (mut taken, mut start) = (0, text.len());
    for (index, cluster) in text.grapheme_indices(true).rev() {
        taken += cells(cluster);
        if taken > room {
            break;
        }
        start = index;
    }
    Cow::Owned(format!("{ellipsis}{}", &text[start..]))
}

/// Both ends of a text in `width` cells, around an ellipsis if it does not fit.
pub fn ends_of<'t>(text: &'t str, width: u16, ellipsis: &str) -> Cow<'t, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let tail = end_of(text, width / 2, "");
    let room = width.saturating_sub(cells(&tail) + cells(ellipsis));
    let mut taken = 0;
    let mut head = text.grapheme_indices(true).skip_while(|(_, cluster)| {
        taken += cells(cluster);
        taken <= room
    });
    let end = head.next().map_or(text.len(), |(index, _)| index);
    Cow::Owned(format!("{}{ellipsis}{tail}", &text[..end]))
}

/// The head of `text` that is `needle` in any case.
pub fn matched<'t>(text: &'t str, needle: &str) -> Option<&'t str> {
    let mut wanted = needle.chars().peekable();
    for (index, c) in text.char_indices() {
        if wanted.peek().is_none() {
            return Some(&text[..index]);
        }
        if !c.to_lowercase().all(|c| wanted.next() == Some(c)) {
            return None;
        }
    }
    wanted.peek().is_none().then_some(text)
}

/// A text of parts between dots in `width` cells: as many of the first parts as fit, else the end of the first, where a
/// filter is being typed.
pub fn fitted<'t>(text: &'t str, width: u16, glyphs: &Glyphs) -> Cow<'t, str> {
    let gap = format!(" {} ", glyphs.text.dot);
    let mut said = text;
    while cells(said) > width {
        let Some(end) = said.rfind(&gap) else {
            return if width < LEAST_INFO { Cow::Borrowed("") } else { end_of(said, width, glyphs.text.ellipsis) };
        };
        said = &said[..end];
    }
    Cow::Borrowed(said)
}

/// How many cells a text takes.
pub fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The head of a text that leaves room for the ellipsis in `width` cells; `None` if all of it fits.
pub fn fit<'t>(text: &'t str, width: u16, ellipsis: &str) -> Option<&'t str> {
    // A text has no more cells than bytes: this decides most.
    if text.len() <= usize::from(width) || (text.len() <= 4 * usize::from(width) && cells(text) <= width) {
        return None;
    }
    let room = width.saturating_sub(cells(ellipsis));
    let mut taken = 0;
    for (index, cluster) in text.grapheme_indices(true) {
        taken += cells(cluster);
        if taken > room {
            return Some(text[..index].trim_end());
        }
    }
    (cells(text) > width).then_some(text)
}

/// Breaks a text into lines of at most `width` cells, at blanks if there are any.
pub fn wrap(text: &str, width: u16) -> Vec<&str> {
    if width == 0 {
        return Vec::new();
    }
    if text.len() <= usize::from(width) {
        return vec![text];
    }
    let mut lines = Vec::new();
    let (mut start, mut taken, mut blank) = (0, 0u16, None);
    for (index, cluster) in text.grapheme_indices(true) {
        let size = cells(cluster);
        if taken + size > width && index > start {
            let (end, next) = match blank {
                Some(blank) if cluster != " " => (blank, blank + 1),
                Some(_) | None => (index, index),
            };
            lines.push(text[start..end].trim_end());
            start = next;
            taken = cells(&text[start..index]);
            blank = None;
            if cluster == " " && taken == 0 {
                start = index + 1;
                continue;
            }
        }
        if cluster == " " && index > start {
            blank = Some(index);
        }
        taken += size;
    }
    if start < text.len() || lines.is_empty() {
        lines.push(text[start..].trim_end());
    }
    lines
}

/// The same with another width from the second line on.
pub fn wrap_hanging(text: &str, first: u16, rest: u16) -> Vec<&str> {
    let mut lines = wrap(text, first);
    if let Some(second) = lines.get(1)
        && first != rest
    {
        // What the first line has left, which lies in the text behind it.
        let at = second.as_ptr() as usize - text.as_ptr() as usize;
        lines.truncate(1);
        lines.extend(wrap(&text[at..], rest));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_second_line_on_a_text_has_another_width() {
        assert_eq!(wrap_hanging("one two three four five", 8, 20), ["one two", "three four five"]);
        assert_eq!(wrap_hanging("one two three", 20, 8), ["one two three"]);
        assert_eq!(wrap_hanging("会社のメール", 4, 6), ["会社", "のメー", "ル"]);
        assert_eq!(wrap_hanging("", 4, 6), [""]);
    }

    #[test]
    fn lines_break_at_blanks_and_hard_where_there_is_none() {
        let cases = [
            ("one two three", 7, vec!["one two", "three"]),
            ("one two three", 8, vec!["one two", "three"]),
            ("abcdefgh", 3, vec!["abc", "def", "gh"]),
            ("日本語です", 4, vec!["日本", "語で", "す"]),
            ("a bcdefg", 4, vec!["a", "bcde", "fg"]),
            ("", 4, vec![""]),
            ("日", 1, vec!["日"]),
        ];
        for (text, width, lines) in cases {
            assert_eq!(wrap(text, width), lines, "{text:?} in {width}");
        }
    }

    #[test]
    fn a_match_is_found_in_any_case_and_ends_where_the_needle_does() {
        for (text, needle, found) in
            [("Friday?", "fri", Some("Fri")), ("Fr", "fri", None), ("ÄB", "äb", Some("ÄB")), ("x", "y", None)]
        {
            assert_eq!(matched(text, needle), found, "{text}");
        }
    }

    #[test]
    fn the_end_of_a_text_is_kept_behind_an_ellipsis() {
        let cases = [("abc", 3, "abc"), ("abcd", 3, "…cd"), ("日本語", 4, "…語"), ("abc", 1, "…"), ("abc", 0, "")];
        for (text, width, end) in cases {
            assert_eq!(end_of(text, width, "…"), end, "{text} in {width}");
        }
    }

    #[test]
    fn both_ends_of_a_text_are_kept_around_an_ellipsis() {
        let cases =
            [("account07", 9, "account07"), ("account07", 6, "ac…t07"), ("abc", 1, "…"), ("日本語", 5, "日…語")];
        for (text, width, ends) in cases {
            assert_eq!(ends_of(text, width, "…"), ends, "{text} in {width}");
        }
    }

    #[test]
    fn a_text_that_fits_is_not_cut_and_a_cut_one_leaves_room() {
        assert_eq!(fit("abc", 3, "…"), None);
        assert_eq!(fit("abcd", 3, "…"), Some("ab"));
        assert_eq!(fit("日本語", 5, "…"), Some("日本"));
        assert_eq!(fit("日本", 4, "…"), None);
        assert_eq!(fit("abc", 0, "…"), Some(""));
    }
}
