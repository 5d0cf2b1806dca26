//! What is shown when, with constructed time; and `run` under a paused clock.

mod run;
mod timing;
mod troubles;

use std::time::{Duration, Instant};

use jiff::civil::datetime;
use jiff::tz::TimeZone;

use mailwatch_proto::model::{Event, EventKind, Mail, Notifications, Now, WatchId};

const S: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

/// Moments of one run, which begins on 4 March 2026 at noon in UTC.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn after(self, passed: Duration) -> Now {
        let noon = datetime(2026, 3, 4, 12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a moment").timestamp();
        Now { at: self.0 + passed, wall: std::time::SystemTime::from(noon) + passed }
    }
}

fn mail_to(watch: WatchId, subject: &str, now: Now) -> Event {
    let mail = Mail {
        uid: 1,
        uidvalidity: 1,
        from: "Ann Lee <ann@example.org>".to_owned(),
        subject: subject.to_owned(),
        date: None,
        gap: false,
        ..Mail::default()
    };
    event(Some(watch), EventKind::NewMail(mail), now)
}

fn mail(subject: &str, now: Now) -> Event {
    mail_to(WatchId::new("work", "INBOX"), subject, now)
}

fn event(watch: Option<WatchId>, kind: EventKind, now: Now) -> Event {
    Event { ts: now.wall, at: now.at, watch, conn: None, kind }
}

fn on_the_desktop() -> Notifications {
    Notifications { desktop: true, ..Notifications::default() }
}
