//! Linux: `SIOCOUTQ` and `TCP_INFO`.

#![expect(unsafe_code, reason = "ioctl and getsockopt(TCP_INFO) have no safe wrapper in libc, socket2 or rustix")]

use std::mem::{offset_of, size_of};
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use tokio::net::TcpStream;

use mailwatch_proto::connection::sample::{Resends, Sample};

/// `struct tcp_info` of `linux/tcp.h` up to `tcpi_snd_wnd` (Linux 5.4). libc's copy ends before `tcpi_bytes_acked`.
/// The kernel only ever appends to it, and writes no more than it is given room for.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct TcpInfo {
    state: u8,
    ca_state: u8,
    retransmits: u8,
    probes: u8,
    backoff: u8,
    options: u8,
    window_scales: u8,
    delivery_flags: u8,
    rto: u32,
    ato: u32,
    snd_mss: u32,
    rcv_mss: u32,
    unacked: u32,
    sacked: u32,
    lost: u32,
    retrans: u32,
    fackets: u32,
    last_data_sent: u32,
    last_ack_sent: u32,
    last_data_recv: u32,
    last_ack_recv: u32,
    pmtu: u32,
    rcv_ssthresh: u32,
    rtt: u32,
    rttvar: u32,
    snd_ssthresh: u32,
    snd_cwnd: u32,
    advmss: u32,
    reordering: u32,
    rcv_rtt: u32,
    rcv_space: u32,
    total_retrans: u32,
    pacing_rate: u64,
    max_pacing_rate: u64,
    bytes_acked: u64,
    bytes_received: u64,
    segs_out: u32,
    segs_in: u32,
    notsent_bytes: u32,
    min_rtt: u32,
    data_segs_in: u32,
    data_segs_out: u32,
    delivery_rate: u64,
    busy_time: u64,
    rwnd_limited: u64,
    sndbuf_limited: u64,
    delivered: u32,
    delivered_ce: u32,
    bytes_sent: u64,
    bytes_retrans: u64,
    dsack_dups: u32,
    reord_seen: u32,
    rcv_ooopack: u32,
    snd_wnd: u32,
}

// The offsets of `pahole tcp_info`: no architecture pads it, since every field lies on a multiple of its size.
const _: () = {
    assert!(offset_of!(TcpInfo, unacked) == 24);
    assert!(offset_of!(TcpInfo, total_retrans) == 100);
    assert!(offset_of!(TcpInfo, bytes_acked) == 120);
    assert!(offset_of!(TcpInfo, notsent_bytes) == 144);
    assert!(offset_of!(TcpInfo, snd_wnd) == 228);
    assert!(size_of::<TcpInfo>() == 232);
};

/// `TCP_ESTABLISHED` and `TCP_CLOSE_WAIT` of `linux/tcp_states.h`.
const ESTABLISHED: u8 = 1;
const CLOSE_WAIT: u8 = 8;

pub(super) fn sample(tcp: &TcpStream) -> Option<Sample> {
    let fd = tcp.as_raw_fd();
    // In this order: see `Mark::after_flush`.
    let outq = out_queue(fd)?;
    let (info, told) = tcp_info(fd)?;
    if told < offset_of!(TcpInfo, pacing_rate) {
        return None;
    }
    Some(Sample {
        outq,
        outq_lags: false,
        bytes_acked: (told >= offset_of!(TcpInfo, bytes_received)).then_some(info.bytes_acked),
        unacked: Some(info.unacked.into()),
        resends: Resends::InARow(info.retransmits.into()),
        backoff: Some(info.backoff.into()),
        probes: Some(info.probes.into()),
        total_retrans: info.total_retrans.into(),
        snd_wnd: (told >= size_of::<TcpInfo>()).then_some(info.snd_wnd.into()),
        notsent: (told >= offset_of!(TcpInfo, min_rtt)).then_some(info.notsent_bytes.into()),
        rtt: Duration::from_micros(info.rtt.into()),
        last_data_received: Some(Duration::from_millis(info.last_data_recv.into())),
        open: matches!(info.state, ESTABLISHED | CLOSE_WAIT),
    })
}

/// SIOCOUTQ, which has TIOCOUTQ's number (`linux/sockios.h`).
fn out_queue(fd: RawFd) -> Option<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is borrowed from a live `TcpStream`; for a TCP socket this request writes exactly one int
    // through the pointer (tcp(7)), which points to one that lives across the call.
    let result = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut bytes) };
    if result == 0 { u64::try_from(bytes).ok() } else { None }
}

/// The figures, and how many bytes of them the kernel has filled in.
fn tcp_info(fd: RawFd) -> Option<(TcpInfo, usize)> {
    let mut info = TcpInfo::default();
    let mut len = libc::socklen_t::try_from(size_of::<TcpInfo>()).ok()?;
    // SAFETY: the descriptor is borrowed from a live `TcpStream`; `info` is `repr(C)` of plain integers, so whatever bytes
    // the kernel writes make a valid value, and `len` is its size, beyond which the kernel does not write. Both live
    // across the call.
    let result =
        unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, (&raw mut info).cast(), &raw mut len) };
    if result == 0 { Some((info, usize::try_from(len).ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use socket2::{Domain, SockRef, Socket, Type};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::tcp_evidence::set_user_timeout;
    use mailwatch_proto::connection::sample::Mark;

    /// Both ends of a connection; the peer's receive buffer is as small as the kernel allows where `small`.
    async fn pair(small: bool) -> (TcpStream, TcpStream) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        if small {
            // Before listen: what it accepts inherits it, and the window is scaled by it.
            socket.set_recv_buffer_size(1).expect("rounded up by the kernel");
        }
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("loopback");
        socket.listen(1).expect("a listener");
        socket.set_nonblocking(true).expect("a flag");
        let listener = TcpListener::from_std(socket.into()).expect("a runtime");
        let ours = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (theirs, _) = listener.accept().await.expect("it was connected to");
        (ours, theirs)
    }

    /// The first sample that satisfies `wanted`; bounded by the test's own limit of ten seconds.
    async fn until(tcp: &TcpStream, wanted: impl Fn(&Sample) -> bool) -> Sample {
        let look = async {
            loop {
                let seen = sample(tcp).expect("Linux tells");
                if wanted(&seen) {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), look).await.expect("it comes to that")
    }

    #[tokio::test]
    async fn a_peer_whose_program_never_reads_still_acknowledges() {
        let (mut ours, theirs) = pair(false).await;
        ours.write_all(b"DONE\r\n").await.expect("an empty buffer");
        let mark = Mark::after_flush(&sample(&ours).expect("Linux tells"));
        let seen = until(&ours, |seen| mark.acked(seen)).await;
        assert_eq!(seen.outq, 0);
        assert!(seen.open);
        assert_eq!(seen.resends, Resends::InARow(0));
        assert!(seen.bytes_acked >= Some(6));
        assert!(seen.snd_wnd > Some(0));
        drop(theirs);
    }

    #[tokio::test]
    async fn a_peer_whose_buffer_is_full_closes_its_window_and_does_not_acknowledge() {
        let (ours, theirs) = pair(true).await;
        let flood = [0; 16 << 10];
        // The kernel moves what it took to the peer on its own time: full is only what stays full.
        let full = async {
            loop {
                while ours.try_write(&flood).is_ok() {}
                if sample(&ours).is_some_and(|seen| seen.snd_wnd == Some(0)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), full).await.expect("buffers are finite");
        let seen = sample(&ours).expect("Linux tells");
        let mark = Mark::after_flush(&seen);
        assert!(seen.outq > 0);
        assert!(!mark.acked(&seen));
        assert_eq!(seen.snd_wnd, Some(0));
        drop(theirs);
    }

    #[tokio::test]
    async fn a_connection_that_was_reset_is_not_open_and_tells_no_lies() {
        let (mut ours, theirs) = pair(false).await;
        ours.write_all(b"x").await.expect("an empty buffer");
        SockRef::from(&theirs).set_linger(Some(Duration::ZERO)).expect("a flag");
        drop(theirs);
        let seen = until(&ours, |seen| !seen.open).await;
        assert!(!seen.open);
        let before = Mark::after_flush(&Sample { outq: 100, ..seen });
        assert!(!before.acked(&Sample { outq: 100, ..seen }));
    }

    #[tokio::test]
    async fn a_peer_that_has_only_closed_its_side_still_takes_bytes() {
        let (ours, mut theirs) = pair(false).await;
        theirs.shutdown().await.expect("open");
        let mut byte = [0];
        assert_eq!(ours.peek(&mut byte).await.expect("a FIN is no error"), 0);
        assert!(sample(&ours).expect("Linux tells").open);
    }

    #[tokio::test]
    async fn the_user_timeout_is_set_and_taken_back() {
        let (ours, _theirs) = pair(false).await;
        let socket = SockRef::from(&ours);
        set_user_timeout(&ours, Some(Duration::from_secs(20))).expect("Linux has it");
        assert_eq!(socket.tcp_user_timeout().expect("Linux has it"), Some(Duration::from_secs(20)));
        set_user_timeout(&ours, None).expect("Linux has it");
        assert_eq!(socket.tcp_user_timeout().expect("Linux has it"), None);
    }
}
