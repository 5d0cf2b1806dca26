//! systemd's manager of a user's services, over `systemctl --user`, and linger, over `loginctl`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

use super::place::Place;
use super::program::in_system;
use super::seen::Seen;
use super::tool::{Tool, Trouble, words};

/// The unit.
pub(super) const UNIT: &str = "mailwatch-tui.service";

/// What is asked of the unit.
const PROPERTIES: &str = "--property=LoadState,UnitFileState,ActiveState,FragmentPath,MainPID,ActiveEnterTimestamp,\
                          InactiveEnterTimestamp,StatusText,ExecStart";

/// The manager.
#[derive(Clone, Copy, Debug)]
pub(super) struct Systemd<'p> {
    place: &'p Place,
}

impl<'p> Systemd<'p> {
    pub(super) const fn new(place: &'p Place) -> Self {
        Self { place }
    }

    fn systemctl(self) -> Tool<'p> {
        Tool { name: "systemctl", path: &self.place.path }
    }

    /// Where a user's own unit goes: the manager need not know the shell's `XDG_CONFIG_HOME`.
    pub(super) async fn file(self) -> Result<PathBuf, Trouble> {
        let said = self.ask(&["--user", "show", "--property=UnitPath"]).await?;
        let usual = self.place.home.join(".config");
        let known = |directory: &Path| {
            let directory = directory.display().to_string();
            said.values().any(|paths| paths.split_whitespace().any(|path| path == directory))
        };
        let homes = self.place.config_home.iter().chain([&usual]);
        let directories: Vec<PathBuf> = homes.map(|home| home.join("systemd/user")).collect();
        let found = directories.iter().find(|directory| known(directory));
        found.map(|directory| directory.join(UNIT)).ok_or_else(|| Trouble::Elsewhere(directories[0].clone()))
    }

    /// What the manager knows of the service.
    pub(super) async fn look(self) -> Result<Seen, Trouble> {
        let said = self.ask(&["--user", "show", UNIT, PROPERTIES]).await?;
        let value = |key: &str| said.get(key).map_or("", String::as_str);
        let state = value("ActiveState").to_owned();
        let since = if ["active", "reloading"].contains(&state.as_str()) {
            moment(value("ActiveEnterTimestamp"))
        } else {
            moment(value("InactiveEnterTimestamp"))
        };
        let says = sanitise(value("StatusText"), LINE_LIMIT);
        let masked = value("LoadState") == "masked" || value("UnitFileState").starts_with("masked");
        Ok(Seen {
            from: Some(value("FragmentPath")).filter(|path| !path.is_empty()).map(PathBuf::from),
            masked,
            enabled: value("UnitFileState").starts_with("enabled"),
            state,
            since,
            pid: value("MainPID").parse().ok().filter(|pid| *pid > 0),
            says: Some(says).filter(|says| !says.is_empty()),
            program: started(value("ExecStart"), &self.place.root),
        })
    }

    /// Has it read, enabled, and started; anew where another unit runs.
    pub(super) async fn begin(self, anew: bool) -> Result<(), Trouble> {
        let systemctl = self.systemctl();
        systemctl.order(&["--user", "daemon-reload"]).await?;
        systemctl.order(&["--user", "enable", UNIT]).await?;
        // One that failed too often may be started again.
        systemctl.run(&["--user", "reset-failed", UNIT]).await?;
        systemctl.order(&["--user", if anew { "restart" } else { "start" }, UNIT]).await
    }

    /// Stops and disables it.
    pub(super) async fn end(self) -> Result<(), Trouble> {
        self.systemctl().order(&["--user", "disable", "--now", UNIT]).await
    }

    /// Has it forget a unit that is gone.
    pub(super) async fn forget(self) -> Result<(), Trouble> {
        self.systemctl().order(&["--user", "daemon-reload"]).await?;
        self.systemctl().run(&["--user", "reset-failed", UNIT]).await.map(|_| ())
    }

    /// Whether this user's services run while the user is not logged in; `None` where nobody knows.
    pub(super) async fn linger(self) -> Option<bool> {
        let uid = self.place.uid.to_string();
        let loginctl = Tool { name: "loginctl", path: &self.place.path };
        let output = loginctl.run(&["show-user", &uid, "--property=Linger"]).await.ok()?;
        if output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            return match said.trim() {
                "Linger=yes" => Some(true),
                "Linger=no" => Some(false),
                _other => None,
            };
        }
        // It says nothing of users who are neither logged in nor linger.
        self.place.at("/var/lib/systemd/linger").is_dir().then_some(false)
    }

    /// Where the manager looks for programs that are named without a path.
    pub(super) async fn path(self) -> Option<String> {
        let said = self.ask(&["--user", "show-environment"]).await.ok()?;
        said.get("PATH").cloned()
    }

    /// Asks for `KEY=value` lines.
    async fn ask(self, arguments: &[&str]) -> Result<BTreeMap<String, String>, Trouble> {
        let output = self.systemctl().run(arguments).await?;
        if !output.status.success() {
            let what = unreachable(self.place);
            return Err(Trouble::Unreachable { what, tool: "systemctl", said: words(&output) });
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let pairs = said.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

/// Why the manager is not reached, by what can be seen, and what to do.
fn unreachable(place: &Place) -> String {
    let uid = place.uid;
    if place.sudo && uid == 0 {
        return "with sudo this would be root's service: run it as yourself".to_owned();
    }
    if !place.at("/run/systemd/system").exists() {
        return "this system was not started by systemd, and it starts no services here: start `mailwatch-tui watch` with whatever starts your programs"
            .to_owned();
    }
    let Some(runtime) = &place.runtime else {
        return format!(
            "XDG_RUNTIME_DIR is not set, as after `su` and in cron: log in as this user (ssh, machinectl shell), or \
             `export XDG_RUNTIME_DIR=/run/user/{uid}` first"
        );
    };
    if owner(runtime).is_some_and(|owner| owner != uid) {
        return format!(
            "{} (XDG_RUNTIME_DIR) is another user's, as after `su`: `export XDG_RUNTIME_DIR=/run/user/{uid}` first",
            runtime.display()
        );
    }
    if !runtime.join("systemd/private").exists() && !runtime.join("bus").exists() {
        return format!(
            "no `systemd --user` runs for you in {}: log in again, or `sudo systemctl start user@{uid}.service`",
            runtime.display()
        );
    }
    "your service manager (systemd --user) cannot be asked".to_owned()
}

#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<u32> {
    None
}

/// `Sat 2026-11-28 21:00:00 UTC`, as systemd writes it in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let (_, moment) = text.strip_suffix(" UTC")?.split_once(' ')?;
    let moment: DateTime = moment.parse().ok()?;
    moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The program in `{ path=/usr/bin/mailwatch-tui ; argv[]=… ; … }`.
fn started(text: &str, root: &Path) -> Option<PathBuf> {
    let (path, _) = text.strip_prefix("{ path=")?.split_once(" ; argv[]=")?;
    if path.starts_with('/') { Some(PathBuf::from(path)) } else { in_system(root, path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_writes_is_read() {
        let since = moment("Sat 2026-11-28 21:00:01 UTC").expect("a moment");
        assert_eq!(since.to_string(), "2026-11-28T21:00:01Z");
        for text in ["", "n/a", "Sat 2026-11-28 21:00:01 CET", "UTC", " UTC"] {
            assert_eq!(moment(text), None, "{text}");
        }
        let root = Path::new("/nowhere");
        let spaced = "{ path=/opt/my mail/mailwatch-tui ; argv[]=/opt/my mail/mailwatch-tui watch ; ignore_errors=no }";
        assert_eq!(started(spaced, root).as_deref(), Some(Path::new("/opt/my mail/mailwatch-tui")));
        assert_eq!(started("{ path=mailwatch-tui ; argv[]=mailwatch-tui watch ; }", root), None);
        assert_eq!(started("", root), None);
    }
}
