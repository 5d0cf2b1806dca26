//! A watch's connections as its driver holds them: each idle at hand, or given to the task that runs on it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::connection_limit::ConnectionPermit;
use crate::session::{Ending, Incoming, Session};
use crate::task::{OpenConnection, RunningTask, Step, TaskContext};
use crate::tcp_evidence::sample;
use crate::user_timeout::set_user_timeout;
use mailwatch_proto::connection::Connection;
use mailwatch_proto::connection::sample::Sample;
use mailwatch_proto::connection::task::{Notify, Outcome, Task};
use mailwatch_proto::idle::Line;
use mailwatch_proto::model::{ConnId, Fault, FaultClass};
use mailwatch_proto::watch::{Supply, Watch};

/// Numbers for connections, each given once in the program; chance from the system.
#[derive(Debug)]
pub struct Numbers(pub Arc<AtomicU64>);

impl Supply for Numbers {
    fn number(&mut self) -> ConnId {
        ConnId(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn chance(&mut self) -> f64 {
        fastrand::f64()
    }
}

/// One connection.
#[derive(Debug)]
enum Slot {
    /// A task owns it.
    Working(Box<RunningTask>),
    /// It is at hand.
    Open(Box<OpenConnection>),
}

/// Connections by number: seldom more than one, for which a map would keep room for eleven.
#[derive(Debug, Default)]
struct Slots(Vec<(ConnId, Slot)>);

impl Slots {
    fn get(&self, conn: ConnId) -> Option<&Slot> {
        self.0.iter().find(|(id, _)| *id == conn).map(|(_, slot)| slot)
    }

    fn get_mut(&mut self, conn: ConnId) -> Option<&mut Slot> {
        self.0.iter_mut().find(|(id, _)| *id == conn).map(|(_, slot)| slot)
    }

    fn insert(&mut self, conn: ConnId, slot: Slot) {
        self.remove(conn);
        self.0.reserve_exact(1);
        self.0.push((conn, slot));
    }

    fn remove(&mut self, conn: ConnId) -> Option<Slot> {
        let at = self.0.iter().position(|(id, _)| *id == conn)?;
        Some(self.0.remove(at).1)
    }
}

/// What came of a connection.
pub(super) enum Happened {
    /// Of the task on it.
    Step(ConnId, Step),
    /// Something was read, or it broke.
    Incoming(ConnId, Result<Incoming, (Fault, Option<Ending>)>),
    /// Its place is needed.
    RoomNeeded(ConnId),
}

/// A watch's connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Slots,
    /// Those that may be asked to make room.
    offered: BTreeMap<ConnId, oneshot::Receiver<()>>,
    /// For the connection that is to be made beside the one in use.
    permit: Option<ConnectionPermit>,
    /// Tasks that would find more mails than anybody takes.
    waiting: Vec<(ConnId, Box<Task>)>,
}

impl Connections {
    /// What comes next on any of them, the one in use first. Cancel-safe.
    pub async fn next(&mut self, watch: &Watch) -> Happened {
        poll_fn(|cx| {
            for connection in watch.connections() {
                if let Poll::Ready(happened) = self.poll_one(connection, cx) {
                    return Poll::Ready(happened);
                }
            }
            Poll::Pending
        })
        .await
    }

    fn poll_one(&mut self, connection: &Connection, cx: &mut Context<'_>) -> Poll<Happened> {
        let conn = connection.id();
        if let Some(offered) = self.offered.get_mut(&conn)
            && pin!(offered).poll(cx).is_ready()
        {
            self.offered.remove(&conn);
            return Poll::Ready(Happened::RoomNeeded(conn));
        }
        match self.slots.get_mut(conn) {
            Some(Slot::Working(task)) => pin!(task.next()).poll(cx).map(|step| Happened::Step(conn, step)),
            Some(Slot::Open(open)) if connection.reads() => open.session.poll_next(cx).map(|incoming| {
                let incoming = incoming.map_err(|fault| (fault, open.session.ending()));
                Happened::Incoming(conn, incoming)
            }),
            Some(Slot::Open(_)) | None => Poll::Pending,
        }
    }

    /// Starts a task, on a connection that stands or on one that it makes; one that looks for mail later, where it `must_wait`.
    pub fn start(&mut self, conn: ConnId, task: Box<Task>, must_wait: bool, context: &TaskContext) {
        self.waiting.retain(|(waits, _)| *waits != conn);
        match *task {
            Task::Look { .. } | Task::Poll { .. } if must_wait => self.waiting.push((conn, task)),
            Task::Look { .. } | Task::Poll { .. } | Task::Connect(_) | Task::Logout { .. } => {
                self.start_now(conn, *task, context);
            }
        }
    }

    /// Starts those that had to wait.
    pub fn start_waiting(&mut self, context: &TaskContext) {
        for (conn, task) in std::mem::take(&mut self.waiting) {
            self.start_now(conn, *task, context);
        }
    }

    fn start_now(&mut self, conn: ConnId, task: Task, context: &TaskContext) {
        let context = context.clone();
        let running = match (&task, self.slots.remove(conn)) {
            (Task::Connect(connect), _) => {
                let permit = if connect.watched { self.permit.take() } else { None };
                context.begin(task, permit)
            }
            (Task::Look { .. } | Task::Poll { .. } | Task::Logout { .. }, Some(Slot::Open(open))) => {
                context.go_on(task, open)
            }
            (Task::Look { .. } | Task::Poll { .. } | Task::Logout { .. }, Some(Slot::Working(_)) | None) => {
                let message = "a task was to run on a connection that does not exist (a bug); reconnecting";
                RunningTask::ended(Outcome::Failed(Fault::retry_after(FaultClass::Protocol, message)))
            }
        };
        self.slots.insert(conn, Slot::Working(Box::new(running)));
    }

    /// A task ended. Returns the connection's next tag and its proxy.
    pub fn ended(&mut self, conn: ConnId, open: Option<Box<OpenConnection>>) -> (String, Option<String>) {
        self.slots.remove(conn);
        let Some(open) = open else { return Default::default() };
        let known = (open.session.upcoming_tag(), open.session.proxy().map(str::to_owned));
        self.slots.insert(conn, Slot::Open(open));
        known
    }

    fn open(&self, conn: ConnId) -> Option<&OpenConnection> {
        match self.slots.get(conn) {
            Some(Slot::Open(open)) => Some(open),
            Some(Slot::Working(_)) | None => None,
        }
    }

    fn session(&self, conn: ConnId) -> Option<&Session> {
        self.open(conn).map(|open| &open.session)
    }

    /// When the last byte came, on each that is at hand.
    pub fn heard(&self) -> Vec<(ConnId, Instant)> {
        self.slots.0.iter().filter_map(|(conn, _)| Some((*conn, self.heard_on(*conn)?))).collect()
    }

    /// The same of one.
    pub fn heard_on(&self, conn: ConnId) -> Option<Instant> {
        self.session(conn).and_then(Session::heard)
    }

    /// The socket below.
    pub fn tcp(&self, conn: ConnId) -> Option<&TcpStream> {
        self.session(conn).and_then(|session| session.io().tcp())
    }

    /// A look at the socket.
    pub fn sample(&self, conn: ConnId) -> Option<Sample> {
        self.tcp(conn).and_then(sample)
    }

    /// Sends IDLE or DONE.
    pub fn send(&mut self, conn: ConnId, line: Line) {
        if let Some(Slot::Open(open)) = self.slots.get_mut(conn) {
            open.session.send_line(line);
        }
    }

    /// Sets the kernel's own limit on unacknowledged bytes.
    pub fn limit(&self, conn: ConnId, limit: Option<Duration>) {
        if let Some(session) = self.session(conn) {
            set_user_timeout(session, limit);
        }
    }

    /// NOTIFY stands so.
    pub fn notify(&mut self, conn: ConnId, notify: Notify) {
        if let Some(Slot::Open(open)) = self.slots.get_mut(conn) {
            open.facts.notify = notify;
        }
    }

    /// Lets it go.
    pub fn drop(&mut self, conn: ConnId) {
        self.slots.remove(conn);
        self.offered.remove(&conn);
        self.waiting.retain(|(waits, _)| *waits != conn);
    }

    /// Lets go of all others.
    pub fn keep(&mut self, kept: impl Fn(ConnId) -> bool) {
        self.slots.0.retain(|(conn, _)| kept(*conn));
        self.offered.retain(|conn, _| kept(*conn));
        self.waiting.retain(|(conn, _)| kept(*conn));
    }

    /// It may be asked to make room.
    pub fn offer(&mut self, conn: ConnId, context: &TaskContext) {
        self.offered.insert(conn, context.state.connections.quarantine(conn));
    }

    /// No longer.
    pub fn withdraw(&mut self, conn: ConnId, context: &TaskContext) {
        context.state.connections.forget(conn);
        self.offered.remove(&conn);
    }

    /// Reserves room for one more connection, where there is room now.
    pub fn reserve(&mut self, context: &TaskContext) -> bool {
        self.permit = context.state.connections.try_acquire();
        self.permit.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_watch_s_connections_takes_little() {
        assert!(size_of::<(ConnId, Slot)>() <= 24);
    }
}
