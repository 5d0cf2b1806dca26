//! What a watch does for the mailboxes that share its connection, and its own mailbox where that is set aside.

use std::time::Instant;

use super::{Activity, Output, Watch};
use crate::command_governor::Wish;
use crate::connection::Incoming;
use crate::connection::task::{Progress, Work};
use crate::connection::{Connection, Input};
use crate::model::{Command, DoneReason, EventKind, FaultClass, Phase, Timer, WatchId};
use crate::response::Response;
use crate::sharing::{Overflow, SetAside, SharedMailbox, Sharing, Update};

impl Watch {
    /// Whether the connection has others to serve than its own mailbox.
    pub(super) fn shares(&self) -> bool {
        self.others.sharing.as_ref().is_some_and(|sharing| !sharing.is_empty())
    }

    /// Whether the connection's own mailbox is set aside.
    pub(super) fn is_set_aside(&self) -> bool {
        self.others.sharing.as_ref().is_some_and(Sharing::is_set_aside)
    }

    /// The user acts: LIST and NOTIFY may be asked again, whatever the server said to them.
    pub(super) fn forgive_refusals(&mut self) {
        if let Some(sharing) = &mut self.others.sharing {
            sharing.forgive();
        }
    }

    /// When an IDLE ends by itself because others are due.
    pub(super) fn shared_due(&self, now: Instant) -> Option<Instant> {
        let at_once = self.pace.earliest(Wish::Server, now);
        let due = self.others.sharing.as_ref()?.due(self.view.now().connection.id, at_once, now)?;
        Some(due.max(self.pace.earliest(Wish::Timer, now)))
    }

    /// Whose wish it is that others are looked at: the server's, where it told of them and may be heeded now.
    pub(super) fn shared_wish(&self, now: Instant) -> Wish {
        let told = self
            .others
            .sharing
            .as_ref()
            .is_some_and(|sharing| sharing.is_look_requested() || sharing.is_list_requested());
        if told && self.pace.earliest(Wish::Server, now) <= now { Wish::Server } else { Wish::Timer }
    }

    /// Others are due: the IDLE ends for them.
    pub(super) fn end_idle_for_others(&mut self, now: Instant) {
        if self.shared_due(now).is_none_or(|at| at > now) {
            return;
        }
        if self.active().is_some_and(Connection::is_idling) {
            self.want_turn(DoneReason::Turn, self.shared_wish(now), now);
            self.drive(now);
        }
    }

    /// News from elsewhere end the IDLE as new mail does: at once, and a burst costs little. That mailboxes came or went
    /// is no mail; in a burst it is due when the pause is over.
    pub(super) fn end_idle_for_news(&mut self, now: Instant) {
        let Some(sharing) = &self.others.sharing else { return };
        if sharing.is_look_requested() {
            self.request_mail(now);
        } else if sharing.is_list_requested() && self.pace.earliest(Wish::Server, now) <= now {
            self.want_turn(DoneReason::Turn, Wish::Server, now);
        }
    }

    /// What a connection does besides its own mailbox now. `connecting`: all of it, for nobody has looked for a while.
    pub(super) fn work(&mut self, connecting: bool, now: Instant) -> Work {
        let (conn, lost) = (self.view.now().connection.id, self.lost());
        let Some(sharing) = &mut self.others.sharing else { return Work::default() };
        if connecting {
            sharing.connects(lost, now);
        }
        let most = self.pace.room(now);
        let mut work = sharing.work(conn, connecting, self.timers.limit(Timer::Poll), most, now);
        for item in &mut work.items {
            item.sought.since = item.sought.since.map(|seen| self.context.clock.boottime(seen));
        }
        self.pace.works(&work);
        work
    }

    /// What a standby does before it has taken over.
    pub(super) fn work_of_standby(&self) -> Work {
        self.others.sharing.as_ref().map(Sharing::work_of_standby).unwrap_or_default()
    }

    /// Another connection is in use: the others follow it.
    pub(super) fn move_others(&mut self, now: Instant) {
        let lost = self.lost();
        if let Some(sharing) = &mut self.others.sharing {
            sharing.moves(lost, now);
        }
    }

    /// The connection in use is ready: how the others are served over it. `opened`: its own mailbox is open.
    pub(super) fn settle(&mut self, opened: bool, now: Instant) {
        self.settle_notify();
        if opened && self.others.sharing.as_mut().is_some_and(Sharing::own_opened) {
            self.view.take_back(now);
        }
    }

    fn settle_notify(&mut self) {
        let (Some(sharing), Activity::Connected(connection)) = (&mut self.others.sharing, &mut self.activity) else {
            return;
        };
        if let Some(notify) = sharing.settle(&connection.known.notify) {
            connection.known.notify = notify.clone();
            let conn = connection.id();
            self.output(Output::Notify(conn, notify));
        }
    }

    /// A task told something of the mailboxes that share the connection.
    pub(super) fn shared_progress(&mut self, of: Option<&WatchId>, told: Progress, now: Instant) {
        match told {
            // While a shared mailbox is open its counts are told by what the look finds; the rest is the connection's.
            Progress::Response(
                Response::Exists(_) | Response::Expunge(_) | Response::Vanished(_) | Response::Fetch(_),
            ) => return,
            Progress::Response(response) => return self.unasked(Incoming::Response(response), now),
            Progress::Unparsed(text) => return self.unasked(Incoming::Unparsed(text), now),
            Progress::Line(line) => return self.unasked(Incoming::Line(line), now),
            Progress::Phase(_)
            | Progress::Event(_)
            | Progress::Mails(_)
            | Progress::Canaries(_)
            | Progress::Unseen(_)
            | Progress::Flags { .. }
            | Progress::Checked(_)
            | Progress::Fault(_)
            | Progress::Server(_)
            | Progress::Past(_)
            | Progress::LookedAt(_)
            | Progress::Missing(_)
            | Progress::ListBegun
            | Progress::ListRefused(_)
            | Progress::NotifyBegun
            | Progress::NotifyRefused(_)
            | Progress::Listed(_) => {}
        }
        let conn = self.view.now().connection.id;
        let brings = matches!(&told, Progress::Mails(mails) if !mails.is_empty());
        if brings || matches!(&told, Progress::Canaries(_)) {
            self.pace.mail();
        }
        let Some(sharing) = &mut self.others.sharing else { return };
        match sharing.progress(of, told, conn, now) {
            Update::Nothing => {}
            Update::OwnMissing(fault) => {
                self.view.fault(&fault, now);
                self.view.set_aside(Phase::Failed, now);
            }
            Update::Refused(fault) => self.view.fault(&fault, now),
            Update::Listed { names, changed } => {
                if changed {
                    self.pace.change();
                }
                self.output(Output::Listed(names));
            }
            Update::Untold(mailbox) => {
                let text =
                    format!("NOTIFY missed new mail in {mailbox}: from now on the program asks mailboxes in turn");
                self.view.tell(EventKind::Alert { text }, now);
            }
        }
    }

    /// The server told of another mailbox, or that it tells no more.
    pub(super) fn shared_response(&mut self, response: &Response, now: Instant) {
        let told = self.others.sharing.as_mut().and_then(|sharing| sharing.response(response, now));
        let Some(overflow) = told else { return };
        if self.at_hand().is_some() {
            self.settle_notify();
        }
        let next = match overflow {
            Overflow::First => "the program looks at all mailboxes",
            Overflow::Again => "from now on the program asks mailboxes in turn",
        };
        self.view.tell(EventKind::Alert { text: format!("NOTIFY overflowed: {next}") }, now);
    }

    /// The server proved that it lives.
    pub(super) fn shared_alive(&mut self, now: Instant) {
        let conn = self.view.now().connection.id;
        if let Some(sharing) = &mut self.others.sharing {
            sharing.alive(conn, now);
        }
    }

    /// Serves this mailbox too.
    pub(super) fn share(&mut self, mailbox: SharedMailbox, now: Instant) {
        if let Some(sharing) = &mut self.others.sharing {
            sharing.insert(mailbox);
            self.serve_others(now);
            self.sharing_changed(now);
        }
    }

    /// From now on asks by LIST which mailboxes there are.
    pub(super) fn list(&mut self, now: Instant) {
        if let Some(sharing) = &mut self.others.sharing {
            sharing.list();
            self.serve_others(now);
            self.sharing_changed(now);
        }
    }

    /// The mailbox is there again: one that failed for its sake connects.
    pub(super) fn retry_failed(&mut self, now: Instant) {
        if self.others.sharing.is_none() {
            return;
        }
        if self.is_failed() {
            self.again(now);
        }
        self.sharing_changed(now);
    }

    pub(super) fn sharing_changed(&mut self, now: Instant) {
        if let Some(sharing) = &self.others.sharing {
            let others = sharing.len();
            if self.view.now().sharing.serves != others {
                self.view.touch().sharing.serves = others;
            }
        }
        self.end_idle_for_others(now);
    }

    /// Others depend on the connection from now on: one that rests because of its own mailbox is made all the same.
    fn serve_others(&mut self, now: Instant) {
        if !(self.is_resting() || self.is_failed()) || self.leaving.why.is_some() {
            return;
        }
        let (phase, fault) = (self.view.now().phase, self.view.now().fault.as_ref());
        let missing = fault.is_some_and(|fault| fault.class == FaultClass::Mailbox);
        let why = match phase {
            Phase::Paused => SetAside::Paused,
            Phase::Failed if missing => SetAside::Missing,
            Phase::Failed
            | Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Idling
            | Phase::Finishing
            | Phase::Polling
            | Phase::Waiting
            | Phase::Ended => return,
        };
        if let Some(sharing) = &mut self.others.sharing {
            sharing.set_own(Some(why));
        }
        self.view.set_aside(phase, now);
        self.connect(now);
    }

    /// The user pauses the connection's own mailbox while others depend on the connection.
    pub(super) fn pause_own(&mut self, now: Instant) {
        let Some(sharing) = &mut self.others.sharing else { return };
        sharing.set_own(Some(SetAside::Paused));
        self.view.set_aside(Phase::Paused, now);
        if self.active().is_some_and(|connection| connection.running().is_some()) {
            self.feed(now, Input::Done(DoneReason::Pause));
        }
    }

    /// The user wants it back; whether it was set aside.
    pub(super) fn resume_own(&mut self, now: Instant) -> bool {
        let Some(sharing) = self.others.sharing.as_mut().filter(|sharing| sharing.own().is_some()) else {
            return false;
        };
        sharing.set_own(Some(SetAside::Back));
        self.view.take_back(now);
        self.view.phase(Phase::CatchingUp, now);
        self.look_now(DoneReason::User, now);
        true
    }

    /// The own mailbox comes with whatever connection is made next.
    pub(super) fn forget_set_aside(&mut self, now: Instant) {
        if let Some(sharing) = &mut self.others.sharing
            && sharing.own().is_some()
        {
            sharing.set_own(None);
            self.view.take_back(now);
        }
    }

    /// The user has marked mails of a shared mailbox as seen: how many are left unseen is asked for.
    pub(super) fn shared_marked(&mut self, id: &WatchId, uidvalidity: u32, uids: &[u32], now: Instant) {
        let Some(mailbox) = self.others.sharing.as_mut().and_then(|sharing| sharing.mailbox(id)) else { return };
        let _ = mailbox.view.marked(uidvalidity, uids, now);
        mailbox.request();
        self.want_turn(DoneReason::Turn, Wish::Server, now);
        self.drive(now);
    }

    /// What the user asks of a mailbox that shares the connection.
    pub(super) fn shared_command(&mut self, id: &WatchId, command: Command, now: Instant) {
        let Some(mailbox) = self.others.sharing.as_mut().and_then(|sharing| sharing.mailbox(id)) else { return };
        match command {
            Command::Done | Command::Resume => {
                mailbox.resume();
                mailbox.request();
                match &self.activity {
                    Activity::Connected(_) => {
                        self.want_turn(DoneReason::Turn, Wish::Person, now);
                        self.drive(now);
                    }
                    Activity::Waiting(_) => self.again(now),
                    // The connection needs the user, and this is one.
                    Activity::Resting if self.leaving.why.is_none() => self.again(now),
                    Activity::Resting | Activity::Over => {}
                }
            }
            Command::Reconnect => {
                mailbox.resume();
                self.reconnect(now);
            }
            Command::Pause => mailbox.pause(),
            Command::Retune { timer: Timer::Poll, value, by } => mailbox.set_poll(value, by, now),
            // The others are the connection's.
            Command::Retune { timer, value, by } => self.set_timer(timer, value, by, now),
            Command::Learn => self.request_learning(now),
            Command::ResetNew => mailbox.view.reset_new(now),
            Command::Mute(length) => mailbox.view.mute(Some(length), now),
            Command::Unmute => mailbox.view.mute(None, now),
        }
    }
}
