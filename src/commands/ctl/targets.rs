//! Which watches a command is for: `account/mailbox`, an account's name, or a pattern with `*` and `?`.

use std::collections::BTreeSet;

use mailwatch_engine::config::nearest;
use mailwatch_proto::model::{LINE_LIMIT, WatchId, sanitise};

/// The watches that are named, in the board's order; why not, where a name is none. `accounts` narrows them, as `--account`
/// does everywhere.
pub(super) fn chosen(watches: &[WatchId], accounts: &[String], targets: &[String]) -> Result<Vec<WatchId>, String> {
    let known: BTreeSet<&str> = watches.iter().map(|watch| &*watch.account).collect();
    if let Some(name) = accounts.iter().find(|name| !known.contains(name.as_str())) {
        return Err(no_such("account", name, known));
    }
    let within: Vec<_> = watches
        .iter()
        .filter(|watch| accounts.is_empty() || accounts.iter().any(|name| **name == *watch.account))
        .collect();
    let mut chosen = BTreeSet::new();
    for target in targets {
        let of_target = matching(&within, target);
        if of_target.is_empty() {
            return Err(unknown(&within, target));
        }
        chosen.extend(of_target);
    }
    Ok(within.into_iter().filter(|watch| targets.is_empty() || chosen.contains(watch)).cloned().collect())
}

/// A name goes before a pattern: a mailbox may have a `*` in its name.
fn matching<'w>(watches: &[&'w WatchId], target: &str) -> Vec<&'w WatchId> {
    let all = |is: &dyn Fn(&WatchId) -> bool| watches.iter().copied().filter(|watch| is(watch)).collect::<Vec<_>>();
    // An account's name has no slash, a mailbox's may.
    let named = match target.split_once('/') {
        Some((account, mailbox)) => {
            let named = WatchId::new(account, mailbox);
            all(&|watch| *watch == named)
        }
        None => all(&|watch| *watch.account == *target),
    };
    if !named.is_empty() {
        return named;
    }
    let pattern: Vec<char> = target.chars().collect();
    let fits = |text: &str| fits(&pattern, &text.chars().collect::<Vec<_>>());
    if target.contains('/') { all(&|watch| fits(&watch.to_string())) } else { all(&|watch| fits(&watch.account)) }
}

/// `*` stands for any characters, `?` for one.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and how much of the text it takes.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[read] => (at, read) = (at + 1, read + 1),
            Some(_) | None => {
                let Some((of, taken)) = star else { return false };
                star = Some((of, taken + 1));
                (at, read) = (of + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

fn unknown(watches: &[&WatchId], target: &str) -> String {
    if let Some(watch) = watches.iter().find(|watch| watch.mailbox.eq_ignore_ascii_case(target)) {
        return said(&format!(
            "no account {target} is being watched; a mailbox is named with its account, such as {watch}"
        ));
    }
    if target.contains('/') {
        let names: Vec<_> = watches.iter().map(ToString::to_string).collect();
        no_such("watch", target, names.iter().map(String::as_str))
    } else {
        no_such("account", target, watches.iter().map(|watch| &*watch.account).collect::<BTreeSet<_>>())
    }
}

fn no_such<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "nothing is".to_owned(),
        None => format!("there are: {}", known.join(", ")),
    };
    said(&format!("no {what} {name} is being watched; {hint}"))
}

fn said(sentence: &str) -> String {
    sanitise(sentence, LINE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watches() -> Vec<WatchId> {
        [("home", "INBOX"), ("work", "INBOX"), ("work", "lists/rust"), ("work", "odd*")]
            .map(|(account, mailbox)| WatchId::new(account, mailbox))
            .to_vec()
    }

    fn names(targets: &[&str], accounts: &[&str]) -> Result<String, String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let chosen = chosen(&watches(), &owned(accounts), &owned(targets))?;
        Ok(chosen.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_watch_an_account_and_a_pattern_name_what_they_say_once_each() {
        for (targets, accounts, wanted) in [
            (&[][..], &[][..], "home/INBOX work/INBOX work/lists/rust work/odd*"),
            (&["work/inbox"], &[], "work/INBOX"),
            (&["work"], &[], "work/INBOX work/lists/rust work/odd*"),
            (&["*/INBOX", "home"], &[], "home/INBOX work/INBOX"),
            (&["work/*s*"], &[], "work/lists/rust"),
            (&["w?rk/odd*"], &[], "work/odd*"),
            (&["h*"], &[], "home/INBOX"),
            (&["work/odd*"], &[], "work/odd*"),
            (&[], &["home"], "home/INBOX"),
            (&["*/INBOX"], &["work"], "work/INBOX"),
        ] {
            assert_eq!(names(targets, accounts).as_deref(), Ok(wanted), "{targets:?} {accounts:?}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_said_with_the_nearest() {
        for (target, accounts, wanted) in [
            ("wrok", &[][..], "no account wrok is being watched; did you mean work?"),
            ("work/lists/rsut", &[], "no watch work/lists/rsut is being watched; did you mean work/lists/rust?"),
            (
                "lists/*",
                &[],
                "no watch lists/* is being watched; there are: home/INBOX, work/INBOX, work/lists/rust, work/odd*",
            ),
            (
                "INBOX",
                &[],
                "no account INBOX is being watched; a mailbox is named with its account, such as home/INBOX",
            ),
            ("home", &["work"], "no account home is being watched; there are: work"),
            ("home", &["hom"], "no account hom is being watched; did you mean home?"),
        ] {
            assert_eq!(names(&[target], accounts), Err(wanted.to_owned()), "{target}");
        }
        assert_eq!(
            chosen(&[], &[], &["a\u{1b}b".to_owned()]),
            Err("no account a\u{fffd}b is being watched; nothing is".to_owned())
        );
    }
}
