//! Programs that a key starts: those that nobody waits for, a browser, a mail program; and the user's own, whose end is told.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

use tokio::sync::mpsc;

use super::app::Input;
use mailwatch_engine::user_program;
use mailwatch_proto::model::WatchId;

/// Starts a program without the terminal. Its end is taken by a thread, so that it leaves nothing behind.
///
/// # Errors
/// Where it cannot be started.
pub fn start(command: &[String]) -> io::Result<()> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C at the terminal is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    thread::Builder::new().name("started".to_owned()).spawn(move || child.wait())?;
    Ok(())
}

/// The user's own programs that run.
#[derive(Debug)]
pub(super) struct Running {
    told: mpsc::UnboundedSender<Input>,
    ends: mpsc::UnboundedReceiver<Input>,
}

impl Default for Running {
    fn default() -> Self {
        let (told, ends) = mpsc::unbounded_channel();
        Self { told, ends }
    }
}

impl Running {
    /// Starts one, about a watch. It outlives the screen.
    pub(super) fn start(&self, watch: Option<WatchId>, arguments: Vec<String>) {
        let told = self.told.clone();
        tokio::spawn(async move {
            let program = arguments.first().map_or("", String::as_str);
            let end = match user_program::run(&arguments).await {
                Ok(status) => status.code().ok_or_else(|| format!("ended by {status}")),
                Err(why) => Err(format!("cannot be started: {why}")),
            };
            match &end {
                Ok(code) => tracing::info!(program, code, "a command of a key has ended"),
                Err(why) => tracing::warn!(program, why, "a command of a key"),
            }
            // The screen may have been left.
            let _ = told.send(Input::RanUsers(watch, arguments, end));
        });
    }

    /// The next end. Cancel-safe.
    pub(super) async fn ended(&mut self) -> Input {
        match self.ends.recv().await {
            Some(end) => end,
            // Its own sender is there.
            None => std::future::pending().await,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_of_the_users_has_a_session_of_its_own_and_its_end_is_told() {
        // The sixth field is the session (proc(5)): led by the shell itself.
        let script = "read -r _ _ _ _ _ session _ < /proc/$$/stat; [ \"$session\" = $$ ] && exit 7";
        let mut running = Running::default();
        running.start(None, ["sh", "-c", script].map(str::to_owned).into());
        assert!(matches!(running.ended().await, Input::RanUsers(None, _, Ok(7))));
        running.start(None, vec!["/nowhere/at-all".to_owned()]);
        let end = running.ended().await;
        assert!(matches!(&end, Input::RanUsers(None, _, Err(why)) if why.contains("cannot be started")), "{end:?}");
    }
}
