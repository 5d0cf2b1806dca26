//! The mails that came, read back: the newest first, and how late they were told.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, params};

use super::database::Database;
use super::handle::History;
use super::moment::{duration, from_millis, millis, to_millis};
use super::names::key_at;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FoundBy, PushDelays, WatchId};

/// A mail that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMail {
    /// The watch.
    pub key: WatchKey,
    /// Its mailbox's epoch.
    pub epoch: u32,
    /// Its mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// Its UID.
    pub uid: u32,
    /// When it was found.
    pub at: SystemTime,
    /// The sender, decoded.
    pub from: String,
    /// The subject, decoded.
    pub subject: String,
    /// The Date header as RFC 3339.
    pub date: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its flags as they were when it was found, and `\Seen` where it was seen to be marked since.
    pub flags: Vec<String>,
    /// Whether its headers could be read.
    pub headers: bool,
    /// How it was found.
    pub by: FoundBy,
    /// When the server received it, by the server's clock.
    pub received: Option<SystemTime>,
    /// How late it was told, by the server's clock, where that is known.
    pub late: Option<Duration>,
}

impl KeptMail {
    /// Its watch.
    #[must_use]
    pub fn watch(&self) -> WatchId {
        WatchId::new(&self.key.account, &self.key.mailbox)
    }
}

/// Which mails are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailQuery {
    /// Found since then.
    pub since: SystemTime,
    /// Of this watch alone.
    pub watch: Option<WatchId>,
    /// Told so late at least.
    pub late: Option<Duration>,
    /// So many at most, the newest.
    pub most: u32,
}

impl MailQuery {
    /// Whether a mail is one of them.
    #[must_use]
    pub fn includes(&self, mail: &KeptMail) -> bool {
        let late = self.late.is_none_or(|least| mail.late.is_some_and(|late| late >= least));
        mail.at >= self.since && late && self.is_of(mail)
    }

    fn is_of(&self, mail: &KeptMail) -> bool {
        let is = |watch: &WatchId| *watch.account == *mail.key.account && *watch.mailbox == *mail.key.mailbox;
        self.watch.as_ref().is_none_or(is)
    }

    /// What it finds among these, which are in the order in which they were found.
    #[must_use]
    pub fn among<'a>(&self, mails: impl DoubleEndedIterator<Item = &'a KeptMail> + Clone) -> MailList {
        let mut delays = PushDelays::default();
        for mail in mails.clone().filter(|mail| mail.at >= self.since && self.is_of(mail)) {
            delays.add(mail.late);
        }
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        MailList { mails: mails.rev().filter(|mail| self.includes(mail)).take(most).cloned().collect(), delays }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailList {
    /// The mails, the newest first.
    pub mails: Vec<KeptMail>,
    /// How late the mails of that time and watch were told, whether they are in the list or not.
    pub delays: PushDelays,
}

impl History {
    /// The mails of a query.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn mails(&self, query: MailQuery) -> Result<MailList, Fault> {
        self.read(move |database: &Database<'_>| mails(database.db, &query)).await
    }
}

macro_rules! mails_since {
    () => {
        "SELECT account, login, mailbox, epoch, uidvalidity, uid, found, sender, subject, date, message_id, flags,
             headers, how, internal, late_ms
         FROM mail JOIN watch ON watch.id = mail.watch
         WHERE found >= ?1 AND how IS NOT NULL"
    };
}

/// All mails that were found since then, oldest first.
pub(super) const ALL: &str = concat!(mails_since!(), " ORDER BY seq");

/// The mails of a query. An older program's are not known to be any that came.
pub(super) fn mails(db: &Connection, query: &MailQuery) -> rusqlite::Result<MailList> {
    if super::schema::version(db)? < super::schema::WITH_RECEIPTS {
        return Ok(MailList::default());
    }
    let MailQuery { since, watch, late, most } = query;
    let (account, mailbox) =
        watch.as_ref().map_or((None, None), |watch| (Some(&*watch.account), Some(&*watch.mailbox)));
    let mut found = db.prepare_cached(concat!(
        mails_since!(),
        " AND (?2 IS NULL OR account = ?2 AND mailbox = ?3) AND (?4 IS NULL OR late_ms >= ?4)
         ORDER BY seq DESC LIMIT ?5"
    ))?;
    let rows = found.query_map(params![to_millis(*since), account, mailbox, late.map(millis), most], mail)?;
    let mails = rows.collect::<rusqlite::Result<_>>()?;
    let mut delays = PushDelays::default();
    let mut all = db.prepare_cached(
        "SELECT late_ms FROM mail JOIN watch ON watch.id = mail.watch
         WHERE found >= ?1 AND how IS NOT NULL AND (?2 IS NULL OR account = ?2 AND mailbox = ?3)",
    )?;
    let mut rows = all.query(params![to_millis(*since), account, mailbox])?;
    while let Some(row) = rows.next()? {
        delays.add(row.get::<_, Option<i64>>(0)?.map(duration));
    }
    Ok(MailList { mails, delays })
}

/// A row of either.
pub(super) fn mail(row: &Row<'_>) -> rusqlite::Result<KeptMail> {
    let (flags, how): (String, String) = (row.get(11)?, row.get(13)?);
    Ok(KeptMail {
        key: key_at(row, 0)?,
        epoch: row.get(3)?,
        uidvalidity: row.get(4)?,
        uid: row.get(5)?,
        at: from_millis(row.get(6)?),
        from: row.get(7)?,
        subject: row.get(8)?,
        date: row.get(9)?,
        message_id: row.get(10)?,
        flags: flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
        headers: row.get(12)?,
        by: FoundBy::ALL.into_iter().find(|by| by.name() == how).unwrap_or_default(),
        received: row.get::<_, Option<i64>>(14)?.map(from_millis),
        late: row.get::<_, Option<i64>>(15)?.map(duration),
    })
}
