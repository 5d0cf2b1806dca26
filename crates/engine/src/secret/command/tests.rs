//! Real programs as password commands: what they print, how they fail, and what they find of the terminal.

use secrecy::ExposeSecret;

use super::*;
use mailwatch_proto::model::Next;

const LOGIN: &str = "`mailwatch-tui account login work`";

const LONG: Duration = Duration::from_secs(30);

async fn sh(script: &str, limit: Duration) -> Result<SecretString, Fault> {
    run(&["sh", "-c", script], limit).await
}

async fn run(arguments: &[&str], limit: Duration) -> Result<SecretString, Fault> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    SecretCommand { key: "password_command", arguments }.ask_within(limit, LOGIN).await
}

#[tokio::test]
async fn the_first_line_is_the_password_to_the_letter() {
    let cases = [
        ("printf 'hunter2\\n'", "hunter2"),
        ("printf 'hunter2'", "hunter2"),
        ("printf 'hunter2\\r\\nlogin: me\\n'", "hunter2"),
        ("printf ' a \"b\" \\\\ c \\n'", " a \"b\" \\ c "),
        ("printf 'grün\\n\\n'", "grün"),
        ("echo hunter2; echo careful >&2", "hunter2"),
    ];
    for (script, wanted) in cases {
        let secret = sh(script, LONG).await.unwrap_or_else(|fault| panic!("{script}: {fault}"));
        assert_eq!(secret.expose_secret(), wanted, "{script}");
        assert!(!format!("{secret:?}").contains(wanted.trim()), "{script}");
    }
}

#[tokio::test]
async fn arguments_arrive_as_they_are_without_a_shell() {
    let secret = run(&["printf", "%s", "a 'b' \"c\" $HOME `d` ~ *"], LONG).await.expect("printed");
    assert_eq!(secret.expose_secret(), "a 'b' \"c\" $HOME `d` ~ *");
}

#[tokio::test]
async fn what_goes_wrong_is_named_and_tells_who_must_act() {
    let cases = [
        ("exit 3", "exit code 3", Next::Retry),
        ("echo 'vault: no \u{1b}[31mkey' >&2; exit 2", "exit code 2: vault: no \u{fffd}[31mkey", Next::Retry),
        ("kill -TERM $$", "a signal", Next::Retry),
        ("true", "printed nothing", Next::User),
        ("echo; echo hunter2", "printed nothing", Next::User),
        ("printf 'a\\000b\\n'", "not text", Next::User),
        ("printf '\\377\\376\\n'", "not text", Next::User),
        ("head -c 100000 /dev/zero", "more than 64 KiB", Next::User),
    ];
    for (script, wanted, next) in cases {
        let fault = sh(script, LONG).await.expect_err(script);
        assert!(fault.message.contains(wanted), "{script}: {fault}");
        assert_eq!((fault.class, fault.next), (FaultClass::Secret, next), "{script}");
    }
    let fault = run(&["/nowhere/mailwatch"], LONG).await.expect_err("no such program");
    assert_eq!(fault.next, Next::User);
    assert!(fault.message.contains("no program `/nowhere/mailwatch`"), "{fault}");
    assert_eq!(run(&[], LONG).await.expect_err("empty").next, Next::User);
}

#[tokio::test]
async fn one_that_wants_a_terminal_finds_none_and_the_fault_says_what_to_run_in_one() {
    let scripts = [
        "stty -echo </dev/tty; read -r password </dev/tty; echo \"$password\"",
        "read -r password </dev/tty; echo \"$password\"",
        "exec 3>/dev/tty; echo 'Password: ' >&3",
        "stty -echo; echo hunter2; exit 1",
    ];
    for script in scripts {
        let fault = sh(script, LONG).await.expect_err(script);
        let Fault { class, message, next } = &fault;
        assert!(message.starts_with("password_command: `sh` wanted a terminal, but runs without one: "), "{fault}");
        let way_out = "unlock its agent, or run `mailwatch-tui account login work` in a terminal";
        assert!(message.ends_with(way_out) && !message.contains("hunter2"), "{fault}");
        assert_eq!((*class, *next), (FaultClass::Secret, Next::UserAfter(AGAIN)), "{fault}");
    }
    let fault = sh("echo 'gpg: decryption failed: No secret key' >&2; exit 2", LONG).await.expect_err("exit 2");
    let said = "`sh` ended with exit code 2: gpg: decryption failed: No secret key. gpg says this if it cannot ask";
    assert!(fault.message.contains(said) && fault.message.contains("account login work"), "{fault}");
    assert_eq!(fault.next, Next::UserAfter(AGAIN));
}

#[tokio::test]
async fn a_password_in_the_complaint_is_not_repeated() {
    let fault = sh("echo hunter2; echo 'cannot use hunter2' >&2; exit 1", LONG).await.expect_err("exit 1");
    assert!(fault.message.ends_with("cannot use ***"), "{fault}");
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_what_it_started() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pid = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let mut limit = Duration::from_millis(200);
    // A busy machine may not have come to writing the file within the limit.
    let child = loop {
        let fault = sh(&script, limit).await.expect_err("it hangs");
        assert!(fault.message.contains("did not end within"), "{fault}");
        assert_eq!(fault.next, Next::Retry);
        match std::fs::read_to_string(&pid).unwrap_or_default().trim().parse::<u32>() {
            Ok(child) => break child,
            Err(_) => limit *= 2,
        }
    };
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    let waited = tokio::time::timeout(LONG, async {
        while !gone() {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok(), "the grandchild lives on");
}

#[tokio::test]
async fn a_helper_that_keeps_the_pipe_open_is_not_waited_for() {
    let secret = sh("echo hunter2; sleep 5 &", Duration::from_secs(4)).await.expect("the command itself has ended");
    assert_eq!(secret.expose_secret(), "hunter2");
}
