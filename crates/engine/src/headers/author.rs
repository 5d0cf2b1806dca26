//! The authors of a mail: From, read as it is written.
//!
//! A name may hold a comma that nobody quoted, an encoded word inside quotes, or comments; a field may name several.

use super::encoded_word;

/// One author, as far as the field tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Author {
    name: String,
    address: String,
}

impl Author {
    fn show(&self) -> Option<String> {
        match (self.name.is_empty(), self.address.is_empty()) {
            (false, false) => Some(format!("{} <{}>", self.name, self.address)),
            (false, true) => Some(self.name.clone()),
            (true, false) => Some(self.address.clone()),
            (true, true) => None,
        }
    }
}

/// The authors in one line: `Name <address>`, several with commas between.
pub(super) fn authors(value: &str) -> String {
    let shown: Vec<String> = split(value).iter().filter_map(|part| author(part).show()).collect();
    shown.join(", ")
}

/// The parts of the field, one an author. A part without an address belongs to the name of the next.
fn split(value: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut part = String::new();
    let mut scan = Scan::default();
    for c in value.chars() {
        match (scan.step(c), c) {
            // A group's name says nothing of who wrote (RFC 5322 §3.4).
            (true, ':') if !part.contains(['@', '<']) => part.clear(),
            (true, ',' | ';') => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    let mut whole: Vec<String> = Vec::new();
    let mut name: Option<String> = None;
    for part in parts {
        let part = match name.take() {
            Some(before) => format!("{before},{part}"),
            None => part,
        };
        if part.trim().is_empty() {
            continue;
        }
        if part.contains('@') || part.contains('<') { whole.push(part) } else { name = Some(part) }
    }
    whole.extend(name);
    whole
}

/// Where a scan of the field stands: inside quotes, a comment or angle brackets a comma is no separator.
#[derive(Default)]
struct Scan {
    quoted: bool,
    escaped: bool,
    comments: u32,
    angle: bool,
}

impl Scan {
    /// Takes a character; whether it stands outside of everything.
    fn step(&mut self, c: char) -> bool {
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        match c {
            '\\' if self.quoted || self.comments > 0 => self.escaped = true,
            '"' if self.comments == 0 => self.quoted = !self.quoted,
            '(' if !self.quoted => self.comments += 1,
            ')' if !self.quoted => self.comments = self.comments.saturating_sub(1),
            '<' if !self.quoted && self.comments == 0 => self.angle = true,
            '>' if !self.quoted => self.angle = false,
            _ => return !self.quoted && self.comments == 0 && !self.angle,
        }
        false
    }
}

fn author(part: &str) -> Author {
    let part = part.trim();
    let (mut name, mut comment, mut address) = (String::new(), String::new(), String::new());
    let mut scan = Scan::default();
    for c in part.chars() {
        let (quoted, angle) = (scan.quoted, scan.angle);
        let escaped = scan.escaped;
        scan.step(c);
        match c {
            '\\' if scan.escaped => {}
            '"' if !escaped && quoted != scan.quoted => {}
            '<' | '>' if !escaped && angle != scan.angle => {}
            '(' | ')' if !escaped && !scan.quoted && scan.comments <= u32::from(c == '(') => {}
            _ if scan.comments > 0 => comment.push(c),
            _ if scan.angle => address.push(c),
            _ => name.push(c),
        }
    }
    let (mut name, comment, mut address) = (tidy(&name), tidy(&comment), address.trim().to_owned());
    // `ann@example.org (Ann Lee)`, the oldest form of all, or an address alone.
    if address.is_empty() && name.contains('@') && !name.contains(' ') {
        (name, address) = (comment, name);
    } else if name.is_empty() {
        name = comment;
    }
    // A name that repeats the address says nothing.
    if name.eq_ignore_ascii_case(&address) {
        name.clear();
    }
    Author { name, address }
}

/// A name with its words decoded and its white space in single spaces.
fn tidy(text: &str) -> String {
    let text = encoded_word::decode(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn authors_are_read_as_they_are_written() {
        let cases = [
            ("Ann Lee <ann@x.example>", "Ann Lee <ann@x.example>"),
            ("Lee, Ann <ann@x.example>", "Lee, Ann <ann@x.example>"),
            ("\"Lee, Ann\" <ann@x.example>", "Lee, Ann <ann@x.example>"),
            ("Ann <ann@x.example>, Lee, Bob <bob@x.example>", "Ann <ann@x.example>, Lee, Bob <bob@x.example>"),
            ("ann@x.example", "ann@x.example"),
            ("<ann@x.example>", "ann@x.example"),
            ("ann@x.example (Ann \\(the\\) Lee)", "Ann (the) Lee <ann@x.example>"),
            ("\"ann@x.example\" <ann@x.example>", "ann@x.example"),
            ("\"=?utf-8?Q?Caf=C3=A9?=\" <a@x.example>", "Café <a@x.example>"),
            ("=?utf-8?B?TGVlLCBBbm4=?= <a@x.example>", "Lee, Ann <a@x.example>"),
            ("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?= <a@x.example>", "Café <a@x.example>"),
            ("\"say \\\"hi\\\"\" <a@x.example>", "say \"hi\" <a@x.example>"),
            ("Team: ann@x.example, Bob <bob@x.example>;", "ann@x.example, Bob <bob@x.example>"),
            ("undisclosed-recipients:;", ""),
            ("Mailer Daemon", "Mailer Daemon"),
            ("Lee, Ann", "Lee, Ann"),
            ("", ""),
            ("<>", ""),
            ("Ann <ann@x.example", "Ann <ann@x.example>"),
        ];
        for (value, text) in cases {
            assert_eq!(authors(value), text, "{value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(value in "[a-z@<>(),;:\"\\\\ =?]{0,80}") {
            authors(&value);
        }

        #[test]
        fn no_address_is_lost(names in prop::collection::vec("[A-Z][a-z]{1,6}(, [A-Z][a-z]{1,6})?", 1..5)) {
            let value = names.iter().enumerate().map(|(n, name)| format!("{name} <a{n}@x.example>")).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(authors(&value), value);
        }
    }
}
