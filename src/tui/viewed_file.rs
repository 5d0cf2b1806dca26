//! A file that is looked at: which, and the moment of it that is shown. Pure: the file was read before.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::clock::midnight;
use super::requests::{MailList, MailQuery};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mailwatch_engine::replay::Replay;
pub use mailwatch_engine::replay::{Direction, Wanted};
use mailwatch_proto::model::{Board, Event, Now, WatchId};

/// How far back all that was told is shown, in the log and in the rows' last hour.
const LOOK_BACK: Duration = Duration::from_mins(75);

/// Events that are shown at least, where there are so many: some screens of the log.
const EVENTS: usize = 2000;

/// A step along the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// By so long.
    By(Direction, Duration),
    /// To the next thing of a kind.
    To(Wanted, Direction),
    /// To the first moment, or the last.
    End(Direction),
}

/// A file, and the moment of it that is shown.
#[derive(Clone, Debug)]
pub struct ViewedFile {
    /// The file's name, without its directory.
    pub name: String,
    /// The moment.
    pub moment: SystemTime,
    /// The viewer's time zone, to come back to while UTC is shown.
    pub own_zone: Option<TimeZone>,
    replay: Arc<Replay>,
}

impl ViewedFile {
    /// A file at its last moment.
    #[must_use]
    pub fn new(name: String, replay: Arc<Replay>) -> Self {
        let (_, end) = replay.span();
        Self { name, moment: end, own_zone: None, replay }
    }

    /// The moment on both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        self.replay.now(self.moment)
    }

    /// The first moment and the last.
    #[must_use]
    pub fn span(&self) -> (SystemTime, SystemTime) {
        self.replay.span()
    }

    /// What is to be known of the file.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.replay.remark()
    }

    /// The board at the moment. Blind time counts from midnight in `zone`.
    #[must_use]
    pub fn board(&self, zone: &TimeZone) -> Board {
        self.replay.board(self.moment, midnight(self.moment, zone))
    }

    /// What had been told by then, as far back as the screen looks.
    pub fn told(&self) -> impl Iterator<Item = Event> {
        let since = self.moment.checked_sub(LOOK_BACK).unwrap_or(self.moment);
        self.replay.told(self.moment, since, EVENTS)
    }

    /// The mails of a query that had come by then.
    #[must_use]
    pub fn mails(&self, query: &MailQuery) -> MailList {
        self.replay.mails(query, self.moment)
    }

    /// In which of so many parts of the time line the moment lies, and in which something went wrong.
    #[must_use]
    pub fn marks(&self, parts: usize) -> (usize, Vec<bool>) {
        (self.replay.part(self.moment, parts), self.replay.troubles(parts))
    }

    /// The moment of one of so many parts of the time line.
    #[must_use]
    pub fn moment_at(&self, part: usize, parts: usize) -> SystemTime {
        let (begin, end) = self.span();
        let whole = end.duration_since(begin).unwrap_or_default();
        let last = u32::try_from(parts.saturating_sub(1).max(1)).unwrap_or(u32::MAX);
        let part = u32::try_from(part).unwrap_or(u32::MAX).min(last);
        if part == last { end } else { begin + whole / last * part }
    }

    /// The silence that the moment lies in, longer than any watch is silent.
    #[must_use]
    pub fn silence(&self) -> Option<(SystemTime, SystemTime)> {
        self.replay.silence(self.moment)
    }

    /// Where a step leads to, and whose event is there.
    ///
    /// # Errors
    /// A sentence, where there is nothing.
    pub fn target(&self, step: Step) -> Result<(SystemTime, Option<WatchId>), &'static str> {
        let (begin, end) = self.span();
        let (target, watch) = match step {
            Step::By(Direction::Back, span) => (self.moment.checked_sub(span).unwrap_or(begin).max(begin), None),
            Step::By(Direction::Forth, span) => (self.moment.checked_add(span).unwrap_or(end).min(end), None),
            Step::End(Direction::Back) => (begin, None),
            Step::End(Direction::Forth) => (end, None),
            Step::To(wanted, direction) => {
                let found = self.replay.next(self.moment, wanted, direction);
                let (at, watch) = found.ok_or(match (wanted, direction) {
                    (Wanted::Event, Direction::Back) => "there is nothing before this moment",
                    (Wanted::Event, Direction::Forth) => "there is nothing after this moment",
                    (Wanted::Trouble, Direction::Back) => "no trouble before this moment",
                    (Wanted::Trouble, Direction::Forth) => "no trouble after this moment",
                })?;
                (at, watch.cloned())
            }
        };
        if target != self.moment {
            return Ok((target, watch));
        }
        Err(if self.moment == begin { "this is the file's first moment" } else { "this is the file's last moment" })
    }
}

/// A moment with its offset: `Tue 2026-11-24 14:03:27.211 +01:00`; in little room without day and year.
#[must_use]
pub fn show_moment(moment: SystemTime, zone: &TimeZone, room: u16) -> String {
    let Ok(stamp) = Timestamp::try_from(moment) else { return "?".to_owned() };
    let time = stamp.to_zoned(zone.clone());
    let offset = if zone == &TimeZone::UTC { "UTC".to_owned() } else { time.strftime("%:z").to_string() };
    let format = match room {
        0..30 => "%m-%d %H:%M:%S",
        30..60 => "%b %d %H:%M:%S",
        _ => "%a %Y-%m-%d %H:%M:%S%.3f",
    };
    format!("{} {offset}", time.strftime(format))
}
