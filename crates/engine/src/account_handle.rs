//! An account as the engine holds it: its settings, its allocator, its hooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::account::AccountState;
use crate::action::ActionConnection;
use crate::allocator::{Allocator, AllocatorHandle, AllocatorOrder};
use crate::canary::CanaryTask;
use crate::earlier::Earlier;
use crate::engine_context::EngineContext;
use crate::hook::HookTask;
use crate::identity::login_of;
use crate::learned_timing;
use crate::lending::lending;
use crate::link::Commands;
use crate::told_mails::ToldByWatch;
use crate::watch_factory::WatchFactory;
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::model::{Account, Hooks, Timer, WatchId};

/// An account whose watches run.
#[derive(Debug)]
pub struct AccountHandle {
    /// As last configured.
    account: Account,
    state: Arc<AccountState>,
    hooks: watch::Sender<Hooks>,
    hook_task: HookTask,
    canary: CanaryTask,
    allocator: AllocatorHandle,
    /// For what a person does with its mails.
    action: Arc<ActionConnection>,
}

/// What an account begins with.
#[derive(Debug)]
pub struct AccountInit {
    /// What runs before have left.
    pub earlier: Arc<Earlier>,
    /// What its watches told before in this run.
    pub told: ToldByWatch,
    /// The ways for commands that were made with the link.
    pub commands: BTreeMap<WatchId, Commands>,
}

impl AccountHandle {
    /// Starts its watches. `stop` ends its hooks.
    pub async fn start(account: Account, init: AccountInit, context: EngineContext, stop: CancellationToken) -> Self {
        let learned = if account.reissue_auto {
            Some(learned_timing::read(&account, account.timers.limit(Timer::Reissue), &context.history).await)
        } else {
            None
        };
        let hooks = watch::Sender::new(account.hooks.clone());
        let whose = (&*account.name, login_of(&account));
        let ending = stop.child_token();
        let (hook_task, signal) =
            HookTask::start(whose, &hooks.subscribe(), &context.history, &context.publisher, stop);
        let config = watch::Sender::new(ConfiguredTimers::of(&account));
        let AccountInit { earlier, told, commands } = init;
        let connecting = context.connecting.to(&account.host);
        let state = AccountState::new(account.clone(), learned, context.governor.clone()).with(connecting);
        let state = Arc::new(state);
        let canary = CanaryTask::start(Arc::clone(&state), hooks.subscribe(), context.clone(), ending);
        let (dial, secrets) = (Arc::clone(&context.dial), Arc::clone(&context.secrets));
        let (lender, loans) = lending();
        let action = Arc::new(ActionConnection::new(Arc::clone(&state), dial, secrets).beside(lender));
        context.uses.add(&account.name, &action);
        let factory = WatchFactory {
            state: Arc::clone(&state),
            context,
            hooks: signal,
            config: config.subscribe(),
            past: Arc::default(),
            earlier,
        };
        let allocator = Allocator::start(factory, config, &account.mailboxes, (told, commands), loans);
        Self { account, state, hooks, hook_task, canary, allocator, action }
    }

    /// Its settings.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// What its watches share.
    #[must_use]
    pub fn state(&self) -> Arc<AccountState> {
        Arc::clone(&self.state)
    }

    /// For what a person does with its mails.
    #[must_use]
    pub fn action(&self) -> Arc<ActionConnection> {
        Arc::clone(&self.action)
    }

    /// The watches that run.
    #[must_use]
    pub fn running(&self) -> BTreeSet<WatchId> {
        self.allocator.running()
    }

    /// Takes settings that can be had without connecting anew; resolves once everything that ends has ended.
    pub fn configure(&mut self, new: &Account, earlier: Arc<Earlier>) -> oneshot::Receiver<()> {
        self.account = new.clone();
        let (done, is_done) = oneshot::channel();
        let (mailboxes, config) = (new.mailboxes.clone(), Box::new(ConfiguredTimers::of(new)));
        self.allocator.ask(AllocatorOrder::Configure { mailboxes, config, earlier, done });
        self.hooks.send_if_modified(|old| {
            let changed = *old != new.hooks;
            old.clone_from(&new.hooks);
            changed
        });
        is_done
    }

    /// Asks every watch to end. `ended` gets the name of each that has.
    pub fn stop(&self, ended: mpsc::UnboundedSender<WatchId>) {
        self.allocator.ask(AllocatorOrder::Stop { ended });
    }

    /// Waits until the watches have ended that were asked to, and the hooks with them: a run that lasts is ended, and stays
    /// owed. Returns what was told.
    pub async fn join(mut self) -> ToldByWatch {
        let (told, (), (), ()) =
            tokio::join!(self.allocator.join(), self.hook_task.end(), self.canary.end(), self.action.close());
        told
    }

    /// The same, but the hooks end after the watches: what these find last still runs them.
    pub async fn join_in_turn(mut self) -> ToldByWatch {
        let (told, (), ()) = tokio::join!(self.allocator.join(), self.canary.end(), self.action.close());
        self.hook_task.end().await;
        told
    }
}
