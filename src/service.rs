//! Reports the state of `watch` to a service manager by the protocol of `sd_notify(3)`: ready, reloading, stopping, a line of
//! status, and at intervals that it is not stuck. Does nothing without a service manager.
//!
//! The task that writes the events also polls this, and it looks at the watches' board: if that task or a watch is stuck, the
//! watchdog message stops and the service manager restarts the program.

mod socket;
mod state;

use std::convert::Infallible;
use std::env;
use std::future::pending;
use std::str::FromStr;
use std::time::Duration;

use mailwatch_engine::link::{Commander, FrontEnd};
use mailwatch_proto::model::{Board, LINE_LIMIT, sanitise};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use self::socket::Socket;
use self::state::{Trials, overdue, status};

/// Reports ready by then at the latest: a password command may wait for the user, a server may be slow.
/// systemd's own patience with a start is 90 s.
const READY_BY: Duration = Duration::from_secs(45);

/// Between two looks at the board: it changes with every event, a line of status need not.
const REST: Duration = Duration::from_secs(1);

/// The same before it is ready, since others may wait for that.
const SHORT_REST: Duration = Duration::from_millis(50);

/// Whether it has reported ready.
#[derive(Debug)]
enum Ready {
    Not { trials: Trials, by: Instant },
    Reported,
}

/// The service manager, if there is one.
#[derive(Debug)]
pub struct Service {
    socket: Option<Socket>,
    ready: Ready,
    /// How often it expects a message, halved as `sd_watchdog_enabled(3)` advises, and when the next is due.
    watchdog: Option<(Duration, Instant)>,
    /// The last reported status.
    status: String,
    /// Whether a watch was last seen stuck.
    stuck: bool,
    /// Whether another process is the engine.
    standing_by: bool,
}

impl Service {
    /// The one that the environment names; `accounts` have to be tried before it is ready.
    pub fn from_env<'a>(accounts: impl IntoIterator<Item = &'a str>) -> Self {
        let socket = Socket::from_env();
        // Otherwise it is inherited, and meant for our parent.
        let ours = variable::<u32>("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id());
        let watchdog = variable("WATCHDOG_USEC").filter(|_| ours).map(Duration::from_micros);
        Self::new(socket, watchdog, accounts, Instant::now())
    }

    fn new<'a>(
        socket: Option<Socket>,
        watchdog: Option<Duration>,
        accounts: impl IntoIterator<Item = &'a str>,
        now: Instant,
    ) -> Self {
        let trials = Trials::of(accounts);
        let every = watchdog.map(|limit| limit / 2).filter(|every| !every.is_zero());
        Self {
            socket,
            ready: Ready::Not { trials, by: now + READY_BY },
            watchdog: every.map(|every| (every, now)),
            status: String::new(),
            stuck: false,
            standing_by: false,
        }
    }

    /// Another process is the engine: this one is ready, says so, and has no watches of its own.
    pub fn stands_by(&mut self, status: &str) {
        if let Ready::Not { .. } = self.ready {
            self.report_ready();
        }
        self.standing_by = true;
        self.say(sanitise(status, LINE_LIMIT));
    }

    /// Whether it has ever done so.
    pub const fn is_standing_by(&self) -> bool {
        self.standing_by
    }

    /// Reports changes for as long as it is polled.
    pub async fn attend(&mut self, mut board: watch::Receiver<Board>, commander: Commander) -> Infallible {
        if self.socket.is_none() {
            return pending().await;
        }
        let mut board_open = true;
        // What has changed meanwhile is seen at once.
        let mut look_at = Some(Instant::now());
        loop {
            let ping_at = self.watchdog.map(|(_, at)| at);
            let (ready_by, rest) = match &self.ready {
                Ready::Not { by, .. } => (Some(*by), SHORT_REST),
                Ready::Reported => (None, REST),
            };
            tokio::select! {
                biased;
                () = until(ping_at) => self.ping(&board, Instant::now()),
                () = until(ready_by) => self.report_ready(),
                () = until(look_at) => {
                    look_at = None;
                    self.look(&board.borrow_and_update(), &commander);
                }
                changed = board.changed(), if board_open && look_at.is_none() => match changed {
                    Ok(()) => look_at = Some(Instant::now() + rest),
                    Err(_) => board_open = false,
                },
            }
        }
    }

    /// Reports that the configuration is being read again, unless the start is not over.
    pub fn reloading(&mut self) {
        if matches!(self.ready, Ready::Reported) {
            self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}", socket::monotonic().as_micros()));
        }
    }

    /// Reports that it was read and its changes are under way.
    pub fn reloaded(&mut self) {
        if matches!(self.ready, Ready::Reported) {
            self.send("READY=1");
        }
    }

    /// Reports that the program is started anew, in the same process: no end, and what comes reports ready again.
    pub fn restarting(&mut self) {
        self.send("STATUS=restarting the program");
    }

    /// Reports that the end has begun.
    pub fn stopping(&mut self) {
        self.send("STOPPING=1\nSTATUS=logging out");
    }

    fn report_ready(&mut self) {
        self.ready = Ready::Reported;
        self.send("READY=1");
    }

    fn look(&mut self, board: &Board, commander: &Commander) {
        if self.standing_by {
            return;
        }
        if let Ready::Not { trials, .. } = &mut self.ready
            && trials.are_over(board, &commander.watches())
        {
            self.report_ready();
        }
        if !self.stuck {
            self.say(status(board));
        }
    }

    fn ping(&mut self, board: &watch::Receiver<Board>, now: Instant) {
        let Some((every, at)) = &mut self.watchdog else { return };
        *at = now + *every;
        let stuck = overdue(&board.borrow(), now.into_std()).map(ToString::to_string);
        let Some(id) = stuck.filter(|_| !self.standing_by) else {
            self.send("WATCHDOG=1");
            if std::mem::take(&mut self.stuck) {
                self.say(status(&board.borrow()));
            }
            return;
        };
        if !std::mem::replace(&mut self.stuck, true) {
            tracing::error!(watch = %id, "a watch is stuck; the service manager's watchdog hears nothing more");
        }
        self.say(sanitise(&format!("stuck: {id}"), LINE_LIMIT));
    }

    fn say(&mut self, status: String) {
        if status != self.status {
            self.send(&format!("STATUS={status}"));
            self.status = status;
        }
    }

    /// Sends a message. A failure is logged once and does not end the program.
    fn send(&mut self, message: &str) {
        if let Some(socket) = &mut self.socket {
            socket.send(message);
        }
    }
}

/// What [`Service::attend`] needs of a front end.
pub fn view_of(front_end: &FrontEnd) -> (watch::Receiver<Board>, Commander) {
    (front_end.board.clone(), front_end.commander().clone())
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

#[cfg(all(test, unix))]
mod tests;
