//! A program of version 0.1.0 that runs on the state directory: its file is not changed under it.
//!
//! It shows itself by the lock on its `history.db.run-*`, or by answering at the status socket while it holds the file open.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::owner;

/// A running program of version 0.1.0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Older {
    /// Its process, where the system tells.
    pid: Option<u32>,
    /// Its systemd unit, where it has one.
    unit: Option<String>,
}

impl Older {
    /// Looks for one. Only to be asked while the file is of its version: a program of this one would have changed it.
    pub(super) fn running(database: &Path) -> Option<Self> {
        let pid = match locked(database) {
            Some(file) => holder(&file),
            None => Some(answering(database)?),
        };
        Some(Self { pid, unit: pid.and_then(unit) })
    }

    /// What it is called in a sentence: `mailwatch-tui 0.1.0 (pid 7, unit mail.service)`.
    pub(super) fn name(&self) -> String {
        let pid = self.pid.map(|pid| format!("pid {pid}"));
        let unit = self.unit.as_ref().map(|unit| format!("unit {unit}"));
        let known: Vec<String> = pid.into_iter().chain(unit).collect();
        if known.is_empty() {
            "mailwatch-tui 0.1.0".to_owned()
        } else {
            format!("mailwatch-tui 0.1.0 ({})", known.join(", "))
        }
    }

    /// How to end it.
    pub(super) fn how_to_end(&self) -> String {
        match (&self.unit, self.pid) {
            (Some(unit), _) => format!("stop {unit}, or restart it with this version"),
            (None, Some(pid)) => format!("end it with `kill {pid}`"),
            (None, None) => "end it".to_owned(),
        }
    }
}

/// The file of a run that holds its lock.
fn locked(database: &Path) -> Option<File> {
    owner::runs(database).into_iter().find_map(|id| {
        let file = File::open(owner::file_of(database, &id)).ok()?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Some(file),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    })
}

/// Who holds a lock on the file, by the system's table.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut fields = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; a process of another namespace is 0 or -1.
    let line = fields
        .find(|fields| fields.get(1) == Some(&"FLOCK") && fields.get(5).is_some_and(|at| at.ends_with(&inode)))?;
    line.get(4)?.parse().ok().filter(|pid| *pid != 0)
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<u32> {
    None
}

/// Another process that answers at the status socket and has the database open.
#[cfg(target_os = "linux")]
fn answering(database: &Path) -> Option<u32> {
    use socket2::{Domain, SockAddr, Socket, Type};
    let real = fs::canonicalize(database).ok()?;
    let sockets = crate::link::socket::sockets(database.parent()?);
    sockets.iter().find_map(|path| {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(&SockAddr::unix(path).ok()?).ok()?;
        let pid = rustix::net::sockopt::socket_peercred(&socket).ok()?.pid.as_raw_nonzero().get();
        let pid = u32::try_from(pid).ok().filter(|pid| *pid != std::process::id())?;
        let mut files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.filter_map(Result::ok);
        files.any(|file| fs::read_link(file.path()).is_ok_and(|target| target == real)).then_some(pid)
    })
}

#[cfg(not(target_os = "linux"))]
fn answering(_: &Path) -> Option<u32> {
    None
}

/// The service that a process belongs to.
fn unit(pid: u32) -> Option<String> {
    unit_in(&fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
}

/// The same by what `/proc/PID/cgroup` says. A user's own manager is no unit of theirs.
fn unit_in(groups: &str) -> Option<String> {
    let unit = groups.lines().find_map(|line| {
        let group = line.splitn(3, ':').nth(2)?;
        group.rsplit('/').find(|name| name.ends_with(".service") && !name.starts_with("user@"))
    })?;
    Some(mailwatch_proto::model::sanitise(unit, mailwatch_proto::model::LINE_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_with_its_unit_where_it_has_one() {
        const USERS: &str = "/user.slice/user-1000.slice/user@1000.service/app.slice";
        for (groups, expected) in [
            (format!("0::{USERS}/mailwatch-tui.service\n"), Some("mailwatch-tui.service")),
            (format!("1:name=systemd:{USERS}/mail.service/worker\n0::/\n"), Some("mail.service")),
            (format!("0::{USERS}/tmux-spawn-7.scope\n"), None),
            ("0::/user.slice/user-1000.slice/session-2.scope\n".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(unit_in(&groups).as_deref(), expected, "{groups}");
        }
        let older = Older { pid: Some(7), unit: Some("mail.service".to_owned()) };
        assert_eq!(older.name(), "mailwatch-tui 0.1.0 (pid 7, unit mail.service)");
        assert_eq!(Older::default().name(), "mailwatch-tui 0.1.0");
    }
}
