//! How well a typed text fits a name: its letters in their order, better together and at the beginnings of words. Pure.

/// For a letter that follows the one found before.
const TOGETHER: i32 = 8;

/// For a letter at the beginning of a word.
const BEGINNING: i32 = 10;

/// For each letter passed over before the first one found, and how much it takes away at most.
const PASSED: i32 = 1;
const PASSED_MOST: i32 = 6;

/// How well `text` fits `name`, the more the better; `None` where a letter is missing. Each word of the text is looked
/// for by itself. A text without letters fits everything alike.
#[must_use]
pub fn score(text: &str, name: &str) -> Option<i32> {
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let words = text.split_whitespace().map(|word| word.chars().flat_map(char::to_lowercase).collect::<Vec<_>>());
    let mut sum = 0;
    for word in words {
        let best = (0..name.len()).filter(|at| name.get(*at) == word.first()).filter_map(|at| from(&word, &name, at));
        sum += best.max()?;
    }
    // Of two that fit alike the shorter is meant.
    Some(sum * 8 - i32::try_from(name.len()).unwrap_or(i32::MAX).min(64))
}

/// The score with the first letter at a place, each further one at the next place that has it, at a beginning first.
fn from(word: &[char], name: &[char], first: usize) -> Option<i32> {
    let mut sum = -i32::try_from(first).unwrap_or(PASSED_MOST).saturating_mul(PASSED).min(PASSED_MOST);
    let mut before = None;
    let mut at = first;
    for letter in word {
        let rest = at..name.len();
        let together = before.is_some() && name.get(at) == Some(letter);
        let found = if together {
            at
        } else {
            let mut places = rest.filter(|place| name[*place] == *letter);
            let nearest = places.next()?;
            if begins(name, nearest) { nearest } else { places.find(|place| begins(name, *place)).unwrap_or(nearest) }
        };
        if before.is_some_and(|before| before + 1 == found) {
            sum += TOGETHER;
        }
        if begins(name, found) {
            sum += BEGINNING;
        }
        before = Some(found);
        at = found + 1;
    }
    Some(sum)
}

/// Whether a word begins at a place.
fn begins(name: &[char], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| name.get(before)).is_none_or(|before| !before.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a text fits, the best first.
    fn found<'a>(text: &str, names: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> = names.iter().filter_map(|name| Some((score(text, name)?, *name))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn letters_fit_in_their_order_and_best_at_the_beginnings_of_words() {
        let names = ["force done", "force done all", "reconnect", "reissue longer", "theme light", "quit"];
        assert_eq!(found("fd", &names)[0], "force done");
        assert_eq!(found("fda", &names)[0], "force done all");
        assert_eq!(found("rec", &names)[0], "reconnect");
        assert_eq!(found("theme li", &names)[0], "theme light");
        assert_eq!(found("light", &names), ["theme light"]);
        assert_eq!(found("q", &names)[0], "quit");
        assert_eq!(found("ELBUOD", &names), [""; 0]);
        assert_eq!(found("", &names).len(), names.len());
    }

    #[test]
    fn a_text_with_every_letter_twice_and_no_name_are_no_trouble() {
        assert_eq!(score("aa", "a"), None);
        assert_eq!(score("x", ""), None);
        assert!(score("ÄÖ", "äö").is_some());
    }
}
