//! A home directory of its own for each program that is started: nothing of the user's is read or written.

use std::fs;
use std::path::{Path, PathBuf};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mailwatch-tui");

/// Gone with everything in it when dropped.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a directory for temporary files"));
        fs::create_dir(home.text("run")).expect("the home is there");
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The state directory, as an argument.
    pub fn state_dir(&self) -> String {
        self.text("state")
    }

    /// The configuration file, as an argument.
    pub fn config(&self) -> String {
        self.text("config.toml")
    }

    pub fn write_config(&self, text: &str) {
        fs::write(self.config(), text).expect("the home is there");
    }

    /// The whole environment that a program is started with.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let mut env = vec![
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
        ];
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR"] {
            env.push((name, self.path().display().to_string()));
        }
        env.push(("XDG_RUNTIME_DIR", self.text("run")));
        env
    }

    /// Every file that was written into the state directory, with its bytes.
    pub fn state_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.state_dir()).expect("a state directory");
        entries
            .map(|entry| entry.expect("a readable directory").path())
            .map(|path| (path.clone(), fs::read(path).expect("a readable file")))
            .collect()
    }

    fn text(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }
}

/// Whether `bytes` hold `text` anywhere.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
