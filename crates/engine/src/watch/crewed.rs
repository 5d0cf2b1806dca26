//! What a watch does for the others on its connection: their errands, their turns, what was told of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::away::Away;
use super::crew::{Crew, CrewStep};
use super::{Activity, Watch};
use crate::guest::{Carrier, Guest};
use crate::job::Live;
use crate::session::Incoming;
use crate::watch_handle::{WatchNotice, WatchOrder};
use mailwatch_proto::connection::task::{OwnMailbox, Progress, Work, WorkItem};
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::{DoneReason, Phase, Served, Timer, WatchId};
use mailwatch_proto::response::Response;

/// A look that is made anyway asks for the mailboxes too, unless that was done so lately, or within `poll`.
const LIST_ALONG: Duration = Duration::from_mins(1);

/// And it takes the guests along that would be due so soon.
const ALONG: Duration = Duration::from_secs(5);

/// Guests that are looked at before the connection's own mailbox is idled in again: a first look takes a round trip or
/// three each, and nothing is pushed meanwhile.
const GUESTS_AT_ONCE: usize = 64;

impl Watch {
    /// Whether the connection has others to serve than its own mailbox.
    pub(super) fn carries(&self) -> bool {
        self.crew.as_ref().is_some_and(Crew::carries)
    }

    /// When an IDLE ends by itself because others are due.
    pub(super) fn turn_at(&self, now: Instant) -> Option<Instant> {
        let crew = self.crew.as_ref()?;
        let conn = self.report.now().conn;
        // What was wished a moment after another is due when the pause between them is over.
        let at_once = self.after_pause(now);
        let guests = crew.guests.values().filter_map(|guest| guest.look_at(conn, crew.mode, at_once)).min();
        guests.into_iter().chain(crew.list_at(at_once)).chain((crew.away == Some(Away::Back)).then_some(now)).min()
    }

    /// Others are due: the IDLE ends for them.
    pub(super) fn take_turn(&mut self, now: Instant) {
        if self.turn_at(now).is_none_or(|at| at > now) {
            return;
        }
        if let Activity::Idling(_, idle) = &mut self.activity
            && idle.is_idling()
        {
            idle.handle(now, Input::Done(DoneReason::Turn));
            self.drive(now);
        }
    }

    /// What a connection does beside its own mailbox now. `connecting`: all of it, for nobody has looked for a while.
    pub(super) fn errands(&mut self, connecting: bool, now: Instant) -> Work {
        let conn = self.report.now().conn;
        let lost = self.lost.map(|lost| (lost.conn, lost.alive, lost.why));
        let Some(crew) = &mut self.crew else { return Work::default() };
        let own = match crew.away {
            None => OwnMailbox::Open,
            Some(Away::Missing | Away::Back) => OwnMailbox::Reopen,
            Some(Away::Paused) => OwnMailbox::SetAside,
        };
        let along = LIST_ALONG.min(self.timers.limit(Timer::Poll));
        let lately = crew.listed.is_some_and(|at| now.saturating_duration_since(at) < along);
        let asks = crew.lists && (connecting || crew.list_wished || !lately);
        let entries = crew.entries.clone().filter(|_| asks);
        if entries.is_some() {
            crew.list_wished = false;
        }
        if connecting {
            (crew.overflowed, crew.untold, crew.overflow) = (false, 0, None);
            crew.guests.values_mut().for_each(|guest| guest.leave(lost));
        }
        let names = || crew.guests.keys().map(|id| Arc::clone(&id.mailbox)).collect();
        let notify = crew.carries().then(names);
        let soon = now + ALONG;
        // By NOTIFY too each is asked now and then, where there is a look anyway: a server can tell only of what it has
        // noticed. Nothing wakes for that.
        let is_due = |guest: &Guest| !guest.is_paused() && (guest.wished || guest.due <= soon);
        let due = crew.guests.iter().filter(|(_, guest)| is_due(guest));
        let guests = due.take(GUESTS_AT_ONCE).map(|(id, guest)| WorkItem {
            id: id.clone(),
            known: guest.known,
            looked_at: guest.is_attended(conn),
            begun: guest.begun,
            appeared: guest.fresh.clone(),
        });
        let items = guests.collect();
        Work { own, shares: crew.carries(), list: entries, notify, items }
    }

    /// What a connection that is to take over does before it has: its own mailbox alone. The guests follow it then.
    pub(super) fn home_alone(&self) -> Work {
        let Some(crew) = &self.crew else { return Work::default() };
        let own = if crew.away == Some(Away::Paused) { OwnMailbox::SetAside } else { OwnMailbox::Open };
        Work { own, shares: crew.carries(), ..Work::default() }
    }

    /// Another connection is in use: the guests are looked at over it, and NOTIFY is asked for anew.
    pub(super) fn carry_over(&mut self) {
        let lost = self.lost.map(|lost| (lost.conn, lost.alive, lost.why));
        let Some(crew) = &mut self.crew else { return };
        (crew.overflowed, crew.untold, crew.overflow) = (false, 0, None);
        crew.list_wished = crew.lists;
        crew.guests.values_mut().for_each(|guest| guest.leave(lost));
    }

    /// The connection is ready: how its guests are served over it.
    pub(super) fn settle(&mut self, live: &mut Live, came_home: bool, now: Instant) {
        let Some(crew) = &mut self.crew else { return };
        crew.take_overflow(live);
        if came_home && crew.away.is_some_and(|away| away != Away::Paused) {
            crew.away = None;
            self.report.step_back(now);
        }
    }

    /// A job told something of the crew's.
    pub(super) fn crew_told(&mut self, of: Option<&WatchId>, told: Progress, now: Instant) {
        let conn = self.report.now().conn;
        let Some(crew) = &mut self.crew else { return };
        let guest = of.and_then(|id| crew.guests.get_mut(id));
        match (told, guest) {
            (Progress::LookedAt(mailbox), Some(guest)) => {
                let untold = crew.mode == Served::Notify && guest.finds_untold(&mailbox, conn);
                guest.attended(mailbox, conn, now);
                if untold {
                    let name = guest.id().mailbox.clone();
                    self.untold(&name, now);
                }
            }
            (Progress::Missing(fault), Some(guest)) => guest.refused(&fault, now),
            (Progress::Past(past), Some(guest)) => guest.report.earlier(*past),
            (Progress::Mails(mails), Some(guest)) => guest.report.mails(mails, now),
            (Progress::Fault(fault), Some(guest)) => guest.report.fault(&fault, now),
            (Progress::Missing(fault), None) if of.is_none() => {
                if crew.away != Some(Away::Missing) {
                    crew.away = Some(Away::Missing);
                    self.report.fault(&fault, now);
                    self.report.step_aside(Phase::Failed, now);
                }
            }
            (Progress::Listed(names), None) if of.is_none() => {
                crew.listed = Some(now);
                // A roster that is gone wants no more of it.
                let _ = crew.notices.send(WatchNotice::Listed { by: self.report.now().id.clone(), names });
            }
            (Progress::Response(response), _) => self.passing(response, now),
            (Progress::Unparsed(text), _) => self.aside(Incoming::Unparsed(text), now),
            (Progress::Line(line), _) => self.aside(Incoming::Line(line), now),
            // The guest has left meanwhile. What was found for it is kept, and told by whoever watches it next.
            (
                Progress::LookedAt(_)
                | Progress::Missing(_)
                | Progress::Mails(_)
                | Progress::Fault(_)
                | Progress::Past(_)
                | Progress::Listed(_)
                | Progress::Phase(_)
                | Progress::Event(_)
                | Progress::Server(_),
                _,
            ) => {}
        }
    }

    /// What comes while a guest's mailbox is open: its counts are told by what the look finds, the rest is the connection's.
    fn passing(&mut self, response: Response, now: Instant) {
        match response {
            Response::Exists(_) | Response::Expunge(_) | Response::Vanished(_) | Response::Fetch(_) => {}
            response => self.aside(Incoming::Response(response), now),
        }
    }

    /// What the roster had to say before the watch began.
    pub(super) fn first_orders(&mut self, now: Instant) {
        while let Some(order) = self.crew.as_mut().and_then(|crew| crew.orders.try_recv().ok()) {
            self.order(order, now);
        }
    }

    pub(super) fn crew_step(&mut self, step: CrewStep, now: Instant) {
        match step {
            CrewStep::Order(order) => self.order(order, now),
            CrewStep::Command(id, command) => self.guest_command(&id, command, now),
        }
    }

    fn order(&mut self, order: WatchOrder, now: Instant) {
        let Some(crew) = &mut self.crew else { return };
        match order {
            WatchOrder::Share(guest) => {
                crew.guests.insert(guest.id().clone(), *guest);
                self.carry(now);
            }
            WatchOrder::TakeBack(id) => {
                let back = crew.guests.remove(&id).map(Box::new);
                // An allocator that is gone wants no more of it.
                let _ = crew.notices.send(WatchNotice::TakenBack(id, back));
            }
            WatchOrder::List => {
                crew.lists = true;
                crew.list_wished = true;
                self.carry(now);
            }
            WatchOrder::Reconnect => {
                if matches!(self.activity, Activity::Resting) && self.report.now().phase == Phase::Failed {
                    self.again(now);
                }
            }
        }
        if let Some(crew) = &self.crew {
            let guests = crew.guests.len();
            if self.report.now().guests != guests {
                self.report.touch().guests = guests;
            }
        }
        self.take_turn(now);
    }

    /// The server proved that it lives: where it tells by itself, that holds for every guest.
    pub(super) fn guests_alive(&self) {
        let Some(crew) = &self.crew else { return };
        let conn = self.report.now().conn;
        if crew.mode == Served::Notify {
            let attended = crew.guests.values().filter(|guest| guest.is_attended(conn));
            attended.for_each(|guest| guest.report.recorder().alive());
        }
    }

    /// Has the guests show where their connection stands.
    pub(super) fn lead(&mut self, now: Instant) {
        let lost = self.lost.map(|lost| (lost.conn, lost.alive, lost.why));
        let (report, fit) = (&self.report, self.fit_since.is_some());
        let Some(crew) = &mut self.crew else { return };
        let carrier = Carrier { report, phase: report.connection_phase(), fit, mode: crew.mode, lost };
        crew.guests.values_mut().for_each(|guest| guest.follow(&carrier, now));
    }

    /// A day begins for the guests too.
    pub(super) fn new_day(&mut self) {
        let Some(crew) = &mut self.crew else { return };
        for guest in crew.guests.values_mut() {
            guest.report.touch().blind.today = Duration::ZERO;
        }
    }
}
