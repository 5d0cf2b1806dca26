//! Both ends on real sockets: who answers, who is answered, and what is told when.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::client::{NoAnswer, ask_at};
use super::server::answer_at;
use super::socket_paths::SocketPaths;
use super::*;
use mailwatch_proto::model::{Board, Phase, Snapshot, Timers, WatchId};

/// Long enough for a busy machine.
const BOUND: Duration = Duration::from_secs(20);

/// A state directory and a runtime directory.
struct Rig {
    root: tempfile::TempDir,
    board: watch::Sender<Board>,
}

impl Rig {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        for dir in ["run", "state", "other"] {
            fs::create_dir(root.path().join(dir)).expect("made");
        }
        let rig = Self { root, board: watch::Sender::new(Board::default()) };
        rig.show("INBOX", |_| {});
        rig
    }

    /// Changes the watch of a mailbox, new where there is none.
    fn show(&self, mailbox: &str, change: impl FnOnce(&mut Snapshot)) {
        let id = WatchId::new("work", mailbox);
        self.board.send_modify(|board| {
            let new = || Arc::new(Snapshot::new(id.clone(), Timers::default(), Instant::now()));
            let snapshot = Arc::make_mut(board.watches.entry(id.clone()).or_insert_with(new));
            snapshot.phase = Phase::Idling;
            change(snapshot);
        });
    }

    fn state(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn paths(&self, state: &str) -> SocketPaths {
        let uid = rustix::process::geteuid().as_raw();
        SocketPaths::under(&self.state(state), Some(self.state("run")), uid).expect("a state directory")
    }

    fn socket(&self, state: &str) -> PathBuf {
        self.paths(state).make().expect("a place")
    }

    /// A program on this state directory.
    fn program(&self, state: &str) -> StatusServer {
        answer_at(&self.paths(state), self.board.subscribe()).expect("a socket")
    }

    async fn ask(&self, state: &str, question: &Question) -> Result<Answers, NoAnswer> {
        ask_at(&self.paths(state), &self.state(state), question).await
    }

    /// What the program there says.
    async fn line(&self, state: &str, question: &Question) -> Answers {
        self.ask(state, question).await.expect("an answer")
    }
}

fn question(format: &str, follow: bool) -> Question {
    let shape = Shape::Format(Format::parse(format).expect("a format"));
    Question { shape, escape: None, accounts: Vec::new(), follow }
}

async fn next(answers: &mut Answers) -> Option<String> {
    timeout(BOUND, answers.next()).await.expect("something comes").expect("a line")
}

#[tokio::test]
async fn who_asks_is_answered_and_the_socket_is_its_users_alone() {
    let rig = Rig::new();
    let _program = rig.program("state");
    let mut answers = rig.line("state", &question("{live}/{watches}", false)).await;
    assert_eq!(next(&mut answers).await.as_deref(), Some("1/1"));
    assert_eq!(next(&mut answers).await, None, "one line was asked for");
    let metadata = rig.socket("state").metadata().expect("a socket");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(matches!(rig.ask("other", &question("", false)).await, Err(NoAnswer::NotRunning(_))), "each has its own");
}

#[tokio::test]
async fn a_runtime_directory_that_cannot_be_looked_into_hides_no_program_behind_it() {
    let rig = Rig::new();
    let (state, file) = (rig.state("state"), rig.state("file"));
    fs::write(&file, "").expect("written");
    let uid = rustix::process::geteuid().as_raw();
    let paths = SocketPaths::under(&state, Some(file), uid).expect("a state directory").without_login();
    let question = question("{live}", false);
    let ask = || ask_at(&paths, &state, &question);
    let error = ask().await.expect_err("nobody runs");
    assert!(matches!(error, NoAnswer::Broken(_)), "what is in the way is said: {error}");
    let _program = answer_at(&paths, rig.board.subscribe()).expect("a socket in the state directory");
    assert_eq!(next(&mut ask().await.expect("an answer")).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn who_follows_gets_a_line_where_it_changed_and_the_end() {
    let rig = Rig::new();
    let program = rig.program("state");
    let mut answers = rig.line("state", &question("{unseen} in {watches}", true)).await;
    assert_eq!(next(&mut answers).await.as_deref(), Some("- in 1"));
    // What is not in the line is no reason for one.
    rig.show("INBOX", |snapshot| snapshot.connection.attempt = 3);
    rig.show("INBOX", |snapshot| snapshot.mailbox.unseen = Some(4));
    assert_eq!(next(&mut answers).await.as_deref(), Some("4 in 1"));
    rig.show("lists", |snapshot| snapshot.mailbox.unseen = Some(1));
    assert_eq!(next(&mut answers).await.as_deref(), Some("5 in 2"));
    drop(program);
    assert_eq!(next(&mut answers).await, None);
    assert!(!rig.socket("state").exists(), "what ended leaves no socket");
}

#[tokio::test]
async fn a_follower_ends_with_the_engine() {
    let mut rig = Rig::new();
    let _program = rig.program("state");
    let mut answers = rig.line("state", &question("{live}", true)).await;
    assert_eq!(next(&mut answers).await.as_deref(), Some("1"));
    rig.board = watch::Sender::new(Board::default());
    assert_eq!(next(&mut answers).await, None);
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced() {
    let rig = Rig::new();
    let socket = rig.socket("state");
    drop(StdListener::bind(&socket).expect("bound"));
    assert!(socket.exists(), "as after kill -9");
    assert!(matches!(rig.ask("state", &question("", false)).await, Err(NoAnswer::NotRunning(_))));
    let _program = rig.program("state");
    let mut answers = rig.line("state", &question("{state}", false)).await;
    assert_eq!(next(&mut answers).await.as_deref(), Some("live"));
}

#[tokio::test]
async fn of_two_programs_the_first_answers_and_then_the_second() {
    let rig = Rig::new();
    let first = rig.program("state");
    let mut answers = rig.line("state", &question("{watches}", true)).await;
    assert_eq!(next(&mut answers).await.as_deref(), Some("1"));
    let other = Rig::new();
    other.show("second", |_| {});
    let _second = answer_at(&rig.paths("state"), other.board.subscribe()).expect("it waits");
    rig.show("INBOX", |snapshot| snapshot.mailbox.new = 1);
    assert_eq!(next(&mut rig.line("state", &question("{watches}", false)).await).await.as_deref(), Some("1"));
    drop(first);
    assert_eq!(next(&mut answers).await, None);
    let second = async {
        loop {
            match rig.ask("state", &question("{watches}", false)).await {
                // Between the one and the other there is nobody.
                Err(NoAnswer::NotRunning(_)) => tokio::task::yield_now().await,
                answers => break answers.expect("an answer"),
            }
        }
    };
    let mut answers = timeout(BOUND, second).await.expect("it takes over");
    assert_eq!(next(&mut answers).await.as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_hangs_is_given_up_and_named() {
    let rig = Rig::new();
    let _deaf = StdListener::bind(rig.socket("state")).expect("bound");
    let error = rig.ask("state", &question("", false)).await.expect_err("nobody answers").to_string();
    let pid = std::process::id();
    assert_eq!(error, format!("mailwatch-tui (process {pid}) runs and does not answer within 2 s"));
}

#[tokio::test]
async fn what_is_not_understood_is_said_to_be_so() {
    let rig = Rig::new();
    let _program = rig.program("state");
    let unknown = Question { accounts: vec!["wrok\u{7}".to_owned()], ..question("", true) };
    let error = rig.ask("state", &unknown).await.expect_err("no such account");
    assert_eq!(error.to_string(), "no account wrok\u{fffd} is being watched; there are: work");
    for odd in ["{\"shape\":\"odt\"}\n", "\n", "GET / HTTP/1.1\r\n"] {
        let mut stream = std::os::unix::net::UnixStream::connect(rig.socket("state")).expect("connected");
        std::io::Write::write_all(&mut stream, odd.as_bytes()).expect("written");
        let read = tokio::task::spawn_blocking(move || std::io::read_to_string(stream)).await.expect("no panic");
        let said = read.expect("text");
        assert!(said.starts_with("{\"error\":") && said.contains("start it again"), "{odd:?}: {said}");
    }
}

#[tokio::test]
async fn who_says_nothing_holds_nobody_up() {
    let rig = Rig::new();
    let _program = rig.program("state");
    let silent: Vec<_> =
        (0..50).map(|_| std::os::unix::net::UnixStream::connect(rig.socket("state")).expect("connected")).collect();
    assert_eq!(next(&mut rig.line("state", &question("{live}", false)).await).await.as_deref(), Some("1"));
    drop(silent);
}

/// Runs what another user would run, on a thread of that user's.
#[cfg(target_os = "linux")]
fn as_nobody<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    const NOBODY: u32 = 65534;
    let thread = std::thread::spawn(move || {
        rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(NOBODY)).expect("root may");
        work()
    });
    thread.join().expect("it does not panic")
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "needs root, to become another user"]
async fn another_user_gets_no_word_though_the_directories_stand_open() {
    let rig = Rig::new();
    let _program = rig.program("state");
    let socket = rig.socket("state");
    for (path, mode) in [("", 0o711), ("run", 0o711), ("run/mailwatch-tui", 0o711), ("state", 0o711)] {
        fs::set_permissions(rig.root.path().join(path), fs::Permissions::from_mode(mode)).expect("set");
    }
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).expect("set");
    let asked = question("{live}", false);
    let theirs = serde_json::to_string(&asked).expect("JSON") + "\n";
    let heard = as_nobody(move || {
        let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("the way is open");
        // It may be closed already.
        let _ = std::io::Write::write_all(&mut stream, theirs.as_bytes());
        std::io::read_to_string(stream).unwrap_or_default()
    });
    assert_eq!(heard, "");
    assert_eq!(next(&mut rig.line("state", &asked).await).await.as_deref(), Some("1"), "it goes on");
}

#[tokio::test]
async fn a_program_of_another_users_is_not_asked() {
    let rig = Rig::new();
    let _program = rig.program("state");
    let mut paths = rig.paths("state");
    paths.set_uid(paths.uid() + 1);
    let error = ask_at(&paths, &rig.state("state"), &question("", false)).await.expect_err("a stranger's");
    assert!(matches!(error, NoAnswer::Foreign(_)), "{error}");
}
