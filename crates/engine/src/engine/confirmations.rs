//! Writes down which mails a front end has confirmed as told.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, watch};

use crate::history::{History, MailUid, WatchKey};
use mailwatch_proto::model::{MailKey, WatchId};

/// Writes them down, as many at once as there are.
pub async fn keep(
    history: History,
    keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    mut confirmed: mpsc::UnboundedReceiver<MailKey>,
) {
    /// One transaction's worth.
    const AT_ONCE: usize = 256;
    let mut waiting = Vec::new();
    while confirmed.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let told = {
            let keys = keys.borrow();
            let known = |MailKey { watch, epoch, uidvalidity, uid }: MailKey| {
                Some((keys.get(&watch)?.clone(), MailUid { epoch, uidvalidity, uid }))
            };
            waiting.drain(..).filter_map(known).collect()
        };
        if let Err(fault) = history.reported(told).await {
            tracing::warn!(%fault, "a reported mail could not be marked as reported; it will be reported again at the next start");
        }
    }
}
