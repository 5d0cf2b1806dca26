//! The file's text as it may be shown: byte for byte as long as the file, so that places stay places.
//!
//! Hidden are the values of unknown keys (a `passwort` among them), whatever stands beside a word that looks like a
//! secret's, arguments of commands, and a user's part of an address. A message that hides too much does no harm.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::read::Item;
use super::schema;
use super::table::Table;
use mailwatch_proto::model::sanitise;

/// The mark for a hidden value: short, so that it does not show the value's length.
const HIDDEN: &str = "***";

/// Makes `text` fit to be shown. `broken` says that `root` does not hold all of it; `others` are tables beside the engine's
/// whose keys may be shown.
pub(super) fn conceal(text: &str, root: &DeTable<'_>, broken: bool, others: &[Table]) -> String {
    let mut hidden = Vec::new();
    let known = |word: &str| schema::is_known(word, others);
    table(root, false, text, &known, &mut hidden);
    words(text, broken, &known, &mut hidden);
    let mut bytes = text.as_bytes().to_vec();
    for range in hidden {
        // The comment beside a secret may hold it too, or the one before.
        let rest = text.get(range.end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if let Some(at) = rest.find('#') {
            blank(&mut bytes, range.end + at + 1..range.end + rest.len());
        }
        blank(&mut bytes, range);
    }
    // Blanks replace whole characters only; a mistake in that must not become a panic here.
    harmless(&String::from_utf8_lossy(&bytes))
}

/// Blanks a range but for its line ends, and marks that something was there.
fn blank(bytes: &mut [u8], range: Range<usize>) {
    let mut mark = HIDDEN.bytes();
    for byte in bytes.get_mut(range).into_iter().flatten().filter(|byte| **byte != b'\n') {
        *byte = mark.next().unwrap_or(b' ');
    }
}

/// What could move a terminal's cursor becomes a filler of the same length in bytes.
pub(super) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => out.push(' '),
            c if c.len_utf8() == 1 && c.is_control()
                || sanitise(c.encode_utf8(&mut [0; 4]), 1) != *c.encode_utf8(&mut [0; 4]) =>
            {
                out.extend(std::iter::repeat_n('?', c.len_utf8()));
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a word is a key that may be shown, with what stands beside it.
type Known<'a> = &'a dyn Fn(&str) -> bool;

fn table(table: &DeTable<'_>, foreign: bool, text: &str, known: Known<'_>, hidden: &mut Vec<Range<usize>>) {
    for (key, item) in table {
        let key = key.get_ref().as_ref();
        value(key, item, foreign || !known(key), text, known, hidden);
    }
}

fn value(key: &str, item: &Item<'_>, hide: bool, text: &str, known: Known<'_>, hidden: &mut Vec<Range<usize>>) {
    let is_command = matches!(
        key,
        "password_command"
            | "token_command"
            | "client_secret_command"
            | "proxy_password_command"
            | "on_new_mail"
            | "on_stall"
            | "on_recovered"
            | "on_failed"
            | "open_command"
    );
    match item.get_ref() {
        DeValue::Table(inner) => table(inner, hide, text, known, hidden),
        DeValue::Array(items) if items.iter().any(|item| matches!(item.get_ref(), DeValue::Table(_))) => {
            for item in items {
                value(key, item, hide, text, known, hidden);
            }
        }
        DeValue::Array(items) if is_command && !hide => hidden.extend(items.iter().skip(1).map(Item::span)),
        // A command that is no list may be the password itself.
        _ if hide || is_command && !matches!(item.get_ref(), DeValue::Array(_)) => hidden.push(item.span()),
        DeValue::String(shown) => {
            let span = item.span();
            if let Some(at) = text
                .get(span.clone())
                .and_then(|raw| raw.rfind('@').filter(|_| key == "proxy" || shown.contains("://")))
            {
                hidden.push(span.start + 1..span.start + at);
            } else if key == "auth" && !matches!(shown.as_ref(), "password" | "oauth2")
                || key == "client_secret" && shown != "keyring"
            {
                hidden.push(span);
            }
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) => {}
    }
}

/// Hides by words what no parser has understood: comments, and all of a text that is broken.
fn words(text: &str, broken: bool, known: Known<'_>, hidden: &mut Vec<Range<usize>>) {
    let mut end = 0;
    for (line_start, line) in lines(text) {
        let comment = line.find('#').map_or(usize::MAX, |at| line_start + at);
        let header = line.trim_start().starts_with('[');
        for (word, at) in line_words(line) {
            let start = line_start + at;
            if start < end || !(broken || start > comment) {
                continue;
            }
            let leading = broken && !header && start < comment && line[..at].trim().is_empty();
            if let Some(offset) = suspicious(word, known(word), leading, (&line[..at], &line[at + word.len()..])) {
                let from = start + word.len() + offset;
                end = from + value_length(&text[from..]);
                hidden.push(from..end);
            }
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

fn line_words(line: &str) -> impl Iterator<Item = (&str, usize)> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    line.split(move |c| !part_of_word(c)).filter(|word| !word.is_empty()).map(|word| {
        // Both are of the same line: the distance of their beginnings is the offset.
        (word, word.as_ptr() as usize - line.as_ptr() as usize)
    })
}

/// How far behind a word something begins that must not be shown.
fn suspicious(word: &str, known: bool, leading: bool, (before, after): (&str, &str)) -> Option<usize> {
    const SECRETS: [&str; 5] = ["pass", "secret", "token", "pwd", "kennwort"];
    if known && !word.ends_with("_command") && word != "client_secret" {
        return None;
    }
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let rest = quote.and_then(|quote| after.strip_prefix(quote)).unwrap_or(after).trim_start_matches([' ', '\t']);
    let next = rest.chars().next()?;
    let lower = word.to_lowercase();
    let secret = SECRETS.iter().any(|part| lower.contains(part));
    let hide = next == '='
        || secret && matches!(next, ':' | '"' | '\'') && quote.is_none()
        || leading && quote.is_none() && !matches!(next, '.' | '\n' | '\r' | ',' | ']');
    // Behind an equals sign, so that it is seen that one is there.
    hide.then(|| after.len() - rest.len() + usize::from(next == '='))
}

/// How long the value is that begins here.
fn value_length(rest: &str) -> usize {
    let value = rest.trim_start_matches([' ', '\t', ':']);
    let skipped = rest.len() - value.len();
    let closed_by =
        |open: usize, close: &str| value[open..].find(close).map_or(value.len(), |at| open + at + close.len());
    skipped
        + if value.starts_with("\"\"\"") {
            closed_by(3, "\"\"\"")
        } else if value.starts_with("'''") {
            closed_by(3, "'''")
        } else if value.starts_with(['[', '{']) && !value.lines().next().unwrap_or("").contains([']', '}']) {
            value.find([']', '}']).unwrap_or(value.len())
        } else {
            value.find('\n').unwrap_or(value.len())
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let (root, errors) = DeTable::parse_recoverable(text);
        let shown = conceal(text, root.get_ref(), !errors.is_empty(), &[]);
        assert_eq!(shown.len(), text.len(), "{text:?}");
        shown
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let texts = [
            "password = \"hunter2\"",
            "PASSWORD = 'hunter2'",
            "\"password\" = \"hunter2\"",
            "passwort = \"hunter2\"",
            "account.password = \"hunter2\"",
            "[[account]]\npassword = \"\"\"\nhunter2\n\"\"\"\nname = 1",
            "account = [{ name = \"a\", password = \"hunter2\" }]",
            "auth = \"hunter2\"",
            "[[account]]\noauth = { client_secret = \"hunter2\" }",
            "client_secret_command = [\"echo\", \"hunter2\"]",
            "client_secret = \"hunter2",
            "password = \"x\" # was hunter2",
            "pin = [\n\"hunter2\",\n]",
            "# password = \"hunter2\"",
            "name = \"a\" # the password: 'hunter2'",
            "host = \"imaps://me:hunter2@example.org\"",
            "proxy = \"socks5://me:hunter2@example.org:1080\"",
            "proxy = \"me:hunter2@example.org:1080\"",
            "network = { proxy = \"http://me:hunter2@example.org:1080\" }",
            "proxy_password_command = [\"echo\", \"hunter2\"]",
            "password_command = \"echo hunter2\"",
            "password_command = [\"echo\", \"hunter2\"]",
            "[passwords]\nname = \"hunter2\"",
            // Not TOML.
            "password = hunter2",
            "password = \"hunter2",
            "password = \"\"\"\nhunter2",
            "password: \"hunter2\"",
            "password hunter2",
            "passwort \"hunter2\"",
            "name = \nhorse = [\n\"hunter2\"",
            "account = [{ name = \"a\", password: \"hunter2\" }]",
            "password_command = \"hunter2",
            "password = \"ü\" hunter2",
        ];
        for text in texts {
            assert!(!shown(text).contains("hunter2"), "{text:?} became {:?}", shown(text));
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let text =
            "[[account]]\nname = \"work\" # at work\nhost = \"imap.example.org\"\nmailboxes = [\"INBOX\", \"a=b\"]\n";
        assert_eq!(shown(text), text);
    }

    #[test]
    fn the_length_of_a_secret_is_not_told() {
        assert_eq!(shown("password = \"a\"").trim_end(), shown("password = \"abcdefghijk\"").trim_end());
    }

    #[test]
    fn nothing_reaches_the_terminal_that_could_move_its_cursor() {
        let clean = shown("name = \"a\u{1b}[2J\u{9b}1m\u{202e}\"\r\n");
        assert_eq!(clean, "name = \"a?[2J??1m???\" \n");
    }
}
