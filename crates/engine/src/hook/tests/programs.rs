//! Real programs, on the real clock: what hangs, fails, floods, does not listen, or is not there.

use std::path::Path;

use super::*;
use crate::hook::run::run;

/// Long enough for a busy machine; what is to run out has limits of its own.
const LONG: Duration = Duration::from_mins(1);

const PATIENT: Limits = Limits { run: LONG, term: LONG, stop: LONG, stop_term: LONG };

fn call(command: &[&str], input: &str) -> Call {
    Call {
        event: HookEvent::NewMail,
        command: command.iter().map(ToString::to_string).collect(),
        variables: vec![("MAILWATCH_SUBJECT", "a 'b' \"c\" $HOME `d`".to_owned())],
        input: input.to_owned(),
    }
}

async fn sh(script: &str, input: &str, limits: Limits) -> Ran {
    run(&call(&["sh", "-c", script], input), limits, &CancellationToken::new()).await
}

#[track_caller]
fn code(ran: &Ran) -> Option<i32> {
    match &ran.ended {
        Ended::Status(status) => status.code(),
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
async fn it_is_told_by_variables_and_on_its_standard_input_at_home_and_without_a_shell() {
    let script = "cat; echo \"$MAILWATCH_SUBJECT\"; pwd; echo \"${NOTIFY_SOCKET-none}\"";
    let ran = sh(&format!("{{ {script}; }} >&2"), "{\"uid\":1}\n{\"uid\":2}\n", PATIENT).await;
    assert_eq!(code(&ran), Some(0));
    let home = std::env::home_dir().expect("a home").canonicalize().expect("it is there");
    let home = home.to_string_lossy().into_owned();
    assert_eq!(ran.said, ["{\"uid\":1}", "{\"uid\":2}", "a 'b' \"c\" $HOME `d`", &home, "none"]);
    let ran = run(&call(&["printf", "%s\\n", "$HOME", "*"], ""), PATIENT, &CancellationToken::new()).await;
    assert_eq!(code(&ran), Some(0));
}

#[tokio::test]
async fn one_that_fails_says_how_and_its_last_words_are_made_harmless() {
    let ran = sh("echo first >&2; printf '\\033[31mred\\342\\200\\256\\n' >&2; exit 3", "", PATIENT).await;
    assert_eq!((code(&ran), ran.complaint().as_str()), (Some(3), ": \u{fffd}[31mred\u{fffd}"));
    assert_eq!(code(&sh("kill -9 $$", "", PATIENT).await), None);
}

#[tokio::test]
async fn one_that_does_not_listen_is_not_waited_for() {
    let input = "x".repeat(1 << 20);
    assert_eq!(code(&sh("exec <&-; exit 0", &input, PATIENT).await), Some(0));
    assert_eq!(code(&sh("head -c 10 >/dev/null", &input, PATIENT).await), Some(0));
    assert_eq!(code(&sh("sleep 0", &input, PATIENT).await), Some(0));
}

#[tokio::test]
async fn a_flood_is_read_away_and_little_of_it_is_kept() {
    let ran = sh("yes out | head -c 30000000; yes err | head -c 30000000 >&2", "", PATIENT).await;
    assert_eq!((code(&ran), ran.said.len(), ran.cut), (Some(0), 20, true));
    let ran = sh("head -c 30000000 /dev/zero >&2", "", PATIENT).await;
    assert!(ran.said.iter().all(|line| line.chars().count() <= 301), "one endless line is cut");
}

#[tokio::test]
async fn one_that_is_missing_or_not_to_be_run_is_said_to_be() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("hook");
    std::fs::write(&file, "#!/bin/sh\n").expect("written");
    for (program, wanted) in [
        ("mailwatch-no-such-program", "there is no program"),
        ("/nowhere/hook", "there is no program"),
        (file.to_str().expect("UTF-8"), "may not be run"),
    ] {
        let ran = run(&call(&[program], ""), PATIENT, &CancellationToken::new()).await;
        let Ended::NotStarted(why) = &ran.ended else { panic!("{program}: {ran:?}") };
        assert!(why.sentence("x").contains(wanted), "{program}: {why:?}");
    }
    let long = "x".repeat(200_000);
    let ran = run(&call(&["true", &long], ""), PATIENT, &CancellationToken::new()).await;
    assert!(matches!(ran.ended, Ended::NotStarted(NotStarted::TooLong)), "{ran:?}");
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
            let limits = Limits { run: limit, term: Duration::from_millis(300), ..PATIENT };
            let ran = sh(&script, "", limits).await;
            assert!(matches!(ran.ended, Ended::TimedOut(time) if time == limit), "{ran:?}");
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
        sh(&script, "", Limits { run: limit, ..PATIENT }).await;
        limit *= 2;
    }
    assert!(clean.exists());
}

#[tokio::test]
async fn what_it_leaves_running_is_not_waited_for_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let ran = sh(&format!("echo done >&2; sleep 600 & echo $! > {}", pid.display()), "", PATIENT).await;
    assert_eq!((code(&ran), ran.said.as_slice()), (Some(0), &["done".to_owned()][..]));
    // Elsewhere there is no /proc to look into.
    assert!(cfg!(not(target_os = "linux")) || !gone(&pid), "it is the user's");
    let left = std::fs::read_to_string(&pid).expect("written");
    let left = rustix::process::Pid::from_raw(left.trim().parse().expect("a number")).expect("a process");
    rustix::process::kill_process(left, rustix::process::Signal::KILL).expect("ours");
}

#[tokio::test]
async fn the_programs_end_waits_a_moment_and_then_ends_it() {
    let stop = CancellationToken::new();
    stop.cancel();
    let quick = run(&call(&["sh", "-c", "sleep 0"], ""), PATIENT, &stop).await;
    assert_eq!(code(&quick), Some(0), "{quick:?}");
    let moment = Duration::from_millis(50);
    let slow = run(&call(&["sleep", "600"], ""), Limits { stop: moment, stop_term: moment, ..PATIENT }, &stop).await;
    assert!(matches!(slow.ended, Ended::Stopped), "{slow:?}");
}

#[tokio::test]
async fn a_run_that_is_dropped_is_ended() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let running = sh(&script, "", PATIENT);
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
