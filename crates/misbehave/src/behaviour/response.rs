//! What a session is about to send, as responses with their literals, and a FETCH's items.

/// Cuts output into responses, each with its literals and its CRLF.
pub(crate) fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (response, rest) = bytes.split_at(length(bytes));
        all.push(response.to_vec());
        bytes = rest;
    }
    all
}

fn length(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let Some(end) = bytes[at..].windows(2).position(|two| two == b"\r\n") else { return bytes.len() };
        let line = &bytes[at..at + end];
        at += end + 2;
        match literal_size(line) {
            Some(size) => at = (at + size).min(bytes.len()),
            None => return at,
        }
    }
}

/// The size that a line's end announces.
pub(crate) fn literal_size(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|&b| b == b'{')?;
    std::str::from_utf8(&inner[open + 1..]).ok()?.parse().ok()
}

/// One mail's FETCH: its number, and its items as names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) seq: u32,
    pub(crate) items: Vec<Item>,
}

/// `UID` and `7`; `BODY[…]<0>` and a string's bytes with its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: Vec<u8>,
    /// Between the name and the value; a habit of some servers leaves it out.
    pub(crate) space: bool,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Literal(Vec<u8>),
    /// As it stands.
    Plain(Vec<u8>),
}

impl Fetched {
    /// Reads `* 3 FETCH (…)`, as this server writes it.
    pub(crate) fn read(response: &[u8]) -> Option<Self> {
        let rest = response.strip_prefix(b"* ")?;
        let space = rest.iter().position(|&b| b == b' ')?;
        let seq = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let mut rest = rest[space..].strip_prefix(b" FETCH (")?.strip_suffix(b")\r\n")?;
        let mut items = Vec::new();
        while !rest.is_empty() {
            let (name, after) = rest.split_at(name_length(rest)?);
            let after = after.strip_prefix(b" ")?;
            let (value, after) = value(after)?;
            items.push(Item { name: name.to_vec(), space: true, value });
            rest = after.strip_prefix(b" ").unwrap_or(after);
        }
        Some(Self { seq, items })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let items: Vec<Vec<u8>> = self.items.iter().map(Item::write).collect();
        [format!("* {} FETCH (", self.seq).as_bytes(), &items.join(&b' '), b")\r\n"].concat()
    }

    pub(crate) fn uid(&self) -> Option<u32> {
        let item = self.items.iter().find(|item| item.name.eq_ignore_ascii_case(b"UID"))?;
        let Value::Plain(value) = &item.value else { return None };
        std::str::from_utf8(value).ok()?.parse().ok()
    }
}

impl Item {
    /// Whether `BODY` or `UID` names it.
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        let own = self.name.split(|&b| b == b'[').next().unwrap_or_default();
        own.eq_ignore_ascii_case(name)
    }

    fn write(&self) -> Vec<u8> {
        let space: &[u8] = if self.space { b" " } else { b"" };
        let value = match &self.value {
            Value::Literal(bytes) => [format!("{{{}}}\r\n", bytes.len()).as_bytes(), bytes].concat(),
            Value::Plain(bytes) => bytes.clone(),
        };
        [&self.name, space, &value].concat()
    }
}

/// Up to the space after the name, whose brackets may hold spaces.
fn name_length(text: &[u8]) -> Option<usize> {
    let mut bracketed = false;
    text.iter().position(|&b| {
        match b {
            b'[' => bracketed = true,
            b']' => bracketed = false,
            _ => {}
        }
        b == b' ' && !bracketed
    })
}

fn value(text: &[u8]) -> Option<(Value, &[u8])> {
    if text.starts_with(b"{") {
        let end = text.windows(2).position(|two| two == b"\r\n")?;
        let size = literal_size(&text[..end])?;
        let literal = text.get(end + 2..end + 2 + size)?;
        return Some((Value::Literal(literal.to_vec()), &text[end + 2 + size..]));
    }
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    let end = text.iter().position(|&b| {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b' ' => return depth == 0 && !quoted,
            _ => {}
        }
        false
    });
    let (value, rest) = text.split_at(end.unwrap_or(text.len()));
    Some((Value::Plain(value.to_vec()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FETCH: &[u8] =
        b"* 2 FETCH (UID 7 FLAGS (\\Seen \\Draft) INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" BODY[HEADER.FIELDS (A B)]<0> {4}\r\n)\r\n\r)\r\n";

    #[test]
    fn a_response_is_whole_with_its_literals() {
        let all = [b"* 1 EXISTS\r\n", FETCH, b"a OK\r\n"].concat();
        assert_eq!(split(&all), [b"* 1 EXISTS\r\n".to_vec(), FETCH.to_vec(), b"a OK\r\n".to_vec()]);
    }

    #[test]
    fn a_fetch_is_written_as_it_was_read() {
        let fetched = Fetched::read(FETCH).expect("a FETCH");
        assert_eq!((fetched.seq, fetched.uid(), fetched.items.len()), (2, Some(7), 4));
        assert!(fetched.items[3].is(b"body"));
        assert_eq!(fetched.write(), FETCH);
        assert_eq!(Fetched::read(b"* 2 EXISTS\r\n"), None);
    }
}
