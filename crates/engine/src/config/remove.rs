//! An account out of the configuration's text: its own lines go and nothing else does, to the byte.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::format::{Format, FrontEndTable};
use super::parse::load_text;
use super::read::Item;
use mailwatch_proto::model::Account;

/// Why an account was not removed; the text stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotRemoved {
    /// The text has problems.
    #[error("{0}")]
    Broken(Box<ConfigError>),
    /// It is not there.
    #[error("account `{0}` no longer exists")]
    Gone(String),
    /// It stands in a form that cannot be taken out without touching anything else.
    #[error("account `{0}` is written in a form that only you can edit")]
    Form(String),
}

/// Takes an account's lines out of a text: from its header to its last key, comments between them included. Comments
/// above the header and below the last key stay.
///
/// # Errors
/// Where the text is no valid configuration, the account is not there, or it cannot be taken out alone.
pub fn remove_account<F: FrontEndTable>(
    text: &str,
    path: &Path,
    name: &str,
    format: &Format<F>,
) -> Result<String, NotRemoved> {
    let before = load_text(text, path, format).map_err(|error| NotRemoved::Broken(Box::new(error)))?;
    before.account(name).map_err(|_| NotRemoved::Gone(name.to_owned()))?;
    let form = || NotRemoved::Form(name.to_owned());
    let root = DeTable::parse(text).map_err(|_| form())?;
    let after = match root.get_ref().get("account").map(toml::Spanned::get_ref) {
        Some(DeValue::Array(accounts)) => {
            let index = accounts.iter().position(|account| is_named(account, name)).ok_or_else(form)?;
            if text[accounts[index].span()].starts_with("[[") {
                without_lines(text, &accounts[index])
            } else {
                without_element(text, index).ok_or_else(form)?
            }
        }
        Some(_) | None => return Err(form()),
    };
    let left: Vec<&Account> = before.accounts.iter().filter(|account| account.name != name).collect();
    // The proof that nothing else was touched is that the rest reads as it did.
    match load_text(&after, path, format) {
        Ok(config) if config.accounts.iter().eq(left.iter().copied()) && config.ui == before.ui => Ok(after),
        Err(error) if left.is_empty() && error.is_empty() => Ok(after),
        Ok(_) | Err(_) => Err(form()),
    }
}

fn is_named(account: &Item<'_>, name: &str) -> bool {
    let DeValue::Table(table) = account.get_ref() else { return false };
    matches!(table.get("name").map(toml::Spanned::get_ref), Some(DeValue::String(own)) if own == name)
}

/// The text without the lines of a `[[account]]` and of the tables below it.
fn without_lines(text: &str, account: &Item<'_>) -> String {
    let mut blocks = Vec::new();
    block(text, account, &mut blocks);
    blocks.sort_by_key(|block| std::cmp::Reverse(block.start));
    let mut text = text.to_owned();
    for block in blocks {
        let start = text[..block.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[block.end..].find('\n').map_or(text.len(), |at| block.end + at + 1);
        let blank = |line: &str| line.trim().is_empty();
        // Of the blank lines around it one is enough.
        let above = text[..start].lines().next_back().is_none_or(blank);
        let below = text[end..].lines().next().filter(|line| above && blank(line)).map_or(0, str::len);
        let line_end = text[end + below..].find('\n').map_or(0, |at| at + 1);
        let end =
            if below > 0 || above && text[end..].starts_with(['\n', '\r']) { end + below + line_end } else { end };
        text.replace_range(start..end.min(text.len()), "");
    }
    text
}

/// A header with the keys under it, and each table with a header of its own below.
fn block(text: &str, table: &Item<'_>, blocks: &mut Vec<Range<usize>>) {
    let mut own = table.span();
    widen(text, table, &mut own, blocks);
    blocks.push(own);
}

fn widen(text: &str, item: &Item<'_>, own: &mut Range<usize>, blocks: &mut Vec<Range<usize>>) {
    let DeValue::Table(table) = item.get_ref() else { return };
    for (_, value) in table {
        if text[value.span()].starts_with('[') && matches!(value.get_ref(), DeValue::Table(_)) {
            block(text, value, blocks);
        } else {
            own.end = own.end.max(value.span().end);
            widen(text, value, own, blocks);
        }
    }
}

/// The text without one element of `account = […]`.
fn without_element(text: &str, index: usize) -> Option<String> {
    let mut document: toml_edit::DocumentMut = text.parse().ok()?;
    document.get_mut("account")?.as_array_mut()?.remove(index);
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::testing;

    fn account(name: &str) -> String {
        format!("[[account]]\nname = \"{name}\"  # mine\nhost = \"h\"\nuser = \"u\"\n")
    }

    fn without(text: &str, name: &str) -> Result<String, NotRemoved> {
        remove_account(text, Path::new("config.toml"), name, &testing::format())
    }

    #[test]
    fn an_accounts_lines_go_and_every_other_byte_stays() {
        let (a, b, c) = (account("a"), account("b"), account("c"));
        let cases = [
            (format!("# top\n\n{a}\n# about b\n{b}\n{c}"), "b", format!("# top\n\n{a}\n# about b\n\n{c}")),
            (format!("# top\n\n{a}\n{b}"), "a", format!("# top\n\n{b}")),
            (format!("{a}\n{b}"), "b", format!("{a}\n")),
            (format!("{a}\n{b}\n# the end"), "b", format!("{a}\n# the end")),
            (format!("[timers]\nreissue = \"3m\"\n\n{a}"), "a", "[timers]\nreissue = \"3m\"\n\n".to_owned()),
            (
                format!("{a}timers = {{ done = \"5s\" }}\nmailboxes = [\n  \"x\", # one\n  \"y\",\n]\n\n{b}"),
                "a",
                b.clone(),
            ),
            (format!("{a}[account.timers]\ndone = \"5s\"\n\n[ui]\n\n{b}"), "a", format!("[ui]\n\n{b}")),
            (format!("{a}timers.done = \"5s\"\n{b}"), "a", b.clone()),
            (format!("{a}\n{b}").replace('\n', "\r\n"), "a", b.replace('\n', "\r\n")),
        ];
        for (text, name, wanted) in cases {
            assert_eq!(without(&text, name).expect("it can be taken out"), wanted, "{text}");
        }
    }

    #[test]
    fn an_element_of_a_list_goes_alone() {
        let text = "# all\naccount = [\n  { name = \"a\", host = \"h\", user = \"u\" }, # a\n  { name = \"b\", host = \"h\", user = \"u\" },\n]\n";
        let left = without(text, "a").expect("it can be taken out");
        assert!(left.starts_with("# all\n") && left.contains("\"b\"") && !left.contains("\"a\""), "{left}");
    }

    /// What may stand in an account after its required keys; it goes with it.
    const INSIDE: [&str; 6] = [
        "",
        "# within\nport = 993\n",
        "mailboxes = [\n  \"a\", # one\n\n  \"b\",\n]\n",
        "timers = { done = \"5s\" }\n",
        "timers.done = \"5s\"\n",
        "\n# its timers\n[account.timers]\ndone = \"5s\" # short\n",
    ];

    /// What may stand between accounts; it stays.
    const BETWEEN: [&str; 5] = ["", "\n", "\n# between\n", "# close\n", "\n\n# one\n\n# two\n\n"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_stands_around_an_account_stays(
            parts in prop::collection::vec((0..INSIDE.len(), 0..BETWEEN.len()), 1..5),
            removed in any::<prop::sample::Index>(),
            crlf in any::<bool>(),
        ) {
            let removed = removed.index(parts.len());
            let (mut text, mut kept) = ("[timers]\nreissue = \"3m\"\n\n".to_owned(), String::new());
            kept.push_str(&text);
            for (n, (inside, between)) in parts.iter().enumerate() {
                let own = format!("{}{}", account(&format!("a{n}")), INSIDE[*inside]);
                text.extend([&own, BETWEEN[*between]]);
                kept.extend([if n == removed { "" } else { &own }, BETWEEN[*between]]);
            }
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let left = without(&text, &format!("a{removed}")).expect("it can be taken out");
            let lines = |text: &str| text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            // A comment between a table's header and its keys goes with them; one above the header stays.
            let orphan = |lines: Vec<String>| lines.into_iter().filter(|line| line != "# its timers").collect::<Vec<_>>();
            prop_assert_eq!(orphan(lines(&left)), orphan(lines(&kept)), "{}", text);
            prop_assert_eq!(left.contains("\r\n"), crlf);
        }
    }

    #[test]
    fn what_cannot_be_removed_says_why() {
        assert!(matches!(without("[[account]]\n", "a"), Err(NotRemoved::Broken(_))));
        assert!(matches!(without(&account("a"), "b"), Err(NotRemoved::Gone(_))));
    }
}
