//! `service` under a real `systemd --user`, in a mount and a process namespace of its own: nothing of this system's is touched.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::home::{Home, PROGRAM};
use crate::needs::{Missing, Need, tests};
use crate::served::Served;

tests! {
    [&MANAGER] =>
        the_service_is_installed_runs_is_replaced_and_removed,
        a_program_started_anew_is_the_same_service_which_is_ready_watched_and_idles_again,
        a_unit_for_each_configuration_has_its_own_options_and_state;
}

/// A user's own systemd, where this system lets one be started.
const MANAGER: Need = Need { word: "systemd", look };

/// Starts the manager, and runs what is given to it; 77 where the system refuses the manager.
const START: &str = r#"
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR" || exit 77
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [ -e "$tree/cgroup.procs" ] && mkdir "$tree/$GROUP" 2>/dev/null; then
        echo $$ >"$tree/$GROUP/cgroup.procs"
    fi
done
/lib/systemd/systemd --user --log-level=warning --log-target=console >manager.log 2>&1 &
tries=200
until systemctl --user show-environment >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! kill -0 $! 2>/dev/null; then
        cat manager.log >&2
        exit 77
    fi
    sleep 0.1
done
eval "$1"
"#;

/// Runs these lines of a shell under a manager of this home's.
fn under_manager(home: &Home, lines: &str) -> Output {
    let group = format!("mailwatch-test-{}", home.path().file_name().unwrap_or_default().to_string_lossy());
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.args(["sh", "-c", START, "sh", lines]).current_dir(home.path()).stdin(Stdio::null());
    command.env_clear().envs(home.env()).env("GROUP", &group).env("XDG_RUNTIME_DIR", "/run/user/0");
    let output = command.output().expect("it was found");
    for tree in ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"] {
        // Where there is none, nothing is to be removed.
        let _ = Command::new("find")
            .args([&format!("{tree}/{group}"), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"])
            .stderr(Stdio::null())
            .status();
    }
    output
}

fn look() -> Result<(), Missing> {
    crate::needs::programs(&[
        ("unshare", "--version"),
        ("/lib/systemd/systemd", "--version"),
        ("systemctl", "--version"),
    ])?;
    let output = under_manager(&Home::new(), "true");
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Missing { why: format!("a systemd of one's own is refused: {}", said.trim()), excused: true })
}

fn the_service_is_installed_runs_is_replaced_and_removed() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    // A space, and what systemd would expand.
    let config = home.path().join("50% of $HOME.toml");
    fs::write(&config, served.config()).expect("the home is there");
    let bin = home.path().join("bin");
    fs::create_dir(&bin).expect("the home is there");
    std::os::unix::fs::symlink(PROGRAM, bin.join("mailwatch-tui")).expect("a link");
    let lines = format!(
        "PATH='{}':$PATH
         with() {{ mailwatch-tui --config '{}' --state-dir state \"$@\"; }}
         with service install || exit 1
         mailwatch-tui service status --json || exit 2
         with -v service install || exit 3
         mailwatch-tui service status --json || exit 4
         mailwatch-tui service remove || exit 5
         mailwatch-tui service status --json && exit 6
         exit 0",
        bin.display(),
        config.display()
    );
    let output = under_manager(&home, &lines);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    let seen: Vec<Value> = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let [first, second, last] = seen.as_slice() else { panic!("{out}\n{err}") };
    for (one, active) in [(first, true), (second, true), (last, false)] {
        assert_eq!(
            (&one["active"], &one["enabled"], &one["installed"]),
            (&active.into(), &active.into(), &active.into()),
            "{one}"
        );
    }
    assert_eq!(first["origin"], "install");
    assert_eq!(first["program"], bin.join("mailwatch-tui").display().to_string());
    assert_eq!(first["version"], env!("CARGO_PKG_VERSION"));
    assert!(first["pid"].is_u64() && first["pid"] != second["pid"], "started anew with other options");
    assert!(out.contains("runs as process ") && out.contains(": 1 of 1 live"), "{out}");
}

/// Waits until `$1` holds, for a minute at most, and prints the seconds that it took.
const AFTER: &str = r#"
after() {
    began=$(date +%s.%N)
    tries=1200
    until eval "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
    echo "after $began $(date +%s.%N)"
}
"#;

fn a_program_started_anew_is_the_same_service_which_is_ready_watched_and_idles_again() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    // The manager's patience with one that tells nothing is cut short: a restart must not use it up.
    let lines = format!(
        r#"{AFTER}
         {PROGRAM} --config "{config}" --state-dir state service install || exit 1
         of() {{ systemctl --user show --property="$1" --value mailwatch-tui; }}
         drop_in="$(of FragmentPath).d"
         mkdir "$drop_in" && printf '[Service]\nWatchdogSec=2\n' >"$drop_in/short.conf"
         systemctl --user daemon-reload && systemctl --user restart mailwatch-tui || exit 2
         [ "$(of WatchdogUSec)" = 2s ] || exit 2
         live() {{ [ "$(of StatusText)" = "1 of 1 live" ]; }}
         is_told() {{ [ "$(of WatchdogTimestampMonotonic)" -gt "$told" ]; }}
         after live >&2 || exit 3
         pid=$(of MainPID)
         for time in 1 2 3; do
             {PROGRAM} --config "{config}" --state-dir state ctl restart || exit 4
             after live || exit 5
             # Twice is told after all that this was told for before it.
             told=$(of WatchdogTimestampMonotonic)
             after is_told >&2 || exit 6
             told=$(of WatchdogTimestampMonotonic)
             after is_told >&2 || exit 7
             echo "$(of ActiveState) $(of SubState) $(of NRestarts) $(of Result) $(($(of MainPID) - pid))"
         done
         systemctl --user reload mailwatch-tui && after live >&2 || exit 8
         systemctl --user stop mailwatch-tui || exit 9
         echo "$(of ActiveState) $(of NRestarts) $(of Result) $(of ExecMainCode) $(of ExecMainStatus)""#,
        config = home.config(),
    );
    let output = under_manager(&home, &lines);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(home.path().join("manager.log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{out}\n{err}\n{log}", output.status);
    let stands = out.lines().filter(|line| *line == "active running 0 success 0").count();
    assert_eq!(stands, 3, "{out}\n{err}");
    assert_eq!(out.lines().filter(|line| line.starts_with("the engine (process ")).count(), 3, "{out}");
    // Code 1 is an exit of its own.
    assert_eq!(out.lines().last(), Some("inactive 0 success 1 0"), "{out}");
}

fn a_unit_for_each_configuration_has_its_own_options_and_state() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let template = include_str!("../../assets/systemd/mailwatch-tui@.service");
    let here = template.replace("ExecStart=mailwatch-tui", &format!("ExecStart={PROGRAM}"));
    for (path, text) in [
        ("systemd/user/mailwatch-tui@.service", here.as_str()),
        (".config/mailwatch-tui/sales.toml", served.config()),
        (".config/mailwatch-tui/support.toml", served.config()),
        (".config/mailwatch-tui/support.env", "MAILWATCH_OPTIONS=--metrics 0 -v\n"),
    ] {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("the home is there");
        fs::write(path, text).expect("the home is there");
    }
    let output = under_manager(
        &home,
        "systemctl --user enable --now mailwatch-tui@sales mailwatch-tui@support || exit 1
         for name in sales support; do
             pid=$(systemctl --user show --property=MainPID --value mailwatch-tui@$name)
             tr '\\0' ' ' </proc/$pid/cmdline
             echo
         done",
    );
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let home = home.path().display();
    let line = |name: &str, options: &str| {
        format!(
            "{PROGRAM} watch --config {home}/.config/mailwatch-tui/{name}.toml --state-dir \
             {home}/.local/state/mailwatch-tui/{name} {options}"
        )
    };
    let expected = [line("sales", ""), line("support", "--metrics 0 -v ")];
    assert_eq!(out.lines().collect::<Vec<_>>(), expected, "{err}");
}
