//! Putting text, bars and borders into the buffer. Everything is clipped here: no caller can draw outside.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::app::App;
use crate::tui::glyphs::Characters;
use crate::tui::glyphs::Glyphs;
use crate::tui::layout::Layout;
use crate::tui::theme::Role;

/// Fewer cells of a title's right part say nothing.
const LEAST_INFO: u16 = 8;

/// A piece of text with its role.
pub type Piece = (Role, String);

/// A row of pieces.
pub type Row = Vec<Piece>;

/// A buffer with the styles and marks to draw in it.
pub struct Paint<'a> {
    buf: &'a mut Buffer,
    /// What is drawn.
    pub app: &'a App,
}

/// What a pane's border says.
pub struct Frame<'a> {
    /// The digit that reaches the pane; `None` for a popup.
    pub digit: Option<usize>,
    /// Its name.
    pub name: &'a str,
    /// What it is about: a watch.
    pub subject: &'a str,
    /// At the right end.
    pub info: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
}

impl<'a> Paint<'a> {
    pub const fn new(buf: &'a mut Buffer, app: &'a App) -> Self {
        Self { buf, app }
    }

    pub const fn style(&self, role: Role) -> Style {
        self.app.theme.style(role)
    }

    pub const fn area(&self) -> Rect {
        self.buf.area
    }

    /// Puts text, cut hard at `width` cells; returns the column after it.
    pub fn put(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        let area = self.buf.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() || width == 0 {
            return x;
        }
        // From nothing: what stood there, a border maybe, must not shine through.
        let style = Style::reset().patch(self.style(role));
        self.buf.set_stringn(x, y, self.characters(text), usize::from(width), style).0
    }

    /// The text in characters that the terminal is to be sent, as wide as it was. In ASCII our own marks go, wherever they
    /// stand; a stranger's names and subjects stay as they are, unless the terminal takes no UTF-8: it might take one of
    /// their bytes for a control.
    fn characters<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let characters = self.app.options.characters;
        if !characters.is_ascii() || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let ellipsis = self.app.glyphs.ellipsis;
        let clusters = text.graphemes(true).map(|cluster| match cluster {
            "…" => Cow::Borrowed(ellipsis),
            "\u{fffd}" => Cow::Borrowed("?"),
            other if characters == Characters::AsciiMarks || other.is_ascii() => Cow::Borrowed(other),
            other => Cow::Owned("?".repeat(other.width())),
        });
        Cow::Owned(clusters.collect())
    }

    /// Puts text, cut with an ellipsis at `width` cells; returns the column after it.
    pub fn put_cut(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        let fitting = fit(text, width, self.app.glyphs.ellipsis);
        match fitting {
            None => self.put(x, y, width, text, role),
            Some(head) => {
                let end = self.put(x, y, width.saturating_sub(1), head, role);
                self.put(end, y, 1, self.app.glyphs.ellipsis, role)
            }
        }
    }

    /// Puts text against the right end of `x..x + width`.
    pub fn put_right(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) {
        let taken = cells(text).min(width);
        self.put(x + (width - taken), y, taken, text, role);
    }

    /// Puts pieces one after another.
    pub fn put_row(&mut self, x: u16, y: u16, width: u16, row: &[Piece]) -> u16 {
        let end = x.saturating_add(width);
        let mut at = x;
        for (role, text) in row {
            at = self.put_cut(at, y, end.saturating_sub(at), text, *role);
        }
        at
    }

    /// Lays a role's style over an area.
    pub fn lay(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Underlines each place where `text`, put at `x`, holds `needle`, which is in lower case.
    pub fn underline(&mut self, x: u16, y: u16, width: u16, text: &str, needle: &str) {
        if needle.is_empty() {
            return;
        }
        let mut before = 0u16;
        for (index, cluster) in text.grapheme_indices(true) {
            if before >= width {
                return;
            }
            if let Some(found) = matched(&text[index..], needle) {
                let area = Rect { x: x + before, y, width: cells(found).min(width - before), height: 1 };
                let style = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
                self.buf.set_style(area.intersection(self.buf.area), style);
            }
            before = before.saturating_add(cells(cluster));
        }
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        for y in area.top()..area.bottom() {
            // A wide character that reaches into the area goes too, or its other half would shift what is drawn here.
            if area.left() > self.buf.area.left() {
                let cell = &mut self.buf[(area.left() - 1, y)];
                if cells(cell.symbol()) > 1 {
                    cell.reset();
                }
            }
            for x in area.left()..area.right() {
                self.buf[(x, y)].reset();
            }
        }
    }

    /// A bar, filled from the left to `share` of its width; in whole cells where nothing is to move that need not.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a width in cells")]
    pub fn bar(&mut self, x: u16, y: u16, width: u16, share: f64, role: Role) {
        let mut eighths = (share.clamp(0.0, 1.0) * f64::from(width) * 8.0).round() as u16;
        if self.app.options.reduced_motion {
            eighths -= eighths % 8;
        }
        let glyphs = self.app.glyphs;
        for cell in 0..width {
            match eighths.saturating_sub(cell * 8).min(8) {
                0 => self.put(x + cell, y, 1, glyphs.track, Role::Track),
                part => self.put(x + cell, y, 1, glyphs.bar[usize::from(part) - 1], role),
            };
        }
    }

    /// A pane's border and title; returns its inside. Without borders: the area itself.
    pub fn frame(&mut self, layout: &Layout, area: Rect, frame: &Frame) -> Rect {
        if layout.bordered {
            self.border(area, frame);
        }
        layout.inner(area)
    }

    /// A border with a title.
    pub fn border(&mut self, area: Rect, frame: &Frame) {
        let (border, title) =
            if frame.focused { (Role::BorderFocused, Role::TitleFocused) } else { (Role::Border, Role::Title) };
        if area.width < 2 || area.height < 2 {
            return;
        }
        let set = self.app.glyphs.border;
        let (left, right) = (area.left(), area.right() - 1);
        let (top, bottom) = (area.top(), area.bottom() - 1);
        for x in left + 1..right {
            self.put(x, top, 1, set.horizontal_top, border);
            self.put(x, bottom, 1, set.horizontal_bottom, border);
        }
        for y in top + 1..bottom {
            self.put(left, y, 1, set.vertical_left, border);
            self.put(right, y, 1, set.vertical_right, border);
        }
        self.put(left, top, 1, set.top_left, border);
        self.put(right, top, 1, set.top_right, border);
        self.put(left, bottom, 1, set.bottom_left, border);
        self.put(right, bottom, 1, set.bottom_right, border);
        let end = right.saturating_sub(1);
        let mut x = left + 2;
        let name = frame.digit.map_or_else(|| format!(" {} ", frame.name), |n| format!(" {n} {} ", frame.name));
        x = self.put(x, top, end.saturating_sub(x), &name, title);
        if !frame.subject.is_empty() && end > x + 2 {
            x = self.put_cut(x, top, end - x - 1, frame.subject, Role::Strong);
            x = self.put(x, top, end.saturating_sub(x), " ", border);
        }
        let said = fitted(frame.info, end.saturating_sub(x + 3), self.app.glyphs);
        if !said.is_empty() {
            let taken = cells(&said) + 2;
            self.put(end - taken, top, taken, &format!(" {said} "), Role::Header);
        }
    }

    /// Where in a long list one is: a mark on the right border beside the rows that are seen of all.
    pub fn scrollbar(&mut self, rows: Rect, top: usize, all: usize) {
        let height = usize::from(rows.height);
        if all <= height || height < 3 {
            return;
        }
        let size = (height * height / all).max(1);
        let first = top * (height - size) / (all - height);
        for row in first..(first + size).min(height) {
            let y = rows.y + u16::try_from(row).unwrap_or(0);
            self.put(rows.right(), y, 1, self.app.glyphs.thumb, Role::BorderFocused);
        }
    }
}

/// The area without a column at each side, where there is room for such luxury.
pub const fn pad(area: Rect) -> Rect {
    if area.width < 48 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}

/// The end of a text in so many cells, behind an ellipsis where it does not fit.
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

/// Both ends of a text in so many cells, around an ellipsis where it does not fit.
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
fn matched<'t>(text: &'t str, needle: &str) -> Option<&'t str> {
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

/// A text of parts between dots in so many cells: as many of the first as fit, or the end of the first, where a filter
/// is being typed.
pub fn fitted<'t>(text: &'t str, width: u16, glyphs: &Glyphs) -> Cow<'t, str> {
    let gap = format!(" {} ", glyphs.dot);
    let mut said = text;
    while cells(said) > width {
        let Some(end) = said.rfind(&gap) else {
            return if width < LEAST_INFO { Cow::Borrowed("") } else { end_of(said, width, glyphs.ellipsis) };
        };
        said = &said[..end];
    }
    Cow::Borrowed(said)
}

/// How many cells a text takes.
pub fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The head of a text that leaves a cell for the ellipsis in `width`; `None` where all of it fits.
fn fit<'t>(text: &'t str, width: u16, ellipsis: &str) -> Option<&'t str> {
    // Never more cells than bytes: most texts are decided here.
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

/// A row of exactly `width` cells: cut with an ellipsis, or filled up with blanks.
pub fn padded(row: Row, width: u16, ellipsis: &str) -> Row {
    let mut room = width;
    let mut out = Row::new();
    for (role, text) in row {
        let text = match fit(&text, room, ellipsis) {
            None => text,
            Some(head) => format!("{head}{}", if room > 0 { ellipsis } else { "" }),
        };
        room = room.saturating_sub(cells(&text));
        out.push((role, text));
    }
    out.push((Role::Text, " ".repeat(usize::from(room))));
    out
}

/// Breaks a text into lines of at most `width` cells, at blanks where there are any.
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

#[cfg(test)]
mod tests {
    use super::*;

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
