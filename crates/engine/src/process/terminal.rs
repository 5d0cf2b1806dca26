//! What a child may know of the terminal: nothing, or all of it for as long as it runs.
//!
//! With `tcp_evidence` the only place with `unsafe`: for what runs between fork and exec, and for the mask of a signal.

#![expect(
    unsafe_code,
    reason = "std has no safe way to call anything between fork and exec, and rustix no signal mask"
)]

use std::fs::File;
use std::future::pending;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::process::Stdio;

use rustix::process::{Pid, WaitId, WaitIdOptions, getpgrp, setsid, waitid};
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp, ttyname};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// Variables that name a terminal to open beside the controlling one: gpg's, which its agent hands to pinentry, and rbw's.
/// `SSH_TTY` stays, for it also says that one has come over ssh; `TTY`, for no program asks there; `PINENTRY_USER_DATA`,
/// for it may be what makes a graphical prompt appear.
const NAMES: [&str; 2] = ["GPG_TTY", "RBW_TTY"];

/// Puts the child into a session of its own, without a terminal: it can neither ask there nor write across a screen, and
/// what tries to fails at once. It leads a process group of its own, too.
pub(crate) fn leave(command: &mut Command) {
    for name in NAMES {
        command.env_remove(name);
    }
    // SAFETY: setsid is one system call, async-signal-safe (POSIX.1-2017 §2.4.3); nothing allocates.
    unsafe {
        command.pre_exec(|| {
            setsid()?;
            Ok(())
        });
    }
}

/// The controlling terminal, lent to a child. Dropped, it is this process group's again, with its modes as they were.
#[derive(Debug)]
pub(crate) struct Lent {
    terminal: File,
    modes: Termios,
}

impl Lent {
    /// Prepares the child: in a process group of its own, in the terminal's foreground from before its first instruction,
    /// so that the terminal's keys for signals reach it and nothing else.
    ///
    /// # Errors
    /// Where there is no terminal, or another job has it.
    pub fn to(command: &mut Command) -> io::Result<Self> {
        let lent = Self::beside_streams_of(command)?;
        command.stdin(Stdio::from(lent.terminal.try_clone()?)).stderr(Stdio::from(lent.terminal.try_clone()?));
        Ok(lent)
    }

    /// The same for a child whose streams are others: what asks opens the terminal itself.
    ///
    /// # Errors
    /// As above.
    pub fn beside_streams_of(command: &mut Command) -> io::Result<Self> {
        let own = own_name();
        let path = own.as_deref().unwrap_or("/dev/tty");
        let terminal = File::options().read(true).write(true).open(path);
        let terminal = terminal.map_err(|error| io::Error::new(error.kind(), format!("no terminal here: {error}")))?;
        if tcgetpgrp(&terminal)? != getpgrp() {
            return Err(io::Error::other("another job has the terminal"));
        }
        let modes = tcgetattr(&terminal)?;
        if let Some(own) = own {
            command.envs(NAMES.map(|variable| (variable, own.clone())));
        }
        command.process_group(0);
        let childs = terminal.try_clone()?;
        // SAFETY: getpgrp, tcsetpgrp and pthread_sigmask are async-signal-safe (POSIX.1-2017 §2.4.3); nothing allocates.
        unsafe {
            command.pre_exec(move || Ok(from_background(|| tcsetpgrp(&childs, getpgrp()))?));
        }
        Ok(Self { terminal, modes })
    }
}

/// The terminal's own name: `/dev/tty` is another terminal to an agent in another session.
fn own_name() -> Option<String> {
    let name = |stream: BorrowedFd<'_>| ttyname(stream, Vec::new()).ok()?.into_string().ok();
    [stdin(), stdout(), stderr()].into_iter().filter_map(name).find(|name| name != "/dev/tty")
}

impl Drop for Lent {
    fn drop(&mut self) {
        // A terminal that is gone needs neither.
        let _ = from_background(|| tcsetpgrp(&self.terminal, getpgrp()));
        let _ = from_background(|| tcsetattr(&self.terminal, OptionalActions::Flush, &self.modes));
    }
}

/// Waits until the child was stopped. Never where that cannot be known, or it has ended.
pub(crate) async fn stopped(child: Option<u32>) {
    let child = child.and_then(|id| Pid::from_raw(id.try_into().ok()?));
    let (Some(child), Ok(mut changes)) = (child, signal(SignalKind::child())) else { return pending().await };
    while !matches!(waitid(WaitId::Pid(child), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG), Ok(Some(_))) {
        if changes.recv().await.is_none() {
            return pending().await;
        }
    }
}

/// Changes a terminal from its background, which SIGTTOU would stop.
fn from_background<T>(change: impl FnOnce() -> T) -> T {
    let (mut stop, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: sigemptyset initialises the set that the others read; the mask is this thread's alone.
    unsafe {
        libc::sigemptyset(stop.as_mut_ptr());
        libc::sigaddset(stop.as_mut_ptr(), libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, stop.as_ptr(), before.as_mut_ptr());
    }
    let done = change();
    // SAFETY: pthread_sigmask has written the mask from before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    done
}
