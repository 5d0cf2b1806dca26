//! The handle's questions about single mails: known under another UID, or not to be read.

use std::time::SystemTime;

use super::handle::History;
use super::identity::{Among, Identity, KnownMail};
use super::mails::Found;
use super::poison::Poison;
use super::request::Kind;
use super::watch_key::WatchKey;
use mailwatch_proto::model::Fault;

impl History {
    /// Which of these mails, found in this epoch of the watch's mailbox, are known under another UID: one answer for each,
    /// in their order.
    ///
    /// For the first look at a new epoch, which must tell nothing twice: what is known is not told, only kept. A known mail
    /// was told, or is owed and will be ([`History::unreported`] has it), or was there at a first look. Mails that the file
    /// keeps of this same epoch never answer, and none answers twice: of two equal mails, where one is known, one is new.
    /// Commit each batch with its epoch before the next is asked about.
    ///
    /// With [`Among::Mailboxes`] the login's other mailboxes answer too, the watch's own first: for a mailbox that appeared
    /// and may be another renamed, or for one that was made anew from another. A mail that was copied there is known as
    /// well: a mailbox that is merely new to its watch is not to be asked about so.
    ///
    /// INTERNALDATEs are compared by the second, which is all that IMAP has.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn known(
        &self,
        key: &WatchKey,
        epoch: u32,
        among: Among,
        mails: Vec<Identity>,
    ) -> Result<Vec<Option<KnownMail>>, Fault> {
        let key = key.clone();
        self.call(Kind::ReadMails, move |database| database.known(&key, epoch, among, &mails)).await
    }

    /// What is known of a mail that could not be read; `None` where it was never tried, or could.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn poison(&self, key: &WatchKey, epoch: u32, uid: u32) -> Result<Option<Poison>, Fault> {
        let key = key.clone();
        self.call(Kind::ReadMails, move |database| database.poison(&key, epoch, uid)).await
    }

    /// The mails of an epoch that could not be read, by UID.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn poisons(&self, key: &WatchKey, epoch: u32) -> Result<Vec<(u32, Poison)>, Fault> {
        let key = key.clone();
        self.call(Kind::ReadMails, move |database| database.poisons(&key, epoch)).await
    }

    /// Counts a connection that failed on a mail's headers, and returns what is known of it now. Mails of ended epochs are
    /// forgotten.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn remember_poison(&self, key: &WatchKey, epoch: u32, uid: u32, at: SystemTime) -> Result<Poison, Fault> {
        let key = key.clone();
        self.call(Kind::WriteMails, move |database| database.remember_poison(&key, (epoch, uid), at)).await
    }

    /// Mails of an epoch and UIDVALIDITY that were told without headers were asked for once more, by UID: keeps those whose
    /// headers came. None of them is a mail that cannot be read any longer.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn reread(&self, key: &WatchKey, of: (u32, u32), uids: Vec<u32>, read: Vec<Found>) -> Result<(), Fault> {
        let key = key.clone();
        self.call(Kind::WriteMails, move |database| database.reread(&key, of, &uids, &read)).await
    }

    /// A mail's headers could be read after all.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn forget_poison(&self, key: &WatchKey, epoch: u32, uid: u32) -> Result<(), Fault> {
        let key = key.clone();
        self.call(Kind::WriteMails, move |database| database.forget_poison(&key, epoch, uid)).await
    }
}
