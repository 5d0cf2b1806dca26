//! Reading and marking mails for a front end: tasks of their own, by the account's action connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::message::Reply;
use crate::action::{ActionConnection, NotDone};
use crate::mail_text::MailText;
use mailwatch_proto::model::{LINE_LIMIT, MailKey, WatchId, sanitise};

/// Readings that are kept to be let go of.
const KEPT: usize = 64;

/// What is being read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    running: Vec<(u64, AbortHandle)>,
}

impl Readings {
    /// Reads a mail; the answer comes later.
    pub(super) fn begin<S: Send + 'static>(
        &mut self,
        number: u64,
        mail: MailKey,
        action: Option<Arc<ActionConnection>>,
        replies: mpsc::Sender<Reply<S>>,
    ) {
        self.running.retain(|(_, task)| !task.is_finished());
        let reading = async move {
            let Some(action) = action else { return Reply::NotRead(number, not_watched(&mail.watch)) };
            match action.read(&mail.watch.mailbox, mail.uidvalidity, mail.uid).await {
                // Off the threads that drive connections: a mail may be written to take its time.
                Ok((bytes, cut)) => match tokio::task::spawn_blocking(move || MailText::of(&bytes, cut)).await {
                    Ok(text) => Reply::MailText(number, Box::new(text)),
                    // Its words would hold what was read.
                    Err(_) => Reply::NotRead(number, "this mail's text cannot be read: its form is broken".to_owned()),
                },
                Err(why) => Reply::NotRead(number, sanitise(&why.to_string(), LINE_LIMIT)),
            }
        };
        let task = tokio::spawn(async move {
            let reply = tokio::select! {
                biased;
                () = replies.closed() => return,
                reply = reading => reply,
            };
            let _ = replies.send(reply).await;
        });
        if self.running.len() < KEPT {
            self.running.push((number, task.abort_handle()));
        }
    }

    /// Lets go of a reading: its connection is closed.
    pub(super) fn stop(&self, number: u64) {
        for (_, task) in self.running.iter().filter(|(known, _)| *known == number) {
            task.abort();
        }
    }
}

/// Marks mails as seen, mailbox by mailbox; the answer comes later.
pub(super) fn mark_seen<S: Send + 'static>(
    number: u64,
    mails: Vec<MailKey>,
    action: impl Fn(&str) -> Option<Arc<ActionConnection>>,
    replies: mpsc::Sender<Reply<S>>,
) {
    let mut boxes: BTreeMap<(WatchId, u32), Vec<MailKey>> = BTreeMap::new();
    for mail in mails {
        boxes.entry((mail.watch.clone(), mail.uidvalidity)).or_default().push(mail);
    }
    let mut tasks = JoinSet::new();
    for ((watch, uidvalidity), mails) in boxes {
        let action = action(&watch.account);
        tasks.spawn(async move {
            let Some(action) = action else { return (Vec::new(), Some(not_watched(&watch))) };
            let uids: Vec<u32> = mails.iter().map(|mail| mail.uid).collect();
            match action.mark_seen(&watch.mailbox, uidvalidity, &uids).await {
                Ok(seen) => {
                    let marked: Vec<_> = mails.into_iter().filter(|mail| seen.contains(&mail.uid)).collect();
                    let why = (marked.len() < uids.len()).then(|| format!("{watch}: {}", NotDone::Gone));
                    (marked, why)
                }
                Err(why) => (Vec::new(), Some(format!("{watch}: {why}"))),
            }
        });
    }
    tokio::spawn(async move {
        let (mut marked, mut why) = (Vec::new(), None);
        while let Some(done) = tasks.join_next().await {
            let Ok((seen, not)) = done else { continue };
            marked.extend(seen);
            why = why.or(not);
        }
        marked.sort();
        let why = why.map(|why: String| sanitise(&why, LINE_LIMIT));
        // A front end that has ended needs no answer.
        let _ = replies.send(Reply::Marked(number, marked, why)).await;
    });
}

fn not_watched(watch: &WatchId) -> String {
    format!("account {} is not watched any more", sanitise(&watch.account, 100))
}
