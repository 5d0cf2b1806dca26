//! What differs between two texts, line by line.

/// The lines that differ, each with `-` or `+` before it, and none where the texts are equal.
pub(super) fn difference(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let common = common(&before, &after);
    let (mut from, mut to) = (0, 0);
    let mut text = String::new();
    let mut put = |sign: char, line: &str| {
        text.push(sign);
        text.push_str(line);
        text.push('\n');
    };
    while from < before.len() || to < after.len() {
        match (before.get(from), after.get(to)) {
            (Some(gone), Some(new)) if gone == new => (from, to) = (from + 1, to + 1),
            (Some(gone), new) if new.is_none() || common[from + 1][to] >= common[from][to + 1] => {
                put('-', gone);
                from += 1;
            }
            (_, Some(new)) => {
                put('+', new);
                to += 1;
            }
            // The condition of the loop.
            (_, None) => break,
        }
    }
    text
}

/// The length of the longest common sequence of the rests of both. A unit has some sixty lines.
fn common(before: &[&str], after: &[&str]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; after.len() + 1]; before.len() + 1];
    for from in (0..before.len()).rev() {
        for to in (0..after.len()).rev() {
            lengths[from][to] = if before[from] == after[to] {
                lengths[from + 1][to + 1] + 1
            } else {
                lengths[from + 1][to].max(lengths[from][to + 1])
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        for (before, after, shown) in [
            ("a\nb\nc\n", "a\nb\nc\n", ""),
            ("a\nb\nc\n", "a\nx\nc\n", "-b\n+x\n"),
            ("a\nc\n", "a\nb\nc\nd\n", "+b\n+d\n"),
            ("a\nb\n", "", "-a\n-b\n"),
            ("", "a\n", "+a\n"),
            ("a\nb\nc\nd\n", "b\na\nd\n", "-a\n-c\n+a\n"),
        ] {
            assert_eq!(difference(before, after), shown);
        }
    }
}
