//! Real programs, on the real clock: what a hook gets, and programs that fail, flood, hang at the end, or do not exist.

use super::*;
use crate::hook::run::run;
use crate::process::TimeLimit;

/// Long enough for a busy machine; what is to run out has limits of its own.
const LONG: Duration = Duration::from_mins(1);

const PATIENT: Limits = Limits { run: ALLOWED, shutdown: ALLOWED };
const ALLOWED: TimeLimit = TimeLimit { run: LONG, grace: LONG };

fn invocation(command: &[&str], input: &str) -> Invocation {
    Invocation {
        event: HookEvent::NewMail,
        command: command.iter().map(ToString::to_string).collect(),
        variables: vec![("MAILWATCH_SUBJECT", "a 'b' \"c\" $HOME `d`".to_owned())],
        input: input.to_owned(),
    }
}

async fn sh(script: &str, input: &str, limits: Limits) -> FinishedRun {
    run(&invocation(&["sh", "-c", script], input), limits, &CancellationToken::new()).await
}

#[track_caller]
fn code(ran: &FinishedRun) -> Option<i32> {
    match &ran.end {
        RunEnd::Exited(status) => status.code(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_told_by_variables_and_on_its_standard_input_at_home_and_without_a_shell() {
    let script = "cat; echo \"$MAILWATCH_SUBJECT\"; pwd; echo \"${NOTIFY_SOCKET-none}\"";
    let ran = sh(&format!("{{ {script}; }} >&2"), "{\"uid\":1}\n{\"uid\":2}\n", PATIENT).await;
    assert_eq!(code(&ran), Some(0));
    let home = std::env::home_dir().expect("a home").canonicalize().expect("it is there");
    let home = home.to_string_lossy().into_owned();
    assert_eq!(ran.errors, ["{\"uid\":1}", "{\"uid\":2}", "a 'b' \"c\" $HOME `d`", &home, "none"]);
    let ran = run(&invocation(&["printf", "%s\\n", "$HOME", "*"], ""), PATIENT, &CancellationToken::new()).await;
    assert_eq!(code(&ran), Some(0));
}

#[tokio::test]
async fn one_that_fails_says_how_and_its_last_words_are_made_harmless() {
    let ran = sh("echo first >&2; printf '\\033[31mred\\342\\200\\256\\n' >&2; exit 3", "", PATIENT).await;
    assert_eq!((code(&ran), ran.complaint().as_str()), (Some(3), ": \u{fffd}[31mred"));
    assert_eq!(code(&sh("kill -9 $$", "", PATIENT).await), None);
}

#[tokio::test]
async fn a_flood_is_read_away_and_little_of_it_is_kept() {
    let ran = sh("yes out | head -c 30000000; yes err | head -c 30000000 >&2", "", PATIENT).await;
    assert_eq!((code(&ran), ran.errors.len(), ran.cut), (Some(0), 20, true));
    let ran = sh("head -c 30000000 /dev/zero >&2", "", PATIENT).await;
    assert!(ran.errors.iter().all(|line| line.chars().count() <= 301), "one endless line is cut");
}

#[tokio::test]
async fn one_that_is_missing_or_not_to_be_run_is_said_to_be() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("hook");
    std::fs::write(&file, "#!/bin/sh\n").expect("written");
    for (program, wanted) in [
        ("mailwatch-no-such-program", "there is no program"),
        ("/nowhere/hook", "there is no program"),
        (file.to_str().expect("UTF-8"), "cannot be executed"),
    ] {
        let ran = run(&invocation(&[program], ""), PATIENT, &CancellationToken::new()).await;
        let RunEnd::NotStarted(why) = &ran.end else { panic!("{program}: {ran:?}") };
        assert!(why.sentence("x").contains(wanted), "{program}: {why:?}");
    }
    let long = "x".repeat(200_000);
    let ran = run(&invocation(&["true", &long], ""), PATIENT, &CancellationToken::new()).await;
    assert!(matches!(ran.end, RunEnd::NotStarted(NotStarted::TooLong)), "{ran:?}");
}

#[tokio::test]
async fn the_programs_end_waits_a_moment_and_then_ends_it() {
    let stop = CancellationToken::new();
    stop.cancel();
    let quick = run(&invocation(&["sh", "-c", "sleep 0"], ""), PATIENT, &stop).await;
    assert_eq!(code(&quick), Some(0), "{quick:?}");
    let moment = Duration::from_millis(50);
    let slow = run(
        &invocation(&["sleep", "600"], ""),
        Limits { shutdown: TimeLimit { run: moment, grace: moment }, ..PATIENT },
        &stop,
    )
    .await;
    assert!(matches!(slow.end, RunEnd::Stopped), "{slow:?}");
}
