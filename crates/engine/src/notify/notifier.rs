//! When a person is notified, and of what: the time is an argument, the result a value. No clock, no bus, no terminal.
//!
//! A mail waits a moment for those that come with it. After a notification the next one waits, and longer each time while
//! mail keeps coming, so that a flood is summed up. Mail of quiet hours is summed up at their end. What is wrong with watches
//! is told on the desktop alone: the screen shows it anyway.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::digest::Digest;
use super::places::{Place, Places};
use super::sequence::Alert;
use super::trouble::{Trouble, Troubles};
use mailwatch_proto::model::{Event, EventKind, Mail, Notifications, Now, Quiet, WatchId};

/// How long a mail waits for those that came with it: they are fetched together, and published within milliseconds. Too
/// short for a person to notice.
pub const SETTLE: Duration = Duration::from_millis(500);

/// Between two notifications, at least: about as long as a desktop shows one.
pub const GAP: Duration = Duration::from_secs(10);

/// The gap doubles up to this while mail comes faster than it is shown.
pub const LONGEST_GAP: Duration = Duration::from_mins(5);

/// The shortest wait for the end of quiet hours: at a change of the clocks the end may pass twice, or never.
const LEAST_QUIET: Duration = Duration::from_secs(1);

/// What to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// New mail, on the desktop.
    Desktop(Digest),
    /// What is wrong with watches, on the desktop.
    Trouble(Trouble),
    /// By the screen's terminal.
    Screen(Alert),
    /// Nothing yet: this account's server is to be asked which mailboxes hold one's own mail. See [`Notifier::own_mail`].
    Ask(Arc<str>),
}

/// Decides what is shown when.
#[derive(Debug)]
pub struct Notifier {
    settings: Notifications,
    zone: TimeZone,
    pending: Option<Pending>,
    last: Option<Last>,
    troubles: Troubles,
    places: Places,
    due: Option<Instant>,
}

/// What was not shown yet.
#[derive(Debug)]
struct Pending {
    digest: Digest,
    trouble: Trouble,
    /// When the first of it came.
    since: Instant,
}

impl Pending {
    fn at(since: Instant) -> Self {
        Self { digest: Digest::default(), trouble: Trouble::default(), since }
    }

    fn is_empty(&self) -> bool {
        self.digest.count() == 0 && self.trouble.is_empty()
    }
}

/// The last notification.
#[derive(Clone, Copy, Debug)]
struct Last {
    at: Instant,
    /// How long the next one waits.
    gap: Duration,
}

impl Notifier {
    /// A notifier without pending mail. Quiet hours are local times in `zone`.
    #[must_use]
    pub fn new(settings: Notifications, zone: TimeZone) -> Self {
        Self {
            settings,
            zone,
            pending: None,
            last: None,
            troubles: Troubles::default(),
            places: Places::default(),
            due: None,
        }
    }

    /// Takes an event, and gives what to show now.
    #[must_use]
    pub fn take(&mut self, event: &Event, now: Now) -> Vec<Action> {
        let mut asked = None;
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch)
            && self.settings.wants(&watch.account)
            && self.settings.rules.tell(watch, mail)
        {
            match self.places.place(watch, mail, now.at) {
                Place::Others => self.hold(watch, mail, now),
                Place::Own | Place::Asking => {}
                Place::Ask => asked = Some(Action::Ask(Arc::clone(&watch.account))),
            }
        }
        if let EventKind::Slept { .. } = event.kind {
            self.put_off(now.at);
        }
        if let Some(watch) =
            event.watch.as_ref().filter(|watch| self.settings.desktop && self.settings.wants(&watch.account))
        {
            if let EventKind::Fault { class, message, .. } = &event.kind {
                self.troubles.fault(watch, *class, message);
            }
            if let EventKind::Phase { to, .. } = event.kind
                && self.troubles.phase(watch, to, now.at)
            {
                self.spare(watch);
            }
        }
        let mut actions = self.tick(now);
        actions.extend(asked);
        actions
    }

    /// Takes an account's mailboxes of the user's own mail, as the server tells them; `None` where it does not.
    #[must_use]
    pub fn own_mail(&mut self, account: &str, mailboxes: Option<BTreeSet<String>>, now: Now) -> Vec<Action> {
        for (watch, mail) in self.places.told(account, mailboxes, now.at) {
            self.hold(&watch, &mail, now);
        }
        self.tick(now)
    }

    /// Whether watches that are down are to be told of by now: then it matters whether there is a way out.
    #[must_use]
    pub fn is_about_to_tell(&self, now: Now) -> bool {
        self.troubles.due().is_some_and(|due| due <= now.at)
            || self.pending.as_ref().is_some_and(|pending| pending.trouble.is_passing())
    }

    /// The machine has no way out, and its user knows: what is down counts from now on.
    pub fn has_no_route(&mut self, now: Now) {
        self.put_off(now.at);
    }

    /// Takes other settings. Where nothing is to be shown any more, pending mail is dropped.
    #[must_use]
    pub fn retune(&mut self, settings: Notifications, now: Now) -> Vec<Action> {
        self.settings = settings;
        if !self.settings.any() {
            self.pending = None;
            self.places = Places::default();
        }
        // What is wrong is noticed again where it still concerns anybody.
        self.troubles.forget();
        self.tick(now)
    }

    /// Gives what is due.
    #[must_use]
    pub fn tick(&mut self, now: Now) -> Vec<Action> {
        for (watch, mail) in self.places.tick(now.at) {
            self.hold(&watch, &mail, now);
        }
        self.tell_troubles(now.at);
        self.due = self.troubles.due().into_iter().chain(self.places.due()).min();
        let Some(pending) = &mut self.pending else { return Vec::new() };
        if let Some(left) = self.settings.quiet.and_then(|quiet| quiet_for(quiet, &self.zone, now.wall)) {
            pending.digest.quiet = true;
            self.wake(now.at + left);
            return Vec::new();
        }
        let settled = pending.since + SETTLE;
        let due = self.last.map_or(settled, |last| settled.max(last.at + last.gap));
        if now.at < due {
            self.wake(due);
            return Vec::new();
        }
        self.show(now)
    }

    /// Gives what is pending as the program ends; in quiet hours nothing.
    #[must_use]
    pub fn finish(mut self, now: Now) -> Vec<Action> {
        for (watch, mail) in self.places.rest() {
            self.hold(&watch, &mail, now);
        }
        let quiet = self.settings.quiet.and_then(|quiet| quiet_for(quiet, &self.zone, now.wall));
        if quiet.is_some() { Vec::new() } else { self.show(now) }
    }

    /// When [`Notifier::tick`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// By then at the latest there is something to do.
    fn wake(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    fn hold(&mut self, watch: &WatchId, mail: &Mail, now: Now) {
        self.pending.get_or_insert_with(|| Pending::at(now.at)).digest.add(watch, mail);
    }

    /// Holds what is to be told of watches by now.
    fn tell_troubles(&mut self, now: Instant) {
        if self.troubles.due().is_some_and(|due| due <= now) {
            let mut pending = self.pending.take().unwrap_or_else(|| Pending::at(now));
            self.troubles.tell(&mut pending.trouble, now);
            self.pending = Some(pending).filter(|pending| !pending.is_empty());
        }
    }

    /// What is down, what is held of that too, counts from now on.
    fn put_off(&mut self, now: Instant) {
        let mut nothing = Trouble::default();
        let held = self.pending.as_mut().map_or(&mut nothing, |pending| &mut pending.trouble);
        self.troubles.put_off(held, now);
        self.pending = self.pending.take().filter(|pending| !pending.is_empty());
    }

    /// Nothing is wrong with it any more: what was held of that is not told.
    fn spare(&mut self, watch: &WatchId) {
        if let Some(pending) = &mut self.pending {
            pending.trouble.spare(watch);
        }
        self.pending = self.pending.take().filter(|pending| !pending.is_empty());
    }

    fn show(&mut self, now: Now) -> Vec<Action> {
        let Some(Pending { digest, trouble, since }) = self.pending.take() else { return Vec::new() };
        let gap = match self.last {
            Some(last) if since < last.at + last.gap => (last.gap * 2).min(LONGEST_GAP),
            Some(_) | None => GAP,
        };
        self.last = Some(Last { at: now.at, gap });
        let Notifications { desktop, bell, terminal, .. } = self.settings;
        let mut actions = Vec::new();
        if desktop && !trouble.is_empty() {
            actions.push(Action::Trouble(trouble));
        }
        if digest.count() == 0 {
            return actions;
        }
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

/// How long quiet hours still last; `None` outside of them, and where the wall clock is out of range.
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
