//! macOS: `SO_NWRITE` and `TCP_CONNECTION_INFO`.

#![expect(unsafe_code, reason = "getsockopt of these options has no safe wrapper in libc, socket2 or rustix")]

use std::mem::size_of;
use std::os::fd::{AsRawFd, RawFd};

use tokio::net::TcpStream;

use super::macos_info::{TcpInfo, translate};
use mailwatch_proto::connection::sample::Sample;

pub(super) fn sample(tcp: &TcpStream) -> Option<Sample> {
    let fd = tcp.as_raw_fd();
    // In the order of Linux: what is acknowledged between the two is not missed by the next look.
    let outq: libc::c_int = option(fd, libc::SOL_SOCKET, libc::SO_NWRITE)?;
    let info: TcpInfo = option(fd, libc::IPPROTO_TCP, libc::TCP_CONNECTION_INFO)?;
    Some(translate(u64::try_from(outq).ok()?, &info))
}

/// What a kernel may write any bytes into.
trait Plain: Copy + Default {}
impl Plain for libc::c_int {}
impl Plain for TcpInfo {}

/// An option's value; `None` where the kernel does not tell all of it.
fn option<T: Plain>(fd: RawFd, level: libc::c_int, name: libc::c_int) -> Option<T> {
    let mut value = T::default();
    let mut len = libc::socklen_t::try_from(size_of::<T>()).ok()?;
    // SAFETY: the descriptor is borrowed from a live `TcpStream`; `value` consists of plain integers, so whatever bytes the
    // kernel writes make a valid value, and `len` is its size, beyond which the kernel does not write. Both live across the
    // call.
    let result = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &raw mut len) };
    (result == 0 && usize::try_from(len) == Ok(size_of::<T>())).then_some(value)
}
