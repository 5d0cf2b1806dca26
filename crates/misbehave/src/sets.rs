//! Sequence sets (RFC 3501 §9 `sequence-set`): ranges of message numbers or UIDs, `*` for the last.

/// A parsed set; `u32::MAX` stands for `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(Vec<(u32, u32)>);

const STAR: u32 = u32::MAX;

/// Ranges in one set: more than any client sends.
const MAX_RANGES: usize = 10_000;

impl Set {
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut ranges = Vec::new();
        for part in text.split(',') {
            let (from, to) = match part.split_once(':') {
                Some((from, to)) => (number(from)?, number(to)?),
                None => (number(part)?, number(part)?),
            };
            if ranges.len() == MAX_RANGES {
                return None;
            }
            ranges.push((from, to));
        }
        Some(Self(ranges))
    }

    /// Whether `n` is in the set where `last` is what `*` means. `n:*` always holds the last (RFC 3501 §6.4.8).
    pub(crate) fn contains(&self, n: u32, last: u32) -> bool {
        self.0.iter().any(|&(from, to)| {
            let from = if from == STAR { last } else { from };
            let to = if to == STAR { last } else { to };
            (from.min(to)..=from.max(to)).contains(&n)
        })
    }

    /// The same where `n:*` beyond the last holds nothing.
    pub(crate) fn contains_plainly(&self, n: u32, last: u32) -> bool {
        self.0.iter().any(|&(from, to)| {
            let star = |bound: u32| if bound == STAR && from == to { last } else { bound };
            (star(from)..=star(to)).contains(&n)
        })
    }

    /// Whether a number in it lies beyond `last`, which as a message number would be an error.
    pub(crate) fn exceeds(&self, last: u32) -> bool {
        self.0.iter().any(|&(from, to)| [from, to].iter().any(|&n| if n == STAR { last == 0 } else { n > last }))
    }
}

fn number(text: &str) -> Option<u32> {
    if text == "*" {
        return Some(STAR);
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(set: &str, last: u32) -> Vec<u32> {
        let set = Set::parse(set.as_bytes()).expect("a set");
        (1..=last).filter(|&n| set.contains(n, last)).collect()
    }

    #[test]
    fn ranges_run_both_ways_and_beyond_the_end_back_to_the_last() {
        assert_eq!(members("2,4:5", 6), [2, 4, 5]);
        assert_eq!(members("5:4", 6), [4, 5]);
        assert_eq!(members("*", 6), [6]);
        assert_eq!(members("9:*", 6), [6]);
        assert_eq!(members("1:*", 3), [1, 2, 3]);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in ["", "0", "1:", ":2", "a", "1,,2", "+1", "4294967296"] {
            assert_eq!(Set::parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_message_number_beyond_the_last_is_noticed() {
        assert!(Set::parse(b"1:7").expect("a set").exceeds(6));
        assert!(!Set::parse(b"1:*").expect("a set").exceeds(6));
        assert!(Set::parse(b"*").expect("a set").exceeds(0));
    }
}
