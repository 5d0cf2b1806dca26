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
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.head.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let shown = self.fit(&mut widths, width.unwrap_or(usize::MAX));
        let heads: Vec<&str> = self.columns.iter().map(|column| column.head).collect();
        let mut text = self.line(&heads, &widths, &shown);
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            text.push_str(&self.line(&cells, &widths, &shown));
        }
        text
    }

    /// Decides which columns are shown, and how wide the stretching ones are.
    fn fit(&self, widths: &mut [usize], width: usize) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let total = |shown: &[usize], least: bool| {
            let columns = shown.iter().map(|&index| {
                if least && self.columns[index].stretches { widths[index].min(NARROWEST * 2) } else { widths[index] }
            });
            columns.sum::<usize>() + GAP.len() * shown.len().saturating_sub(1)
        };
        while total(&shown, true) > width {
            let last = shown.iter().enumerate().filter(|(_, index)| self.columns[**index].drop_rank > 0);
            let Some((place, _)) = last.max_by_key(|(_, index)| self.columns[**index].drop_rank) else { break };
            shown.remove(place);
        }
        let mut over = total(&shown, false).saturating_sub(width);
        // The last gives first.
        for &index in shown.iter().rev().filter(|index| self.columns[**index].stretches) {
            let gives = over.min(widths[index].saturating_sub(NARROWEST));
            widths[index] -= gives;
            over -= gives;
        }
        shown
    }

    fn line(&self, cells: &[&str], widths: &[usize], shown: &[usize]) -> String {
        let mut line = String::new();
        for (place, &index) in shown.iter().enumerate() {
            if place > 0 {
                line.push_str(GAP);
            }
            let cell = cut(cells[index], widths[index]);
            let space = " ".repeat(widths[index].saturating_sub(cell.width()));
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
