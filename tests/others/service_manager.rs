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
