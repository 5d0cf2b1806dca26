//! Whatever happens to the file in whatever order: each mail is told, and none twice.

use std::fs;

use proptest::prelude::*;
use rusqlite::Connection;

use super::lost::{HARMS, Harm, harm, keep_copy};
use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Mails come, are found and told.
    Mail(u32),
    /// A mail is found; it is told with the next ones, or before the end.
    Owed,
    /// Another program takes the file for itself,
    Lock,
    /// and lets go of it.
    Unlock,
    /// Somebody does something to the file under the running program,
    Harm(Harm),
    /// or between its end and its next start.
    HarmWhileOff(Harm),
    /// The program ends well, and starts again.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let harms = || proptest::sample::select(HARMS.to_vec());
    let step = prop_oneof![
        5 => (1_u32..4).prop_map(Step::Mail),
        2 => Just(Step::Owed),
        1 => Just(Step::Lock),
        2 => Just(Step::Unlock),
        2 => harms().prop_map(Step::Harm),
        1 => harms().prop_map(Step::HarmWhileOff),
        2 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..14)
}

/// A program with its front end, and a mailbox that only grows.
struct World {
    dir: tempfile::TempDir,
    history: History,
    /// Where the program's next look begins.
    uidnext: u32,
    /// The mails that are there, by UID from 1.
    there: u32,
    owed: Vec<u32>,
    told: BTreeSet<u32>,
    holder: Option<Connection>,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let history = start(dir.path());
        history.baseline(&inbox(), seen(1), vec![]).await.expect("kept");
        let (owed, told) = (Vec::new(), BTreeSet::new());
        Self { dir, history, uidnext: 1, there: 0, owed, told, holder: None }
    }

    /// What is new is found.
    async fn look(&mut self) {
        let new = (self.uidnext..=self.there).map(found).collect();
        let mails = self.history.found(&inbox(), seen(self.there + 1), new).await.expect("kept");
        self.uidnext = self.there + 1;
        self.owed.extend(uids(&mails));
    }

    /// The front end tells what was found, and confirms it.
    async fn tell(&mut self) -> Result<(), TestCaseError> {
        for mail in std::mem::take(&mut self.owed) {
            prop_assert!(self.told.insert(mail), "{mail} is told twice");
            self.history.reported(vec![(inbox(), uid(mail))]).await.expect("kept");
        }
        Ok(())
    }

    async fn restart(&mut self, between: impl FnOnce(&Path)) -> Result<(), TestCaseError> {
        self.tell().await?;
        self.history.close().await;
        between(self.dir.path());
        let history = start(self.dir.path());
        end(std::mem::replace(&mut self.history, history));
        let seen = self.history.seen(&inbox()).await.expect("read");
        let Some(seen) = seen else {
            return Err(TestCaseError::fail("the mailbox is not known: its mails would be missed"));
        };
        self.uidnext = seen.uidnext;
        self.owed = uids(&self.history.unreported(&inbox()).await.expect("read"));
        self.look().await;
        self.tell().await
    }

    async fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Mail(count) => {
                self.there += count;
                self.look().await;
                self.tell().await?;
            }
            Step::Owed => {
                self.there += 1;
                self.look().await;
            }
            Step::Lock => {
                let holder = Connection::open(self.dir.path().join(FILE)).expect("opened");
                holder.busy_timeout(Duration::ZERO).expect("set");
                // Not while the program writes, or on a damaged file.
                let held = holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE;");
                self.holder = held.is_ok().then_some(holder);
            }
            Step::Unlock => self.holder = None,
            Step::Harm(how) => self.harm(how),
            Step::HarmWhileOff(how) => {
                self.holder = None;
                self.restart(|dir| {
                    copy(dir);
                    harm(dir, how);
                })
                .await?;
            }
            Step::Restart => self.restart(|_| {}).await?,
        }
        Ok(())
    }

    fn harm(&mut self, how: Harm) {
        self.holder = None;
        copy(self.dir.path());
        harm(self.dir.path(), how);
    }
}

/// Copies the file, to put it back later as an older one. Without a copy an empty file stands in.
fn copy(dir: &Path) {
    let _ = fs::remove_file(dir.join("older"));
    if Connection::open(dir.join(FILE)).and_then(|db| db.execute_batch("SELECT count(*) FROM seen")).is_ok() {
        keep_copy(dir);
    } else {
        fs::write(dir.join("older"), "").expect("written");
    }
}

fn start(dir: &Path) -> History {
    History::open_with(dir, Duration::from_millis(20), |store| store.retry_after(Duration::ZERO)).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_the_file_each_mail_is_told_once(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in steps {
                world.take(step).await?;
            }
            world.holder = None;
            world.restart(|_| {}).await?;
            prop_assert_eq!(&world.told, &(1..=world.there).collect::<BTreeSet<_>>());
            world.history.close().await;
            prop_assert_eq!(pragma(world.dir.path(), "integrity_check"), "ok");
            end(world.history);
            Ok(())
        })?;
    }
}
