//! What a mistyped word was likely meant to be.

/// The candidate nearest to `word`, where one is near enough to be worth suggesting. Case does not count.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = letters(word);
    // A third of the letters wrong is a typo, more is another word.
    let limit = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &letters(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Words beyond this are compared by their beginning: no mistyped name is that long, and the distance is quadratic.
const LETTERS: usize = 64;

fn letters(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c }).take(LETTERS).collect()
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, to) in b.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(from != to)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_a_stranger_finds_none() {
        let keys = ["host", "port", "user", "mailboxes", "max_connections", "password_command"];
        let cases = [
            ("hots", Some("host")),
            ("Port", Some("port")),
            ("mailbox", Some("mailboxes")),
            ("max-connections", Some("max_connections")),
            ("passwordcommand", Some("password_command")),
            ("colour", None),
            ("", None),
        ];
        for (word, wanted) in cases {
            assert_eq!(nearest(word, keys), wanted, "{word:?}");
        }
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(nearest("retry_mix", ["retry_max", "retry_min"]), Some("retry_max"));
        assert_eq!(nearest("homr", ["work", "home"]), Some("home"));
    }
}
