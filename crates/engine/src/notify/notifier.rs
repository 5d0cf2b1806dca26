//! When a person is notified, and of what: the time is an argument, the outcome a value. No clock, no bus, no terminal.
//!
//! A mail waits a moment for those that come with it. After a notification the next waits a while, and longer each time
//! as long as mail keeps coming, so that a flood is summed up. What comes in quiet hours is summed up at their end.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::digest::Digest;
use super::sequence::Alert;
use mailwatch_proto::model::{Event, EventKind, Mail, Notifications, Now, Quiet, WatchId};

/// How long a mail waits for those that came with it: they are fetched together, and told within milliseconds. Too
/// short for a person to miss it.
pub const SETTLE: Duration = Duration::from_millis(500);

/// Between two notifications, at least: about as long as a desktop shows one.
pub const GAP: Duration = Duration::from_secs(10);

/// What the gap doubles up to while mail comes faster than it is told.
pub const LONGEST_GAP: Duration = Duration::from_mins(5);

/// Quiet hours that end in a moment: a change of the clocks has their end pass twice, or never.
const LEAST_QUIET: Duration = Duration::from_secs(1);

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// On the desktop.
    Desktop(Digest),
    /// By the screen's terminal.
    Screen(Alert),
}

/// Decides what is told when.
#[derive(Debug)]
pub struct Notifier {
    settings: Notifications,
    zone: TimeZone,
    held: Option<Held>,
    last: Option<Last>,
    due: Option<Instant>,
}

/// What is to be told.
#[derive(Debug)]
struct Held {
    digest: Digest,
    /// When its first mail came.
    since: Instant,
}

/// The last notification.
#[derive(Clone, Copy, Debug)]
struct Last {
    at: Instant,
    /// How long the next one waits.
    gap: Duration,
}

impl Notifier {
    /// One that has nothing to tell yet. Quiet hours are those of `zone`'s clocks.
    #[must_use]
    pub const fn new(settings: Notifications, zone: TimeZone) -> Self {
        Self { settings, zone, held: None, last: None, due: None }
    }

    /// Takes what happened, and gives what is to be shown now.
    #[must_use]
    pub fn take(&mut self, event: &Event, now: Now) -> Vec<Action> {
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch)
            && self.settings.wants(&watch.account)
        {
            self.hold(watch, mail, now);
        }
        self.tick(now)
    }

    /// Takes other settings. Where nobody is to be notified any more, what was held is dropped.
    #[must_use]
    pub fn retune(&mut self, settings: Notifications, now: Now) -> Vec<Action> {
        self.settings = settings;
        if !self.settings.any() {
            self.held = None;
        }
        self.tick(now)
    }

    /// Gives what is due.
    #[must_use]
    pub fn tick(&mut self, now: Now) -> Vec<Action> {
        self.due = None;
        let Some(held) = &mut self.held else { return Vec::new() };
        if let Some(left) = self.settings.quiet.and_then(|quiet| quiet_for(quiet, &self.zone, now.wall)) {
            held.digest.quiet = true;
            self.due = Some(now.at + left);
            return Vec::new();
        }
        let settled = held.since + SETTLE;
        let due = self.last.map_or(settled, |last| settled.max(last.at + last.gap));
        if now.at < due {
            self.due = Some(due);
            return Vec::new();
        }
        self.tell(now)
    }

    /// Gives what would not be told any more, as the program ends; in quiet hours nothing.
    #[must_use]
    pub fn finish(mut self, now: Now) -> Vec<Action> {
        let quiet = self.settings.quiet.and_then(|quiet| quiet_for(quiet, &self.zone, now.wall));
        if quiet.is_some() { Vec::new() } else { self.tell(now) }
    }

    /// When [`Notifier::tick`] has something to do; `None` while nothing is held.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    fn hold(&mut self, watch: &WatchId, mail: &Mail, now: Now) {
        let held = self.held.get_or_insert_with(|| Held { digest: Digest::default(), since: now.at });
        held.digest.add(watch, mail);
    }

    fn tell(&mut self, now: Now) -> Vec<Action> {
        let Some(Held { digest, since }) = self.held.take() else { return Vec::new() };
        let gap = match self.last {
            Some(last) if since < last.at + last.gap => (last.gap * 2).min(LONGEST_GAP),
            Some(_) | None => GAP,
        };
        self.last = Some(Last { at: now.at, gap });
        let Notifications { desktop, bell, terminal, .. } = self.settings;
        let mut actions = Vec::new();
        if bell || terminal.is_some() {
            let note = terminal.map(|sequence| (sequence, digest.note()));
            actions.push(Action::Screen(Alert { bell, note }));
        }
        if desktop {
            actions.push(Action::Desktop(digest));
        }
        actions
    }
}

/// How long quiet hours go on; `None` outside of them, and where the clock says nothing that can be understood.
fn quiet_for(quiet: Quiet, zone: &TimeZone, wall: SystemTime) -> Option<Duration> {
    let now = Timestamp::try_from(wall).ok()?.to_zoned(zone.clone());
    let minute = u16::try_from(i16::from(now.hour()) * 60 + i16::from(now.minute())).ok()?;
    if !quiet.holds(minute) {
        return None;
    }
    let (hour, minute) = (i8::try_from(quiet.end() / 60).ok()?, i8::try_from(quiet.end() % 60).ok()?);
    let end = Time::new(hour, minute, 0, 0).ok()?;
    let today = now.date().to_datetime(end);
    let date = if now.datetime() < today { now.date() } else { now.date().tomorrow().ok()? };
    let end = date.to_datetime(end).to_zoned(zone.clone()).ok()?;
    let left = end.timestamp().duration_since(now.timestamp());
    Some(Duration::try_from(left).unwrap_or_default().max(LEAST_QUIET))
}
