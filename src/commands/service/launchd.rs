//! launchd's agents of a user, over `launchctl`.

use std::path::PathBuf;
use std::time::Duration;

use super::place::Place;
use super::seen::Seen;
use super::tool::{Tool, Trouble};

/// The agent's label.
const LABEL: &str = "mailwatch-tui";

/// An agent that is being ended is still there for a moment, and a new one is refused until then.
const TRIES: usize = 20;

/// Between two tries: the agent has 10 s to end.
const REST: Duration = Duration::from_millis(500);

/// The manager.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launchd<'p> {
    place: &'p Place,
}

impl<'p> Launchd<'p> {
    pub(super) const fn new(place: &'p Place) -> Self {
        Self { place }
    }

    fn launchctl(self) -> Tool<'p> {
        Tool { name: "launchctl", path: &self.place.path }
    }

    fn domain(self) -> String {
        format!("gui/{}", self.place.uid)
    }

    fn target(self) -> String {
        format!("{}/{LABEL}", self.domain())
    }

    /// Where a user's own agent goes.
    pub(super) fn file(self) -> PathBuf {
        self.place.home.join("Library/LaunchAgents").join(format!("{LABEL}.plist"))
    }

    /// What the manager knows of the agent: nothing, where it is not loaded.
    pub(super) async fn look(self) -> Result<Seen, Trouble> {
        let output = self.launchctl().run(&["print", &self.target()]).await?;
        if !output.status.success() {
            return Ok(Seen { state: "not loaded".to_owned(), ..Seen::default() });
        }
        Ok(seen(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Has it loaded and started; anew where another one is loaded.
    pub(super) async fn begin(self, anew: bool) -> Result<(), Trouble> {
        let (launchctl, file) = (self.launchctl(), self.file().display().to_string());
        let before = self.look().await?;
        if before.runs() && !anew {
            return Ok(());
        }
        let loaded = before.enabled;
        if loaded {
            self.end().await?;
        }
        launchctl.order(&["enable", &self.target()]).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            match launchctl.order(&["bootstrap", &self.domain(), &file]).await {
                Err(Trouble::Refused(..)) if loaded && tries < TRIES => tokio::time::sleep(REST).await,
                begun => return begun,
            }
        }
    }

    /// Ends and unloads it.
    pub(super) async fn end(self) -> Result<(), Trouble> {
        self.launchctl().order(&["bootout", &self.target()]).await
    }
}

/// What `launchctl print` says of an agent.
fn seen(text: &str) -> Seen {
    let value = |key: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).map(ToOwned::to_owned)
    };
    Seen {
        from: value("path").map(PathBuf::from),
        // What is loaded is started by itself at each login.
        enabled: true,
        masked: false,
        state: value("state").unwrap_or_else(|| "not running".to_owned()),
        since: None,
        pid: value("pid").and_then(|pid| pid.parse().ok()),
        says: None,
        program: value("program").map(PathBuf::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "gui/501/mailwatch-tui = {\n\tactive count = 1\n\tpath = /Users/ann/Library/LaunchAgents/mailwatch-tui.plist\n\
                           \ttype = LaunchAgent\n\tstate = running\n\n\tprogram = /usr/local/bin/mailwatch-tui\n\targuments = {\n\
                           \t\t/usr/local/bin/mailwatch-tui\n\t\twatch\n\t}\n\n\tpid = 4711\n\timmediate reason = speculative\n}\n";

    #[test]
    fn what_launchctl_prints_is_read() {
        let running = seen(PRINTED);
        assert!(running.runs() && running.enabled);
        assert_eq!(running.pid, Some(4711));
        assert_eq!(running.program.as_deref(), Some("/usr/local/bin/mailwatch-tui".as_ref()));
        let waiting =
            seen(&PRINTED.replace("state = running", "state = spawn scheduled").replace("\tpid = 4711\n", ""));
        assert!(!waiting.runs());
        assert_eq!(waiting.state, "spawn scheduled");
    }
}
