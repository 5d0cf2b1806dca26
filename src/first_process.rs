//! What a container expects of its first process (PID 1): it passes signals on to the program, which runs as its child,
//! and reaps every process whose parent is gone. Such as a hook may leave behind; nobody else would reap them.
//!
//! A process of its own does this, so that it never takes the status of a child that the program itself waits for.

use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, wait};
use tokio::runtime::Builder;
use tokio::signal::unix::{self, SignalKind};

/// What a shell adds to a signal's number to make a status of it.
const BY_SIGNAL: i32 = 128;

/// Whether this is the first process of its PID namespace.
#[must_use]
pub fn is_first() -> bool {
    getpid().is_init()
}

/// Runs this program once more, as a child, with the same arguments, until it ends. Its exit status, to end with.
///
/// # Errors
///
/// Where the program cannot be started again, or signals cannot be received.
pub fn run() -> io::Result<u8> {
    Builder::new_current_thread().enable_io().build()?.block_on(serve())
}

async fn serve() -> io::Result<u8> {
    // Before there is a child, so that nothing is missed.
    let mut ended = unix::signal(SignalKind::child())?;
    let mut hang_up = unix::signal(SignalKind::hangup())?;
    let mut interrupt = unix::signal(SignalKind::interrupt())?;
    let mut terminate = unix::signal(SignalKind::terminate())?;
    let mut check_mail = unix::signal(SignalKind::user_defined1())?;
    // Ctrl-C in a terminal reaches the child by itself, since both are in the foreground.
    let typed = io::stdin().is_terminal();
    let program = start()?;
    loop {
        let signal = tokio::select! {
            Some(()) = ended.recv() => match reap(program) {
                Some(status) => return Ok(status),
                None => continue,
            },
            Some(()) = hang_up.recv() => Signal::HUP,
            Some(()) = interrupt.recv(), if !typed => Signal::INT,
            Some(()) = terminate.recv() => Signal::TERM,
            Some(()) = check_mail.recv() => Signal::USR1,
        };
        // It is a zombie at worst: nobody but `reap` waits for it.
        let _already_ended = kill_process(program, signal);
    }
}

fn start() -> io::Result<Pid> {
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(name) = name {
        command.arg0(name);
    }
    Ok(Pid::from_child(&command.args(arguments).spawn()?))
}

/// Reaps every process that has ended. Returns the program's status if it is among them.
fn reap(program: Pid) -> Option<u8> {
    while let Ok(Some((process, status))) = wait(WaitOptions::NOHANG) {
        if process == program {
            return Some(exit_status(status));
        }
    }
    None
}

/// As a shell says it.
fn exit_status(status: WaitStatus) -> u8 {
    let by_signal = status.terminating_signal().map(|signal| BY_SIGNAL + signal);
    status.exit_status().or(by_signal).and_then(|status| u8::try_from(status).ok()).unwrap_or(u8::MAX)
}
