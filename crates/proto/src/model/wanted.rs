//! What an entry of `mailboxes` asks for: a mailbox by its name, all that fit a pattern, or the one with a use.

/// The uses that RFC 6154 §2 and RFC 8457 §4 give a mailbox, as LIST writes them.
pub const SPECIAL_USES: [&str; 8] =
    ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash"];

/// An entry of an account's `mailboxes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted<'a> {
    /// One mailbox.
    Name(&'a str),
    /// Every mailbox that fits, by LIST's wildcards.
    Pattern(&'a str),
    /// The mailbox, or those, of this use.
    Use(&'a str),
}

impl<'a> Wanted<'a> {
    /// Reads an entry.
    #[must_use]
    pub fn of(entry: &'a str) -> Self {
        if entry.contains(['*', '%']) {
            Self::Pattern(entry)
        } else if entry.starts_with('\\') {
            Self::Use(entry)
        } else {
            Self::Name(entry)
        }
    }

    /// Whether the server must be asked by LIST what it means.
    #[must_use]
    pub const fn is_listed(self) -> bool {
        match self {
            Self::Name(_) => false,
            Self::Pattern(_) | Self::Use(_) => true,
        }
    }
}

/// Whether a name fits a pattern: `*` is anything, `%` anything within one level of the hierarchy (RFC 3501 §6.3.8).
///
/// No pattern takes exponential time: `reached` says which places of the name the pattern so far can have come to.
#[must_use]
pub fn fits(pattern: &str, name: &str, delimiter: Option<char>) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for p in pattern.chars() {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            let before = at.checked_sub(1);
            next[at] = match p {
                '*' => reached[at] || before.is_some_and(|before| next[before]),
                '%' => reached[at] || before.is_some_and(|before| next[before] && Some(name[before]) != delimiter),
                p => before.is_some_and(|before| reached[before] && name[before] == p),
            };
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_name_a_pattern_or_a_use() {
        assert_eq!(Wanted::of("INBOX"), Wanted::Name("INBOX"));
        assert_eq!(Wanted::of("lists/*"), Wanted::Pattern("lists/*"));
        assert_eq!(Wanted::of("\\Sent"), Wanted::Use("\\Sent"));
        assert!(!Wanted::of("a\\b").is_listed());
    }

    #[test]
    fn wildcards_reach_as_far_as_the_rfc_says() {
        let cases = [
            ("*", "lists/rust", true),
            ("%", "lists/rust", false),
            ("%", "INBOX", true),
            ("lists/%", "lists/rust", true),
            ("lists/%", "lists/rust/old", false),
            ("lists/*", "lists/rust/old", true),
            ("lists/*", "lists", false),
            ("%/rüst", "lists/rüst", true),
            ("*a*a*a*a*a*a*a*a*b", &"a".repeat(200), false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern, name, Some('/')), expected, "{pattern} {name}");
        }
        assert!(fits("%", "a/b", Some('.')));
        assert!(fits("%", "a/b", None));
    }
}
