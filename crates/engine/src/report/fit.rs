//! A table that fits the terminal: drops the least important columns first, then cuts the watch's name.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Between two columns.
const GAP: &str = "  ";

/// The least width of a stretching column.
const NARROWEST: usize = 8;

/// A column's head and how it behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    head: &'static str,
    right: bool,
    stretches: bool,
    /// 0: never dropped; the highest rank goes first.
    drop_rank: u8,
}

impl Column {
    pub(super) const fn left(head: &'static str) -> Self {
        Self { head, right: false, stretches: false, drop_rank: 0 }
    }

    pub(super) const fn right(head: &'static str) -> Self {
        Self { head, right: true, stretches: false, drop_rank: 0 }
    }

    pub(super) const fn stretching(head: &'static str) -> Self {
        Self { head, right: false, stretches: true, drop_rank: 0 }
    }

    pub(super) const fn dropped_at(self, rank: u8) -> Self {
        Self { drop_rank: rank, ..self }
    }
}

/// Rows under heads.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// The table with its line ends, nothing without rows. `width` is the terminal's; `None` where nothing need fit.
    #[must_use]
    pub fn render(&self, width: Option<usize>) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let mut layout = Layout::new(self.columns.clone());
        for row in &self.rows {
            layout.measure(row);
        }
        layout.fit(width);
        self.rows.iter().fold(layout.head(), |text, row| text + &layout.line(row))
    }
}

/// How wide each column is, of rows that are measured first and written then: none of them need be kept.
#[derive(Clone, Debug)]
pub struct Layout {
    columns: Vec<Column>,
    widths: Vec<usize>,
    shown: Vec<usize>,
}

impl Layout {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        let widths = columns.iter().map(|column| column.head.width()).collect();
        Self { shown: (0..columns.len()).collect(), columns, widths }
    }

    /// Makes room for a row.
    pub(super) fn measure(&mut self, row: &[String]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }

    /// Decides which columns are shown, and how wide the stretching ones are. `None` where nothing need fit.
    pub(super) fn fit(&mut self, width: Option<usize>) {
        let Self { columns, widths, shown } = self;
        let width = width.unwrap_or(usize::MAX);
        let total = |widths: &[usize], shown: &[usize], least: bool| {
            let each = shown.iter().map(|&index| {
                if least && columns[index].stretches { widths[index].min(NARROWEST * 2) } else { widths[index] }
            });
            each.sum::<usize>() + GAP.len() * shown.len().saturating_sub(1)
        };
        while total(widths, shown, true) > width {
            let last = shown.iter().enumerate().filter(|(_, index)| columns[**index].drop_rank > 0);
            let Some((place, _)) = last.max_by_key(|(_, index)| columns[**index].drop_rank) else { break };
            shown.remove(place);
        }
        let mut over = total(widths, shown, false).saturating_sub(width);
        // The last gives first.
        for &index in shown.iter().rev().filter(|index| columns[**index].stretches) {
            let gives = over.min(widths[index].saturating_sub(NARROWEST));
            widths[index] -= gives;
            over -= gives;
        }
    }

    /// The heads' line.
    pub(super) fn head(&self) -> String {
        let heads: Vec<&str> = self.columns.iter().map(|column| column.head).collect();
        self.joined(&heads)
    }

    /// A row's line.
    pub(super) fn line(&self, row: &[String]) -> String {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        self.joined(&cells)
    }

    fn joined(&self, cells: &[&str]) -> String {
        let mut line = String::new();
        for (place, &index) in self.shown.iter().enumerate() {
            if place > 0 {
                line.push_str(GAP);
            }
            let cell = cut(cells[index], self.widths[index]);
            let space = " ".repeat(self.widths[index].saturating_sub(cell.width()));
            if self.columns[index].right {
                line.push_str(&space);
                line.push_str(&cell);
            } else {
                line.push_str(&cell);
                line.push_str(&space);
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// The text in so many columns, `…` where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let columns = vec![
            Column::left("WHEN"),
            Column::stretching("WATCH"),
            Column::right("WAITED"),
            Column::right("RETRANSMITS").dropped_at(1),
            Column::left("CONN").dropped_at(2),
        ];
        let row = ["05:12", "work/日本語のとても長いメールボックス", "10s", "4", "7"].map(str::to_owned).to_vec();
        Table { columns, rows: vec![row] }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 31..100 {
            for line in sample().render(Some(width)).lines() {
                assert!(line.width() <= width, "{width}: {line:?}");
                assert!(line.contains("WAITED") || line.contains("10s"), "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn what_matters_less_goes_first_and_nothing_goes_needlessly() {
        let head = |width| sample().render(width).lines().next().map(str::to_owned).unwrap_or_default();
        assert!(head(None).ends_with("RETRANSMITS  CONN"), "{}", head(None));
        assert!(head(Some(46)).ends_with("RETRANSMITS"), "{}", head(Some(46)));
        assert!(head(Some(40)).ends_with("WAITED"), "{}", head(Some(40)));
    }
}
