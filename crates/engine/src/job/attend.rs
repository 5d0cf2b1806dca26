//! Looking at guests: STATUS of all that are due, then EXAMINE and FETCH where that shows something new.

use std::sync::Arc;

use super::errands::Errand;
use super::{Live, Teller, Told, Tools, Trace};
use crate::catch_up::{CatchUp, Mailbox};
use crate::clock::now;
use crate::session::Asked;
use mailwatch_proto::model::{Fault, FaultClass, Timer, Timers};
use mailwatch_proto::response::MailboxStatus;

impl Tools {
    /// Looks at these guests. Another mailbox than the connection's own may be open afterwards.
    pub(super) async fn attend(
        &self,
        live: &mut Live,
        timers: Timers,
        guests: &[Errand],
        teller: &Teller,
    ) -> Result<(), Fault> {
        let names: Vec<&str> = guests.iter().map(|guest| &*guest.id.mailbox).collect();
        let mut rest = guests;
        // In parts, so that a guest with news does not wait for the figures of all the others, and none is late.
        for some in names.chunks(PART) {
            let by = now() + timers.limit(Timer::Reply);
            let answers = live.session.statuses(some, by, teller).await?;
            let (these, others) = rest.split_at(some.len());
            rest = others;
            for (guest, answer) in these.iter().zip(answers) {
                self.attend_one(live, timers, guest, answer, &teller.of(&guest.id)).await?;
            }
        }
        Ok(())
    }

    async fn attend_one(
        &self,
        live: &mut Live,
        timers: Timers,
        guest: &Errand,
        answer: Asked,
        teller: &Teller,
    ) -> Result<(), Fault> {
        let status = match answer {
            Asked::Told(status) => status,
            Asked::Refused(fault) => {
                teller.tell(Told::Missing(fault)).await;
                return Ok(());
            }
        };
        if !guest.begun {
            self.tell_unreported(&guest.key, teller).await;
            if self.trace == Trace::Screen {
                self.tell_past(&guest.key, teller).await;
            }
        }
        let seen = match guest.known {
            Some(known) => Some(known),
            None => self.seen_of(guest, &status).await,
        };
        let mailbox = match seen {
            Some(seen) if !seen.has_news(&status) => Mailbox { exists: status.messages.unwrap_or(seen.exists), ..seen },
            Some(_) | None => match self.open_guest(live, timers, guest, teller).await {
                Ok(mailbox) => mailbox,
                Err(fault) if live.session.ending().is_none() && is_its_own(&fault) => {
                    // The mailbox's trouble and not the connection's: the others go on.
                    teller.tell(Told::Missing(fault)).await;
                    return Ok(());
                }
                Err(fault) => return Err(fault),
            },
        };
        let unseen = status.unseen.or(mailbox.unseen);
        teller.tell(Told::Attended(Mailbox { unseen, ..mailbox })).await;
        Ok(())
    }

    /// What an earlier run saw of it, where STATUS can be held against that.
    async fn seen_of(&self, guest: &Errand, status: &MailboxStatus) -> Option<Mailbox> {
        let seen = self.history.seen(&guest.key).await.ok().flatten()?;
        Some(Mailbox {
            exists: status.messages?,
            unseen: status.unseen,
            uidvalidity: seen.uidvalidity,
            uidnext: seen.uidnext,
        })
    }

    async fn open_guest(
        &self,
        live: &mut Live,
        timers: Timers,
        guest: &Errand,
        teller: &Teller,
    ) -> Result<Mailbox, Fault> {
        // A refused EXAMINE leaves none open (RFC 3501 §6.3.2).
        live.open = None;
        let by = now() + timers.limit(Timer::Reply);
        let selected = live.session.examine(&guest.id.mailbox, by, teller).await?;
        live.open = Some(Arc::clone(&guest.id.mailbox));
        let mut look = CatchUp {
            session: &mut live.session,
            history: &self.history,
            key: &guest.key,
            timers,
            teller,
            bell: &self.bell,
        };
        let mut mailbox = match guest.known.filter(|_| guest.attended) {
            Some(known) => look.reopened(selected, known).await?,
            None => look.opened(selected, guest.known, guest.fresh.as_ref()).await?,
        };
        // All that is below was there when EXAMINE was answered, and was found by the FETCH after it; where the last
        // message is gone again, STATUS would look like news for ever.
        mailbox.uidnext = selected.uidnext.map_or(mailbox.uidnext, |told| told.max(mailbox.uidnext));
        Ok(mailbox)
    }
}

/// Guests whose figures are asked for before those among them with news are opened.
const PART: usize = 16;

/// Whether a fault is about one mailbox: a FETCH that was refused, or an EXAMINE.
fn is_its_own(fault: &Fault) -> bool {
    matches!(fault.class, FaultClass::Mailbox | FaultClass::Protocol)
}
