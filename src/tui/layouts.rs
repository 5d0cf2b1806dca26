//! Letters of other layouts, by the place of their key: `d` works under a Russian or Greek layout too.
//! crossterm reads the kitty protocol's alternate keys and drops the base one, so this table has the standard layouts.

/// Each layout's letters, and what its keys bear on a US keyboard.
const LAYOUTS: [(&str, &str); 4] = [
    // Russian, with Ukrainian's letters where they differ.
    ("йцукенгшщзфывапролдячсмитьі", "qwertyuiopasdfghjklzxcvbnms"),
    ("ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm"),
    // Hebrew.
    ("קראטוןםפשדגכעיחלךזסבהנמצ", "ertyuiopasdfghjklzxcvbnm"),
    // Arabic.
    ("ضصثقفغعهخحشسيبلاتنمئءؤرىة", "qwertyuiopasdfghjklzxcvnm"),
];

/// The letter that a key bears on a US keyboard, by the letter it gives in another layout; `None` for any other character.
#[must_use]
pub fn latin(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let lower = c.to_lowercase().next()?;
    let found = LAYOUTS.iter().find_map(|(letters, keys)| {
        letters.chars().zip(keys.chars()).find(|(letter, _)| *letter == lower).map(|(_, key)| key)
    })?;
    Some(if lower == c { found } else { found.to_ascii_uppercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_another_layout_is_the_key_in_its_place() {
        for (typed, key) in
            [('в', 'd'), ('В', 'D'), ('й', 'q'), ('і', 's'), ('δ', 'd'), ('Δ', 'D'), ('ג', 'd'), ('ي', 'd')]
        {
            assert_eq!(latin(typed), Some(key), "{typed}");
        }
        for other in ['d', ';', 'ä', '日', ' ', '1'] {
            assert_eq!(latin(other), None, "{other}");
        }
    }

    #[test]
    fn each_letter_has_its_key_and_none_stands_twice() {
        let mut all = std::collections::BTreeSet::new();
        for (letters, keys) in LAYOUTS {
            assert_eq!(letters.chars().count(), keys.chars().count(), "{letters}");
            assert!(letters.chars().all(|letter| all.insert(letter)), "{letters}");
        }
    }
}
