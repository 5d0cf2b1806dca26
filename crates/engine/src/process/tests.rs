//! Real processes, on the real clock: what hangs, cleans up, prints on, does not read, or leaves others running.

use std::path::Path;

use super::*;

/// Long enough for a busy machine; a run that is to exceed its time gets a limit of its own.
const LONG: Duration = Duration::from_mins(1);

const PATIENT: TimeLimit = TimeLimit { run: LONG, grace: LONG };

const KEPT: usize = 1024;

async fn run_script(script: &str, streams: Streams<'_>, limit: TimeLimit) -> Finished {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    run(command, streams, limit, None).await
}

async fn sh(script: &str, limit: TimeLimit) -> Finished {
    run_script(script, Streams { input: None, output: None, errors: KEPT }, limit).await
}

async fn fed(script: &str, input: &str) -> Finished {
    run_script(script, Streams { input: Some(input.as_bytes()), output: None, errors: KEPT }, PATIENT).await
}

async fn captured(script: &str, most: usize) -> Finished {
    run_script(script, Streams { input: None, output: Some(most), errors: KEPT }, PATIENT).await
}

#[track_caller]
fn code(finished: &Finished) -> Option<i32> {
    match &finished.result {
        Ok(status) => status.code(),
        other => panic!("{other:?}"),
    }
}

/// Whether the process whose number stands in the file is gone.
fn gone(pid: &Path) -> bool {
    let pid = std::fs::read_to_string(pid).expect("it was written");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

async fn soon_gone(pid: &Path) {
    let looking = async {
        while !gone(pid) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, looking).await.expect("it is ended");
}

#[tokio::test]
async fn one_has_a_session_of_its_own_and_no_way_to_a_terminal() {
    let script = "(exec 3</dev/tty) 2>/dev/null && echo terminal; tty <&0 >/dev/null && echo input; \
                  echo ${GPG_TTY-none} ${RBW_TTY-none} $PINENTRY_USER_DATA";
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command.envs([("GPG_TTY", "/dev/pts/0"), ("RBW_TTY", "/dev/pts/0"), ("PINENTRY_USER_DATA", "gui")]);
    let streams = Streams { input: None, output: Some(KEPT), errors: KEPT };
    let finished = run(command, streams, PATIENT, None).await;
    assert_eq!(String::from_utf8_lossy(&finished.output), "none none gui\n", "{finished:?}");
}

#[tokio::test]
async fn one_that_does_not_listen_is_not_waited_for() {
    let input = "x".repeat(1 << 20);
    assert_eq!(code(&fed("exec <&-; exit 0", &input).await), Some(0));
    assert_eq!(code(&fed("head -c 10 >/dev/null", &input).await), Some(0));
    assert_eq!(code(&fed("sleep 0", &input).await), Some(0));
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_what_it_has_started() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    // The one ends when asked to, the other must be made to, and the third was stopped.
    for trap in ["", "trap '' TERM;", "kill -STOP $$;"] {
        let script = format!("sleep 600 & echo $! > {}; {trap} sleep 600 & wait; sleep 600", pid.display());
        let mut limit = Duration::from_millis(200);
        // A busy machine may not have come to writing the file within the limit.
        loop {
            let limits = TimeLimit { run: limit, grace: Duration::from_millis(300) };
            let ran = sh(&script, limits).await;
            assert!(matches!(ran.result, Err(Failure::TimedOut)), "{ran:?}");
            if std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
                break;
            }
            limit *= 2;
        }
        soon_gone(&pid).await;
        std::fs::remove_file(&pid).expect("it was there");
    }
}

#[tokio::test]
async fn one_that_cleans_up_when_asked_to_end_is_given_the_time() {
    let dir = tempfile::tempdir().expect("a directory");
    let (ready, clean) = (dir.path().join("ready"), dir.path().join("clean"));
    let script =
        format!("trap 'echo > {}; exit 1' TERM; echo > {}; sleep 600 & wait", clean.display(), ready.display());
    let mut limit = Duration::from_millis(200);
    while !ready.exists() {
        sh(&script, TimeLimit { run: limit, grace: LONG }).await;
        limit *= 2;
    }
    assert!(clean.exists());
}

#[tokio::test]
async fn what_it_leaves_running_is_not_waited_for_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let ran = sh(&format!("echo done >&2; sleep 600 & echo $! > {}", pid.display()), PATIENT).await;
    assert_eq!((code(&ran), ran.errors.as_slice()), (Some(0), &b"done\n"[..]));
    // Elsewhere there is no /proc to look into.
    assert!(cfg!(not(target_os = "linux")) || !gone(&pid), "it is the user's");
    let left = std::fs::read_to_string(&pid).expect("written");
    let left = rustix::process::Pid::from_raw(left.trim().parse().expect("a number")).expect("a process");
    rustix::process::kill_process(left, rustix::process::Signal::KILL).expect("ours");
}

#[tokio::test]
async fn a_run_that_is_dropped_is_ended() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let running = sh(&script, PATIENT);
    let written = async {
        while !std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ran = running => panic!("{ran:?}"),
        () = written => {}
    }
    soon_gone(&pid).await;
}

#[tokio::test]
async fn output_is_captured_to_its_limit_and_a_command_that_prints_more_is_ended() {
    let ran = captured("printf 1234", 4).await;
    assert_eq!((code(&ran), ran.output.as_slice()), (Some(0), &b"1234"[..]));
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let ran = captured(&format!("sleep 600 & echo $! > {}; printf 12345; wait", pid.display()), 4).await;
    assert!(matches!(ran.result, Err(Failure::TooMuchOutput)), "{ran:?}");
    soon_gone(&pid).await;
}

#[tokio::test]
async fn errors_are_kept_from_their_beginning_and_the_rest_is_read_and_discarded() {
    let ran = captured("printf first >&2; head -c 10000000 /dev/zero >&2; echo done", KEPT).await;
    assert_eq!((code(&ran), ran.output.as_slice()), (Some(0), &b"done\n"[..]));
    assert!(ran.errors.starts_with(b"first") && ran.errors.len() == KEPT, "{}", ran.errors.len());
}

#[tokio::test]
async fn a_group_without_grace_is_killed_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let (pid, asked) = (dir.path().join("pid"), dir.path().join("asked"));
    let script = format!("trap 'echo > {}' TERM; sleep 600 & echo $! > {}; wait", asked.display(), pid.display());
    let mut limit = Duration::from_millis(200);
    while !std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
        let ran = sh(&script, TimeLimit { run: limit, grace: Duration::ZERO }).await;
        assert!(matches!(ran.result, Err(Failure::TimedOut)), "{ran:?}");
        limit *= 2;
    }
    soon_gone(&pid).await;
    assert!(!asked.exists(), "it was asked to end");
}
