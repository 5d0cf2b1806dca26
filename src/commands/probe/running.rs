//! A probe that runs: in this process, or in the engine's.

use std::time::Duration;

use mailwatch_engine::probe::map::Known;
use mailwatch_engine::probe::{Order, Plan, Probe, Update};
use mailwatch_engine::requests::Reply;
use mailwatch_proto::model::Fault;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::process::running::{Replies, refusal};

/// What is known of the ages, what will be measured, and why nothing is known where that cannot be read.
pub(super) type Begun = (Vec<(Duration, Known)>, Plan, Option<Fault>);

/// Where a probe runs.
#[derive(Debug)]
pub(super) enum Running {
    /// Here.
    Here {
        updates: mpsc::UnboundedReceiver<Update>,
        /// Ends it with DONE and LOGOUT.
        stop: CancellationToken,
        /// Engines that run on the same state directory.
        others: usize,
    },
    /// In the engine's process.
    There(Replies),
    /// It was, and was broken off: the engine ends it once nobody listens.
    Left,
}

impl Running {
    /// Begins it here.
    pub(super) fn here(probe: Probe, order: Order, others: usize) -> Self {
        let (tx, updates) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move { probe.carry_out(&order, &stopped, &tx).await });
        Self::Here { updates, stop, others }
    }

    /// How many engines have connections besides the probe's.
    pub(super) const fn others(&self) -> usize {
        match self {
            Self::Here { others, .. } => *others,
            Self::There(_) | Self::Left => 1,
        }
    }

    /// What it says first.
    ///
    /// # Errors
    /// Why it does not begin.
    pub(super) async fn begun(&mut self) -> Result<Begun, String> {
        match self.update().await? {
            Some(Update::Begun { known, plan, unread }) => Ok((known, plan, unread)),
            Some(Update::Stage(..) | Update::Measured(_) | Update::Narrowed(..)) | None => {
                Err("the probe did not start".to_owned())
            }
        }
    }

    /// What it tells next; `None` once it is over. Cancel-safe.
    ///
    /// # Errors
    /// Why it goes on no more.
    pub(super) async fn update(&mut self) -> Result<Option<Update>, String> {
        match self {
            Self::Here { updates, .. } => Ok(updates.recv().await),
            Self::There(replies) => match replies.next().await {
                Some(Ok(Reply::Probing(update))) => Ok(Some(*update)),
                Some(Ok(Reply::Probed)) => Ok(None),
                Some(Ok(other)) => Err(refusal(other)),
                Some(Err(why)) => Err(why),
                None => Err("the engine gives no answer".to_owned()),
            },
            Self::Left => Ok(None),
        }
    }

    /// Breaks it off: what runs ends with DONE and LOGOUT and is not measured.
    pub(super) fn stop(&mut self) {
        match self {
            Self::Here { stop, .. } => stop.cancel(),
            Self::There(_) => *self = Self::Left,
            Self::Left => {}
        }
    }
}
