//! A user's home with a configuration, and a service manager whose programs only write down what they are asked for.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use mailwatch_tui::cli::{Cli, Command};
use mailwatch_tui::commands::service::{Place, ServiceEnvironment, System, service};
use mailwatch_tui::output::Output;

use crate::good;
use crate::home::{Said, Script};

/// What each of the manager's programs is: no test writes one, for a file that another thread's new process still holds open
/// cannot be run.
pub const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/service/tool.sh");

/// What the program is.
pub const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/service/program.sh");

/// A configuration that nothing is to be said about.
pub const CONFIG: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\n\
    [[account]]\nname = \"home\"\nhost = \"localhost\"\nuser = \"u\"\ntls = \"off\"\npassword_command = [\"printf\", \"x\"]\n";

/// What the manager says of a unit that it does not know.
const UNKNOWN: &str = "LoadState=not-found\nUnitFileState=\nActiveState=inactive\nFragmentPath=\nMainPID=0\n\
                       ActiveEnterTimestamp=Sat 2026-11-28 21:00:00 UTC\nInactiveEnterTimestamp=\nStatusText=4 of 5 live\nExecStart=\n";

/// The user, the manager and the file system.
pub struct Rig {
    _root: tempfile::TempDir,
    root: PathBuf,
    pub place: Place,
}

impl Rig {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("there");
        for below in ["home/.config/mailwatch-tui", "tools", "run/systemd/system", "usr/bin", "home/bin"] {
            fs::create_dir_all(root.join(below)).expect("made");
        }
        let rig = Self {
            place: Place {
                system: System::Systemd,
                home: root.join("home"),
                config_home: None,
                config: root.join("home/.config/mailwatch-tui/config.toml"),
                state: root.join("home/.local/state/mailwatch-tui"),
                runtime: Some(root.join("run/user/7")),
                path: OsString::from(root.join("tools")),
                program: Ok(root.join("home/bin/mailwatch-tui")),
                uid: rustix::process::geteuid().as_raw(),
                sudo: false,
                root: root.clone(),
            },
            _root: dir,
            root,
        };
        for tool in ["systemctl", "loginctl", "launchctl"] {
            rig.link(&format!("tools/{tool}"), TOOL);
        }
        rig.link("home/bin/mailwatch-tui", PROGRAM);
        rig.put("home/.config/mailwatch-tui/config.toml", CONFIG);
        rig.put("unit", UNKNOWN);
        rig.put("linger", "Linger=no\n");
        rig
    }

    /// A file below the root.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// A link to what is in the repository.
    pub fn link(&self, path: &str, to: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        symlink(to, path).expect("a link");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    /// The unit, where the user's own is.
    pub fn unit(&self) -> String {
        self.read(UNIT)
    }

    /// What the manager says of the unit, in one of its lines.
    pub fn says(&self, key: &str, value: &str) {
        let line = |line: &str| match line.split_once('=') {
            Some((name, _)) if name == key => format!("{key}={value}\n"),
            _ => format!("{line}\n"),
        };
        let text: String = self.read("unit").lines().map(line).collect();
        self.put("unit", &text);
    }

    /// What the manager was told to do since the last time.
    pub fn told(&self) -> Vec<String> {
        let called = self.read("called");
        let _ = fs::remove_file(self.at("called"));
        let asks = |line: &str| line.contains(" show") || line.contains(" print ");
        called.lines().filter(|line| !asks(line)).map(|line| self.plain(line)).collect()
    }

    /// A command, with these answers at the terminal; without any nobody is there.
    pub async fn run(&self, line: &str, answers: &[&str]) -> Said {
        self.go(good(line), answers).await
    }

    /// A command with this configuration.
    pub async fn run_with(&self, line: &str, config: &str) -> Said {
        let mut cli = good(line);
        cli.global.config = Some(config.into());
        self.go(cli, &[]).await
    }

    async fn go(&self, Cli { global, command }: Cli, answers: &[&str]) -> Said {
        let Some(Command::Service(command)) = command else { panic!("a service command") };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let mut script = Script::of(answers);
        let mut environment = ServiceEnvironment { prompter: &mut script, place: &self.place };
        let exit = service(command, &global, &mut output, &mut environment).await.expect("memory");
        let text = |bytes| self.plain(&String::from_utf8(bytes).expect("text"));
        Said { exit, out: text(out), err: text(err) }
    }

    fn plain(&self, text: &str) -> String {
        text.replace(&self.root.display().to_string(), "ROOT")
    }
}

/// Where a user's own unit is.
pub const UNIT: &str = "home/.config/systemd/user/mailwatch-tui.service";

/// The path of a program that was removed.
pub fn gone() -> PathBuf {
    PathBuf::from("/nowhere/mailwatch-tui (deleted)")
}
