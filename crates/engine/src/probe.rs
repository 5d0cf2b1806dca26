//! How long can this server be left idling? IDLEs of chosen ages, each on a connection of its own, each ended with DONE.
//!
//! Opens the mailbox with EXAMINE and changes nothing. What it finds is kept in the history as it comes, so that a probe
//! may be broken off, and so that `reissue = "auto"` learns from it.

mod idle;
pub mod map;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::map::{Conduct, Known, Measured};
use super::account::AccountState;
use super::hook::HookSignal;
use super::record::Recorder;
use super::sightings::Sightings;
use super::task::{ProgressSender, TaskContext, Trace};
use crate::clock::now;
use crate::dial::Dial;
use crate::history::History;
use crate::identity::{key_of, login_of};
use crate::login_governor::LoginGovernor;
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Account, Fault, FaultClass, Timer, Timers, WatchId, show_duration};

/// What the history knew of an age counts for so long: as in learning (`engine::tuning`).
const TRUSTED: Duration = Duration::from_hours(7 * 24);

/// An age at which mail came in between is tried so often in all.
const TRIES: u32 = 2;

/// What someone wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Of these ages, each once, the youngest first.
    pub ages: Vec<Duration>,
    /// Connections at once, within the account's own limit.
    pub parallel: u16,
    /// How long an answer that did not come within `done` is waited for still.
    pub wait: Duration,
    /// Whether what is known already is measured again.
    pub again: bool,
}

/// IDLEs in one order.
const MOST_AGES: usize = 64;

/// The longest wait for a late answer.
pub const LONGEST_WAIT: Duration = Duration::from_hours(1);

impl Order {
    /// What is wrong with it, if it comes from a stranger: the least that an IDLE may be young is what keeps a server from being
    /// hammered.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let spec = Timer::Reissue.spec();
        let (min, max) = (spec.min, spec.max);
        if self.ages.is_empty() || self.ages.len() > MOST_AGES {
            Some(format!("a probe takes 1 to {MOST_AGES} ages"))
        } else if self.ages.iter().any(|age| *age < min || *age > max) {
            Some(format!("an IDLE's age is {} to {}", show_duration(Some(min)), show_duration(Some(max))))
        } else if !self.ages.is_sorted_by(|one, next| one < next) {
            Some("give each age once, the youngest first".to_owned())
        } else if self.parallel == 0 {
            Some("a probe needs at least one connection".to_owned())
        } else if self.wait > LONGEST_WAIT {
            Some(format!("a probe waits for a late answer for {} at most", show_duration(Some(LONGEST_WAIT))))
        } else {
            None
        }
    }
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The ages, each once, the youngest first.
    pub ages: Vec<Duration>,
    /// Connections at once; at least one.
    pub parallel: usize,
    /// How long an answer that did not come within `done` is waited for still.
    pub wait: Duration,
}

/// Where one age's measurement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A connection is being made.
    Connecting,
    /// The server idles, since then.
    Idling(Instant),
    /// DONE is out, since then.
    Finishing(Instant),
    /// DONE was not answered in time; a late answer is waited for, since then.
    Listening(Instant),
    /// Mail came during the IDLE: it is measured again.
    Again,
    /// There was no room for a connection: it waits until another has ended.
    Delayed,
}

/// What a probe tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// First: what is known of the ages, and what will be measured.
    Begun {
        /// A row an age.
        known: Vec<(Duration, Known)>,
        /// What will be measured.
        plan: Plan,
        /// Why the history could not be read, where it could not.
        unread: Option<Fault>,
    },
    /// An age's measurement has come so far.
    Stage(Duration, Stage),
    /// An age is measured.
    Measured(Measured),
    /// The server takes no more than so many connections.
    Narrowed(usize, Fault),
}

/// The way for updates to who asked.
pub type UpdateSender = mpsc::UnboundedSender<Update>;

/// Whose server is probed, and with what.
#[derive(Clone, Debug)]
pub struct Probe {
    context: TaskContext,
    recorder: Recorder,
    timers: Timers,
}

impl Probe {
    /// A probe of the account's server, on one of its mailboxes.
    #[must_use]
    pub fn new(
        account: Account,
        mailbox: &str,
        secrets: Arc<dyn CredentialSource>,
        dial: Arc<dyn Dial>,
        history: History,
        governor: LoginGovernor,
    ) -> Self {
        let id = WatchId::new(&account.name, mailbox);
        let key = key_of(&account, &id);
        // It watches nothing: no hook is owed for what it sees.
        let hooks = HookSignal::disconnected();
        let recorder = Recorder::new(history.clone(), key.clone(), account.host.clone(), hooks.clone());
        let timers = account.timers;
        let state = Arc::new(AccountState::new(account, None, governor));
        Self {
            context: TaskContext {
                id,
                state,
                key,
                dial,
                secrets,
                history,
                hooks,
                sightings: Sightings::default(),
                trace: Trace::Nobody,
            },
            recorder,
            timers,
        }
    }

    /// What the history knows of each age, from every watch of this login.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub async fn known(&self, ages: &[Duration]) -> Result<Vec<(Duration, Known)>, Fault> {
        let now = SystemTime::now();
        let since = now.checked_sub(TRUSTED).unwrap_or(SystemTime::UNIX_EPOCH);
        let account = &self.context.state.account;
        let outcomes = self.context.history.outcomes(&account.host, &login_of(account), since).await?;
        Ok(ages.iter().map(|&age| (age, Known::of(age, &outcomes))).collect())
    }

    /// Plans what was ordered, says so, and measures it.
    pub async fn carry_out(&self, order: &Order, stop: &CancellationToken, updates: &UpdateSender) {
        let (known, unread) = match self.known(&order.ages).await {
            Ok(known) => (known, None),
            Err(fault) => (order.ages.iter().map(|&age| (age, Known::default())).collect(), Some(fault)),
        };
        let wanted = |(_, known): &&(Duration, Known)| order.again || known.is_empty();
        let plan = Plan {
            ages: known.iter().filter(wanted).map(|(age, _)| *age).collect(),
            parallel: usize::from(order.parallel.min(self.context.state.account.max_connections)),
            wait: order.wait,
        };
        send(updates, Update::Begun { known, plan: plan.clone(), unread });
        self.run(&plan, stop, updates).await;
    }

    /// Measures every age of the plan, the oldest first, so that all are done when the oldest is. Ends early where the
    /// login is refused, or when `stop` says so: then what runs ends with DONE and LOGOUT and is not measured.
    pub async fn run(&self, plan: &Plan, stop: &CancellationToken, updates: &UpdateSender) -> Vec<Measured> {
        let mut waiting: VecDeque<(Duration, u32)> = plan.ages.iter().rev().map(|&age| (age, 1)).collect();
        let mut room = plan.parallel.clamp(1, waiting.len().max(1));
        let mut running = FuturesUnordered::new();
        let mut measured = Vec::new();
        loop {
            while running.len() < room
                && !stop.is_cancelled()
                && let Some((age, attempt)) = waiting.pop_front()
            {
                running.push(async move { (age, attempt, self.measure(age, plan.wait, stop, updates).await) });
            }
            let Some((age, attempt, result)) = running.next().await else { break };
            match result {
                None => {}
                Some(Err(fault)) if fault.class == FaultClass::Limit && !running.is_empty() => {
                    // Others are open already: theirs are the connections that the server allows.
                    room = running.len();
                    waiting.push_back((age, attempt));
                    send(updates, Update::Stage(age, Stage::Delayed));
                    send(updates, Update::Narrowed(room, fault));
                }
                Some(Err(fault)) => {
                    let ends = !fault.retry();
                    let failed = Measured { age, conduct: Err(fault), disturbed: false };
                    send(updates, Update::Measured(failed.clone()));
                    measured.push(failed);
                    if ends {
                        waiting.clear();
                        stop.cancel();
                    }
                }
                Some(Ok((Conduct::Answered { .. }, true))) if attempt < TRIES && !stop.is_cancelled() => {
                    send(updates, Update::Stage(age, Stage::Again));
                    waiting.push_front((age, attempt + 1));
                }
                Some(Ok((conduct, disturbed))) => {
                    let done = Measured { age, conduct: Ok(conduct), disturbed };
                    send(updates, Update::Measured(done.clone()));
                    measured.push(done);
                }
            }
        }
        measured.sort_by_key(|measured| measured.age);
        measured
    }

    /// One IDLE of that age: what came of it, and whether mail came meanwhile; `None` where it was stopped.
    async fn measure(
        &self,
        age: Duration,
        wait: Duration,
        stop: &CancellationToken,
        updates: &UpdateSender,
    ) -> Option<Result<(Conduct, bool), Fault>> {
        send(updates, Update::Stage(age, Stage::Connecting));
        let timers = self.timers_for(age);
        let opened = async {
            let progress = ProgressSender::unheard();
            let place = self.context.state.connections.acquire().await;
            let (mut session, _, server) = self.context.entered(timers, &progress).await?;
            if !session.can("IDLE") {
                let peer = self.context.state.peer();
                return Err(Fault::needs_user(
                    FaultClass::Protocol,
                    format!("{peer} has no IDLE, so there is nothing to probe"),
                ));
            }
            session.examine(&self.context.id.mailbox, now() + timers.limit(Timer::Reply), &progress).await?;
            Ok((session, server, place))
        };
        let (session, server, place) = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            opened = opened => match opened {
                Ok(opened) => opened,
                Err(fault) => return Some(Err(fault)),
            },
        };
        let trial = idle::Trial::new(self, session, server, timers, age, wait, updates);
        let ended = trial.run(stop).await;
        drop(place);
        ended
    }

    /// `reissue` is the age itself: the machine ends the IDLE at it and nothing else does.
    fn timers_for(&self, age: Duration) -> Timers {
        let origin = self.timers.tuned(Timer::Reissue).origin;
        self.timers.with(Timer::Reissue, Some(age), origin).with(Timer::Silence, None, origin)
    }
}

fn send(updates: &UpdateSender, update: Update) {
    // Who asked may have gone; what is measured is in the history all the same.
    let _ = updates.send(update);
}
