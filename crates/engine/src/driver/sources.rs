//! What reaches a watch from elsewhere than its connections.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::history::WatchKey;
use crate::learned_timing::LearnedTiming;
use crate::link::Commands;
use crate::queue::Receiver;
use crate::sightings::{Elsewhere, ElsewhereReceiver};
use crate::system_events::SystemEvents;
use crate::watch_handle::WatchOrder;
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::model::Command;

/// Where it comes from.
#[derive(Debug)]
pub struct Sources {
    commands: Commands,
    orders: Receiver<WatchOrder>,
    stop: CancellationToken,
    system: watch::Receiver<SystemEvents>,
    /// What of it was told.
    told: SystemEvents,
    learned: watch::Receiver<LearnedTiming>,
    config: watch::Receiver<ConfiguredTimers>,
    learns: bool,
    elsewhere: ElsewhereReceiver,
}

/// What came.
#[derive(Debug)]
pub(super) enum Happened {
    Stop,
    Command(Command),
    Order(WatchOrder),
    Learned,
    Elsewhere(WatchKey, Elsewhere),
    Configured(ConfiguredTimers),
    System { days: bool, slept: Option<(u64, Duration)>, clock_set: bool, rerouted: bool },
}

impl Sources {
    /// What happened to the machine before does not concern the watch.
    #[must_use]
    pub fn new(
        commands: Commands,
        orders: Receiver<WatchOrder>,
        stop: CancellationToken,
        system: watch::Receiver<SystemEvents>,
        learned: watch::Receiver<LearnedTiming>,
        mut config: watch::Receiver<ConfiguredTimers>,
        elsewhere: ElsewhereReceiver,
    ) -> Self {
        let (told, learns) = (*system.borrow(), config.borrow_and_update().auto);
        Self { commands, orders, stop, system, told, learned, config, learns, elsewhere }
    }

    /// What the configuration has.
    #[must_use]
    pub fn configured(&self) -> ConfiguredTimers {
        *self.config.borrow()
    }

    /// Whether the configuration wants `reissue` learned.
    pub(super) const fn learns(&self) -> bool {
        self.learns
    }

    /// What was learned.
    pub(super) fn learned(&mut self) -> watch::Ref<'_, LearnedTiming> {
        self.learned.borrow_and_update()
    }

    /// The orders that wait.
    pub(super) fn pending_orders(&mut self) -> Vec<WatchOrder> {
        std::iter::from_fn(|| self.orders.try_recv()).collect()
    }

    /// Cancelled when the program ends.
    pub(super) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// What comes next. Cancel-safe.
    pub(super) async fn next(&mut self) -> Happened {
        tokio::select! {
            biased;
            Some(command) = self.commands.recv() => Happened::Command(command),
            Ok(()) = self.system.changed() => self.system_changed(),
            Ok(()) = self.learned.changed() => Happened::Learned,
            Ok(()) = self.config.changed() => {
                let configured = *self.config.borrow_and_update();
                self.learns = configured.auto;
                Happened::Configured(configured)
            }
            Some(order) = self.orders.recv() => Happened::Order(order),
            (of, done) = self.elsewhere.next() => Happened::Elsewhere(of, done),
        }
    }

    fn system_changed(&mut self) -> Happened {
        let now = *self.system.borrow_and_update();
        let before = std::mem::replace(&mut self.told, now);
        Happened::System {
            days: now.days != before.days,
            slept: (now.slept.0 != before.slept.0).then_some(now.slept),
            clock_set: now.clocks != before.clocks,
            rerouted: now.networks != before.networks,
        }
    }
}
