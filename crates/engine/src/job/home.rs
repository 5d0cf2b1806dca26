//! The connection's own mailbox: opened, and opened again after others were looked at.

use std::sync::Arc;

use super::{Errands, Home, Live, Teller, Told, Tools};
use crate::catch_up::Mailbox;
use crate::clock::now;
use crate::history::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass, Phase, Timer, Timers};

impl Tools {
    /// Opens the connection's own mailbox, unless it stands aside. `watched`: another connection watches it meanwhile, so
    /// that what is new is no gap.
    pub(super) async fn open_home(
        &self,
        live: &mut Live,
        timers: Timers,
        (known, watched): (Option<Mailbox>, bool),
        errands: &Errands,
        teller: &Teller,
    ) -> Result<Option<Mailbox>, Fault> {
        if errands.home == Home::Aside || self.scout {
            return Ok(None);
        }
        match self.opened(live, timers, (known, watched), teller).await {
            Ok(mailbox) => Ok(Some(mailbox)),
            Err(fault) if errands.carries && is_missing(&fault, live) => {
                live.open = None;
                teller.tell(Told::Missing(fault)).await;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn opened(
        &self,
        live: &mut Live,
        timers: Timers,
        (known, watched): (Option<Mailbox>, bool),
        teller: &Teller,
    ) -> Result<Mailbox, Fault> {
        let reply = timers.limit(Timer::Reply);
        // Before EXAMINE: STATUS on the open mailbox is discouraged (RFC 3501 §6.3.10).
        let status = live.session.status(&self.id.mailbox, now() + reply, teller).await?;
        let selected = live.session.examine(&self.id.mailbox, now() + reply, teller).await?;
        live.open = Some(Arc::clone(&self.id.mailbox));
        teller.tell(Told::Phase(Phase::CatchingUp)).await;
        self.tell_unreported(&self.key, teller).await;
        let mut look = self.catch_up(&mut live.session, timers, teller);
        let mut mailbox = match known.filter(|_| watched) {
            Some(known) => look.reopened(selected, known).await?,
            None => look.opened(selected, known, self.fresh.as_ref()).await?,
        };
        mailbox.unseen = status.and_then(|status| status.unseen).or(mailbox.unseen);
        Ok(mailbox)
    }

    /// Opens the connection's own mailbox again after others were looked at. What came meanwhile is no gap: it is found
    /// at once.
    pub(super) async fn go_home(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Option<Mailbox>,
        errands: &Errands,
        teller: &Teller,
    ) -> Result<(), Fault> {
        let Some(known) = mailbox else { return Ok(()) };
        if live.open.as_ref() == Some(&self.id.mailbox) {
            return Ok(());
        }
        live.open = None;
        let by = now() + timers.limit(Timer::Reply);
        let selected = match live.session.examine(&self.id.mailbox, by, teller).await {
            Ok(selected) => selected,
            Err(fault) if errands.carries && is_missing(&fault, live) => {
                teller.tell(Told::Missing(fault)).await;
                *mailbox = None;
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        live.open = Some(Arc::clone(&self.id.mailbox));
        let unseen = known.unseen;
        let mut again = self.catch_up(&mut live.session, timers, teller).reopened(selected, *known).await?;
        again.unseen = again.unseen.or(unseen);
        *known = again;
        Ok(())
    }

    pub(super) async fn tell_unreported(&self, key: &WatchKey, teller: &Teller) {
        match self.history.unreported(key).await {
            Ok(mails) if mails.is_empty() => {}
            Ok(mails) => teller.tell(Told::Mails(mails)).await,
            Err(fault) => teller.tell(Told::Fault(fault)).await,
        }
    }
}

/// Whether the server said that the mailbox is not there, on a connection that lives.
fn is_missing(fault: &Fault, live: &Live) -> bool {
    fault.class == FaultClass::Mailbox && !fault.retry() && live.session.ending().is_none()
}
