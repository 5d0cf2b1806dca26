//! The same mail under another UID: after its mailbox was made anew, rewound or renamed.
//!
//! A mail is known by its Message-ID and INTERNALDATE. One without a Message-ID is known by INTERNALDATE, size and
//! subject. COPY, MOVE and RENAME keep all of them.

use std::collections::BTreeSet;
use std::time::SystemTime;

use rusqlite::params;

use super::database::Database;
use super::mails::MailUid;
use super::moment::to_millis;
use super::watch_key::WatchKey;

/// What identifies a mail, whatever its UID. What is `None` matches anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its INTERNALDATE. A mail without a Message-ID is known by nothing where this is `None`.
    pub internal_date: Option<SystemTime>,
    /// Its RFC822.SIZE.
    pub size: Option<u32>,
    /// Its subject, decoded; counts where there is no Message-ID.
    pub subject: String,
}

/// Where to look for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// The watch's own mailbox, in its earlier epochs.
    Epochs,
    /// Those, and the other mailboxes of the same login: one of them may have been renamed to this.
    Mailboxes,
}

/// A mail that the file knows: it was told, it is owed, or it was there at a first look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMail {
    /// The mailbox that it is known in.
    pub mailbox: String,
    /// Its UID there.
    pub uid: MailUid,
}

impl Database<'_> {
    /// One answer for each mail. What the watch's epoch holds already is no answer, and no row is an answer twice.
    pub(super) fn known(
        &self,
        key: &WatchKey,
        epoch: u32,
        among: Among,
        mails: &[Identity],
    ) -> rusqlite::Result<Vec<Option<KnownMail>>> {
        let mut taken = BTreeSet::new();
        mails.iter().map(|mail| self.known_mail(key, epoch, among, mail, &mut taken)).collect()
    }

    fn known_mail(
        &self,
        key: &WatchKey,
        epoch: u32,
        among: Among,
        mail: &Identity,
        taken: &mut BTreeSet<i64>,
    ) -> rusqlite::Result<Option<KnownMail>> {
        let Identity { message_id, internal_date, size, subject } = mail;
        let internal = internal_date.map(to_millis);
        if message_id.is_none() && internal.is_none() {
            return Ok(None);
        }
        let same = match message_id {
            Some(_) => {
                "message_id = ?1 AND (?2 IS NULL OR internal IS NULL OR internal / 1000 = ?2 / 1000) AND ?3 = ?3"
            }
            // A row of an older program has no size: the subject and the date must do.
            None => {
                "message_id IS NULL AND internal BETWEEN ?2 / 1000 * 1000 AND ?2 / 1000 * 1000 + 999 AND subject = ?3
                 AND ?1 IS NULL"
            }
        };
        let own_mailbox_only = match among {
            Among::Epochs => "AND mailbox = ?7",
            Among::Mailboxes => "",
        };
        let sql = format!(
            "SELECT seq, mailbox, epoch, uidvalidity, uid FROM mail JOIN watch ON watch.id = mail.watch
             WHERE {same} AND (?4 IS NULL OR size IS NULL OR size = ?4)
                 AND account = ?5 AND login = ?6 {own_mailbox_only} AND (mailbox <> ?7 OR epoch < ?8)
             ORDER BY mailbox <> ?7, epoch DESC, seq"
        );
        let mut rows = self.db.prepare_cached(&sql)?;
        let mut rows =
            rows.query(params![message_id, internal, subject, size, key.account, key.login, key.mailbox, epoch])?;
        while let Some(row) = rows.next()? {
            if taken.insert(row.get(0)?) {
                let uid = MailUid { epoch: row.get(2)?, uidvalidity: row.get(3)?, uid: row.get(4)? };
                return Ok(Some(KnownMail { mailbox: row.get(1)?, uid }));
            }
        }
        Ok(None)
    }
}
