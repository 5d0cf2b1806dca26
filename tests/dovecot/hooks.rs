//! Hooks of the built program: none is lost however often it is killed, and two programs run each once.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::program::Program;
use crate::wait::{PATIENCE, look_for};

tests! {
    [&DOVECOT] =>
        every_mails_hook_does_its_work_through_fifty_kills,
        two_programs_on_one_state_directory_run_a_mails_hook_once_between_them;
}

/// Kills while a hook runs.
const KILLS: usize = 50;

/// Runs of the program in which so many are to be had: some are killed at another moment.
const ROUNDS: usize = 150;

/// Where the hook of a test notes its runs.
struct Notes {
    begun: PathBuf,
    ended: PathBuf,
    done: PathBuf,
    lines: String,
}

impl Notes {
    /// A hook that takes a moment, and whose work is done only if the program that ran it lives that long: one that
    /// outlives it must not make up for what the program forgot, and one that was started and not told has done none.
    fn new(dir: &Path) -> Self {
        let [begun, ended, done] = ["begun", "ended", "done"].map(|name| dir.join(name));
        let script = format!(
            "trap 'echo >> {}' EXIT; echo >> {}; told=$(cat); sleep 0.1; \
             [ -n \"$told\" ] && [ $PPID -gt 1 ] && kill -0 $PPID || exit 1; printf %s\\\\n \"$told\" >> {}",
            ended.display(),
            begun.display(),
            done.display()
        );
        let mut lines = String::new();
        writeln!(lines, "on_new_mail = [\"sh\", \"-c\", '''{script}''']").expect("memory");
        Self { begun, ended, done, lines }
    }

    fn account(&self) -> Account<'_> {
        Account { name: "work", user: ANNA, more: &self.lines, ..Account::default() }
    }

    fn runs(&self) -> usize {
        lines(&self.begun)
    }

    fn is_running(&self) -> bool {
        self.runs() > lines(&self.ended)
    }

    /// The UIDs that the hook was told, as often as it was.
    fn told(&self) -> Vec<u64> {
        let text = fs::read_to_string(&self.done).unwrap_or_default();
        let uid = |line: &str| serde_json::from_str::<Value>(line).expect("an object")["uid"].as_u64().expect("a UID");
        // A shell writes what is long in parts.
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(uid).collect()
    }
}

fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// Hooks that are owed still.
fn owed(bench: &Bench) -> i64 {
    let db = Connection::open(bench.state_dir().join("history.db")).expect("a database");
    db.query_row("SELECT count(*) FROM hook WHERE settled IS NULL", [], |row| row.get(0)).expect("the schema")
}

fn every_mails_hook_does_its_work_through_fifty_kills() {
    let bench = Bench::new();
    let notes = Notes::new(bench.dir());
    bench.configure(&[notes.account()]);
    let mut first = Program::start(&bench);
    first.until_idling(&["work/INBOX"]);
    first.stop();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut sent, in_a_run) = (0_u64, Cell::new(0));
    let mut deliver = |when: &str| {
        bench.server.deliver(ANNA, "INBOX", &format!("{when} {sent}"));
        sent += 1;
    };

    for round in (0..ROUNDS).take_while(|_| in_a_run.get() < KILLS) {
        let before = notes.runs();
        deliver("before the start");
        let mut program = Program::start(&bench);
        if round % 5 == 0 {
            // Between any two of its steps.
            let by = Instant::now() + Duration::from_secs(2);
            for _ in 0..random.usize(0..16) {
                if program.event(by).is_none() {
                    break;
                }
            }
        } else {
            if round % 2 == 0 {
                program.until_idling(&["work/INBOX"]);
                deliver("while idling");
            }
            assert!(look_for(PATIENCE, || (notes.runs() > before).then_some(())).is_some(), "{}", program.told());
            // Some before the hook's end, some in the moment after it, before that is kept.
            let moment = Instant::now() + Duration::from_millis(random.u64(0..120));
            while program.event(moment).is_some() {}
        }
        let running = notes.is_running();
        program.kill();
        in_a_run.set(in_a_run.get() + usize::from(running));
    }
    assert!(in_a_run.get() >= KILLS, "seed {seed}: only {} kills while a hook ran", in_a_run.get());

    let mut last = Program::start(&bench);
    last.until_idling(&["work/INBOX"]);
    deliver("last");
    let everything: BTreeSet<u64> = (1..=sent).collect();
    let told = || notes.told().into_iter().collect::<BTreeSet<_>>();
    // One at a time: what has piled up takes as long as it takes, so long as it goes on.
    while told() != everything {
        let known = told().len();
        let more = look_for(PATIENCE, || (told().len() > known).then_some(()));
        let missing: Vec<_> = everything.difference(&told()).copied().collect();
        assert!(more.is_some(), "seed {seed}: no hook for {missing:?}; {}", last.told());
    }
    // A hook's work is done a moment before its end is kept.
    assert!(look_for(PATIENCE, || (owed(&bench) == 0).then_some(())).is_some(), "seed {seed}; {}", last.told());
    last.stop();
    assert_eq!(owed(&bench), 0, "seed {seed}");
}

fn two_programs_on_one_state_directory_run_a_mails_hook_once_between_them() {
    let bench = Bench::new();
    let notes = Notes::new(bench.dir());
    bench.configure(&[notes.account()]);
    let mut programs = [Program::start(&bench), Program::start(&bench)];
    for program in &mut programs {
        program.until_idling(&["work/INBOX"]);
    }
    for number in 1..=8 {
        bench.server.deliver(ANNA, "INBOX", &format!("mail {number}"));
    }
    for program in &mut programs {
        for number in 1..=8 {
            program.mail(&format!("mail {number}"));
        }
    }
    assert!(look_for(PATIENCE, || (notes.told().len() >= 8).then_some(())).is_some(), "{}", programs[0].told());
    for program in &mut programs {
        program.stop();
    }
    let mut told = notes.told();
    told.sort_unstable();
    assert_eq!(told, (1..=8).collect::<Vec<u64>>(), "{}\n{}", programs[0].told(), programs[1].told());
}
