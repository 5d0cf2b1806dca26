//! The system's keyring as the program's user has it: a D-Bus session of its own with GNOME Keyring, unlocked, locked,
//! absent, and asked by two programs at once.

use std::process::{Command, Output, Stdio};

use crate::needed::KEYRING;
use crate::needs::tests;
use imap_misbehave::{Encryption, Listening, PASSWORD, Scenario, Server, USER};

tests! {
    [&KEYRING] =>
        an_unlocked_keyring_keeps_the_password_until_it_is_taken_out.await,
        an_account_that_is_removed_takes_its_password_along.await,
        a_locked_keyring_is_said_to_be_locked_and_a_typed_password_does_without_it.await,
        without_a_keyring_there_is_a_way_on.await,
        two_programs_at_once_get_their_passwords_in_and_out.await;
}

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_mailwatch-tui");

/// Starts the keyring, which makes its collection `login` with that password and leaves it unlocked.
const UNLOCKED: &str = "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n";

/// Locks it. What would ask a person to unlock it has no display to ask on.
const LOCK: &str = "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                    org.freedesktop.Secret.Service.Lock \
                    array:objpath:/org/freedesktop/secrets/collection/login >/dev/null\n";

/// A server, and a configuration with the accounts `work` and `home` on it, whose passwords are in the keyring.
struct Rig {
    home: tempfile::TempDir,
    _listening: Listening,
}

impl Rig {
    async fn start() -> Self {
        let server = Server::new(Scenario::healthy());
        let listening = server.listen(Encryption::Off).await.expect("a socket");
        let home = tempfile::tempdir().expect("a temporary directory");
        // Two names of this machine, so that each account has an entry of its own in the keyring.
        let account = |name: &str, host: &str| {
            format!(
                "[[account]]\nname = \"{name}\"\nhost = \"{host}\"\nport = {}\ntls = \"off\"\nuser = \"{USER}\"\n",
                listening.port()
            )
        };
        let config = account("work", "localhost") + &account("home", "127.0.0.1");
        std::fs::write(home.path().join("config.toml"), config).expect("written");
        Self { home, _listening: listening }
    }

    /// Runs a script in a D-Bus session of its own. `$mw` is the program with its configuration, `$pw` the password.
    fn run(&self, script: &str) -> Said {
        let head = format!(
            "exec 2>&1\nmw='{PROGRAM} --config {0}/config.toml --state-dir {0}/state'\npw='{PASSWORD}'\n",
            self.home.path().display()
        );
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", &(head + script)]).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.home.path());
        }
        Said::of(&command.output().expect("dbus-run-session starts"))
    }
}

/// What a script's programs said, both streams in one.
struct Said(String);

impl Said {
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains(PASSWORD), "the password was told: {text}");
        Self(text)
    }

    /// Holds each of these, in this order.
    fn holds(&self, parts: &[&str]) {
        let mut rest = self.0.as_str();
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else { panic!("no {part:?} in its place in:\n{}", self.0) };
            rest = after;
        }
    }
}

async fn an_unlocked_keyring_keeps_the_password_until_it_is_taken_out() {
    let rig = Rig::start().await;
    let said = rig.run(&format!(
        "{UNLOCKED}printf '%s\\n' \"$pw\" | $mw account login work && $mw account list && $mw check work && \
         $mw account logout work; $mw check work; echo \"exit $?\""
    ));
    said.holds(&[
        "The password of account work is in the keyring.",
        "password   keyring",
        "ok     login",
        "ok     DONE",
        "The password of account work is no longer in the keyring.",
        "FAILED login",
        "account login work",
        "exit 1",
    ]);
}

async fn an_account_that_is_removed_takes_its_password_along() {
    let rig = Rig::start().await;
    let said = rig.run(&format!(
        "{UNLOCKED}port=$(sed -n 's/^port = //p' \"$HOME/config.toml\" | head -1)\n\
         $mw account add --name new --host ::1 --port $port --tls off --user me\n\
         printf '%s\\n' \"$pw\" | $mw account login new && $mw account remove new --yes\n\
         $mw account login new </dev/null\n\
         $mw account add --name new --host ::1 --port $port --tls off --user me\n\
         $mw account logout new; tail -n 5 \"$HOME/config.toml\""
    ));
    said.holds(&[
        "Account new is in ",
        "Store its password: mailwatch-tui account login new",
        "The password of account new is in the keyring.",
        "Account new is no longer in ",
        "Its password is no longer in the keyring.",
        "there is no account `new`",
        "Account new is in ",
        "The keyring has no password for account new",
        "tls = \"off\"",
    ]);
}

async fn a_locked_keyring_is_said_to_be_locked_and_a_typed_password_does_without_it() {
    let rig = Rig::start().await;
    let said = rig.run(&format!(
        "{UNLOCKED}printf '%s\\n' \"$pw\" | $mw account login work\n{LOCK}\
         $mw check work; echo \"exit $?\"; printf '%s\\n' \"$pw\" | $mw check work --ask; echo \"exit $?\""
    ));
    said.holds(&["FAILED login", "the keyring is locked", "--ask", "exit 1", "ok     login", "exit 0"]);
}

async fn without_a_keyring_there_is_a_way_on() {
    let rig = Rig::start().await;
    let said = rig.run(
        "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere\n\
         printf '%s\\n' \"$pw\" | $mw account login work; echo \"exit $?\"\n\
         printf '%s\\n' \"$pw\" | $mw check work --ask; echo \"exit $?\"",
    );
    said.holds(&["no keyring can be reached", "password_command", "--ask", "exit 1", "ok     login", "exit 0"]);
}

async fn two_programs_at_once_get_their_passwords_in_and_out() {
    let rig = Rig::start().await;
    let said = rig.run(&format!(
        "{UNLOCKED}\
         (printf '%s\\n' \"$pw\" | $mw account login work || echo lost) &\n\
         (printf '%s\\n' \"$pw\" | $mw account login home || echo lost) &\nwait\n\
         ($mw check work || echo lost) &\n($mw check home || echo lost) &\nwait\n\
         ($mw account logout work || echo lost) &\n($mw account logout home || echo lost) &\nwait\n"
    ));
    assert!(!said.0.contains("lost"), "{}", said.0);
    for (what, count) in [("is in the keyring", 2), ("ok     DONE", 2), ("is no longer in the keyring", 2)] {
        assert_eq!(said.0.matches(what).count(), count, "{what}:\n{}", said.0);
    }
}
