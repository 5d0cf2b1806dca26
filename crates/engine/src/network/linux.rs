//! Linux: rtnetlink(7).

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
};
use tokio::io::unix::AsyncFd;

use super::messages::{GET_ADDRESS, GET_ROUTE, State, dump};
use super::{Changes, report};

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`, `RTMGRP_IPV6_ROUTE`.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// `NETLINK_ROUTE` is number 0, the default.
const ROUTE: Option<Protocol> = None;

/// More than the kernel puts into one datagram (`NLMSG_GOODSIZE`, at most 32 KiB for a dump).
const DATAGRAM: usize = 32 << 10;

/// Calls `on_change` for each change of addresses or default routes. Must run within a tokio runtime with I/O.
///
/// # Errors
/// Where the kernel refuses the socket (a sandbox may): it ends with that, and with nothing else. Then dead connections
/// are found by their own timers alone.
pub async fn watch(on_change: impl FnMut()) -> io::Result<()> {
    report(Kernel::listen()?, on_change).await
}

/// The kernel's messages, and the state they add up to.
#[derive(Debug)]
struct Kernel {
    socket: AsyncFd<OwnedFd>,
    /// `None` until the first dump is complete.
    known: Option<State>,
    dump: Option<Dump>,
    buffer: Vec<u8>,
}

/// A dump of everything, requested at the start and after messages were lost.
#[derive(Debug)]
struct Dump {
    found: State,
    /// Addresses come first, then routes: a socket has one dump at a time.
    of_routes: bool,
}

impl Kernel {
    #[expect(deprecated, reason = "unsound for types whose descriptor is not their own; an OwnedFd's is")]
    fn listen() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, ROUTE)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let mut kernel = Self { socket: AsyncFd::new(socket)?, known: None, dump: None, buffer: vec![0; DATAGRAM] };
        kernel.ask_for_all()?;
        Ok(kernel)
    }

    fn ask_for_all(&mut self) -> io::Result<()> {
        send(self.socket.get_ref(), &dump(GET_ADDRESS), SendFlags::empty())?;
        self.dump = Some(Dump { found: State::default(), of_routes: false });
        Ok(())
    }

    /// Takes one datagram; returns whether the network has changed.
    fn take(&mut self, length: usize) -> io::Result<bool> {
        let datagram = &self.buffer[..length];
        let Some(mut dump) = self.dump.take() else {
            return Ok(self.known.as_mut().is_some_and(|known| known.take(datagram).changed));
        };
        // Messages that come during a dump count for it.
        let done = dump.found.take(datagram).done;
        match (done, dump.of_routes) {
            (false, _) => self.dump = Some(dump),
            (true, false) => {
                dump.of_routes = true;
                send(self.socket.get_ref(), &self::dump(GET_ROUTE), SendFlags::empty())?;
                self.dump = Some(dump);
            }
            (true, true) => {
                let before = self.known.replace(dump.found);
                return Ok(before.is_some() && before != self.known);
            }
        }
        Ok(false)
    }
}

impl Changes for Kernel {
    async fn changed(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.socket.readable().await?;
            let buffer = &mut self.buffer;
            let read = ready.try_io(|socket| Ok(recv(socket, buffer.as_mut_slice(), RecvFlags::empty())?.1));
            match read {
                Ok(Ok(length)) => {
                    if self.take(length.min(DATAGRAM))? {
                        return Ok(());
                    }
                }
                // The socket's buffer overflowed: ask for the current state.
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => self.ask_for_all()?,
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_would_block) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_kernel_tells_what_there_is_and_that_is_no_change() {
        let mut kernel = Kernel::listen().expect("Linux has rtnetlink");
        let dumped = async {
            while kernel.known.is_none() {
                let mut ready = kernel.socket.readable().await.expect("open");
                let buffer = &mut kernel.buffer;
                let read = ready.try_io(|socket| Ok(recv(socket, buffer.as_mut_slice(), RecvFlags::empty())?.1));
                if let Ok(length) = read {
                    assert!(!kernel.take(length.expect("a datagram")).expect("open"));
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), dumped).await.expect("two dumps");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn watching_runs_as_a_task() {
        let watching = tokio::spawn(watch(|| {}));
        watching.abort();
        assert!(watching.await.is_err_and(|error| error.is_cancelled()));
    }
}
