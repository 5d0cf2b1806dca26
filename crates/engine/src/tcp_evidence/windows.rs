//! Windows: `SIO_TCP_INFO`. Older than Windows 10, version 1703, it does not know it, and nor does wine 8.

#![expect(unsafe_code, reason = "WSAIoctl has no safe wrapper in windows-sys or socket2")]

use std::mem::{offset_of, size_of};
use std::os::windows::io::AsRawSocket;
use std::ptr;

use tokio::net::TcpStream;
use windows_sys::Win32::Networking::WinSock::{SIO_TCP_INFO, SOCKET, TCP_INFO_v0, WSAIoctl};

use super::windows_info::{TcpInfo, translate};
use mailwatch_proto::connection::sample::Sample;

// Ours has integers where Microsoft's has types that not every byte is a value of.
const _: () = {
    assert!(size_of::<TcpInfo>() == size_of::<TCP_INFO_v0>());
    assert!(offset_of!(TCP_INFO_v0, RttUs) == 20);
    assert!(offset_of!(TCP_INFO_v0, BytesInFlight) == 28);
    assert!(offset_of!(TCP_INFO_v0, SndWnd) == 36);
    assert!(offset_of!(TCP_INFO_v0, BytesRetrans) == 68);
    assert!(offset_of!(TCP_INFO_v0, TimeoutEpisodes) == 80);
};

pub(super) fn sample(tcp: &TcpStream) -> Option<Sample> {
    translate(&tcp_info(tcp)?)
}

fn tcp_info(tcp: &TcpStream) -> Option<TcpInfo> {
    let socket = SOCKET::try_from(tcp.as_raw_socket()).ok()?;
    // Asks for TCP_INFO_v0.
    let version = 0_u32;
    let mut info = TcpInfo::default();
    let size = u32::try_from(size_of::<TcpInfo>()).ok()?;
    let mut told = 0;
    // SAFETY: the socket is borrowed from a live `TcpStream`; the input is one u32, the output `size` bytes of plain integers,
    // of which any bytes make a valid value. Without an OVERLAPPED the call has ended when it returns, and all three
    // live across it.
    let result = unsafe {
        WSAIoctl(
            socket,
            SIO_TCP_INFO,
            (&raw const version).cast(),
            4,
            (&raw mut info).cast(),
            size,
            &raw mut told,
            ptr::null_mut(),
            None,
        )
    };
    (result == 0 && told == size).then_some(info)
}
