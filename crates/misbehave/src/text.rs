//! Durations as people write them, and bytes of a client as one harmless line.

use std::time::Duration;

/// What [`one_line`] keeps of a line, in characters.
const LINE_LIMIT: usize = 1000;

/// The units of a duration, in milliseconds, the largest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000)];

/// Reads `4m`, `1h30m`, `20s`, `300ms`; nothing where it is none.
#[must_use]
pub fn parse_time(text: &str) -> Option<Duration> {
    let (mut rest, mut total, mut last) = (text.trim(), 0_u64, u64::MAX);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        let (unit, millis) = UNITS.into_iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        if millis >= last {
            return None;
        }
        last = millis;
        total = total.checked_add(number.checked_mul(millis)?)?;
        rest = &rest[digits + unit.len()..];
    }
    Some(Duration::from_millis(total))
}

/// Writes whole seconds as [`parse_time`] reads them: `4m`, `1m30s`.
pub(crate) fn show_time(time: Duration) -> String {
    let total = time.as_secs();
    let parts = [(total / 3600, 'h'), (total / 60 % 60, 'm'), (total % 60, 's')];
    let shown: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.concat() }
}

/// A client's bytes as one line without its end. Control characters are replaced: a log is read on terminals.
pub(crate) fn one_line(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let text = String::from_utf8_lossy(&bytes[..end.min(LINE_LIMIT * 4)]);
    let harmless = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let mut line: String = text.chars().take(LINE_LIMIT).map(harmless).collect();
    if text.chars().nth(LINE_LIMIT).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_shown() {
        for (text, secs) in [("4m", 240), ("1h30m", 5400), ("1m30s", 90), ("20s", 20)] {
            assert_eq!(parse_time(text), Some(Duration::from_secs(secs)));
            assert_eq!(show_time(Duration::from_secs(secs)), text);
        }
        assert_eq!(parse_time("1s300ms"), Some(Duration::from_millis(1300)));
        for text in ["", "x", "20", "s", "30s1m", "1m1m", "soon", "99999999999999999999s"] {
            assert_eq!(parse_time(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_line_holds_nothing_that_moves_a_cursor() {
        assert_eq!(one_line(b"a\x1b[2Jb\tc\r\n"), "a\u{fffd}[2Jb c");
        assert_eq!(one_line(&[b'x'; 5000]).chars().count(), LINE_LIMIT + 1);
    }
}
