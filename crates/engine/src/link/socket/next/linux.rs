//! Linux: inotify on the directories where the socket may be, or, where one of them is not there, on the nearest above it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

/// Bytes for events: some dozens of them. What does not fit is read next.
const BUFFER: usize = 4096;

/// Hears of files that are made.
pub(super) struct System {
    inotify: AsyncFd<OwnedFd>,
    /// What is waited for in which directory, by the kernel's number of it.
    awaited: BTreeSet<(i32, OsString)>,
}

impl System {
    /// Hears of these sockets.
    #[expect(deprecated, reason = "unsound for types whose descriptor is not their own; an OwnedFd's is")]
    pub(super) fn listen<'a>(sockets: impl Iterator<Item = &'a Path>) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let mut awaited = BTreeSet::new();
        for socket in sockets {
            let mut nearest = None;
            // Again until it stays the same: a directory may have been made while the one above it was not heard of yet.
            loop {
                let found = watch_nearest(&inotify, socket)?;
                if found.is_none() || found == nearest {
                    break;
                }
                awaited.extend(found.clone());
                nearest = found;
            }
        }
        Ok(Self { inotify: AsyncFd::new(inotify)?, awaited })
    }

    /// Waits until one of them was made, or a directory on the way to it, or one of these is gone.
    pub(super) async fn changed(self) -> io::Result<()> {
        loop {
            let mut ready = self.inotify.readable().await?;
            let mut buffer = [MaybeUninit::uninit(); BUFFER];
            let mut events = Reader::new(self.inotify.get_ref(), &mut buffer);
            loop {
                match events.next() {
                    Ok(event) => {
                        let name =
                            event.file_name().map(|name| std::ffi::OsStr::from_bytes(name.to_bytes()).to_owned());
                        let gone = ReadFlags::DELETE_SELF
                            | ReadFlags::MOVE_SELF
                            | ReadFlags::IGNORED
                            | ReadFlags::QUEUE_OVERFLOW;
                        if event.events().intersects(gone)
                            || name.is_some_and(|name| self.awaited.contains(&(event.wd(), name)))
                        {
                            return Ok(());
                        }
                    }
                    Err(Errno::AGAIN) => {
                        ready.clear_ready();
                        break;
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

/// Hears of what is made in the socket's directory, or in the nearest above it that is there: its number, and the name that is
/// waited for in it.
fn watch_nearest(inotify: &OwnedFd, socket: &Path) -> io::Result<Option<(i32, OsString)>> {
    // A socket's mode is set once it listens.
    let kinds = WatchFlags::CREATE
        | WatchFlags::MOVED_TO
        | WatchFlags::ATTRIB
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    for (path, dir) in socket.ancestors().zip(socket.ancestors().skip(1)) {
        match (inotify::add_watch(inotify, dir, kinds), path.file_name()) {
            (Ok(number), Some(name)) => return Ok(Some((number, name.to_owned()))),
            (Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS), _) | (Ok(_), None) => {}
            (Err(error), _) => return Err(error.into()),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn listen(socket: &Path) -> System {
        System::listen(std::iter::once(socket)).expect("this system tells of new files")
    }

    #[tokio::test]
    async fn a_socket_is_heard_of_and_its_neighbours_are_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("one.sock");
        let hears = tokio::spawn(listen(&socket).changed());
        fs::write(dir.path().join("another.sock"), "").expect("written");
        // It had its turn: what is read next is what is made next.
        tokio::task::yield_now().await;
        assert!(!hears.is_finished());
        let _listener = UnixListener::bind(&socket).expect("bound");
        timeout(Duration::from_mins(1), hears).await.expect("heard").expect("no panic").expect("heard");
    }

    #[tokio::test]
    async fn a_directory_on_the_way_is_heard_of_and_one_that_goes() {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("run/mailwatch-tui/one.sock");
        let above = listen(&socket);
        fs::create_dir_all(socket.parent().expect("one")).expect("made");
        above.changed().await.expect("heard");
        let there = listen(&socket);
        fs::remove_dir(socket.parent().expect("one")).expect("removed");
        there.changed().await.expect("heard");
    }
}
