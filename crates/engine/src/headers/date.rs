//! The Date header as RFC 3339; nothing where it is no date.

use jiff::civil;
use jiff::tz::Offset;

/// Zones with a name: those of RFC 5322 §4.3.
const ZONES: [(&str, i32); 11] = [
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("EDT", -4),
    ("EST", -5),
    ("CDT", -5),
    ("CST", -6),
    ("MDT", -6),
    ("MST", -7),
    ("PDT", -7),
    ("PST", -8),
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What a Date header may hold in bytes: what is longer is none.
const LIMIT: usize = 200;

/// The moment as RFC 3339 with the offset that the header gives, `Z` for none. Programs write the day of the week
/// wrong, the month before the day, and the zone in many ways: all that names one moment is taken.
pub(super) fn rfc3339(value: &str) -> Option<String> {
    if value.len() > LIMIT {
        return None;
    }
    let text = without_comments(value);
    let words: Vec<&str> = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
    let (day, month, year, rest) = date(&words)?;
    let (clock, zone) = rest;
    let date = civil::Date::new(year, month, day).ok()?;
    let time = time(clock)?;
    let offset = offset(&zone)?;
    let moment = offset.to_timestamp(date.to_datetime(time)).ok()?;
    // Years of more or fewer than four digits have no RFC 3339.
    if !(0..=9999).contains(&date.year()) {
        return None;
    }
    if offset == Offset::UTC {
        return Some(moment.to_string());
    }
    let seconds = offset.seconds();
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    Some(format!("{}{sign}{:02}:{:02}", date.to_datetime(time), seconds / 3600, seconds / 60 % 60))
}

type Parts<'a> = (i8, i8, i16, (&'a str, Vec<&'a str>));

/// Day, month, year, time and zone from the words, without the day of the week.
fn date<'a>(words: &[&'a str]) -> Option<Parts<'a>> {
    let begins_with_weekday = words.first().is_some_and(|word| {
        let word = word.to_ascii_lowercase();
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| word.starts_with(day))
    });
    let words = if begins_with_weekday { &words[1..] } else { words };
    match *words {
        // `Jan  2 03:04:05 2026`, as asctime writes it; a zone may stand on either side of the year.
        [month, day, clock, ref zone @ .., year] if self::month(month).is_some() && clock.contains(':') => {
            let (year, zone) = if let Some(year) = self::year(year) {
                (year, zone.to_vec())
            } else {
                let (first, rest) = zone.split_first()?;
                (self::year(first)?, rest.iter().copied().chain([year]).collect())
            };
            Some((number(day)?, self::month(month)?, year, (clock, zone)))
        }
        [day, month, year, clock, ref zone @ ..] if self::month(month).is_some() => {
            Some((number(day)?, self::month(month)?, self::year(year)?, (clock, zone.to_vec())))
        }
        // `2-Jan-2026 03:04:05 +0000`, or `2026-01-02 03:04:05 +0000`.
        [date, clock, ref zone @ ..] => {
            let mut parts = date.split('-');
            let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            let (day, month, year) = match self::month(second) {
                Some(month) => (number(first)?, month, self::year(third)?),
                None if first.len() == 4 => (number(third)?, number(second)?, self::year(first)?),
                None => return None,
            };
            Some((day, month, year, (clock, zone.to_vec())))
        }
        _ => None,
    }
}

fn number(word: &str) -> Option<i8> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

fn month(word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| word.starts_with(month))?;
    i8::try_from(index + 1).ok()
}

/// Two and three digits as RFC 5322 §4.3 reads them.
fn year(word: &str) -> Option<i16> {
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i16 = word.parse().ok()?;
    match word.len() {
        2 if year < 50 => Some(year + 2000),
        2 | 3 => Some(year + 1900),
        4 => Some(year),
        _ => None,
    }
}

fn time(word: &str) -> Option<civil::Time> {
    // Fractions of a second are more than RFC 5322 knows, and are sent all the same.
    let whole = word.split('.').next().unwrap_or(word);
    let mut parts = whole.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    // A leap second has no place in most calendars: the second before it has.
    let second = if second == 60 { 59 } else { second };
    if parts.next().is_some() {
        return None;
    }
    civil::Time::new(hour, minute, second, 0).ok()
}

/// The zone's offset. Without a zone, or with one that says nothing, it is UTC (RFC 5322 §4.3, `-0000`).
fn offset(zone: &[&str]) -> Option<Offset> {
    let zone: String = zone.concat();
    // `GMT+0800` and `UTC+08:00` mean the offset; a digit says where it begins.
    let digits = zone.find(['+', '-']);
    let Some(at) = digits else {
        let name = zone.to_ascii_uppercase();
        let hours = ZONES.iter().find(|(known, _)| *known == name).map_or(0, |(_, hours)| *hours);
        return Offset::from_seconds(hours * 3600).ok();
    };
    let (sign, digits) = zone[at..].split_at(1);
    // `+0800CST`: a name behind it repeats it.
    let digits: String = digits.chars().take_while(|c| c.is_ascii_digit() || *c == ':').filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        3 => digits.split_at(1),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

fn without_comments(value: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        let cases = [
            ("Fri, 2 Jan 2026 03:04:05 +0200", Some("2026-01-02T03:04:05+02:00")),
            ("Fri, 2 Jan 2026 03:04:05 GMT", Some("2026-01-02T03:04:05Z")),
            ("Fri, 2 Jan 2026 03:04:05 GMT+0800", Some("2026-01-02T03:04:05+08:00")),
            ("Fri, 2 Jan 2026 03:04:05 UTC-3:30", Some("2026-01-02T03:04:05-03:30")),
            ("Fri, 2 Jan 2026 03:04:05 GMT+8", Some("2026-01-02T03:04:05+08:00")),
            ("Fri, 2 Jan 2026 03:04:05 +0800 (GMT+08:00)", Some("2026-01-02T03:04:05+08:00")),
            ("Mon, 2 Jan 2026 03:04 EST", Some("2026-01-02T03:04:00-05:00")),
            ("2 January 26 03:04:05 -0000", Some("2026-01-02T03:04:05Z")),
            ("02-Jan-2026 03:04:05 +0100", Some("2026-01-02T03:04:05+01:00")),
            ("2026-01-02 03:04:05.123 +0100", Some("2026-01-02T03:04:05+01:00")),
            ("Fri Jan  2 03:04:05 2026", Some("2026-01-02T03:04:05Z")),
            ("Fri Jan  2 03:04:05 +0100 2026", Some("2026-01-02T03:04:05+01:00")),
            ("Fri Jan  2 03:04:05 2026 +0100", Some("2026-01-02T03:04:05+01:00")),
            ("Thu, 31 Dec 1998 23:59:60 +0000", Some("1998-12-31T23:59:59Z")),
            ("Fri, 2 Jan 2026 03:04:05", Some("2026-01-02T03:04:05Z")),
            ("Fri, 31 Feb 2023 00:00:00 +0000", None),
            ("Fri, 2 Jan -5 03:04:05 +0000", None),
            ("Fri, 2 Jan 2026 03:04:05 +2500", None),
            ("Fri, 2 Jan 2026 24:04:05 +0000", None),
            ("Fri, 2 Jan 20260 03:04:05 +0000", None),
            ("Fri, 2 Jan 2026 03:04:05 +0060", None),
            ("Fri, 29 Feb 2023 03:04:05 +0000", None),
            ("yesterday", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(rfc3339(value).as_deref(), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_out_is_a_date_or_nothing(value in "(Fri, )?[0-9]{1,3}[ -](Jan|Feb|[0-9]{2})[ -][0-9]{1,5} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [A-Z+-]{0,4}[0-9:]{0,5})?") {
            if let Some(date) = rfc3339(&value) {
                prop_assert!(date.parse::<jiff::Timestamp>().is_ok(), "{date}");
            }
        }
    }
}
