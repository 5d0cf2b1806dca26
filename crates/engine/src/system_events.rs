//! What happens to all watches at once: the machine wakes from a suspend, a day begins.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

/// Told to every watch; each field that differs from before has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemEvents {
    /// How often the machine has woken, and for how long it was suspended last.
    pub slept: (u64, Duration),
    /// How often the machine's network has changed.
    pub networks: u64,
    /// How often the wall clock was set.
    pub clocks: u64,
    /// How many days have begun.
    pub days: u64,
}

/// Counts days as they begin, in local time. Wakes once a day, and after a suspend: timers stand still in one.
pub async fn count_days(events: watch::Sender<SystemEvents>, zone: TimeZone) {
    let mut changes = events.subscribe();
    let today = || Timestamp::now().to_zoned(zone.clone()).date();
    let mut day = today();
    loop {
        tokio::select! {
            () = tokio::time::sleep(until_midnight(Timestamp::now(), &zone)) => {}
            _ = changes.changed() => {}
        }
        if today() != day {
            day = today();
            events.send_modify(|events| events.days += 1);
        }
    }
}

/// From a moment to the next local midnight, and a moment more: a timer that fires early must not find yesterday.
fn until_midnight(now: Timestamp, zone: &TimeZone) -> Duration {
    const DAY: Duration = Duration::from_hours(24);
    let here = now.to_zoned(zone.clone());
    let midnight = here.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    let wait = midnight.ok().and_then(|midnight| Duration::try_from(here.duration_until(&midnight)).ok());
    wait.unwrap_or(DAY) + Duration::from_secs(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_a_second_after_local_midnight() {
        let noon: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
        assert_eq!(until_midnight(noon, &TimeZone::UTC), Duration::from_hours(12) + Duration::from_secs(1));
        let east = TimeZone::fixed(jiff::tz::offset(11));
        assert_eq!(until_midnight(noon, &east), Duration::from_hours(1) + Duration::from_secs(1));
    }
}
