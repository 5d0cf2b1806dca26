//! Patterns with `*`, and templates with `$1` and `{tag}`.

use std::collections::BTreeMap;

/// What `{name}` stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Vec<u8>>);

impl Values {
    pub(crate) fn put(&mut self, name: &'static str, value: impl std::fmt::Display) {
        self.0.insert(name, value.to_string().into_bytes());
    }

    pub(crate) fn put_bytes(&mut self, name: &'static str, value: &[u8]) {
        self.0.insert(name, value.to_vec());
    }

    /// `{exists}`, and `{exists+1}` for numbers.
    fn of(&self, name: &str) -> Vec<u8> {
        if let Some(value) = self.0.get(name) {
            return value.clone();
        }
        let Some(at) = name.find(['+', '-']) else { return Vec::new() };
        let base = self.0.get(&name[..at]).map(|value| String::from_utf8_lossy(value).into_owned());
        let sum = base.and_then(|base| base.parse::<i64>().ok()).zip(name[at..].parse::<i64>().ok());
        sum.map_or_else(Vec::new, |(base, more)| (base + more).to_string().into_bytes())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Value(String),
    /// `*` of a pattern, or `$1` of a template.
    Part(usize),
}

/// Text with `{tag}` and the like, and with `$1` for what a pattern's first `*` took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

impl Template {
    pub(crate) fn new(text: &[u8]) -> Self {
        Self(pieces(text, |rest| match rest {
            [b'$', digit @ b'1'..=b'9', ..] => Some((usize::from(digit - b'1'), 2)),
            _ => None,
        }))
    }

    pub(crate) fn fill(&self, values: &Values, parts: &[Vec<u8>]) -> Vec<u8> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(name) => values.of(name),
            Piece::Part(n) => parts.get(*n).cloned().unwrap_or_default(),
        };
        self.0.iter().flat_map(piece).collect()
    }
}

/// Bytes with `*` for any bytes. A leading `* ` is an untagged response's star, `\*` a star anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    pub(crate) fn new(text: &[u8]) -> Self {
        let untagged = text.starts_with(b"* ");
        let mut all = if untagged { vec![Piece::Text(b"* ".to_vec())] } else { Vec::new() };
        let rest = if untagged { &text[2..] } else { text };
        let mut wild = 0;
        all.extend(pieces(rest, |rest| match rest {
            [b'*', ..] => {
                wild += 1;
                Some((wild - 1, 1))
            }
            _ => None,
        }));
        Self(all)
    }

    /// What each `*` took, where all of the text fits. Letters fit in either case.
    pub(crate) fn parts(&self, text: &[u8], values: &Values) -> Option<Vec<Vec<u8>>> {
        let mut literals = vec![Vec::new()];
        for piece in &self.0 {
            let last = literals.len() - 1;
            match piece {
                Piece::Text(text) => literals[last].extend_from_slice(text),
                Piece::Value(name) => literals[last].extend(values.of(name)),
                Piece::Part(_) => literals.push(Vec::new()),
            }
        }
        let mut parts = Vec::new();
        fit(&literals, text, &mut parts).then(|| parts.iter().map(|part: &&[u8]| part.to_vec()).collect())
    }
}

/// Fits the first literal at the start, then each further one at its first place that lets the rest fit.
fn fit<'a>(literals: &[Vec<u8>], text: &'a [u8], parts: &mut Vec<&'a [u8]>) -> bool {
    let Some((first, more)) = literals.split_first() else { return text.is_empty() };
    if !text.get(..first.len()).is_some_and(|start| start.eq_ignore_ascii_case(first)) {
        return false;
    }
    let rest = &text[first.len()..];
    match more {
        [] => rest.is_empty(),
        // The last one can only stand at the end.
        [last] => {
            let fits = rest.len() >= last.len() && rest[rest.len() - last.len()..].eq_ignore_ascii_case(last);
            if fits {
                parts.push(&rest[..rest.len() - last.len()]);
            }
            fits
        }
        _ => (0..=rest.len()).any(|at| {
            parts.push(&rest[..at]);
            let fits = fit(more, &rest[at..], parts);
            if !fits {
                parts.pop();
            }
            fits
        }),
    }
}

fn pieces(text: &[u8], mut part: impl FnMut(&[u8]) -> Option<(usize, usize)>) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut plain = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.first() {
        let (piece, length) = if let Some((n, length)) = part(rest) {
            (Some(Piece::Part(n)), length)
        } else if let Some(name) = value_name(rest) {
            (Some(Piece::Value(name.to_owned())), name.len() + 2)
        } else {
            let star = rest.starts_with(b"\\*");
            plain.push(if star { b'*' } else { first });
            (None, 1 + usize::from(star))
        };
        if let Some(piece) = piece {
            if !plain.is_empty() {
                all.push(Piece::Text(std::mem::take(&mut plain)));
            }
            all.push(piece);
        }
        rest = &rest[length..];
    }
    if !plain.is_empty() {
        all.push(Piece::Text(plain));
    }
    all
}

/// `tag` of `{tag}…`; a literal's `{5}` is none.
fn value_name(text: &[u8]) -> Option<&str> {
    let inner = text.strip_prefix(b"{")?;
    let end = inner.iter().position(|&b| b == b'}')?;
    let name = std::str::from_utf8(&inner[..end]).ok()?;
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-');
    (name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(good)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(pattern: &str, template: &str, text: &str) -> Option<String> {
        let mut values = Values::default();
        values.put("tag", "a1");
        values.put("exists", 3);
        let parts = Pattern::new(pattern.as_bytes()).parts(text.as_bytes(), &values)?;
        Some(String::from_utf8_lossy(&Template::new(template.as_bytes()).fill(&values, &parts)).into_owned())
    }

    #[test]
    fn what_a_star_took_comes_back() {
        let cases = [
            ("* * EXISTS", "* $1 RECENT", "* 4 EXISTS", Some("* 4 RECENT")),
            ("* * EXISTS", "", "* 4 RECENT", None),
            ("{tag} OK *", "{tag} no $1", "A1 ok done", Some("a1 no done")),
            ("*b*b", "$1-$2", "abcb", Some("a-c")),
            ("x", "{exists+1} {exists-1} {5}", "X", Some("4 2 {5}")),
            ("a\\*b", "yes", "a*b", Some("yes")),
            ("a\\*b", "yes", "acb", None),
            ("*", "$1$1", "ab", Some("abab")),
            ("", "empty", "", Some("empty")),
        ];
        for (pattern, template, text, expected) in cases {
            assert_eq!(changed(pattern, template, text).as_deref(), expected, "{pattern} {text}");
        }
    }
}
