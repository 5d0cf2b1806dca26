//! Mends a FETCH whose items are plain and whose spelling is not the RFC's: any echo of the header section that was asked
//! for (`BODY.PEEK[…]`, `<0.65536>`, no space before the literal), and items that nobody asked for.

use super::framer::Frame;
use super::parse::Mended;

/// Items that are looked at of one response.
const ITEMS: usize = 64;

/// The response with the items that this program asks for, as the parser wants them. `None` where none is among them.
pub fn fetch(frame: Frame<'_>) -> Option<Mended> {
    let mut reader = Reader { rest: frame.bytes.trim_ascii_start().strip_prefix(b"*")? };
    let number = reader.digits()?;
    let fetch = reader.take_while(|b| b.is_ascii_alphabetic());
    if !fetch.eq_ignore_ascii_case(b"FETCH") {
        return None;
    }
    reader.open()?;
    let mut bytes = [b"* ", number, b" FETCH ("].concat();
    let (mut found, mut lost) = (false, false);
    for _ in 0..ITEMS {
        if reader.close() {
            bytes.extend_from_slice(b")\r\n");
            return found.then_some(Mended { bytes, lost });
        }
        let name = reader.name()?;
        let value = reader.value()?;
        let Some(item) = canonical(name, value) else {
            lost = true;
            continue;
        };
        if std::mem::replace(&mut found, true) {
            bytes.push(b' ');
        }
        bytes.extend_from_slice(&item);
    }
    None
}

/// What stands behind an item's name.
#[derive(Clone, Copy)]
enum Value<'a> {
    Nil,
    Atom(&'a [u8]),
    Quoted(&'a [u8]),
    Literal(&'a [u8]),
    List(&'a [u8]),
}

fn canonical(name: &[u8], value: Value<'_>) -> Option<Vec<u8>> {
    if is_header(name) {
        let text = match value {
            Value::Nil => return Some(b"BODY[HEADER] NIL".to_vec()),
            Value::Literal(text) => text.to_vec(),
            Value::Quoted(text) => unescaped(text),
            Value::Atom(_) | Value::List(_) => return None,
        };
        // The parser takes a literal for anything but NUL.
        let text: Vec<u8> = text.into_iter().filter(|b| *b != 0).collect();
        return Some([format!("BODY[HEADER] {{{}}}\r\n", text.len()).as_bytes(), &text].concat());
    }
    match (name.to_ascii_uppercase().as_slice(), value) {
        (b"UID", Value::Atom(uid)) => {
            std::str::from_utf8(uid).ok()?.parse::<u32>().ok().map(|uid| format!("UID {uid}").into_bytes())
        }
        (b"FLAGS", Value::List(flags)) => {
            let flags: Vec<&[u8]> = flags.split(u8::is_ascii_whitespace).filter(|flag| is_flag(flag)).collect();
            Some([b"FLAGS (", &flags.join(&b' ')[..], b")"].concat())
        }
        (b"INTERNALDATE", Value::Quoted(date) | Value::Literal(date)) => {
            let plain = date.iter().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\'));
            plain.then(|| [b"INTERNALDATE \"", date, b"\""].concat())
        }
        _ => None,
    }
}

/// Whether an item's name is an echo of the header section.
fn is_header(name: &[u8]) -> bool {
    let name = name.to_ascii_uppercase();
    if name == b"RFC822.HEADER" {
        return true;
    }
    let section = name.strip_prefix(b"BODY.PEEK[").or_else(|| name.strip_prefix(b"BODY["));
    section.is_some_and(|section| section.trim_ascii_start().starts_with(b"HEADER"))
}

fn is_flag(flag: &[u8]) -> bool {
    let word = flag.strip_prefix(b"\\").unwrap_or(flag);
    !word.is_empty() && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'_' | b'-' | b'.' | b':'))
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let keep = |b: &u8| {
        escaped = !escaped && *b == b'\\';
        !escaped
    };
    text.iter().copied().filter(keep).collect()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'a [u8] {
        self.skip_spaces();
        let end = self.rest.iter().position(|b| !is(*b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn digits(&mut self) -> Option<&'a [u8]> {
        Some(self.take_while(|b| b.is_ascii_digit())).filter(|digits| !digits.is_empty())
    }

    fn open(&mut self) -> Option<()> {
        self.skip_spaces();
        self.rest = self.rest.strip_prefix(b"(")?;
        Some(())
    }

    /// Whether the items end here, and the response with them.
    fn close(&mut self) -> bool {
        self.skip_spaces();
        self.rest.strip_prefix(b")").is_some_and(|rest| rest.trim_ascii().is_empty())
    }

    /// An item's name, with its section and its partial.
    fn name(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        let mut end =
            self.rest.iter().position(|b| matches!(b, b' ' | b'[' | b'{' | b'~' | b'(' | b')' | b'"' | b'\r'))?;
        if self.rest[end] == b'[' {
            end += self.rest[end..].iter().position(|b| matches!(b, b']' | b'\r'))? + 1;
            if self.rest.get(end) == Some(&b'<') {
                end += self.rest[end..].iter().position(|b| matches!(b, b'>' | b'\r'))? + 1;
            }
        }
        self.take(end).filter(|name| !name.is_empty())
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.skip_spaces();
        match self.rest.first()? {
            b'"' => self.quoted().map(Value::Quoted),
            b'{' | b'~' => self.literal().map(Value::Literal),
            b'(' => self.list().map(Value::List),
            _ => {
                let atom = self.take_while(|b| !matches!(b, b' ' | b'(' | b')' | b'"' | b'\r' | b'\n'));
                if atom.is_empty() {
                    return None;
                }
                Some(if atom.eq_ignore_ascii_case(b"NIL") { Value::Nil } else { Value::Atom(atom) })
            }
        }
    }

    fn quoted(&mut self) -> Option<&'a [u8]> {
        let mut escaped = false;
        for (index, &b) in self.rest.iter().enumerate().skip(1) {
            match b {
                b'\r' | b'\n' => return None,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return self.take(index + 1).map(|quoted| &quoted[1..index]),
                _ => {}
            }
        }
        None
    }

    fn literal(&mut self) -> Option<&'a [u8]> {
        self.rest = self.rest.strip_prefix(b"~").unwrap_or(self.rest).strip_prefix(b"{")?;
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let size: usize = std::str::from_utf8(self.take(digits)?).ok()?.parse().ok()?;
        self.rest = self.rest.strip_prefix(b"+").unwrap_or(self.rest).strip_prefix(b"}\r\n")?;
        self.take(size)
    }

    /// What stands within parentheses, at any depth.
    fn list(&mut self) -> Option<&'a [u8]> {
        let whole = self.rest;
        let mut depth = 0_u32;
        loop {
            match self.rest.first()? {
                b'"' => {
                    self.quoted()?;
                }
                b'{' => {
                    self.literal()?;
                }
                &b => {
                    self.take(1)?;
                    match b {
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        b'\r' | b'\n' => return None,
                        _ => {}
                    }
                    if depth == 0 {
                        return whole.get(1..whole.len() - self.rest.len() - 1);
                    }
                }
            }
        }
    }
}
