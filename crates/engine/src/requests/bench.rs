//! What a front end has tried beside the watches: a check, a probe, a report. Each is a task of its own, and ends early where
//! the front end leaves or the engine ends.

use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::evidence::{EvidenceOrder, NoReport, gather};
use super::message::{ProbeOrder, PushOrder, Reply, ReportHead, ReportOrder};
use super::source::{ConfigSource, NotLoaded, UiSettings};
use super::trial::try_out;
use crate::config::{FrontEndTable as _, beside_runtime};
use crate::dial::Dial;
use crate::history::History;
use crate::login_governor::LoginGovernor;
use crate::probe::map::{Conduct, Measured};
use crate::probe::{Probe, Update};
use crate::push_test::PushTest;
use crate::secret::{self, AccountSecrets, TypedPasswords};
use mailwatch_proto::model::{Account, LINE_LIMIT, sanitise};

/// Bytes of a report in one reply.
const PART: usize = 64 * 1024;

/// How often one may have a push proven at a time.
pub const TIMES: RangeInclusive<u32> = 1..=100;

/// Where the replies go.
type Replies<C> = mpsc::Sender<Reply<UiSettings<C>>>;

/// What it takes to try something.
#[derive(Debug)]
pub(super) struct Bench<C> {
    pub source: C,
    /// What was typed for this run.
    pub typed: TypedPasswords,
    pub governor: LoginGovernor,
    pub history: History,
    /// The engine ends.
    pub stop: CancellationToken,
}

impl<C> Bench<C>
where
    C: ConfigSource + Clone + Send + Sync + 'static,
    C::Error: Send + 'static,
    UiSettings<C>: Send + Sync + 'static,
{
    /// Tries a configured account.
    pub(super) fn check(self, number: u64, name: String, replies: Replies<C>) {
        let stop = self.stop.clone();
        begin(stop, replies.clone(), async move {
            match self.account(&name).await {
                Ok(account) => {
                    let password = self.typed.password(&account);
                    try_out(number, &account, password, self.governor, &replies).await;
                }
                Err(why) => drop(replies.send(why).await),
            }
        });
    }

    /// Probes a configured account's server. What is broken off ends with DONE and LOGOUT.
    pub(super) fn probe(self, ProbeOrder { account, mailbox, order }: ProbeOrder, replies: Replies<C>) {
        tokio::spawn(async move {
            let account = match self.account(&account).await {
                Ok(account) => account,
                Err(why) => return drop(replies.send(why).await),
            };
            if let Some(wrong) = order.wrong() {
                return drop(replies.send(Reply::Failed(wrong)).await);
            }
            let dial: Arc<dyn Dial> = Arc::new(secret::dialler());
            let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), self.typed));
            let probe = Probe::new(account, &mailbox, secrets, dial, self.history, self.governor);
            let stop = self.stop.child_token();
            let (tx, mut updates) = mpsc::unbounded_channel();
            let forward = async {
                while let Some(update) = updates.recv().await {
                    if replies.send(Reply::Probing(Box::new(shown(update)))).await.is_err() {
                        return;
                    }
                }
            };
            let running = async {
                let tx = tx;
                probe.carry_out(&order, &stop, &tx).await;
            };
            let both = async { tokio::join!(running, forward) };
            tokio::pin!(both);
            tokio::select! {
                _ = &mut both => {}
                () = replies.closed() => {
                    stop.cancel();
                    both.await;
                }
            }
            let _ = replies.send(Reply::Probed).await;
        });
    }

    /// Proves a push. `test` is the engine's own, where it watches the account. What is broken off leaves nothing behind.
    pub(super) fn push(
        self,
        PushOrder { account, mailbox, times }: PushOrder,
        test: Option<PushTest>,
        replies: Replies<C>,
    ) {
        tokio::spawn(async move {
            if !TIMES.contains(&times) {
                let why = format!("a push is proven {} to {} times", TIMES.start(), TIMES.end());
                return drop(replies.send(Reply::Failed(why)).await);
            }
            let test = match test {
                Some(test) => test,
                None => match self.account(&account).await {
                    Ok(account) => {
                        let dial: Arc<dyn Dial> = Arc::new(secret::dialler());
                        let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), self.typed));
                        PushTest::new(account, &mailbox, (dial, secrets), (self.history, self.governor))
                    }
                    Err(why) => return drop(replies.send(why).await),
                },
            };
            let stop = self.stop.child_token();
            let (tx, mut steps) = mpsc::unbounded_channel();
            let forward = async {
                while let Some(step) = steps.recv().await {
                    // Nobody may listen any more; what was added is removed all the same.
                    let _ = replies.send(Reply::Pushing(Box::new(step))).await;
                }
            };
            let running = async {
                let tx = tx;
                test.run(times, &stop, &tx).await
            };
            let both = async { tokio::join!(running, forward).0 };
            tokio::pin!(both);
            let well = tokio::select! {
                well = &mut both => well,
                () = replies.closed() => {
                    stop.cancel();
                    both.await
                }
            };
            let _ = replies.send(Reply::Pushed(well)).await;
        });
    }

    /// Gathers a report, and hands it over.
    pub(super) fn report(self, asked: ReportOrder, replies: Replies<C>) {
        let stop = self.stop.child_token();
        begin(self.stop.clone(), replies.clone(), async move {
            // Dropped where nobody wants it any more.
            let _stops = stop.clone().drop_guard();
            match self.gathered(asked, stop).await {
                Ok((head, bytes)) => {
                    let mut next = Some(Reply::Report(head));
                    let mut parts = bytes.chunks(PART).map(|part| Reply::Part(part.to_owned()));
                    while let Some(reply) = next {
                        if replies.send(reply).await.is_err() {
                            return;
                        }
                        next = parts.next();
                    }
                }
                Err(why) => drop(replies.send(why).await),
            }
        });
    }

    async fn gathered(
        &self,
        asked: ReportOrder,
        stop: CancellationToken,
    ) -> Result<(ReportHead, Vec<u8>), Reply<UiSettings<C>>> {
        let ReportOrder { since, accounts, watch, with_names } = asked;
        let order = EvidenceOrder {
            since,
            accounts,
            watch,
            output: None,
            with_names,
            force: false,
            state: self.source.state(),
            config: self.source.path().ok(),
            ui_tables: self.source.format().front_end.tables(),
        };
        // What has just happened may still be on its way to the disk.
        self.history.close().await;
        let work = move || gather(&order, SystemTime::now(), &|| stop.is_cancelled());
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(gathered)) => {
                let head = ReportHead { name: gathered.name, size: gathered.bytes.len(), stalls: gathered.stalls };
                Ok((head, gathered.bytes))
            }
            Ok(Err(error @ NoReport::Unknown(_))) => {
                Err(Reply::Wrong(crate::config::Wrong { key: None, message: sanitise(&error.to_string(), LINE_LIMIT) }))
            }
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The configured account of this name, as its file has it now.
    async fn account(&self, name: &str) -> Result<Account, Reply<UiSettings<C>>> {
        let source = self.source.clone();
        match beside_runtime(move || source.whole()).await {
            Ok(Ok(config)) => config.account(name).cloned().map_err(|error| failed(&error)),
            Ok(Err(error)) => Err(match error.into() {
                NotLoaded::Config(error) => Reply::Config(Arc::new(error)),
                NotLoaded::Other(message) => Reply::Failed(message),
            }),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// A server's words as they may be shown.
fn shown(mut update: Update) -> Update {
    if let Update::Measured(Measured {
        conduct: Ok(Conduct::Lost { text, .. } | Conduct::Ended { text, .. }), ..
    }) = &mut update
    {
        *text = sanitise(text, LINE_LIMIT);
    }
    update
}

fn failed<S>(why: &dyn std::fmt::Display) -> Reply<S> {
    Reply::Failed(sanitise(&why.to_string(), LINE_LIMIT))
}

/// Does the work unless nobody wants it any more.
fn begin<S: Send + 'static>(
    stop: CancellationToken,
    replies: mpsc::Sender<Reply<S>>,
    work: impl Future<Output = ()> + Send + 'static,
) {
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = replies.closed() => {}
            () = work => {}
        }
    });
}
