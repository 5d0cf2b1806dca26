//! FETCH and UID FETCH (RFC 3501 §6.4.5): items, sections, partials, macros.

use std::collections::BTreeSet;

use crate::arguments::Argument;
use crate::command::Reply;
use crate::fault::{Close, Fault};
use crate::mailbox::{FlagChange, Message};
use crate::mime;
use crate::selected::flag_list;
use crate::session::{End, Session};
use crate::store::parse_set;

/// Sent at once where much is fetched.
const BATCH: usize = 64 * 1024;

/// One thing that FETCH asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Flags,
    Uid,
    InternalDate,
    Size,
    Envelope,
    Structure(&'static str),
    Content(Content),
}

/// Some of a mail's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    /// What the reply calls it.
    label: String,
    section: Section,
    /// Without \Seen being set.
    peek: bool,
    partial: Option<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Section {
    Whole,
    Header,
    Text,
    /// MIME header of the one part.
    Mime,
    Fields(Vec<String>),
    FieldsNot(Vec<String>),
}

impl Session {
    pub(crate) async fn fetch(&mut self, arguments: &[Argument], by_uid: bool) -> Result<Reply, End> {
        let [set, items] = arguments else { return Ok(Reply::bad("FETCH takes a set and items.")) };
        let Some(named) = parse_set(set).and_then(|set| self.named(&set, by_uid)) else {
            return Ok(Reply::bad("Invalid message set."));
        };
        let Some(mut items) = parse_items(items) else { return Ok(Reply::bad("Unknown FETCH item.")) };
        if by_uid && !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        let cut = self.faults().find_map(|fault| if let Fault::CutFetch(bytes) = fault { Some(*bytes) } else { None });
        let from = self.out.len();
        for (n, uid) in named {
            self.fetch_one(n, uid, &items);
            if let Some(bytes) = cut.filter(|bytes| self.out.len() - from >= *bytes) {
                self.out.truncate(from + bytes);
                self.flush().await?;
                return Err(End::Close(Close::Fin));
            }
            if cut.is_none() && self.out.len() > BATCH {
                self.flush().await?;
            }
        }
        let text = "Fetch completed.".to_owned();
        Ok(if by_uid { Reply::Ok(text) } else { Reply::OkNumbered(text) })
    }

    fn fetch_one(&mut self, n: u32, uid: u32, items: &[Item]) {
        let odd = self.faults().find_map(|fault| {
            let Fault::FetchLine(line) = fault else { return None };
            Some(line.replace("{seq}", &n.to_string()).replace("{uid}", &uid.to_string()))
        });
        if let Some(line) = odd {
            self.out.extend_from_slice(line.as_bytes());
            return;
        }
        let nil_date = self.has(|fault| matches!(fault, Fault::NilInternalDate));
        let server = self.shared.clone();
        let mut state = server.state();
        let Some(selected) = self.selected.as_mut() else { return };
        let Some(mailbox) = state.mailboxes.get_mut(&selected.name) else { return };
        let seen = items.iter().any(|item| matches!(item, Item::Content(Content { peek: false, .. })));
        let mut tell_flags = false;
        if seen && !selected.read_only {
            let flags = BTreeSet::from(["\\Seen".to_owned()]);
            if let Some(revision) = mailbox.store(uid, FlagChange::Add, &flags) {
                selected.told(uid, revision);
                tell_flags = !items.contains(&Item::Flags);
            }
        }
        // Expunged, and this client not yet told: there is nothing to send.
        let Some(message) = mailbox.message(uid) else { return };
        let recent = selected.is_recent(uid);
        let mut parts: Vec<Vec<u8>> = items.iter().map(|item| item.of(message, recent, nil_date)).collect();
        if tell_flags {
            parts.push(Item::Flags.of(message, recent, nil_date));
        }
        self.out.extend_from_slice(format!("* {n} FETCH (").as_bytes());
        self.out.extend(parts.join(&b' '));
        self.out.extend_from_slice(b")\r\n");
    }
}

impl Item {
    fn of(&self, message: &Message, recent: bool, nil_date: bool) -> Vec<u8> {
        match self {
            Self::Flags => format!("FLAGS ({})", flag_list(message, recent)).into_bytes(),
            Self::Uid => format!("UID {}", message.uid).into_bytes(),
            Self::InternalDate if nil_date => b"INTERNALDATE NIL".to_vec(),
            Self::InternalDate => {
                format!("INTERNALDATE \"{}\"", message.received.strftime("%e-%b-%Y %H:%M:%S +0000")).into_bytes()
            }
            Self::Size => format!("RFC822.SIZE {}", message.raw.len()).into_bytes(),
            Self::Envelope => [b"ENVELOPE ", &mime::envelope(mime::split(&message.raw).0)[..]].concat(),
            Self::Structure(name) => [name.as_bytes(), b" ", &mime::structure(&message.raw)].concat(),
            Self::Content(content) => content.of(&message.raw),
        }
    }
}

impl Content {
    fn of(&self, raw: &[u8]) -> Vec<u8> {
        let (header, text) = mime::split(raw);
        let bytes = match &self.section {
            Section::Whole => raw.to_vec(),
            Section::Header => header.to_vec(),
            Section::Text => text.to_vec(),
            Section::Mime => pick(header, |name| name.to_ascii_lowercase().starts_with(b"content-")),
            Section::Fields(names) => pick(header, |name| any(names, name)),
            Section::FieldsNot(names) => pick(header, |name| !any(names, name)),
        };
        let part = self.partial.map_or(&bytes[..], |(start, length)| {
            let start = start.min(bytes.len());
            &bytes[start..start.saturating_add(length).min(bytes.len())]
        });
        [self.label.as_bytes(), format!(" {{{}}}\r\n", part.len()).as_bytes(), part].concat()
    }
}

fn any(names: &[String], name: &[u8]) -> bool {
    names.iter().any(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name))
}

fn pick(header: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut picked: Vec<u8> = mime::fields(header)
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .flat_map(|(_, field)| field)
        .copied()
        .collect();
    picked.extend_from_slice(b"\r\n");
    picked
}

fn parse_items(items: &Argument) -> Option<Vec<Item>> {
    let list = match items {
        Argument::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if let [one] = list {
        let fast = vec![Item::Flags, Item::InternalDate, Item::Size];
        match one.keyword()?.as_str() {
            "FAST" => return Some(fast),
            "ALL" => return Some([fast, vec![Item::Envelope]].concat()),
            "FULL" => return Some([fast, vec![Item::Envelope, Item::Structure("BODY")]].concat()),
            _ => {}
        }
    }
    list.iter().map(parse_item).collect()
}

fn parse_item(item: &Argument) -> Option<Item> {
    let content =
        |section, peek| item.keyword().map(|label| Item::Content(Content { label, section, peek, partial: None }));
    match item.keyword()?.as_str() {
        "FLAGS" => Some(Item::Flags),
        "UID" => Some(Item::Uid),
        "INTERNALDATE" => Some(Item::InternalDate),
        "RFC822.SIZE" => Some(Item::Size),
        "ENVELOPE" => Some(Item::Envelope),
        "BODYSTRUCTURE" => Some(Item::Structure("BODYSTRUCTURE")),
        "BODY" => Some(Item::Structure("BODY")),
        "RFC822" => content(Section::Whole, false),
        "RFC822.HEADER" => content(Section::Header, true),
        "RFC822.TEXT" => content(Section::Text, false),
        other => parse_section(other),
    }
}

/// `BODY.PEEK[HEADER.FIELDS (FROM)]<0.100>`, already in capitals.
fn parse_section(text: &str) -> Option<Item> {
    let (peek, rest) = match text.strip_prefix("BODY.PEEK[") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("BODY[")?),
    };
    let (name, rest) = rest.split_once(']')?;
    let partial = if rest.is_empty() {
        None
    } else {
        let (start, length) = rest.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
        Some((start.parse().ok()?, length.parse().ok()?))
    };
    let names = |list: &str| -> Option<Vec<String>> {
        let inner = list.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(inner.split_ascii_whitespace().map(|name| name.trim_matches('"').to_owned()).collect())
    };
    let section = match name {
        "" => Section::Whole,
        "HEADER" => Section::Header,
        // A mail is one part here: part 1 is its text.
        "TEXT" | "1" => Section::Text,
        "1.MIME" => Section::Mime,
        _ => match (name.strip_prefix("HEADER.FIELDS.NOT "), name.strip_prefix("HEADER.FIELDS ")) {
            (Some(list), _) => Section::FieldsNot(names(list)?),
            (None, Some(list)) => Section::Fields(names(list)?),
            (None, None) => return None,
        },
    };
    let origin = partial.map_or_else(String::new, |(start, _): (usize, usize)| format!("<{start}>"));
    Some(Item::Content(Content { label: format!("BODY[{name}]{origin}"), section, peek, partial }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: a\r\nSubject: b\r\n c\r\nContent-Type: text/plain\r\n\r\nText\r\n";

    fn fetched(item: &str) -> String {
        match parse_section(item) {
            Some(Item::Content(content)) => String::from_utf8(content.of(MAIL)).expect("ASCII"),
            other => panic!("{item} is no content: {other:?}"),
        }
    }

    #[test]
    fn a_section_gives_what_it_names() {
        let cases = [
            ("BODY[TEXT]", "BODY[TEXT] {6}\r\nText\r\n"),
            ("BODY.PEEK[1]", "BODY[1] {6}\r\nText\r\n"),
            ("BODY[TEXT]<1.2>", "BODY[TEXT]<1> {2}\r\nex"),
            ("BODY[]<1000.10>", "BODY[]<1000> {0}\r\n"),
            (
                "BODY.PEEK[HEADER.FIELDS (SUBJECT \"TO\")]",
                "BODY[HEADER.FIELDS (SUBJECT \"TO\")] {18}\r\nSubject: b\r\n c\r\n\r\n",
            ),
            ("BODY[1.MIME]", "BODY[1.MIME] {28}\r\nContent-Type: text/plain\r\n\r\n"),
        ];
        for (item, expected) in cases {
            assert_eq!(fetched(item), expected);
        }
    }

    #[test]
    fn only_peek_leaves_seen_alone() {
        let peeks = |item: &str| match parse_item(&Argument::Atom(item.as_bytes().to_vec())) {
            Some(Item::Content(content)) => content.peek,
            other => panic!("{item} is no content: {other:?}"),
        };
        assert!(!peeks("BODY[]") && !peeks("RFC822") && !peeks("rfc822.text"));
        assert!(peeks("body.peek[]") && peeks("RFC822.HEADER"));
    }

    #[test]
    fn unknown_items_are_refused() {
        for item in ["X", "BODY[2]", "BODY[", "BODY[]<x>", "BODY[HEADER.FIELDS FROM]"] {
            assert_eq!(parse_item(&Argument::Atom(item.as_bytes().to_vec())), None, "{item}");
        }
    }
}
