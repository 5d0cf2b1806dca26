//! `password_command` and `token_command`: a program run without a shell, whose first line of output is the secret.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use secrecy::SecretString;
use tokio::process::Command;
use zeroize::{Zeroize, Zeroizing};

use crate::process::{self, Failure, Streams, TimeLimit};
use mailwatch_proto::model::{Fault, FaultClass, sanitise};

/// How much a command may print. No password is longer; a command that prints on is the wrong one.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// How much of a command's standard error is kept, in bytes, and shown, in characters.
const STDERR_KEPT: usize = 4 * 1024;
const STDERR_SHOWN: usize = 300;

/// Runs the command and takes the first line it prints. `key` is the setting's name.
pub(super) async fn first_line(key: &str, arguments: &[String], limit: Duration) -> Result<SecretString, Fault> {
    let Some((program, rest)) = arguments.split_first() else {
        return Err(needs_user(format!("{key} is empty")));
    };
    let name = sanitise(program, 100);
    let mut command = Command::new(program);
    command.args(rest);
    let streams = Streams { input: None, output: Some(OUTPUT_LIMIT), errors: STDERR_KEPT };
    let finished = process::run(command, streams, TimeLimit { run: limit, grace: Duration::ZERO }, None).await;
    match finished.result {
        Ok(status) => Output { status, stdout: finished.output, stderr: finished.errors }.secret(key, &name),
        Err(failure) => Err(fault(key, &name, limit, failure)),
    }
}

fn fault(key: &str, name: &str, limit: Duration, failure: Failure) -> Fault {
    match failure {
        Failure::NotStarted(error) => match error.kind() {
            io::ErrorKind::NotFound => needs_user(format!("{key}: there is no program `{name}`")),
            io::ErrorKind::PermissionDenied => needs_user(format!("{key}: `{name}` may not be run")),
            _ => retry(format!("{key}: `{name}` could not be started: {error}")),
        },
        Failure::TooMuchOutput => needs_user(format!("{key}: `{name}` printed more than {} KiB", OUTPUT_LIMIT / 1024)),
        Failure::Io(error) => retry(format!("{key}: `{name}` could not be read: {error}")),
        // No shutdown is given to a command that prints a secret.
        Failure::TimedOut | Failure::Stopped => retry(format!(
            "{key}: `{name}` did not end within {} s and was killed. It cannot ask on the terminal: let its \
             agent or a graphical prompt ask",
            limit.as_secs_f32()
        )),
    }
}

fn needs_user(message: impl Into<String>) -> Fault {
    Fault::needs_user(FaultClass::Secret, message)
}

fn retry(message: impl Into<String>) -> Fault {
    Fault::retry_after(FaultClass::Secret, message)
}

struct Output {
    status: ExitStatus,
    stdout: Zeroizing<Vec<u8>>,
    stderr: Zeroizing<Vec<u8>>,
}

impl Output {
    fn secret(&self, key: &str, name: &str) -> Result<SecretString, Fault> {
        let line = self.stdout.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !self.status.success() {
            let how = match self.status.code() {
                Some(code) => format!("exit code {code}"),
                None => "a signal".to_owned(),
            };
            return Err(retry(format!("{key}: `{name}` ended with {how}{}", self.complaint(line))));
        }
        if line.is_empty() {
            return Err(needs_user(format!(
                "{key}: `{name}` printed nothing on its first line{}",
                self.complaint(line)
            )));
        }
        match std::str::from_utf8(line) {
            // No server takes these in a password (RFC 3501 §9, TEXT-CHAR; RFC 4616 §2), so this is no password.
            Ok(text) if !text.contains(['\0', '\r']) => Ok(SecretString::from(text)),
            Ok(_) | Err(_) => Err(needs_user(format!("{key}: what `{name}` printed is not text"))),
        }
    }

    /// What it said on standard error, without the secret that it may have repeated there.
    fn complaint(&self, secret: &[u8]) -> String {
        let mut said = String::from_utf8_lossy(&self.stderr).into_owned();
        let secret = Zeroizing::new(String::from_utf8_lossy(secret).into_owned());
        let shown = if secret.is_empty() {
            sanitise(said.trim(), STDERR_SHOWN)
        } else {
            sanitise(said.replace(secret.as_str(), "***").trim(), STDERR_SHOWN)
        };
        said.zeroize();
        if shown.is_empty() { String::new() } else { format!(": {shown}") }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use mailwatch_proto::model::Next;

    const LONG: Duration = Duration::from_secs(30);

    async fn sh(script: &str, limit: Duration) -> Result<SecretString, Fault> {
        run(&["sh", "-c", script], limit).await
    }

    async fn run(arguments: &[&str], limit: Duration) -> Result<SecretString, Fault> {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        first_line("password_command", &arguments, limit).await
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
            ("echo 'gpg: no \u{1b}[31mkey' >&2; exit 2", "exit code 2: gpg: no \u{fffd}[31mkey", Next::Retry),
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
}
