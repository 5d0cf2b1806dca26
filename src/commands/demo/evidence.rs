//! The demo's service: lists, reads and marks mails, and writes the evidence. The demo keeps nothing on the disk; its history is copied there while a report
//! is read from it.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use mailwatch_engine::MailHands;
use mailwatch_engine::config::FrontEndTable as _;
use mailwatch_engine::history::History;
use mailwatch_engine::requests::{EvidenceOrder, Readings, Service, answer_marked, begin_evidence, list_mails, serve};
use mailwatch_proto::model::{LINE_LIMIT, sanitise};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::tui::requests::{Reply, Request, RequestQueue};
use crate::tui::settings::{Ui, UiTable};

/// The report's configuration.
const NO_CONFIG: &str = "# the demo has no configuration\n";

/// The demo's service: it has no configuration, lists, reads and marks mails, and writes the evidence.
pub(super) struct DemoService {
    history: History,
    /// What reads and marks mails.
    hands: MailHands,
    readings: Readings,
    /// Where reports go.
    into: PathBuf,
    stop: CancellationToken,
}

impl DemoService {
    /// Serves until the screen has ended; a report that is then unfinished is dropped with the guard.
    pub(super) fn spawn(queue: RequestQueue, (history, hands): (History, MailHands), into: PathBuf) -> DropGuard {
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let mut service = Self { history, hands, readings: Readings::default(), into, stop };
        tokio::spawn(async move { serve(&mut service, queue).await });
        guard
    }
}

impl Service<Ui> for DemoService {
    async fn answer(&mut self, request: Request, replies: &mpsc::Sender<Reply>) -> Option<Reply> {
        Some(match request {
            Request::Evidence => match write(&self.history, &self.into, self.stop.clone()).await {
                Ok(said) => Reply::Done(sanitise(&said, LINE_LIMIT)),
                Err(why) => Reply::Failed(sanitise(&format!("no evidence written: {why}"), LINE_LIMIT)),
            },
            Request::Mails(number, query) => {
                list_mails(self.history.clone(), number, query, replies.clone());
                return None;
            }
            Request::Read(number, mail) => {
                self.readings.begin(number, self.hands.read_mail(&mail), replies.clone());
                return None;
            }
            Request::Seen(number, mails) => {
                answer_marked(number, self.hands.mark_seen(mails), replies.clone());
                return None;
            }
            Request::StopReading(number) => {
                self.readings.stop(number);
                return None;
            }
            Request::Reload
            | Request::Save(_)
            | Request::Share(_)
            | Request::Sample
            | Request::Find(_)
            | Request::Try(..)
            | Request::StopTrying
            | Request::Add(_)
            | Request::Secret(..)
            | Request::LoggedIn(_)
            | Request::Check(..)
            | Request::Probe(_)
            | Request::Push(_)
            | Request::Report(_)
            | Request::Restart => Reply::Failed("that cannot be done here".to_owned()),
        })
    }
}

/// Writes the report. Returns a sentence: what was written, or why nothing was.
async fn write(history: &History, into: &Path, stop: CancellationToken) -> Result<String, String> {
    let copy = Copy::new(into).map_err(|error| format!("{}: {error}", into.display()))?;
    history.copy_into(&copy.0).await?;
    let config = copy.0.join("config.toml");
    fs::write(&config, NO_CONFIG).map_err(|error| format!("{}: {error}", config.display()))?;
    let order = EvidenceOrder::requested(into.to_owned(), copy.0.clone(), Some(config), UiTable.tables());
    match begin_evidence(order, stop).await {
        Ok(Ok(written)) => Ok(written.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// A private directory, removed when dropped.
struct Copy(PathBuf);

impl Copy {
    fn new(into: &Path) -> io::Result<Self> {
        let path = into.join(format!("mailwatch-demo-{:016x}", fastrand::u64(..)));
        #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode is Unix's"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Fails if the name exists: the directory is always our own.
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A leftover holds only the demo's made-up mail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use mailwatch_engine::history::{Seen, WatchKey};

    use super::*;

    #[tokio::test]
    async fn the_report_of_a_history_in_memory_is_all_that_is_left() {
        let dir = tempfile::tempdir().expect("a directory");
        let history = History::in_process();
        let key = WatchKey { account: "demo".into(), login: "user@demo".into(), mailbox: "INBOX".into() };
        let seen = Seen { epoch: 0, uidvalidity: 1, uidnext: 1, last_alive: SystemTime::now() };
        history.baseline(&key, seen, Vec::new()).await.expect("kept");
        for _ in 0..2 {
            let said = write(&history, dir.path(), CancellationToken::new()).await.expect("written");
            assert!(said.contains("mailwatch-report-") && said.contains(": no stall"), "{said}");
        }
        let left: Vec<_> = fs::read_dir(dir.path())
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert!(!left.is_empty() && left.iter().all(|name| name.ends_with(".tar.gz")), "{left:?}");
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_written_is_named() {
        let why = write(&History::in_process(), Path::new("/nonexistent"), CancellationToken::new()).await;
        assert!(why.as_ref().is_err_and(|why| why.starts_with("/nonexistent: ")), "{why:?}");
    }
}
