//! A command's arguments: atoms, quoted strings, literals and parenthesised lists (RFC 3501 §9).

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An atom. Brackets belong to it with all they hold: `BODY[HEADER.FIELDS (FROM)]<0.10>` is one.
    Atom(Vec<u8>),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// A parenthesised list.
    List(Vec<Argument>),
}

/// Lists within lists: no command needs more.
const MAX_DEPTH: usize = 20;

impl Argument {
    /// An atom's or a string's bytes.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// An atom in capitals: a keyword.
    pub(crate) fn keyword(&self) -> Option<String> {
        match self {
            Self::Atom(bytes) => Some(String::from_utf8_lossy(bytes).to_ascii_uppercase()),
            Self::Text(_) | Self::List(_) => None,
        }
    }
}

/// Reads all arguments; nothing where they are not well-formed.
pub(crate) fn parse(text: &[u8]) -> Option<Vec<Argument>> {
    let mut reader = Reader { rest: text };
    let arguments = reader.list(0)?;
    reader.rest.is_empty().then_some(arguments)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Up to the end or a closing parenthesis, which stays.
    fn list(&mut self, depth: usize) -> Option<Vec<Argument>> {
        let mut arguments = Vec::new();
        loop {
            match *self.rest.first().unwrap_or(&b')') {
                b' ' => {
                    self.take(1);
                }
                b')' => return Some(arguments),
                b'(' => {
                    if depth == MAX_DEPTH {
                        return None;
                    }
                    self.take(1);
                    let inner = self.list(depth + 1)?;
                    if self.take(1) != b")" {
                        return None;
                    }
                    arguments.push(Argument::List(inner));
                }
                b'"' => arguments.push(Argument::Text(self.quoted()?)),
                b'{' => arguments.push(Argument::Text(self.literal()?)),
                _ => arguments.push(Argument::Atom(self.atom()?)),
            }
        }
    }

    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut escaped = false;
        for (index, &b) in self.rest.iter().enumerate().skip(1) {
            match b {
                b'\r' | b'\n' | 0 => return None,
                _ if escaped => {
                    text.push(b);
                    escaped = false;
                }
                b'\\' => escaped = true,
                b'"' => {
                    self.take(index + 1);
                    return Some(text);
                }
                _ => text.push(b),
            }
        }
        None
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let close = self.rest.iter().position(|&b| b == b'}')?;
        let digits = self.rest[1..close].strip_suffix(b"+").unwrap_or(&self.rest[1..close]);
        let size: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        self.take(close + 1);
        let end = self.rest.iter().position(|&b| b == b'\n')? + 1;
        if self.rest.len() < end + size {
            return None;
        }
        self.take(end);
        Some(self.take(size).to_vec())
    }

    fn atom(&mut self) -> Option<Vec<u8>> {
        let mut bracketed = false;
        let end = self.rest.iter().position(|&b| {
            match b {
                b'[' => bracketed = true,
                b']' => bracketed = false,
                b' ' | b'(' | b')' if !bracketed => return true,
                _ => {}
            }
            b < b' '
        });
        let atom = self.take(end.unwrap_or(self.rest.len()));
        // A control character is no part of anything outside a literal, and an empty atom would never end.
        (!atom.is_empty() && self.rest.first().is_none_or(|&b| b >= b' ')).then(|| atom.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(text: &str) -> Argument {
        Argument::Atom(text.as_bytes().to_vec())
    }

    #[test]
    fn strings_lose_their_quotes_and_literals_their_size() {
        let parsed = parse(b"a \"b \\\"c\\\\\" {3}\r\nd)e (f (g) \"h\")").expect("arguments");
        let text = |text: &str| Argument::Text(text.as_bytes().to_vec());
        let list = Argument::List(vec![atom("f"), Argument::List(vec![atom("g")]), text("h")]);
        assert_eq!(parsed, [atom("a"), text("b \"c\\"), text("d)e"), list]);
    }

    #[test]
    fn a_section_is_one_atom_with_its_partial() {
        let parsed = parse(b"(UID BODY.PEEK[HEADER.FIELDS (FROM DATE)]<0.9>)").expect("arguments");
        assert_eq!(parsed, [Argument::List(vec![atom("UID"), atom("BODY.PEEK[HEADER.FIELDS (FROM DATE)]<0.9>")])]);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "(".repeat(100);
        for text in ["(", ")", "\"a", "{3}\r\nab", "{x}\r\n", "a\u{1}b", &deep] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
