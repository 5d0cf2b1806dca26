//! Where the commands of `service` work: the system, its directories, this program. Read from the process at the edge; tests
//! bring their own.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use mailwatch_engine::config::{NoHome, default_path, default_state_dir};

use crate::cli::Global;

/// Who starts a user's services here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// systemd, with a manager for each user.
    Systemd,
    /// macOS.
    Launchd,
    /// Nobody that this program knows.
    Other,
}

/// The surroundings of the commands.
#[derive(Debug)]
pub struct Place {
    /// Who starts services.
    pub system: System,
    /// The user's home directory.
    pub home: PathBuf,
    /// `XDG_CONFIG_HOME`, where it is absolute.
    pub config_home: Option<PathBuf>,
    /// The configuration's path without `--config`.
    pub config: PathBuf,
    /// The state directory without `--state-dir`.
    pub state: PathBuf,
    /// `XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
    /// Where programs are looked for.
    pub path: OsString,
    /// The file that this process was started from, as the system says.
    pub program: io::Result<PathBuf>,
    /// The user's number.
    pub uid: u32,
    /// Whether `sudo` started this.
    pub sudo: bool,
    /// The root of the file system.
    pub root: PathBuf,
}

impl Place {
    /// This process's.
    ///
    /// # Errors
    /// Where the user has no home.
    pub(super) fn of_process() -> Result<Self, NoHome> {
        let system = if cfg!(target_os = "linux") {
            System::Systemd
        } else if cfg!(target_os = "macos") {
            System::Launchd
        } else {
            System::Other
        };
        Ok(Self {
            system,
            home: env::home_dir().filter(|home| home.is_absolute()).ok_or(NoHome)?,
            config: default_path()?,
            state: default_state_dir()?,
            config_home: directory("XDG_CONFIG_HOME"),
            runtime: directory("XDG_RUNTIME_DIR"),
            path: env::var_os("PATH").unwrap_or_default(),
            program: env::current_exe(),
            uid: uid(),
            sudo: env::var_os("SUDO_USER").is_some(),
            root: PathBuf::from("/"),
        })
    }

    /// The options with the files that they mean where they name none.
    pub(super) fn named(&self, global: &Global) -> Global {
        let mut named = global.clone();
        named.config.get_or_insert_with(|| self.config.clone());
        named.state_dir.get_or_insert_with(|| self.state.clone());
        named
    }

    /// The file in this place that has this absolute path elsewhere.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A path as it is written in a sentence: the home is `~`.
    pub(super) fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(below) => format!("~/{}", below.display()),
            Err(_) => path.display().to_string(),
        }
    }
}

fn directory(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(unix)]
fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Systems without such numbers have no service here.
#[cfg(not(unix))]
fn uid() -> u32 {
    0
}
