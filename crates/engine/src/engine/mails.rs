//! What a person does with mails: reads and marks them, over the accounts' action connections.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Engine;
use crate::action::{ActionConnection, NotDone};
use crate::history::{History, WatchKey};
use crate::mail_text::MailText;
use crate::sightings::Sightings;
use mailwatch_proto::model::{LINE_LIMIT, MailKey, WatchId, sanitise};

impl Engine {
    /// What reads and marks mails of the accounts that are watched now.
    #[must_use]
    pub fn mail_hands(&self) -> MailHands {
        let actions = self.accounts.iter().map(|(name, account)| (name.clone(), account.action())).collect();
        let sightings = self.context.as_ref().map(|context| context.sightings.clone());
        MailHands { actions, keys: self.keys.clone(), history: self.history.clone(), sightings }
    }

    /// Reads a mail: [`MailHands::read_mail`].
    ///
    /// # Errors
    /// Where it cannot be read: a sentence that says why.
    pub fn read_mail(&self, mail: &MailKey) -> impl Future<Output = Result<MailText, String>> + Send + use<> {
        self.mail_hands().read_mail(mail)
    }

    /// Marks mails as seen: [`MailHands::mark_seen`].
    pub fn mark_seen(
        &self,
        mails: Vec<MailKey>,
    ) -> impl Future<Output = (Vec<MailKey>, Option<String>)> + Send + use<> {
        self.mail_hands().mark_seen(mails)
    }
}

/// Reads and marks mails. Cheap to clone; of an engine that has ended it does nothing more.
#[derive(Clone, Debug)]
pub struct MailHands {
    actions: BTreeMap<String, Arc<ActionConnection>>,
    keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    history: History,
    sightings: Option<Sightings>,
}

impl MailHands {
    fn action(&self, account: &str) -> Option<Arc<ActionConnection>> {
        self.actions.get(account).cloned()
    }

    /// Reads a mail's headers and the first screens of its text, without marking it. To drop it closes its connection.
    ///
    /// # Errors
    /// Where it cannot be read: a sentence that says why.
    pub fn read_mail(&self, mail: &MailKey) -> impl Future<Output = Result<MailText, String>> + Send + use<> {
        let (action, mail) = (self.action(&mail.watch.account), mail.clone());
        async move {
            let action = action.ok_or_else(|| not_watched(&mail.watch))?;
            let read = action.read(&mail.watch.mailbox, mail.uidvalidity, mail.uid).await;
            let (bytes, cut) = read.map_err(|why| sanitise(&why.to_string(), LINE_LIMIT))?;
            // Off the threads that drive connections: a mail may be written to take its time.
            let text = tokio::task::spawn_blocking(move || MailText::of(&bytes, cut)).await;
            // Its words would hold what was read.
            text.map_err(|_| "this mail's text cannot be read: it is malformed".to_owned())
        }
    }

    /// Marks mails as seen, mailbox by mailbox: those that are, and why others are not. Watches and history hear of it.
    pub fn mark_seen(
        &self,
        mails: Vec<MailKey>,
    ) -> impl Future<Output = (Vec<MailKey>, Option<String>)> + Send + use<> {
        let mut boxes: BTreeMap<(WatchId, u32), Vec<MailKey>> = BTreeMap::new();
        for mail in mails {
            boxes.entry((mail.watch.clone(), mail.uidvalidity)).or_default().push(mail);
        }
        let mut tasks = JoinSet::new();
        for ((watch, uidvalidity), mails) in boxes {
            let (action, tell) = (self.action(&watch.account), self.tell_marked());
            tasks.spawn(async move {
                let Some(action) = action else { return (Vec::new(), Some(not_watched(&watch))) };
                let uids: Vec<u32> = mails.iter().map(|mail| mail.uid).collect();
                match action.mark_seen(&watch.mailbox, uidvalidity, &uids).await {
                    Ok(seen) => {
                        let marked: Vec<_> = mails.into_iter().filter(|mail| seen.contains(&mail.uid)).collect();
                        tell(&marked);
                        let why = (marked.len() < uids.len()).then(|| format!("{watch}: {}", NotDone::Gone));
                        (marked, why)
                    }
                    Err(why) => (Vec::new(), Some(format!("{watch}: {why}"))),
                }
            });
        }
        async move {
            let (mut marked, mut why) = (Vec::new(), None);
            while let Some(done) = tasks.join_next().await {
                let Ok((seen, not)) = done else { continue };
                marked.extend(seen);
                why = why.or(not);
            }
            marked.sort();
            (marked, why.map(|why: String| sanitise(&why, LINE_LIMIT)))
        }
    }

    /// Tells watches and history which mails of one mailbox the user has marked.
    fn tell_marked(&self) -> impl Fn(&[MailKey]) + Send + use<> {
        let (keys, history, sightings) = (self.keys.clone(), self.history.clone(), self.sightings.clone());
        move |mails| {
            let Some(first) = mails.first() else { return };
            let Some(key) = keys.borrow().get(&first.watch).cloned() else { return };
            let mut epochs: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for mail in mails {
                epochs.entry(mail.epoch).or_default().push(mail.uid);
            }
            for (epoch, uids) in epochs {
                if let Some(sightings) = &sightings {
                    sightings.marked(&key, first.uidvalidity, &uids);
                }
                history.not_new(&key, (epoch, first.uidvalidity), uids, true);
            }
        }
    }
}

fn not_watched(watch: &WatchId) -> String {
    format!("account {} is no longer watched", sanitise(&watch.account, 100))
}
