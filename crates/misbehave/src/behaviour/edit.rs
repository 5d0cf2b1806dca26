//! Changes of what a session would usually send.

use super::Span;
use super::pattern::{Pattern, Template, Values};
use super::response::{Fetched, Item, Value};

/// A change, of every response or of the FETCH responses of some mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) what: Change,
    /// The mails whose FETCH it changes; all lines where there is none.
    pub(crate) uids: Option<Span>,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Responses that fit are left out.
    Drop(Pattern),
    /// Responses that fit become another; its CRLF is added.
    Line(Pattern, Template),
    /// Bytes are replaced wherever they stand.
    Replace(Vec<u8>, Template),
    /// FETCH responses are left out.
    DropMail,
    /// FETCH responses lose an item.
    DropItem(Vec<u8>),
    /// An item's value becomes these bytes, as they are.
    Value(Vec<u8>, Template),
    /// What a section is called.
    Section { name: Template, space: bool },
    /// A section's bytes become others.
    Body(Template),
    /// A section's bytes become so many: its last line grows.
    Grow(usize),
    /// A section is sent as a quoted string, line ends dropped.
    Quote,
    /// Each item in a FETCH of its own.
    Split,
    /// FETCH responses in the opposite order.
    Reverse,
    /// Each FETCH twice.
    Twice,
    /// Only so many FETCH responses.
    First(usize),
    /// Nothing after so many responses, the tagged reply included.
    Cut(usize),
}

/// Changes responses. `uid_of` gives a message number's UID.
pub(crate) fn apply(
    edits: &[&Edit],
    responses: Vec<Vec<u8>>,
    values: &Values,
    uid_of: impl Fn(u32) -> Option<u32>,
) -> Vec<Vec<u8>> {
    edits.iter().fold(responses, |responses, edit| edit.apply(responses, values, &uid_of))
}

impl Edit {
    fn apply(&self, responses: Vec<Vec<u8>>, values: &Values, uid_of: &impl Fn(u32) -> Option<u32>) -> Vec<Vec<u8>> {
        match &self.what {
            Change::Reverse => reversed(responses),
            Change::Cut(n) => responses.into_iter().take(*n).collect(),
            Change::First(n) => {
                let mut left = *n;
                let keep = |response: &Vec<u8>| {
                    let is_fetch = Fetched::read(response).is_some();
                    let stays = !is_fetch || left > 0;
                    left -= usize::from(is_fetch && stays);
                    stays
                };
                responses.into_iter().filter(keep).collect()
            }
            _ => responses.into_iter().flat_map(|response| self.one(response, values, uid_of)).collect(),
        }
    }

    fn one(&self, response: Vec<u8>, values: &Values, uid_of: &impl Fn(u32) -> Option<u32>) -> Vec<Vec<u8>> {
        let fetched = Fetched::read(&response);
        let uid = fetched.as_ref().and_then(|fetched| uid_of(fetched.seq).or_else(|| fetched.uid()));
        if self.uids.is_some_and(|uids| !uid.is_some_and(|uid| uids.contains(uid))) {
            return vec![response];
        }
        let mut values = values.clone();
        if let Some(fetched) = &fetched {
            values.put("seq", fetched.seq);
            values.put("uid", uid.unwrap_or_default());
        }
        let line = response.strip_suffix(b"\r\n").unwrap_or(&response);
        match &self.what {
            Change::Drop(pattern) => {
                if pattern.parts(line, &values).is_some() {
                    Vec::new()
                } else {
                    vec![response]
                }
            }
            Change::Line(pattern, template) => match pattern.parts(line, &values) {
                Some(parts) => vec![[&template.fill(&values, &parts)[..], b"\r\n"].concat()],
                None => vec![response],
            },
            Change::Replace(from, to) => vec![replaced(&response, from, &to.fill(&values, &[]))],
            Change::DropMail => fetched.map_or_else(|| vec![response], |_| Vec::new()),
            Change::Twice => {
                fetched.map_or_else(|| vec![response.clone()], |_| vec![response.clone(), response.clone()])
            }
            Change::Split => match fetched {
                Some(Fetched { seq, items }) => {
                    items.into_iter().map(|item| Fetched { seq, items: vec![item] }.write()).collect()
                }
                None => vec![response],
            },
            Change::DropItem(_)
            | Change::Value(..)
            | Change::Section { .. }
            | Change::Body(_)
            | Change::Grow(_)
            | Change::Quote => match fetched {
                Some(fetched) => vec![self.items(fetched, &values).write()],
                None => vec![response],
            },
            Change::Reverse | Change::First(_) | Change::Cut(_) => vec![response],
        }
    }

    fn items(&self, mut fetched: Fetched, values: &Values) -> Fetched {
        if let Change::DropItem(name) = &self.what {
            fetched.items.retain(|item| !item.is(name));
        }
        for item in &mut fetched.items {
            self.item(item, values);
        }
        fetched
    }

    fn item(&self, item: &mut Item, values: &Values) {
        match &self.what {
            Change::Value(name, value) if item.is(name) => item.value = Value::Plain(value.fill(values, &[])),
            Change::Section { name, space } if item.is(b"BODY") => {
                let mut values = values.clone();
                values.put_bytes("section", &item.name);
                values.put_bytes("fields", between(&item.name, b'(', b')'));
                item.name = name.fill(&values, &[]);
                item.space = *space;
            }
            Change::Body(bytes) if item.is(b"BODY") => item.value = Value::Literal(bytes.fill(values, &[])),
            Change::Grow(size) => {
                if let Value::Literal(bytes) = &mut item.value {
                    let end = bytes.strip_suffix(b"\r\n\r\n").map_or(bytes.len(), <[u8]>::len);
                    let tail = bytes.split_off(end);
                    bytes.resize(size.saturating_sub(tail.len()).max(end), b'x');
                    bytes.extend(tail);
                }
            }
            Change::Quote => {
                if let Value::Literal(bytes) = &item.value {
                    let text: Vec<u8> = bytes.iter().copied().filter(|b| !b"\r\n\"\\".contains(b)).collect();
                    item.value = Value::Plain([b"\"", &text[..], b"\""].concat());
                }
            }
            _ => {}
        }
    }
}

fn between(text: &[u8], open: u8, close: u8) -> &[u8] {
    let from = text.iter().position(|&b| b == open).map_or(0, |at| at + 1);
    let to = text.iter().rposition(|&b| b == close).unwrap_or(from).max(from);
    &text[from..to]
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.first() {
        if !from.is_empty() && rest.starts_with(from) {
            all.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            all.push(first);
            rest = &rest[1..];
        }
    }
    all
}

/// The FETCH responses change places, the other lines stay where they are.
fn reversed(mut responses: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let places: Vec<usize> =
        responses.iter().enumerate().filter(|(_, line)| Fetched::read(line).is_some()).map(|(at, _)| at).collect();
    for n in 0..places.len() / 2 {
        responses.swap(places[n], places[places.len() - 1 - n]);
    }
    responses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::response::split;

    const USUAL: &[u8] =
        b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)]<0> {4}\r\n\r\n\r\n)\r\n* 2 FETCH (UID 6 FLAGS ())\r\na OK\r\n";

    fn edited(what: Change, uids: Option<Span>) -> String {
        let all = apply(&[&Edit { what, uids }], split(USUAL), &Values::default(), |seq| Some(seq + 4));
        String::from_utf8(all.concat()).expect("ASCII")
    }

    #[test]
    fn each_change_changes_what_it_names() {
        let section = |name: &[u8], space| Change::Section { name: Template::new(name), space };
        let first = "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)]<0> {4}\r\n\r\n\r\n)\r\n";
        let second = "* 2 FETCH (UID 6 FLAGS ())\r\n";
        let cases = [
            (
                Change::DropItem(b"UID".to_vec()),
                None,
                format!("{}* 2 FETCH (FLAGS ())\r\na OK\r\n", first.replace("UID 5 ", "")),
            ),
            (Change::DropMail, Some(Span { first: 5, last: 5 }), format!("{second}a OK\r\n")),
            (Change::Reverse, None, format!("{second}{first}a OK\r\n")),
            (Change::First(1), None, format!("{first}a OK\r\n")),
            (Change::Cut(1), None, first.to_owned()),
            (Change::Drop(Pattern::new(b"* * FETCH *")), None, "a OK\r\n".to_owned()),
            (Change::Line(Pattern::new(b"a OK"), Template::new(b"a NO")), None, format!("{first}{second}a NO\r\n")),
            (
                section(b"BODY.PEEK[X ({fields})]", false),
                None,
                format!("{}{second}a OK\r\n", first.replace("BODY[HEADER.FIELDS (FROM)]<0> ", "BODY.PEEK[X (FROM)]")),
            ),
            (
                Change::Value(b"FLAGS".to_vec(), Template::new(b"NIL")),
                None,
                format!("{first}{}a OK\r\n", second.replace("()", "NIL")),
            ),
            (Change::Grow(6), None, format!("{}{second}a OK\r\n", first.replace("{4}\r\n", "{6}\r\nxx"))),
        ];
        for (what, uids, expected) in cases {
            assert_eq!(edited(what.clone(), uids), expected, "{what:?}");
        }
    }
}
