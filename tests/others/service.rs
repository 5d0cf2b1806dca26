//! `watch` under a service manager: what it tells at `NOTIFY_SOCKET`, and the unit that is shipped.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mailwatch_tui::commands::service::{Launch, sealed, unit};
use rustix::process::Signal;

use crate::home::{Home, PROGRAM};
use crate::needed::SYSTEMD;
use crate::needs::tests;
use crate::process::{Process, command};
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT};

tests! {
    [] =>
        a_service_manager_is_told_of_the_start_a_reload_and_the_end,
        #[cfg(target_os = "linux")] a_service_manager_in_the_abstract_namespace_is_told_too,
        the_watchdog_is_told_while_the_program_runs_and_not_while_it_stands_still,
        a_watchdog_that_is_meant_for_another_process_is_not_told,
        a_start_that_fails_is_tried_too_and_the_status_says_why,
        a_service_manager_that_is_not_there_is_told_of_once_and_the_watching_goes_on,
        the_unit_asks_for_what_the_program_does;
    [&SYSTEMD] =>
        systemd_finds_nothing_wrong_with_the_unit;
}

/// The unit, as it is shipped.
const UNIT: &str = include_str!("../../assets/systemd/mailwatch-tui.service");

/// The service manager's end.
struct Manager(UnixDatagram);

impl Manager {
    fn bind(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).expect("a socket");
        socket.set_read_timeout(Some(BOUND)).expect("ours");
        Self(socket)
    }

    fn next(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.0.recv(&mut buffer).expect("it tells something");
        String::from_utf8(buffer[..length].to_vec()).expect("text")
    }

    /// The next message that has this line.
    fn until(&self, line: &str) -> String {
        self.first(line, |message| message.lines().any(|one| one == line))
    }

    /// The next message that fits.
    fn first(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let mut others = Vec::new();
        let until = Instant::now() + BOUND;
        while Instant::now() < until {
            let message = self.next();
            if fits(&message) {
                return message;
            }
            others.push(message);
        }
        panic!("no {what}: {others:?}");
    }

    /// What is told until nothing has been for so long.
    fn rest(&self, quiet: Duration) -> Vec<String> {
        self.0.set_read_timeout(Some(quiet)).expect("ours");
        let mut buffer = [0; 4096];
        let mut next =
            || self.0.recv(&mut buffer).map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned());
        std::iter::from_fn(|| match next() {
            Ok(message) => Some(message),
            Err(error) => {
                assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
                None
            }
        })
        .collect()
    }
}

fn by_path(home: &Home) -> (SocketAddr, String) {
    let path = home.path().join("notify");
    let address = SocketAddr::from_pathname(&path).expect("a short path");
    (address, path.display().to_string())
}

/// `watch` on a server, told of a service manager at `socket`.
fn watch(home: &Home, socket: &str, env: &[(&str, &str)], serve: &[&str]) -> (Process, Served) {
    let served = Served::start(home, serve);
    home.write_config(served.config());
    let mut command = command(home, &["watch", "--config", &home.config(), "--state-dir", &home.state_dir()]);
    command.env("NOTIFY_SOCKET", socket).envs(env.iter().copied());
    (Process::of(command), served)
}

fn a_service_manager_is_told_of_the_start_a_reload_and_the_end() {
    let home = Home::new();
    let (address, socket) = by_path(&home);
    let manager = Manager::bind(&address);
    let (mut program, _served) = watch(&home, &socket, &[], &[]);
    manager.until("READY=1");
    manager.until("STATUS=1 of 1 live");

    program.signal(Signal::HUP);
    let reloading = manager.until("RELOADING=1");
    let stamp = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).expect("a moment");
    let since_boot = Duration::from_micros(stamp.parse().expect("microseconds"));
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let now = Duration::try_from(clock).expect("after boot");
    assert!(now.checked_sub(since_boot).is_some_and(|ago| ago < BOUND), "{since_boot:?} at {now:?}");
    manager.until("READY=1");

    home.write_config("[[account]]\nname = 3\n");
    program.signal(Signal::HUP);
    manager.until("RELOADING=1");
    program.error("stays in force");
    manager.until("READY=1");

    program.signal(Signal::TERM);
    let stopping = manager.until("STOPPING=1");
    assert!(stopping.contains("\nSTATUS="), "{stopping}");
    assert_eq!(program.end(PROMPT).code(), Some(0));
    assert!(manager.rest(Duration::from_millis(1)).is_empty(), "the end is the last that is told");
}

#[cfg(target_os = "linux")]
fn a_service_manager_in_the_abstract_namespace_is_told_too() {
    use std::os::linux::net::SocketAddrExt;
    let home = Home::new();
    let name = format!("mailwatch-test-{}", std::process::id());
    let manager = Manager::bind(&SocketAddr::from_abstract_name(&name).expect("a name"));
    let (mut program, _served) = watch(&home, &format!("@{name}"), &[], &[]);
    manager.until("READY=1");
    program.signal(Signal::TERM);
    manager.until("STOPPING=1");
    assert_eq!(program.end(PROMPT).code(), Some(0));
}

fn the_watchdog_is_told_while_the_program_runs_and_not_while_it_stands_still() {
    let home = Home::new();
    let (address, socket) = by_path(&home);
    let manager = Manager::bind(&address);
    let (mut program, _served) = watch(&home, &socket, &[("WATCHDOG_USEC", "200000")], &[]);
    for _ in 0..5 {
        manager.until("WATCHDOG=1");
    }
    program.signal(Signal::STOP);
    // What was on its way, and then nothing for many times its interval.
    let last_words = manager.rest(Duration::from_secs(1));
    assert!(last_words.len() < 10, "{last_words:?}");
    manager.0.set_read_timeout(Some(BOUND)).expect("ours");
    program.signal(Signal::CONT);
    manager.until("WATCHDOG=1");
    program.signal(Signal::TERM);
    assert_eq!(program.end(PROMPT).code(), Some(0));
}

fn a_watchdog_that_is_meant_for_another_process_is_not_told() {
    let home = Home::new();
    let (address, socket) = by_path(&home);
    let manager = Manager::bind(&address);
    let env = [("WATCHDOG_USEC", "100000"), ("WATCHDOG_PID", "1")];
    let (mut program, _served) = watch(&home, &socket, &env, &[]);
    manager.until("READY=1");
    program.signal(Signal::TERM);
    assert_eq!(program.end(PROMPT).code(), Some(0));
    let told = manager.rest(Duration::from_millis(1));
    assert!(told.iter().all(|message| message != "WATCHDOG=1"), "{told:?}");
}

fn a_start_that_fails_is_tried_too_and_the_status_says_why() {
    let home = Home::new();
    let (address, socket) = by_path(&home);
    let manager = Manager::bind(&address);
    // Nobody listens there.
    home.write_config(
        "[[account]]\nname = \"work\"\nhost = \"127.0.0.1\"\nport = 1\nuser = \"u\"\npassword_command = [\"echo\", \"x\"]\n",
    );
    let mut command = command(&home, &["watch", "--config", &home.config(), "--state-dir", &home.state_dir()]);
    command.env("NOTIFY_SOCKET", &socket);
    let mut program = Process::of(command);
    manager.until("READY=1");
    // It may already try again, which the next look finds otherwise.
    manager.first("reason", |message| message.starts_with("STATUS=0 of 1 live, 1 waiting; work/INBOX: connect: "));
    program.signal(Signal::TERM);
    assert_eq!(program.end(PROMPT).code(), Some(0));
}

fn a_service_manager_that_is_not_there_is_told_of_once_and_the_watching_goes_on() {
    let home = Home::new();
    let nowhere = home.path().join("nowhere").display().to_string();
    let (mut program, _served) = watch(&home, &nowhere, &[("WATCHDOG_USEC", "100000")], &["--every", "1s"]);
    program.line("a mail", |line| line.contains("new"));
    program.signal(Signal::TERM);
    assert_eq!(program.end(PROMPT).code(), Some(0));
    let said = program.rest_of_errors();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("the service manager was not told"), "{said:?}");
}

/// A key's values in the unit, in order.
fn values<'u>(unit: &'u str, key: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn the_unit_asks_for_what_the_program_does() {
    assert_eq!(values(UNIT, "Type"), ["notify"]);
    assert_eq!(values(UNIT, "ExecStart"), ["mailwatch-tui watch"]);
    assert_eq!(values(UNIT, "ExecReload"), ["kill -HUP $MAINPID"]);
    assert_eq!(values(UNIT, "Restart"), ["always"], "refused logins are counted over restarts");
    assert_eq!(values(UNIT, "RestartPreventExitStatus"), ["2"], "a wrong configuration does not mend itself");
    assert_eq!(values(UNIT, "KillMode"), ["mixed"], "a hook is ended by the program, which runs it again");
    assert_eq!(values(UNIT, "WatchdogSec").len(), 1);
    assert_eq!(values(UNIT, "WantedBy"), ["default.target"]);
}

fn systemd_finds_nothing_wrong_with_the_unit() {
    let home = Home::new();
    let verify = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).expect("the home is there");
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--user", "--man=no"]).arg(&path).envs(home.env());
        command.env("XDG_RUNTIME_DIR", home.path());
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // What it says of units that the system itself has is not ours.
        (
            output.status.success(),
            // Growing pauses are known from systemd 254 on.
            said.lines()
                .filter(|line| {
                    line.contains(name) && !line.contains("RestartSteps") && !line.contains("RestartMaxDelay")
                })
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    let here = UNIT.replace("ExecStart=mailwatch-tui", &format!("ExecStart={PROGRAM}"));
    assert!(Path::new(PROGRAM).is_absolute());
    assert_eq!(verify("good.service", &here), (true, Vec::new()));
    // As `service install` writes it, and for a configuration each.
    let arguments = ["watch", "--config", "/home/ann/50% \"of\" $HOME; it's\\.toml"].map(ToOwned::to_owned).to_vec();
    let written = sealed(&unit(&Launch { program: PROGRAM.to_owned(), arguments }), ("# ", ""));
    assert_eq!(verify("written.service", &written), (true, Vec::new()));
    let template = include_str!("../../assets/systemd/mailwatch-tui@.service");
    let template = template.replace("ExecStart=mailwatch-tui", &format!("ExecStart={PROGRAM}"));
    assert_eq!(verify("each@.service", &template), (true, Vec::new()));
    // It would see it, if something were.
    let (_, said) = verify("wrong.service", &here.replace("NoNewPrivileges=", "NoNewPrivilege="));
    assert!(said.iter().any(|line| line.contains("NoNewPrivilege")), "{said:?}");
}
