//! The binary: command line in, exit code out. The library does the rest.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::Duration;

use mailwatch_engine::{malloc, secret, size_limit};
use mailwatch_tui::cli::Cli;
#[cfg(unix)]
use mailwatch_tui::first_process;
use mailwatch_tui::output::Exit;
use mailwatch_tui::{commands, logging};

/// How long blocking work (a keyring that prompts, a stalled reader) may delay the end.
const STRAGGLERS: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        // Prints help or the error, and exits with 0 or 2.
        Err(error) => error.exit(),
    };
    #[cfg(unix)]
    if first_process::is_first() {
        match first_process::run() {
            Ok(status) => return status.into(),
            // Hooks may leave zombies behind then; it still watches.
            Err(error) => {
                let _ = writeln!(io::stderr(), "warning: processes that are left behind are not reaped: {error}");
            }
        }
    }
    malloc::share_arenas();
    logging::quiet_panics();
    if let Err(error) = secret::forbid_core_dumps() {
        // No less safe than any other program: go on.
        let _ = writeln!(io::stderr(), "warning: core dumps stay allowed: {error}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: the program cannot start: {error}");
            return Exit::Failed.into();
        }
    };
    // Before the first file is written.
    if let Err(error) = runtime.block_on(async { size_limit::survive() }) {
        let _ = writeln!(io::stderr(), "warning: a limit on the size of files may end the program: {error}");
    }
    // A panic of the screen: its place is in the log, and the terminal is restored.
    let exit = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(commands::run(&cli))));
    runtime.shutdown_timeout(STRAGGLERS);
    let exit =
        exit.unwrap_or_else(|_| Err(io::Error::other("a fault of the program's own has ended it; the log says where")));
    match exit {
        Ok(exit) => exit.into(),
        // The reader is gone, such as `| head`: nothing went wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            Exit::Failed.into()
        }
    }
}
