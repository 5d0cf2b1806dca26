//! `[history]`: how much `history.db` keeps.

use std::time::Duration;

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use crate::history::Limits;
use mailwatch_proto::model::parse_duration;

const DAY: Duration = Duration::from_hours(24);

/// Less would forget between two days what a server did; more than ten years is a mistake.
const KEEP: std::ops::RangeInclusive<Duration> = DAY..=Duration::from_hours(10 * 366 * 24);

/// Fewer bytes are not worth the pruning, and more nobody wants to search.
const SIZE: std::ops::RangeInclusive<u64> = 5_000_000..=100_000_000_000;

pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Limits {
    let default = Limits::default();
    Limits {
        keep: value(section, "keep", days, findings).unwrap_or(default.keep),
        max_size: value(section, "max_size", bytes, findings).unwrap_or(default.max_size),
    }
}

fn value<T>(
    section: &Section<'_>,
    key: &'static str,
    read: fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Option<T> {
    let (text, at) = section.string(key, findings)?;
    let value = read(text.trim());
    if value.is_none() {
        findings.problem(ProblemKind::Limit { key, given: text.to_owned() }, at);
    }
    value
}

/// `30d`, or a duration as timers have them.
fn days(text: &str) -> Option<Duration> {
    let keep = match text.strip_suffix('d') {
        Some(days) => DAY.checked_mul(number(days)?.try_into().ok()?)?,
        None => parse_duration(text).ok()?,
    };
    KEEP.contains(&keep).then_some(keep)
}

/// `100MB`: powers of 1000, and of 1024 where there is an `i`.
fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 4] = [("MiB", 1 << 20), ("GiB", 1 << 30), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let (digits, unit) = UNITS.iter().find_map(|(name, unit)| {
        let at = text.len().checked_sub(name.len())?;
        let (digits, found) = text.split_at_checked(at)?;
        found.eq_ignore_ascii_case(name).then_some((digits, unit))
    })?;
    let size = number(digits.trim_end())?.checked_mul(*unit)?;
    SIZE.contains(&size).then_some(size)
}

fn number(digits: &str) -> Option<u64> {
    // A sign is no digit.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_sizes_are_read_within_their_ranges() {
        for (text, expected) in [
            ("30d", Some(30)),
            ("1d", Some(1)),
            ("48h", Some(2)),
            ("0d", None),
            ("23h", None),
            ("4000d", None),
            ("99999999999999999999d", None),
            ("-1d", None),
            ("d", None),
            ("", None),
            ("off", None),
        ] {
            assert_eq!(days(text), expected.map(|days: u32| days * DAY), "{text}");
        }
        for (text, expected) in [
            ("100MB", Some(100_000_000)),
            ("100 mb", Some(100_000_000)),
            ("1GB", Some(1_000_000_000)),
            ("5MiB", Some(5 << 20)),
            ("4MB", None),
            ("101GB", None),
            ("100", None),
            ("MB", None),
            ("+9MB", None),
            ("1.5GB", None),
            ("18446744073709551615GB", None),
            ("9µB", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
