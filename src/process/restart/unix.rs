//! By `exec`. What is carried over waits in a socket that is the new program's standard input until it has taken it: the lock's
//! file, so that nobody is the engine in between, the standard input that is to be again, and what was typed.

use std::env;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_engine::signals_at_exec;
use rustix::io::{Errno, FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketType, recvmsg, send, sendmsg, socketpair,
};
use rustix::stdio::{dup2_stdin, stdin};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Carried;

/// Names the process that was started anew; a child that inherits it has another number.
const MARK: &str = "MAILWATCH_RESTARTED";

/// Between the words of what was typed: none of them holds it.
const END: u8 = 0;

/// The first byte, which the files come with, and the same where the engine ran on the whole configuration, whichever accounts its
/// command line names.
const BEGIN: (u8, u8) = (b'1', b'w');

/// The program that goes on in this one's place, ready to begin. The lock stays held for as long as this is there.
#[derive(Debug)]
pub struct Successor {
    program: PathBuf,
    /// Its standard input: what is carried over waits there.
    stdin: OwnedFd,
}

impl Successor {
    /// Gets it ready.
    ///
    /// # Errors
    /// Where the system refuses, or more was typed than a socket holds.
    pub fn prepare(program: PathBuf, lock: &EngineLock, typed: &TypedPasswords, whole: bool) -> io::Result<Self> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, rustix::net::SocketFlags::empty(), None)?;
        for socket in [&ours, &theirs] {
            fcntl_setfd(socket, FdFlags::CLOEXEC)?;
        }
        ioctl_fionbio(&ours, true)?;
        let files: Vec<BorrowedFd<'_>> = [Some(stdin()), lock.file()].into_iter().flatten().collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&files)) {
            return Err(io::Error::other("no room for two files"));
        }
        sendmsg(&ours, &[IoSlice::new(&[if whole { BEGIN.1 } else { BEGIN.0 }])], &mut control, SendFlags::empty())?;
        let mut words = Zeroizing::new(Vec::new());
        for (login, secret) in typed.entries() {
            for word in [login, secret.expose_secret()] {
                words.extend_from_slice(word.as_bytes());
                words.push(END);
            }
        }
        let mut rest = &words[..];
        while !rest.is_empty() {
            rest = &rest[send(&ours, rest, SendFlags::empty())?..];
        }
        Ok(Self { program, stdin: theirs })
    }

    /// Becomes that program, with the arguments of this one. Returns only where it does not.
    #[must_use]
    pub fn begin(self) -> io::Error {
        let mut command = Command::new(self.program);
        command.args(env::args_os().skip(1)).env(MARK, std::process::id().to_string());
        command.stdin(Stdio::from(self.stdin));
        signals_at_exec::ignore_until_handled();
        command.exec()
    }
}

/// What the program before this one has left, where this one was started anew.
///
/// # Errors
/// Where it cannot be taken.
pub fn carried() -> io::Result<Carried> {
    if env::var(MARK).ok().is_none_or(|pid| pid != std::process::id().to_string()) {
        return Ok(Carried::default());
    }
    let mut first = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    match recvmsg(stdin(), &mut [IoSliceMut::new(&mut first)], &mut control, RecvFlags::empty()) {
        Ok(_) => {}
        // A child of another process with this number, long ago: its standard input is its own.
        Err(Errno::NOTSOCK) => return Ok(Carried::default()),
        Err(error) => return Err(error.into()),
    }
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            files.extend(rights);
        }
    }
    for file in &files {
        fcntl_setfd(file, FdFlags::CLOEXEC)?;
    }
    let mut words = Zeroizing::new(Vec::new());
    // The other end is closed already.
    File::from(stdin().try_clone_to_owned()?).read_to_end(&mut words)?;
    let mut files = files.into_iter();
    if let Some(before) = files.next() {
        dup2_stdin(&before)?;
    }
    let text = |word: &[u8]| String::from_utf8(word.to_vec()).map_err(io::Error::other);
    let mut typed = Vec::new();
    let mut words = words.split(|byte| *byte == END);
    while let (Some(login), Some(secret)) = (words.next(), words.next()) {
        typed.push((text(login)?, SecretString::from(text(secret)?)));
    }
    let whole = first == [BEGIN.1];
    Ok(Carried { typed: Some(TypedPasswords::of_entries(typed)), whole, lock: files.next().map(File::from) })
}
