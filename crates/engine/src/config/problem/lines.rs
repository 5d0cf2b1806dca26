//! Lines of a text.

/// Where a text's lines begin: looked up as often as there are mistakes, so each look-up must not read the text again.
#[derive(Clone, Debug)]
pub(in crate::config) struct Lines(Vec<usize>);

impl Lines {
    pub fn of(text: &[u8]) -> Self {
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The line, from 1, that a byte stands in.
    pub fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|start| *start <= byte)
    }

    /// Where that byte's line begins.
    pub fn start(&self, byte: usize) -> usize {
        self.0.get(self.at(byte) - 1).copied().unwrap_or(0)
    }

    /// Where the line after that byte's begins, if there is one.
    pub fn next(&self, byte: usize) -> Option<usize> {
        self.0.get(self.at(byte)).copied()
    }
}

/// The line, from 1, that a byte stands in.
pub(in crate::config) fn line_at(text: &[u8], at: usize) -> usize {
    Lines::of(text).at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_behind_its_line_end() {
        let lines = Lines::of(b"ab\n\ncd");
        let looked_up: Vec<_> = (0..7).map(|at| (lines.at(at), lines.start(at), lines.next(at))).collect();
        let (one, two, three) = ((1, 0, Some(3)), (2, 3, Some(4)), (3, 4, None));
        assert_eq!(looked_up, [one, one, one, two, three, three, three]);
        assert_eq!(line_at(b"", 9), 1);
    }
}
