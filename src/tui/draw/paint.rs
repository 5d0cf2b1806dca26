//! Putting text, bars and borders into the buffer by role. Everything is clipped here: no caller can draw outside.
//! Texts are cut with an ellipsis and kept to the terminal's characters, which ratatui's `Paragraph`, `List` and
//! `Table` do not do.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::fit::{cells, fit, fitted, matched};
use super::row::Piece;
use crate::tui::app::App;
use crate::tui::glyphs::Characters;
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;

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
    /// What it says at the right end.
    pub info: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
}

impl<'a> Paint<'a> {
    pub const fn new(buf: &'a mut Buffer, app: &'a App) -> Self {
        Self { buf, app }
    }

    pub const fn style(&self, role: Role) -> Style {
        self.app.styles.style(role)
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
        // The style before, a border's maybe, must not remain.
        let style = Style::reset().patch(self.style(role));
        self.buf.set_stringn(x, y, self.characters(text), usize::from(width), style).0
    }

    /// The text in characters that the terminal can take, of the same width. In ASCII our own marks are replaced. Names
    /// and subjects stay as they are, unless the terminal takes no UTF-8: it might take one of their bytes for a
    /// control.
    fn characters<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let characters = self.app.options.characters;
        if !characters.is_ascii() || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let ellipsis = self.app.glyphs().text.ellipsis;
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
        let fitting = fit(text, width, self.app.glyphs().text.ellipsis);
        match fitting {
            None => self.put(x, y, width, text, role),
            Some(head) => {
                let end = self.put(x, y, width.saturating_sub(1), head, role);
                self.put(end, y, 1, self.app.glyphs().text.ellipsis, role)
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

    /// Patches an area with a role's style.
    pub fn set_style(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Gives an area the background of the selected row. Text without a colour, and faint text, gets the row's own colour: the
    /// terminal's might be that of the background, and a faint colour is too faint on another background than its own.
    pub fn select(&mut self, area: Rect) {
        let (ground, text) = (self.style(Role::Selected), self.style(Role::SelectedText));
        let faint = [Some(Color::Reset), self.style(Role::Dim).fg, self.style(Role::Track).fg];
        for position in area.intersection(self.buf.area).positions() {
            let cell = &mut self.buf[position];
            let plain = faint.contains(&Some(cell.fg));
            cell.set_style(ground);
            if plain && ground.fg.is_none() {
                cell.set_style(text);
            }
        }
    }

    /// Takes an area's colours and emphasis away: it is no longer known to be true.
    pub fn grey(&mut self, area: Rect) {
        let strong = Modifier::BOLD | Modifier::UNDERLINED;
        let (dim, selected) = (self.style(Role::Dim), self.style(Role::Selected).patch(self.style(Role::SelectedText)));
        for position in area.intersection(self.buf.area).positions() {
            let cell = &mut self.buf[position];
            let style = if cell.bg == Color::Reset { dim } else { selected };
            cell.set_style(style.remove_modifier(strong));
        }
    }

    /// Underlines each match of `needle`, which is in lower case, in `text`, which was put at `x`.
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
            // A wide character that reaches into the area goes too: its other half would shift what is drawn here.
            if area.left() > self.buf.area.left() {
                let cell = &mut self.buf[(area.left() - 1, y)];
                if cells(cell.symbol()) > 1 {
                    cell.reset();
                }
            }
        }
        Clear.render(area, self.buf);
    }

    /// A pane's border and title; returns its inside. Without borders: the area itself.
    pub fn frame(&mut self, layout: &ScreenLayout, area: Rect, frame: &Frame) -> Rect {
        if layout.bordered {
            self.border(area, frame);
        }
        layout.inner(area)
    }

    /// A border with a title. Block's own titles stand in the corner and are cut without an ellipsis.
    pub fn border(&mut self, area: Rect, frame: &Frame) {
        let (border, title) =
            if frame.focused { (Role::BorderFocused, Role::TitleFocused) } else { (Role::Border, Role::Title) };
        if area.width < 2 || area.height < 2 {
            return;
        }
        let block = Block::bordered().border_set(self.app.glyphs().border).border_style(self.style(border));
        block.render(area, self.buf);
        let (left, right, top) = (area.left(), area.right() - 1, area.top());
        let end = right.saturating_sub(1);
        let mut x = left + 2;
        let name = frame.digit.map_or_else(|| format!(" {} ", frame.name), |n| format!(" {n} {} ", frame.name));
        x = self.put(x, top, end.saturating_sub(x), &name, title);
        if !frame.subject.is_empty() && end > x + 2 {
            x = self.put_cut(x, top, end - x - 1, frame.subject, Role::Strong);
            x = self.put(x, top, end.saturating_sub(x), " ", border);
        }
        let said = fitted(frame.info, end.saturating_sub(x + 3), self.app.glyphs());
        if !said.is_empty() {
            let taken = cells(&said) + 2;
            self.put(end - taken, top, taken, &format!(" {said} "), Role::Header);
        }
    }

    /// Which part of a long list is visible: a mark on the right border. ratatui's `Scrollbar` draws its track over the
    /// border.
    pub fn scrollbar(&mut self, rows: Rect, top: usize, all: usize) {
        let height = usize::from(rows.height);
        if all <= height || height < 3 {
            return;
        }
        let size = (height * height / all).max(1);
        let first = top * (height - size) / (all - height);
        for row in first..(first + size).min(height) {
            let y = rows.y + u16::try_from(row).unwrap_or(0);
            self.put(rows.right(), y, 1, self.app.glyphs().list.thumb, Role::BorderFocused);
        }
    }
}

/// The area without a column at each side, if it is wide.
pub const fn pad(area: Rect) -> Rect {
    if area.width < 48 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}
