//! The handle's part for readers: with a name, and of the log.

use std::time::SystemTime;

use super::handle::History;
use super::mails::MailUid;
use super::readers::{OwedMail, Standing};
use super::record::Logged;
use super::request::{Call, Kind, Message};
use super::watch_key::WatchKey;
use mailwatch_proto::model::Fault;

impl History {
    /// The last lines of the log, at most `limit`, from one moment to before another; oldest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn logged_before(&self, since: SystemTime, until: SystemTime, limit: u32) -> Result<Vec<Logged>, Fault> {
        self.read(move |database| database.log_between(since, until, limit)).await
    }

    /// The log's lines on where watches stood, of a time: their phases, stalls, verdicts and suspends; the first `limit` of them.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn stages_before(&self, since: SystemTime, until: SystemTime, limit: u32) -> Result<Vec<Logged>, Fault> {
        self.read(move |database| database.stages_between(since, until, limit)).await
    }

    /// A reader of this name attaches. A new name begins now, or, with `from_owed`, with the first mail that the engine's own
    /// reader is owed. Returns the number of the last mail so far.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn begin_reader(&self, name: &str, from_owed: bool) -> Result<i64, Fault> {
        let (name, at) = (name.to_owned(), SystemTime::now());
        self.call(Kind::WriteMails, move |database| database.begin_reader(&name, from_owed, at)).await
    }

    /// The mails of these accounts (all where none is named) that the reader is owed, after the one of this number, oldest
    /// first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn owed_mails(
        &self,
        name: &str,
        after: i64,
        accounts: &[String],
        limit: usize,
    ) -> Result<Vec<OwedMail>, Fault> {
        let (name, accounts) = (name.to_owned(), accounts.to_vec());
        self.call(Kind::ReadMails, move |database| database.owed_mails(&name, after, &accounts, limit)).await
    }

    /// How the reader stands to these mails: one answer for each, in their order.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn standing(&self, name: &str, mails: Vec<(WatchKey, MailUid)>) -> Result<Vec<Standing>, Fault> {
        let name = name.to_owned();
        self.call(Kind::ReadMails, move |database| database.standing(&name, &mails)).await
    }

    /// The reader of these accounts has told its user the mails of these numbers. Never waits; what is asked for afterwards
    /// knows of it.
    pub fn tell(&self, name: &str, mails: Vec<i64>, accounts: &[String]) {
        let (name, accounts, at) = (name.to_owned(), accounts.to_vec(), SystemTime::now());
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.tell(&name, &mails, &accounts, at));
        self.send(Message::Request(call));
    }

    /// The reader leaves, and never comes back. Never waits.
    pub fn forget_reader(&self, name: &str) {
        let name = name.to_owned();
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.forget_reader(&name));
        self.send(Message::Request(call));
    }

    /// The reader leaves: it was in use until now. Never waits.
    pub fn leave_reader(&self, name: &str) {
        let (name, at) = (name.to_owned(), SystemTime::now());
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.use_reader(&name, at).map(drop));
        self.send(Message::Request(call));
    }
}
