//! What Windows tells of a TCP connection, and what that means here. Pure, so that its tests run on every system.

use std::mem::{offset_of, size_of};
use std::time::Duration;

use mailwatch_proto::connection::sample::{Resends, Sample};

/// `TCP_INFO_v0` of `mstcpip.h` (Windows 10, version 1703).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TcpInfo {
    state: i32,
    mss: u32,
    connection_time_ms: u64,
    timestamps_enabled: u8,
    rtt_us: u32,
    min_rtt_us: u32,
    bytes_in_flight: u32,
    cwnd: u32,
    snd_wnd: u32,
    rcv_wnd: u32,
    rcv_buf: u32,
    bytes_out: u64,
    bytes_in: u64,
    bytes_reordered: u32,
    bytes_retrans: u32,
    fast_retrans: u32,
    dup_acks_in: u32,
    timeout_episodes: u32,
    syn_retrans: u8,
}

// As the header lays it out for every architecture that Windows 10 has.
const _: () = {
    assert!(offset_of!(TcpInfo, mss) == 4);
    assert!(offset_of!(TcpInfo, connection_time_ms) == 8);
    assert!(offset_of!(TcpInfo, timestamps_enabled) == 16);
    assert!(offset_of!(TcpInfo, rtt_us) == 20);
    assert!(offset_of!(TcpInfo, bytes_in_flight) == 28);
    assert!(offset_of!(TcpInfo, snd_wnd) == 36);
    assert!(offset_of!(TcpInfo, bytes_out) == 48);
    assert!(offset_of!(TcpInfo, bytes_retrans) == 68);
    assert!(offset_of!(TcpInfo, timeout_episodes) == 80);
    assert!(offset_of!(TcpInfo, syn_retrans) == 84);
    assert!(size_of::<TcpInfo>() == 88);
};

/// `TCPSTATE_ESTABLISHED` and `TCPSTATE_CLOSE_WAIT`.
const ESTABLISHED: i32 = 4;
const CLOSE_WAIT: i32 = 7;

/// `None`: bytes may wait that these figures do not show.
pub(super) fn translate(info: &TcpInfo) -> Option<Sample> {
    let in_flight = u64::from(info.bytes_in_flight);
    // With no segment in flight and room for one, TCP sends what there is at once: we set TCP_NODELAY. Where there is no
    // room, unsent bytes may wait, of which Windows tells nothing.
    if in_flight == 0 && info.snd_wnd < info.mss {
        return None;
    }
    Some(Sample {
        outq: in_flight,
        outq_lags: true,
        bytes_acked: None,
        unacked: Some(in_flight.div_ceil(u64::from(info.mss.max(1)))),
        resends: Resends::Bytes(info.bytes_retrans.into()),
        backoff: None,
        probes: None,
        // An episode may be several segments.
        total_retrans: u64::from(info.fast_retrans) + u64::from(info.timeout_episodes),
        snd_wnd: Some(info.snd_wnd.into()),
        notsent: None,
        rtt: Duration::from_micros(info.rtt_us.into()),
        last_data_received: None,
        open: matches!(info.state, ESTABLISHED | CLOSE_WAIT),
    })
}

#[cfg(test)]
mod tests {
    use mailwatch_proto::connection::sample::Mark;

    use super::*;

    fn established() -> TcpInfo {
        TcpInfo { state: ESTABLISHED, mss: 1460, snd_wnd: 64_000, rtt_us: 19_250, ..TcpInfo::default() }
    }

    #[test]
    fn done_is_acknowledged_once_nothing_is_in_flight() {
        let sent = translate(&TcpInfo { bytes_in_flight: 28, ..established() }).expect("known");
        let mark = Mark::after_flush(&sent);
        assert_eq!((sent.outq, sent.unacked, mark.acked(&sent)), (28, Some(1), false));
        let acked = translate(&established()).expect("known");
        assert!(mark.acked(&acked) && acked.open);
        // Right after it was written it may not have been sent.
        assert!(acked.outq_lags);
        assert_eq!(acked.rtt, Duration::from_micros(19_250));
    }

    #[test]
    fn where_the_window_has_no_room_an_empty_queue_proves_nothing() {
        let closed = TcpInfo { snd_wnd: 0, ..established() };
        assert_eq!(translate(&closed), None);
        assert_eq!(translate(&TcpInfo { snd_wnd: 1459, ..established() }), None);
        let probed = translate(&TcpInfo { bytes_in_flight: 1, ..closed }).expect("a probe of the window is in flight");
        assert_eq!((probed.outq, probed.snd_wnd), (1, Some(0)));
    }

    #[test]
    fn bytes_that_were_sent_again_count_by_what_is_in_flight() {
        let sent =
            |bytes_retrans| translate(&TcpInfo { bytes_in_flight: 28, bytes_retrans, ..established() }).expect("known");
        let mark = Mark::after_flush(&sent(2920));
        assert_eq!((sent(2920).retransmits(&mark), sent(2920 + 4 * 28).retransmits(&mark)), (0, 4));
    }

    #[test]
    fn a_closed_connection_is_seen() {
        let open: Vec<i32> = (0..=11)
            .filter(|state| translate(&TcpInfo { state: *state, ..established() }).expect("known").open)
            .collect();
        assert_eq!(open, [ESTABLISHED, CLOSE_WAIT]);
    }
}
