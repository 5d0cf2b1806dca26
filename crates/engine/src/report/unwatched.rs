//! When no engine ran, in words: no blind time, for what came meanwhile is found and told.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;

use super::cells::{local, span};
use mailwatch_proto::model::Span;

/// Stretches that are named; of more the newest.
const NAMED: usize = 5;

/// The sentence about the stretches since a moment in which nobody watched, for a table's end; nothing where there are none.
#[must_use]
pub fn not_watched(spans: &[Span], since: SystemTime, zone: &TimeZone) -> Option<String> {
    let part = |span: &Span| Span { from: span.from.max(since), to: span.to };
    let spans: Vec<_> = spans.iter().map(part).filter(|span| span.from < span.to).collect();
    if spans.is_empty() {
        return None;
    }
    let all: Duration = spans.iter().map(|span| span.long()).sum();
    let before = spans.len().saturating_sub(NAMED);
    let named = spans.iter().skip(before);
    let named: Vec<_> = named.map(|span| format!("{} to {}", local(span.from, zone), local(span.to, zone))).collect();
    let more = match before {
        0 => String::new(),
        1 => "; once more before".to_owned(),
        more => format!("; {more} times more before"),
    };
    Some(format!("Not watched, because no engine ran: {} in all ({}{more}).", span(all), named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stretch_is_named_with_its_times_and_counts_from_the_moment_on() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let spans = [Span { from: at(0), to: at(60) }, Span { from: at(120), to: at(300) }];
        let said = not_watched(&spans, at(30), &TimeZone::UTC).expect("there are some");
        let wanted = "(1970-01-01 00:00:30 to 1970-01-01 00:01:00; 1970-01-01 00:02:00 to 1970-01-01 00:05:00).";
        assert!(said.ends_with(wanted), "{said}");
        assert_eq!(not_watched(&spans, at(300), &TimeZone::UTC), None);
    }
}
