//! What a connection does beside its own mailbox: LIST, NOTIFY, and a look at the guests it serves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Live, Notify, Teller, Told, Tools};
use crate::catch_up::Mailbox;
use crate::clock::now;
use crate::guest::Fresh;
use crate::history::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass, Timer, Timers, Wanted, WatchId, fits};
use mailwatch_proto::response::Listed;

/// What becomes of the connection's own mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// It is looked at where it is open.
    #[default]
    Open,
    /// It is opened as after a gap: it stood aside, or was not there.
    Anew,
    /// It stands aside.
    Aside,
}

/// What there is to do.
#[derive(Clone, Debug, Default)]
pub struct Errands {
    /// The connection's own mailbox.
    pub home: Home,
    /// Whether the connection has others to serve, so that a home that is missing does not end it.
    pub carries: bool,
    /// The account's `mailboxes`, where they are to be asked for by LIST.
    pub list: Option<Arc<[String]>>,
    /// The mailboxes that NOTIFY is to tell of; `None` where it is not wanted.
    pub notify: Option<Arc<[Arc<str>]>>,
    /// The guests to look at.
    pub guests: Vec<Errand>,
}

/// A guest to be looked at.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Which.
    pub id: WatchId,
    /// Its key in the history.
    pub key: WatchKey,
    /// What this run knows of it.
    pub known: Option<Mailbox>,
    /// Whether it was looked at over this connection before: then what is new came while it was watched.
    pub attended: bool,
    /// Whether mails that an earlier run left untold were told.
    pub begun: bool,
    /// Set where it appeared while others were watched.
    pub fresh: Option<Fresh>,
}

impl Tools {
    /// LIST and NOTIFY, as far as they are wanted now.
    pub(super) async fn arrange(
        &self,
        live: &mut Live,
        timers: Timers,
        errands: &Errands,
        teller: &Teller,
    ) -> Result<(), Fault> {
        let reply = timers.limit(Timer::Reply);
        if let Some(entries) = &errands.list {
            self.list(live, entries, reply, teller).await?;
        }
        let Some(names) = &errands.notify else { return Ok(()) };
        if live.notify == Notify::Never || live.notify == Notify::On(Arc::clone(names)) {
            return Ok(());
        }
        if !live.session.can("NOTIFY") {
            live.notify = Notify::Never;
            return Ok(());
        }
        let mailboxes: Vec<&str> = names.iter().map(|name| &**name).collect();
        live.notify = match live.session.notify(&mailboxes, now() + reply, teller).await? {
            None => Notify::On(Arc::clone(names)),
            Some(text) => {
                let message = format!(
                    "{} refused NOTIFY with: {text}; mailboxes without a connection of their own are asked in turn",
                    self.shared.peer()
                );
                teller.tell(Told::Fault(Fault::retry_after(FaultClass::Protocol, message))).await;
                Notify::Never
            }
        };
        Ok(())
    }

    async fn list(&self, live: &mut Live, entries: &[String], reply: Duration, teller: &Teller) -> Result<(), Fault> {
        let mut names = Vec::with_capacity(entries.len());
        for entry in entries {
            let found = match Wanted::of(entry) {
                Wanted::Name(_) => Some(BTreeSet::new()),
                Wanted::Use(wanted) => {
                    let listed = live.session.list("*", true, now() + reply, teller).await?;
                    listed.map(|listed| selectable(listed, |mailbox| mailbox.uses.contains(&wanted)))
                }
                Wanted::Pattern(pattern) => self.fitting(live, pattern, reply, teller).await?,
            };
            // Refused: what is known stays, and the next LIST asks again.
            let Some(found) = found else {
                let message = format!("{} refused LIST for {entry}; it is asked again", self.shared.peer());
                teller.tell(Told::Fault(Fault::retry_after(FaultClass::Protocol, message))).await;
                return Ok(());
            };
            names.push(found.into_iter().collect());
        }
        teller.tell(Told::Listed(names)).await;
        Ok(())
    }

    /// The mailboxes that fit a pattern. Where none does, and the server's hierarchy is written with another character
    /// than `/`, the pattern is taken to be written with that.
    async fn fitting(
        &self,
        live: &mut Live,
        pattern: &str,
        reply: Duration,
        teller: &Teller,
    ) -> Result<Option<BTreeSet<String>>, Fault> {
        let Some(listed) = live.session.list(pattern, false, now() + reply, teller).await? else { return Ok(None) };
        let found = selectable(listed, |mailbox| fits(pattern, &mailbox.name.0, mailbox.delimiter));
        if !found.is_empty() || !pattern.contains('/') {
            return Ok(Some(found));
        }
        let root = live.session.list("", false, now() + reply, teller).await?;
        let delimiter = root.and_then(|root| root.into_iter().find_map(|root| root.delimiter));
        let Some(delimiter) = delimiter.filter(|delimiter| *delimiter != '/') else { return Ok(Some(found)) };
        let pattern = pattern.replace('/', delimiter.encode_utf8(&mut [0; 4]));
        let listed = live.session.list(&pattern, false, now() + reply, teller).await?;
        Ok(listed.map(|listed| selectable(listed, |mailbox| fits(&pattern, &mailbox.name.0, mailbox.delimiter))))
    }
}

fn selectable(listed: Vec<Listed>, wanted: impl Fn(&Listed) -> bool) -> BTreeSet<String> {
    let open = listed.into_iter().filter(|mailbox| mailbox.can_be_opened && !mailbox.name.0.is_empty());
    open.filter(|mailbox| wanted(mailbox)).map(|mailbox| mailbox.name.0).collect()
}
