//! `[ui.commands]`: keys of the user's own, each with a program and its arguments. What of a watch or a mail stands in them is
//! a stranger's: it becomes part of one argument, and never an option.

use std::fmt::Write as _;
use std::ops::Range;

use toml::de::DeValue;

use super::key_table::{ANOTHER, SHOWN};
use super::keys::{Action, BINDINGS, Key, Keys};
use mailwatch_engine::config::{Findings, ProblemKind, Section, WarningKind};
use mailwatch_proto::model::sanitise;

/// A program that a key runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCommand {
    /// Its key.
    pub key: Key,
    /// The program and its arguments, with `{account}`, `{mailbox}` and `{uid}` in them.
    pub arguments: Vec<String>,
}

/// What stands for the names in braces.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The account's name.
    pub account: &'a str,
    /// The mailbox's.
    pub mailbox: &'a str,
    /// The mail's UID, where there is one.
    pub uid: Option<u32>,
}

impl UserCommand {
    /// What `?` and `:` call it: the command as it was written.
    #[must_use]
    pub fn shown(&self) -> String {
        self.arguments.join(" ")
    }

    /// Whether it needs a mail.
    #[must_use]
    pub fn needs_mail(&self) -> bool {
        self.arguments.iter().any(|argument| argument.contains("{uid}"))
    }

    /// Whether it needs a watch.
    #[must_use]
    pub fn needs_watch(&self) -> bool {
        self.needs_mail()
            || self.arguments.iter().any(|argument| argument.contains("{account}") || argument.contains("{mailbox}"))
    }

    /// The arguments as they are run.
    ///
    /// # Errors
    /// A sentence, where a name would be taken for an option.
    pub fn with(&self, values: &Values<'_>) -> Result<Vec<String>, String> {
        self.arguments.iter().map(|argument| filled(argument, values)).collect()
    }
}

/// An argument with the names in braces replaced. In an address (`imap://…/{mailbox}`) they are percent-encoded.
fn filled(argument: &str, values: &Values<'_>) -> Result<String, String> {
    let is_address = argument.contains("://") || argument.starts_with("mailto:");
    let put = |value: &str| if is_address { encoded(value) } else { value.to_owned() };
    let uid = values.uid.map_or_else(String::new, |uid| uid.to_string());
    let mut out = String::new();
    let mut rest = argument;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let names = [("{account}", values.account), ("{mailbox}", values.mailbox), ("{uid}", uid.as_str())];
        if let Some((name, value)) = names.into_iter().find(|(name, _)| rest.starts_with(name)) {
            out.push_str(&put(value));
            rest = &rest[name.len()..];
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    if out.starts_with('-') && !argument.starts_with('-') {
        let given = sanitise(&out, SHOWN);
        return Err(format!("not run: `{given}` would be taken for an option; write something before {argument}"));
    }
    Ok(out)
}

/// RFC 3986 §2.3's unreserved characters as they are, every other byte as `%XX`.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Reads the table. A key that an action has is taken from it, with a warning; `given` are the actions that the user has given
/// keys.
pub(super) fn read(section: &Section<'_>, keys: &mut Keys, findings: &mut Findings) -> Vec<UserCommand> {
    const KEY: &str = "commands";
    let Some(entry) = section.entry(KEY) else { return Vec::new() };
    let DeValue::Table(values) = entry.value else {
        findings.problem(section.wrong_type(KEY, "a table", entry.value), entry.at);
        return Vec::new();
    };
    let mut commands: Vec<UserCommand> = Vec::new();
    for (name, value) in values {
        let (given, at) = (name.get_ref().as_ref(), name.span());
        let Some(key) = Key::parse(given) else {
            let help = "write it as the help does: e, E, Ctrl-E, F5; in quotes if it is not a letter";
            findings.problem(problem(format!("`{}` is no key", sanitise(given, SHOWN)), "not a key", help), at);
            continue;
        };
        if Keys::leaves(key) {
            findings.problem(problem("Ctrl-C always leaves".to_owned(), "Ctrl-C", ANOTHER), at);
            continue;
        }
        let Some(arguments) = arguments(value.get_ref(), value.span(), findings) else { continue };
        for action in keys.give_up(key) {
            warn(keys, (key, action), at.clone(), findings);
        }
        if commands.iter().any(|known| known.key == key) {
            let help = "one key runs one command";
            findings.problem(problem(format!("`{}` stands here twice", key.show()), "twice", help), at);
        } else {
            commands.push(UserCommand { key, arguments });
        }
    }
    commands
}

/// A program with its arguments: a list of strings, the first of them written out.
fn arguments(value: &DeValue<'_>, at: Range<usize>, findings: &mut Findings) -> Option<Vec<String>> {
    const HELP: &str =
        "for example \"e\" = [\"mbsync\", \"{account}\"]: the program, then its arguments; there is no shell";
    let mut list = Vec::new();
    let items = match value {
        DeValue::Array(items) => &items[..],
        _ => &[],
    };
    for item in items {
        match item.get_ref() {
            DeValue::String(text) => list.push(text.as_ref().to_owned()),
            _ => list.clear(),
        }
    }
    let problem_of = if list.is_empty() || list.len() < items.len() {
        Some(("a command is a list of strings with a program in it", "no command"))
    } else if list[0].trim().is_empty() || list[0].starts_with('-') || list[0].contains('{') {
        Some(("the program is written out", "no program"))
    } else if list.iter().any(|argument| argument.chars().any(char::is_control)) {
        Some(("an argument has a control character", "control character"))
    } else {
        None
    };
    let Some((message, label)) = problem_of else { return Some(list) };
    findings.problem(problem(message.to_owned(), label, HELP), at);
    None
}

fn problem(message: String, label: &'static str, help: &str) -> ProblemKind {
    ProblemKind::FrontEnd { message, label, help: help.to_owned() }
}

/// Says which action has lost its key.
fn warn(keys: &Keys, (key, action): (Key, Action), at: Range<usize>, findings: &mut Findings) {
    let Some(binding) = BINDINGS.iter().find(|binding| binding.action == action) else { return };
    let left = keys.show(action);
    let left = if left.is_empty() { "has no key now".to_owned() } else { format!("has {left} left") };
    let (key, name) = (key.show(), binding.name);
    findings.warn(WarningKind::FrontEnd(format!("`{key}` is `{name}`'s key: your command wins, and it {left}")), at);
}

#[cfg(test)]
mod tests {
    use super::super::keys::Code;
    use super::*;

    fn command(arguments: &[&str]) -> UserCommand {
        let key = Key { code: Code::Char('e'), ctrl: false };
        UserCommand { key, arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }

    fn values(mailbox: &str) -> Values<'_> {
        Values { account: "work", mailbox, uid: Some(42) }
    }

    #[test]
    fn names_in_braces_become_part_of_one_argument_each() {
        let run = command(&[
            "mutt",
            "-f",
            "=~/{account}/{mailbox}",
            "{uid}:{uid}",
            "{print}",
            "{",
            "imap://x/{mailbox};UID={uid}",
        ]);
        assert_eq!(
            run.with(&values("lists/a b; rm {uid}")).expect("arguments"),
            [
                "mutt",
                "-f",
                "=~/work/lists/a b; rm {uid}",
                "42:42",
                "{print}",
                "{",
                "imap://x/lists%2Fa%20b%3B%20rm%20%7Buid%7D;UID=42"
            ]
        );
        assert!(run.needs_mail() && !command(&["mutt", "{mailbox}"]).needs_mail());
        assert!(command(&["mutt", "{mailbox}"]).needs_watch() && !command(&["mutt"]).needs_watch());
    }

    #[test]
    fn a_strangers_name_is_never_an_option() {
        let run = command(&["mutt", "-f", "{mailbox}"]);
        let said = run.with(&values("-e rm")).expect_err("an option");
        assert!(said.contains("`-e rm` would be taken for an option"), "{said}");
        assert!(command(&["mutt", "--box={mailbox}", "./{mailbox}"]).with(&values("-e")).is_ok());
        assert_eq!(command(&["mutt", "{mailbox}"]).with(&values("x-e")).expect("arguments")[1], "x-e");
    }
}
