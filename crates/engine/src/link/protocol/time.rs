//! Durations and moments as the protocol writes them: milliseconds down to the microsecond. An `Instant` means nothing in
//! another process, so a moment is sent as its distance from the sending.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A hundred years, in microseconds: longer than anything that is meant, and exact in a JSON number.
const LIMIT: i64 = 100 * 366 * 24 * 3600 * 1_000_000;

/// Milliseconds, down to the microsecond: a duration, or the distance of a moment from the sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ms {
    micros: i64,
}

impl Ms {
    /// How long ago the moment is; below zero for one to come.
    #[must_use]
    pub fn since(moment: Instant, now: Instant) -> Self {
        match now.checked_duration_since(moment) {
            Some(ago) => Self::from(ago),
            None => Self { micros: -Self::from(moment.saturating_duration_since(now)).micros },
        }
    }

    /// The time until a moment; negative where it has passed.
    #[must_use]
    pub fn until(moment: Instant, now: Instant) -> Self {
        Self { micros: -Self::since(moment, now).micros }
    }

    /// As a duration; what is below zero is none.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros).unwrap_or_default())
    }

    /// The moment so long before `now`. A moment that this system's clock cannot hold is `now`.
    #[must_use]
    pub fn before(self, now: Instant) -> Instant {
        let distance = Duration::from_micros(self.micros.unsigned_abs());
        let moment = if self.micros < 0 { now.checked_add(distance) } else { now.checked_sub(distance) };
        moment.unwrap_or(now)
    }

    /// The moment so long after `now`.
    #[must_use]
    pub fn after(self, now: Instant) -> Instant {
        Self { micros: -self.micros }.before(now)
    }
}

impl From<Duration> for Ms {
    fn from(duration: Duration) -> Self {
        // To the nearest: what is converted twice is then what it was after the first time.
        let micros = duration.saturating_add(Duration::from_nanos(500)).as_micros();
        Self { micros: i64::try_from(micros).unwrap_or(LIMIT).min(LIMIT) }
    }
}

impl Serialize for Ms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.micros % 1000 == 0 {
            return serializer.serialize_i64(self.micros / 1000);
        }
        #[expect(clippy::cast_precision_loss, reason = "the limit is below 2^53")]
        serializer.serialize_f64(self.micros as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Ms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let micros = (f64::deserialize(deserializer)? * 1000.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the limit is below that")]
        Ok(Self { micros: (micros as i64).clamp(-LIMIT, LIMIT) })
    }
}

/// A moment on the wall clock: RFC 3339 in UTC, with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wall(pub SystemTime);

impl Serialize for Wall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", Timestamp::try_from(self.0).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Wall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment: Timestamp =
            text.parse().map_err(|_| D::Error::custom("a time is RFC 3339, as 2026-01-31T12:00:00.000Z"))?;
        // As exact as it is written, so that it is the same however often it is passed on.
        let moment = Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or_default();
        Ok(Self(moment.into()))
    }
}
