//! The commands that change messages: STORE, EXPUNGE, APPEND, COPY.

use std::collections::BTreeSet;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::arguments::Argument;
use crate::command::Reply;
use crate::mailbox::{FlagChange, Mailbox, Message, flag};
use crate::message::timestamp;
use crate::selected::{flag_list, line};
use crate::session::Session;
use crate::sets::Set;

/// Octets that a mailbox holds at most by APPEND and COPY, so that a client cannot exhaust the server.
const QUOTA: usize = 64 << 20;

impl Session {
    /// Message numbers and UIDs that a set names; `None` where it names a message number that does not exist.
    pub(crate) fn named(&self, set: &Set, by_uid: bool) -> Option<Vec<(u32, u32)>> {
        let selected = self.selected.as_ref()?;
        let last = if by_uid { selected.last_uid() } else { selected.exists() };
        if !by_uid && set.exceeds(last) {
            return None;
        }
        let named = selected.numbered().filter(|&(n, uid)| set.contains(if by_uid { uid } else { n }, last));
        Some(named.collect())
    }

    pub(crate) fn store(&mut self, arguments: &[Argument], by_uid: bool) -> Reply {
        let [set, item, flags @ ..] = arguments else { return Reply::bad("STORE takes a set, an item and flags.") };
        let Some(named) = parse_set(set).and_then(|set| self.named(&set, by_uid)) else {
            return Reply::bad("Invalid message set.");
        };
        let item = item.keyword().unwrap_or_default();
        let (item, silent) = item.strip_suffix(".SILENT").map_or((item.as_str(), false), |item| (item, true));
        let change = match item {
            "FLAGS" => FlagChange::Replace,
            "+FLAGS" => FlagChange::Add,
            "-FLAGS" => FlagChange::Remove,
            _ => return Reply::bad("Unknown STORE item."),
        };
        let Some(flags) = flags_of(flags) else { return Reply::bad("Invalid flags.") };
        let server = self.shared.clone();
        let mut state = server.state();
        let Some(selected) = self.selected.as_mut() else { return Reply::bad("No mailbox selected.") };
        if selected.read_only {
            return Reply::no("[READ-ONLY] The mailbox is examined only.");
        }
        let Some(mailbox) = state.mailboxes.get_mut(&selected.name) else { return Reply::no("No such mailbox.") };
        for (n, uid) in named {
            if let Some(revision) = mailbox.store(uid, change, &flags) {
                selected.told(uid, revision);
            }
            if let Some(message) = mailbox.message(uid).filter(|_| !silent) {
                let flags = flag_list(message, selected.is_recent(uid));
                let uid = if by_uid { format!("UID {uid} ") } else { String::new() };
                line(&mut self.out, format_args!("* {n} FETCH ({uid}FLAGS ({flags}))"));
            }
        }
        if by_uid { Reply::ok("Store completed.") } else { Reply::OkNumbered("Store completed.".to_owned()) }
    }

    /// EXPUNGE, or UID EXPUNGE (RFC 4315) with its set.
    pub(crate) fn expunge(&mut self, uids: Option<&[Argument]>) -> Reply {
        let set = match uids.map(|arguments| arguments.first().and_then(parse_set)) {
            None => None,
            Some(Some(set)) => Some(set),
            Some(None) => return Reply::bad("Invalid UID set."),
        };
        let Some(selected) = &self.selected else { return Reply::bad("No mailbox selected.") };
        if selected.read_only {
            return Reply::no("[READ-ONLY] The mailbox is examined only.");
        }
        let last = selected.last_uid();
        self.remove(|message| {
            message.flags.contains("\\Deleted") && set.as_ref().is_none_or(|set| set.contains(message.uid, last))
        });
        Reply::ok("Expunge completed.")
    }

    /// CLOSE expunges without telling (RFC 3501 §6.4.2).
    pub(crate) fn expunge_silently(&self) {
        if self.selected.as_ref().is_some_and(|selected| !selected.read_only) {
            self.remove(|message| message.flags.contains("\\Deleted"));
        }
    }

    fn remove(&self, gone: impl Fn(&Message) -> bool) {
        if let Some(selected) = &self.selected
            && let Some(mailbox) = self.shared.state().mailboxes.get_mut(&selected.name)
        {
            mailbox.remove(gone);
        }
        self.shared.changed();
    }

    pub(crate) fn append(&mut self, arguments: &[Argument]) -> Reply {
        let [name, options @ .., Argument::Text(raw)] = arguments else {
            return Reply::bad("APPEND takes a mailbox and a literal.");
        };
        let mut flags = BTreeSet::new();
        let mut received = timestamp(SystemTime::now());
        for option in options {
            match option {
                Argument::List(_) => match flags_of(std::slice::from_ref(option)) {
                    Some(given) => flags = given,
                    None => return Reply::bad("Invalid flags."),
                },
                Argument::Text(text) => match date_time(text) {
                    Some(given) => received = given,
                    None => return Reply::bad("Invalid date."),
                },
                Argument::Atom(_) => return Reply::bad("Invalid arguments."),
            }
        }
        let name = self.kept_name(name.bytes().unwrap_or_default());
        let mut state = self.shared.state();
        let Some(mailbox) = state.mailboxes.get_mut(&name) else { return Reply::no("[TRYCREATE] No such mailbox.") };
        if mailbox.octets() + raw.len() > QUOTA {
            return Reply::no("[OVERQUOTA] The mailbox is full.");
        }
        let uid = mailbox.add(raw.clone(), received, flags);
        let reply = format!("[APPENDUID {} {uid}] Append completed.", mailbox.uidvalidity());
        drop(state);
        self.shared.changed();
        Reply::Ok(reply)
    }

    pub(crate) fn copy(&mut self, arguments: &[Argument], by_uid: bool) -> Reply {
        let [set, name] = arguments else { return Reply::bad("COPY takes a set and a mailbox.") };
        let Some(named) = parse_set(set).and_then(|set| self.named(&set, by_uid)) else {
            return Reply::bad("Invalid message set.");
        };
        let name = self.kept_name(name.bytes().unwrap_or_default());
        let Some(selected) = &self.selected else { return Reply::bad("No mailbox selected.") };
        let mut state = self.shared.state();
        let source = state.mailboxes.get(&selected.name);
        let copies: Vec<Message> = source
            .into_iter()
            .flat_map(|source| named.iter().filter_map(|&(_, uid)| source.message(uid).cloned()))
            .collect();
        let Some(target) = state.mailboxes.get_mut(&name) else { return Reply::no("[TRYCREATE] No such mailbox.") };
        if target.octets() + copies.iter().map(|message| message.raw.len()).sum::<usize>() > QUOTA {
            return Reply::no("[OVERQUOTA] The mailbox is full.");
        }
        let code = add_all(target, copies);
        drop(state);
        self.shared.changed();
        Reply::Ok(format!("{code}Copy completed."))
    }
}

/// Adds copies; the response code COPYUID (RFC 4315), where there were any.
fn add_all(target: &mut Mailbox, copies: Vec<Message>) -> String {
    let mut pairs = Vec::new();
    for message in copies {
        pairs.push((message.uid, target.add(message.raw.to_vec(), message.received, message.flags)));
    }
    if pairs.is_empty() {
        return String::new();
    }
    let list =
        |pick: fn(&(u32, u32)) -> u32| pairs.iter().map(|pair| pick(pair).to_string()).collect::<Vec<_>>().join(",");
    format!("[COPYUID {} {} {}] ", target.uidvalidity(), list(|pair| pair.0), list(|pair| pair.1))
}

pub(crate) fn parse_set(argument: &Argument) -> Option<Set> {
    argument.bytes().and_then(Set::parse)
}

/// Flags in a list or bare; nothing where one of them cannot be set.
fn flags_of(arguments: &[Argument]) -> Option<BTreeSet<String>> {
    let atoms = match arguments {
        [Argument::List(atoms)] => atoms.as_slice(),
        bare => bare,
    };
    atoms
        .iter()
        .filter(|atom| atom.keyword().is_none_or(|name| name != "\\RECENT"))
        .map(|atom| std::str::from_utf8(atom.bytes()?).ok().and_then(flag))
        .collect()
}

/// `date-time` of RFC 3501 §9: `17-Jul-1996 02:44:25 -0700`, its day padded with a space.
fn date_time(text: &[u8]) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", std::str::from_utf8(text).ok()?.trim_start()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_with_its_zone_and_a_padded_day() {
        let at = |text: &str| date_time(text.as_bytes()).map(Timestamp::as_second);
        assert_eq!(at("17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
        assert_eq!(at(" 1-Jan-1970 00:00:10 +0000"), Some(10));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn flags_come_in_a_list_or_bare_and_recent_is_passed_over() {
        let atom = |text: &str| Argument::Atom(text.as_bytes().to_vec());
        let expected = Some(BTreeSet::from(["\\Seen".to_owned()]));
        assert_eq!(flags_of(&[atom("\\SEEN"), atom("\\Recent")]), expected);
        assert_eq!(flags_of(&[Argument::List(vec![atom("\\Seen")])]), expected);
        assert_eq!(flags_of(&[atom("\\Strange")]), None);
    }
}
