//! The commands on mailboxes as a whole: LIST, LSUB, STATUS, CREATE, DELETE, RENAME; and names in UTF-8.

use std::collections::BTreeSet;

use crate::arguments::Argument;
use crate::command::Reply;
use crate::mailbox::{Mailbox, canonical, wire_name};
use crate::modified_utf7;
use crate::selected::line;
use crate::session::Session;

/// Mailboxes that clients may make: enough for any test.
const MAX_MAILBOXES: usize = 10_000;

/// The longest name that a client may give.
const MAX_NAME: usize = 1000;

impl Session {
    pub(crate) fn list(&mut self, verb: &str, arguments: &[Argument]) -> Reply {
        // Selection options (RFC 5258 §3.1) choose nothing here: all that fits is told, and more.
        let arguments = if let [Argument::List(_), rest @ ..] = arguments { rest } else { arguments };
        let [Some(reference), Some(pattern)] = [0, 1].map(|n| arguments.get(n).and_then(Argument::bytes)) else {
            return Reply::bad("A reference and a mailbox are missing.");
        };
        if pattern.is_empty() {
            self.say(&format!("* {verb} (\\Noselect) \"/\" \"\""));
            return Reply::ok("List completed.");
        }
        let pattern = self.kept_name(&[reference, pattern].concat());
        if pattern.len() > MAX_NAME {
            return Reply::no("The pattern is too long.");
        }
        let (names, uses) = {
            let state = self.shared.state();
            let names: BTreeSet<Vec<u8>> = state.mailboxes.keys().cloned().collect();
            (names, state.uses.clone())
        };
        let parents: BTreeSet<&[u8]> = names.iter().flat_map(|name| parents(name)).collect();
        let all: BTreeSet<&[u8]> = names.iter().map(Vec::as_slice).chain(parents.iter().copied()).collect();
        for name in all.into_iter().filter(|name| matches(&pattern, name)) {
            let children = if parents.contains(name) { "\\HasChildren" } else { "\\HasNoChildren" };
            let selectable = if names.contains(name) { "" } else { "\\Noselect " };
            let special = uses.get(name).map(|special| format!(" {special}")).unwrap_or_default();
            self.out.extend_from_slice(format!("* {verb} ({selectable}{children}{special}) \"/\" ").as_bytes());
            self.out.extend(self.wire(name));
            self.out.extend_from_slice(b"\r\n");
        }
        Reply::ok("List completed.")
    }

    pub(crate) fn status(&mut self, arguments: &[Argument]) -> Reply {
        let [name, Argument::List(items)] = arguments else { return Reply::bad("A mailbox and items are missing.") };
        let Some(name) = name.bytes() else { return Reply::bad("A mailbox is missing.") };
        let name = self.kept_name(name);
        let wire = self.wire(&name);
        let server = self.shared.clone();
        let state = server.state();
        let Some(mailbox) = state.mailboxes.get(&name) else { return Reply::no("[NONEXISTENT] No such mailbox.") };
        let mut pairs = Vec::new();
        for item in items {
            let item = item.keyword().unwrap_or_default();
            let Some(value) = status_item(&item, mailbox) else { return Reply::bad("Unknown STATUS item.") };
            pairs.push(format!("{item} {value}"));
        }
        self.out.extend_from_slice(b"* STATUS ");
        self.out.extend(wire);
        line(&mut self.out, format_args!(" ({})", pairs.join(" ")));
        Reply::ok("Status completed.")
    }

    pub(crate) fn create(&mut self, arguments: &[Argument]) -> Reply {
        let [name] = arguments else { return Reply::bad("A mailbox is missing.") };
        let Some(name) = name.bytes() else { return Reply::bad("A mailbox is missing.") };
        // A trailing delimiter only says that there will be mailboxes below (RFC 3501 §6.3.3).
        let name = self.kept_name(name.strip_suffix(b"/").unwrap_or(name));
        let mut state = self.shared.state();
        if name.is_empty() || name.len() > MAX_NAME || name.iter().any(|&b| b < b' ' || b"*%".contains(&b)) {
            return Reply::no("[CANNOT] No mailbox can be called that.");
        }
        if state.mailboxes.contains_key(&name) {
            return Reply::no("[ALREADYEXISTS] Mailbox already exists.");
        }
        if state.mailboxes.len() >= MAX_MAILBOXES {
            return Reply::no("[LIMIT] Too many mailboxes.");
        }
        state.create(name);
        drop(state);
        self.shared.changed();
        Reply::ok("Create completed.")
    }

    pub(crate) fn delete(&mut self, arguments: &[Argument]) -> Reply {
        let [name] = arguments else { return Reply::bad("A mailbox is missing.") };
        let name = self.kept_name(name.bytes().unwrap_or_default());
        if name == b"INBOX" {
            return Reply::no("[CANNOT] INBOX can't be deleted.");
        }
        if !self.shared.remove_kept(&name) {
            return Reply::no("[NONEXISTENT] No such mailbox.");
        }
        Reply::ok("Delete completed.")
    }

    pub(crate) fn rename(&mut self, arguments: &[Argument]) -> Reply {
        let [from, to] = arguments else { return Reply::bad("RENAME takes two mailboxes.") };
        let [from, to] = [from, to].map(|name| self.kept_name(name.bytes().unwrap_or_default()));
        if from == b"INBOX" || to.is_empty() || to.len() > MAX_NAME {
            return Reply::no("[CANNOT] That cannot be renamed so.");
        }
        if !self.shared.rename_kept(&from, to) {
            return Reply::no("[NONEXISTENT] No such mailbox, or the new name is taken.");
        }
        Reply::ok("Rename completed.")
    }

    /// ENABLE (RFC 5161): names in UTF-8 are all there is to enable (RFC 6855).
    pub(crate) fn enable(&mut self, arguments: &[Argument]) -> Reply {
        let asked = arguments.iter().filter_map(Argument::keyword).any(|name| name == "UTF8=ACCEPT");
        if asked && self.offers("UTF8=ACCEPT") {
            self.client.utf8 = true;
            self.say("* ENABLED UTF8=ACCEPT");
        } else {
            self.say("* ENABLED");
        }
        Reply::ok("Enabled.")
    }

    /// A client's name as the server keeps it: in modified UTF-7, INBOX in capitals.
    pub(crate) fn kept_name(&self, name: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(name) {
            Ok(text) if self.client.utf8 => wire_name(text),
            Ok(_) | Err(_) => canonical(name.to_vec()),
        }
    }

    /// A name as this client reads it, quoted or as a literal.
    pub(crate) fn wire(&self, name: &[u8]) -> Vec<u8> {
        match readable(name).filter(|_| self.client.utf8) {
            Some(text) if !text.contains(['\r', '\n', '\0']) => {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into_bytes()
            }
            Some(_) | None => astring(name),
        }
    }
}

/// A kept name in UTF-8; nothing where a client has made one that is no modified UTF-7.
fn readable(name: &[u8]) -> Option<String> {
    modified_utf7::decode(std::str::from_utf8(name).ok()?)
}

fn status_item(item: &str, mailbox: &Mailbox) -> Option<usize> {
    let wide = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Some(match item {
        "MESSAGES" => mailbox.messages().len(),
        "RECENT" => mailbox.messages().iter().filter(|message| message.uid >= mailbox.first_recent).count(),
        "UIDNEXT" => wide(mailbox.uidnext()),
        "UIDVALIDITY" => wide(mailbox.uidvalidity()),
        "UNSEEN" => mailbox.unseen(),
        _ => return None,
    })
}

/// `a/b` and `a` for `a/b/c`.
fn parents(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.iter().enumerate().filter(|&(index, &b)| b == b'/' && index > 0).map(|(index, _)| &name[..index])
}

/// Whether a name fits a pattern: `*` is anything, `%` anything within one level (RFC 3501 §6.3.8).
///
/// No pattern takes exponential time: `seen` says which places of the name the pattern so far can have reached.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut seen = vec![false; name.len() + 1];
    seen[0] = true;
    for &p in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            let before = at.checked_sub(1);
            next[at] = match p {
                b'*' => seen[at] || before.is_some_and(|before| next[before]),
                b'%' => seen[at] || before.is_some_and(|before| next[before] && name[before] != b'/'),
                _ => before.is_some_and(|before| seen[before] && name[before] == p),
            };
        }
        seen = next;
    }
    seen[name.len()]
}

/// A string on the wire: quoted, or a literal where it holds what no quoted string may.
pub(crate) fn astring(text: &[u8]) -> Vec<u8> {
    if text.iter().any(|&b| matches!(b, b'\r' | b'\n' | 0) || !b.is_ascii()) {
        return [format!("{{{}}}\r\n", text.len()).as_bytes(), text].concat();
    }
    let mut quoted = vec![b'"'];
    for &b in text {
        if matches!(b, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(b);
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_reach_as_far_as_the_rfc_says() {
        let cases = [
            ("*", "lists/rust", true),
            ("%", "lists/rust", false),
            ("%", "INBOX", true),
            ("lists/%", "lists/rust", true),
            ("lists/%", "lists/rust/old", false),
            ("lists/*", "lists/rust/old", true),
            ("%/rust", "lists/rust", true),
            ("l%s*d", "lists/rust/old", true),
            ("", "x", false),
            ("*a*a*a*a*a*a*a*a*b", &"a".repeat(200), false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_name_is_quoted_or_a_literal() {
        assert_eq!(astring(b"a\"b\\"), b"\"a\\\"b\\\\\"");
        assert_eq!(astring("ü".as_bytes()), "{2}\r\nü".as_bytes());
    }
}
