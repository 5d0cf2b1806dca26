//! How far back: a duration, or days.

use std::time::Duration;

use mailwatch_proto::model::parse_duration;

pub(super) fn parse_since(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days.map_or_else(|| parse_duration(text), |days| Ok(Duration::from_hours(24 * u64::from(days)))) {
        Ok(Duration::ZERO) => Err("at least 1s".to_owned()),
        Ok(since) => Ok(since),
        Err(error) => Err(format!("{error}; days as 7d")),
    }
}
