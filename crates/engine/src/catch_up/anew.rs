//! A new UIDVALIDITY: the mailbox's UIDs mean other messages than before, and what came meanwhile must be found all the
//! same (RFC 3501 §2.3.1.1).

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::{CLOCK_MARGIN, CatchUp, Mailbox, PATIENCE, refused};
use crate::clock::now;
use crate::headers::decode;
use crate::job::Told;
use crate::session::{FETCH_ITEMS, Incoming, Reply, Selected, Sink};
use mailwatch_proto::model::{Fault, Status, Timer};
use mailwatch_proto::response::{Fetched, Response};

/// Messages that one search looks at: their UIDs, of ten digits at most, fit a line's cap of 64 KiB.
const WINDOW: u32 = 5000;

impl CatchUp<'_> {
    /// The UIDs of messages that the server took since then, asked for in windows that each fit a line's cap.
    async fn search(&mut self, exists: u32, since: SystemTime) -> Result<Vec<u32>, Fault> {
        let mut uids = Vec::new();
        for first in (1..=exists).step_by(WINDOW as usize) {
            let last = first.saturating_add(WINDOW - 1).min(exists);
            let criteria = format!("{first}:{last} {}", search_since(since));
            uids.extend(self.session.uid_search(&criteria, self.by(), self.teller).await?);
        }
        Ok(uids)
    }

    /// The mailbox's UIDs mean other messages than before. What the server took after the last proof of life, and was
    /// not told under its old UID, is news; everything else is the new baseline.
    pub(super) async fn anew(
        &mut self,
        mailbox: &mut Mailbox,
        selected: &Selected,
        since: SystemTime,
    ) -> Result<(), Fault> {
        let since = since.checked_sub(CLOCK_MARGIN).unwrap_or(SystemTime::UNIX_EPOCH);
        let uidnext = self.uidnext(selected).await?;
        let known = match self.history.reported_message_ids(self.key, since).await {
            Ok(known) => known,
            Err(fault) => {
                self.teller.tell(Told::Fault(fault)).await;
                BTreeSet::new()
            }
        };
        let uids = self.search(selected.exists, since).await?;
        let mut batch = Vec::new();
        let (mut read, mut unread) = (BTreeSet::new(), false);
        if let (Some(first), Some(last)) = (uids.iter().min(), uids.iter().max()) {
            let items = format!("{first}:{last} {FETCH_ITEMS}");
            let begun = now();
            let reply = self.timers.limit(Timer::Reply);
            let mut tag = self.session.issue("UID FETCH", &format!("UID FETCH {items}"), begun + reply);
            loop {
                match self.session.reply(&tag, self.teller).await? {
                    Reply::Tagged(Status::Ok, _) => break,
                    Reply::Tagged(Status::No | Status::Bad, text) => return Err(refused(&text)),
                    Reply::Untagged(Response::Fetch(fetched)) => {
                        tag.extend((now() + reply).min(begun + reply * PATIENCE));
                        read.extend(fetched.uid);
                        batch.extend(decode(&fetched, mailbox.uidvalidity, true).filter(|message| {
                            let later = message.internal_date.is_none_or(|at| at > since);
                            let told = message.message_id.as_ref().is_some_and(|id| known.contains(id));
                            later && !told
                        }));
                    }
                    Reply::Untagged(Response::Exists(count)) => self.exists(mailbox, count).await,
                    Reply::Untagged(response) => self.pass_on(mailbox, response).await,
                    Reply::Unparsed(text) => {
                        unread = true;
                        self.teller.give(Incoming::Unparsed(text)).await;
                    }
                    Reply::Continue(_) => {}
                }
            }
        }
        if unread {
            // A mail that cannot be read is a mail all the same: it is told without headers.
            let missing = uids.iter().copied().filter(|uid| !read.contains(uid));
            batch.extend(missing.filter_map(|uid| {
                let bare = Fetched { uid: Some(uid), ..Fetched::default() };
                decode(&bare, mailbox.uidvalidity, true)
            }));
        }
        mailbox.uidnext = uidnext;
        // One transaction: the new UIDVALIDITY is never kept without the mails that came with it.
        self.commit(batch, mailbox.uidvalidity, uidnext).await;
        // What came between EXAMINE and now.
        self.news(mailbox, true).await
    }
}

/// SEARCH knows days only, in the server's own time zone: a day earlier is asked for, the rest is sorted out by
/// INTERNALDATE (RFC 3501 §6.4.4).
fn search_since(since: SystemTime) -> String {
    let day = since.checked_sub(Duration::from_hours(24)).unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH);
    let moment = jiff::Timestamp::try_from(day).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("SINCE {}", moment.strftime("%-d-%b-%Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_goes_a_day_further_back() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(490_923);
        assert_eq!(search_since(at), "SINCE 1-Jan-2026");
        assert_eq!(search_since(SystemTime::UNIX_EPOCH), "SINCE 1-Jan-1970");
    }
}
