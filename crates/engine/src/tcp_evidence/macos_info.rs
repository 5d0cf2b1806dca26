//! What macOS tells of a TCP connection, and what that means here. Pure, so that its tests run on every system.

use std::mem::{offset_of, size_of};
use std::time::Duration;

use mailwatch_proto::connection::sample::{Resends, Sample};

/// `struct tcp_connection_info` of xnu's `bsd/netinet/tcp.h`. libc's copy has a word for each bit of `tfo`, so that
/// its fields after `rttvar` lie elsewhere.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TcpInfo {
    state: u8,
    snd_wscale: u8,
    rcv_wscale: u8,
    pad: u8,
    options: u32,
    flags: u32,
    /// In milliseconds, while the retransmission timer runs.
    rto: u32,
    maxseg: u32,
    snd_ssthresh: u32,
    snd_cwnd: u32,
    snd_wnd: u32,
    snd_sbbytes: u32,
    rcv_wnd: u32,
    rttcur: u32,
    /// In milliseconds.
    srtt: u32,
    rttvar: u32,
    /// Fifteen bits of TCP Fast Open.
    tfo: u32,
    txpackets: u64,
    txbytes: u64,
    txretransmitbytes: u64,
    rxpackets: u64,
    rxbytes: u64,
    rxoutoforderbytes: u64,
    txretransmitpackets: u64,
}

// As the header lays it out: u_int64_t is aligned to 8 there by an attribute.
const _: () = {
    assert!(offset_of!(TcpInfo, options) == 4);
    assert!(offset_of!(TcpInfo, rto) == 12);
    assert!(offset_of!(TcpInfo, snd_wnd) == 28);
    assert!(offset_of!(TcpInfo, snd_sbbytes) == 32);
    assert!(offset_of!(TcpInfo, srtt) == 44);
    assert!(offset_of!(TcpInfo, tfo) == 52);
    assert!(offset_of!(TcpInfo, txpackets) == 56);
    assert!(offset_of!(TcpInfo, txretransmitbytes) == 72);
    assert!(offset_of!(TcpInfo, txretransmitpackets) == 104);
    assert!(size_of::<TcpInfo>() == 112);
};

/// `TCPS_ESTABLISHED` and `TCPS_CLOSE_WAIT` of `netinet/tcp_fsm.h`.
const ESTABLISHED: u8 = 4;
const CLOSE_WAIT: u8 = 5;

/// `outq` is `SO_NWRITE`: bytes in the send buffer, which leave it when they are acknowledged.
pub(super) fn translate(outq: u64, info: &TcpInfo) -> Sample {
    Sample {
        outq,
        outq_lags: false,
        // `txbytes` counts what was sent, and what was sent again.
        bytes_acked: None,
        unacked: None,
        resends: Resends::Segments(info.txretransmitpackets),
        backoff: None,
        probes: None,
        total_retrans: info.txretransmitpackets,
        snd_wnd: Some(info.snd_wnd.into()),
        notsent: None,
        rtt: Duration::from_millis(info.srtt.into()),
        last_data_received: None,
        open: matches!(info.state, ESTABLISHED | CLOSE_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use mailwatch_proto::connection::sample::Mark;

    use super::*;

    fn established() -> TcpInfo {
        TcpInfo { state: ESTABLISHED, snd_wnd: 64_000, srtt: 19, ..TcpInfo::default() }
    }

    #[test]
    fn an_empty_send_buffer_is_what_was_acknowledged() {
        let before = translate(28, &established());
        let mark = Mark::after_flush(&before);
        assert!(before.open && !mark.acked(&before));
        assert!(mark.acked(&translate(0, &established())));
        assert_eq!(before.rtt, Duration::from_millis(19));
    }

    #[test]
    fn segments_that_were_sent_again_since_done_are_counted_and_earlier_ones_are_not() {
        let again = |count| translate(28, &TcpInfo { txretransmitpackets: count, ..established() });
        let mark = Mark::after_flush(&again(4));
        assert_eq!((again(4).retransmits(&mark), again(7).retransmits(&mark)), (0, 3));
    }

    #[test]
    fn a_closed_window_and_a_closed_connection_are_seen() {
        let seen = |state| translate(28, &TcpInfo { state, snd_wnd: 0, ..established() });
        assert_eq!(seen(ESTABLISHED).snd_wnd, Some(0));
        let open: Vec<u8> = (0..=10).filter(|state| seen(*state).open).collect();
        assert_eq!(open, [ESTABLISHED, CLOSE_WAIT]);
    }
}
