//! What one look at a socket's send side tells of bytes on their way to the peer, and when they count as acknowledged.

use std::time::Duration;

use crate::model::{Evidence, TcpSample};

/// How often a kernel says that it has sent bytes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resends {
    /// Timeouts of the oldest segment in a row (`tcpi_retransmits` of Linux).
    InARow(u64),
    /// Segments since the connection began (macOS).
    Segments(u64),
    /// Bytes since the connection began (Windows).
    Bytes(u64),
}

impl Resends {
    /// How often that is for the bytes after a mark, of which `outq` are not acknowledged.
    const fn since(self, mark: Self, outq: u64) -> u64 {
        let (Self::InARow(before) | Self::Segments(before) | Self::Bytes(before)) = mark;
        match self {
            Self::InARow(count) => count,
            Self::Segments(count) => count.saturating_sub(before),
            Self::Bytes(bytes) if outq > 0 => bytes.saturating_sub(before).div_ceil(outq),
            Self::Bytes(_) => 0,
        }
    }
}

/// One look at a socket's send side. A field that this kernel does not tell is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes written that the peer's TCP has not acknowledged, sent or not (SIOCOUTQ, macOS' `SO_NWRITE`).
    pub outq: u64,
    /// Whether `outq` may lack bytes that were written a moment ago and are not sent yet, as on Windows.
    pub outq_lags: bool,
    /// Bytes the peer's TCP has acknowledged since the connection began (`tcpi_bytes_acked`, Linux 4.1).
    pub bytes_acked: Option<u64>,
    /// Segments in flight (`tcpi_unacked`).
    pub unacked: Option<u64>,
    /// What was sent again.
    pub resends: Resends,
    /// Doublings of the retransmission timeout (`tcpi_backoff`).
    pub backoff: Option<u64>,
    /// Probes without an answer: keepalive's, or of a closed window (`tcpi_probes`).
    pub probes: Option<u64>,
    /// Segments sent again since the connection began (`tcpi_total_retrans`). A resend that this machine's own link
    /// refuses is not counted here, but in `resends`.
    pub total_retrans: u64,
    /// The peer's receive window in bytes (`tcpi_snd_wnd`, Linux 5.4).
    pub snd_wnd: Option<u64>,
    /// Bytes not sent yet (`tcpi_notsent_bytes`, Linux 4.6).
    pub notsent: Option<u64>,
    /// The smoothed round trip time; zero before the first is measured.
    pub rtt: Duration,
    /// Since the last data came in.
    pub last_data_received: Option<Duration>,
    /// Whether the connection still carries what is written: established, or closed by the peer's side alone.
    pub open: bool,
}

/// How many acknowledged bytes mean that the peer's TCP has everything written up to a moment, and what had been sent again
/// until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    acked: Option<u64>,
    resends: Resends,
}

impl Mark {
    /// The mark for all that had been written when the sample was taken: taken right after the flush.
    #[must_use]
    pub const fn after_flush(sample: &Sample) -> Self {
        // `outq` is read before `bytes_acked`: an ack between the two makes the mark too high, never too low, so that
        // nothing counts as acknowledged that is not.
        let acked = match sample.bytes_acked {
            Some(acked) => Some(acked.saturating_add(sample.outq)),
            None => None,
        };
        Self { acked, resends: sample.resends }
    }

    /// Whether the peer's TCP has everything up to the mark.
    #[must_use]
    pub const fn acked(&self, sample: &Sample) -> bool {
        if sample.outq == 0 {
            return true;
        }
        match (self.acked, sample.bytes_acked) {
            (Some(mark), Some(acked)) => acked >= mark,
            // Without the count only an empty queue proves it.
            (None, _) | (_, None) => false,
        }
    }
}

impl Sample {
    /// An open socket's: of 1,000 bytes written, `outq` are not acknowledged, and the oldest of them was resent so often.
    /// What tests of the machines show them.
    #[must_use]
    pub const fn of_thousand(outq: u64, retransmits: u64) -> Self {
        Self {
            outq,
            outq_lags: false,
            bytes_acked: Some(1000 - outq),
            unacked: Some((outq > 0) as u64),
            resends: Resends::InARow(retransmits),
            backoff: Some(retransmits),
            probes: Some(0),
            total_retrans: retransmits,
            snd_wnd: Some(64_000),
            notsent: Some(0),
            rtt: Duration::ZERO,
            last_data_received: Some(Duration::ZERO),
            open: true,
        }
    }

    /// How often bytes after the mark were sent again.
    #[must_use]
    pub const fn retransmits(&self, mark: &Mark) -> u64 {
        self.resends.since(mark.resends, self.outq)
    }

    /// The figures as a verdict shows them. `proxy` says whether the peer is a proxy, if that is known.
    #[must_use]
    pub const fn evidence(&self, mark: &Mark, proxy: Option<bool>) -> Evidence {
        Evidence {
            acked: Some(mark.acked(self)),
            outq: Some(self.outq),
            unacked: self.unacked,
            retransmits: Some(self.retransmits(mark)),
            backoff: self.backoff,
            snd_wnd: self.snd_wnd,
            proxy,
        }
    }

    /// The figures as a report lists them, so long after DONE was written.
    #[must_use]
    pub const fn look(&self, mark: &Mark, after: Duration) -> TcpSample {
        TcpSample {
            after,
            acked: mark.acked(self),
            outq: self.outq,
            notsent: self.notsent,
            unacked: self.unacked,
            retransmits: self.retransmits(mark),
            backoff: self.backoff,
            probes: self.probes,
            total_retrans: self.total_retrans,
            snd_wnd: self.snd_wnd,
            rtt: self.rtt,
            last_data_received: self.last_data_received,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(outq: u64, bytes_acked: Option<u64>) -> Sample {
        Sample { bytes_acked, snd_wnd: None, ..Sample::of_thousand(outq, 0) }
    }

    #[test]
    fn acked_is_what_the_mark_or_an_empty_queue_proves_and_nothing_else() {
        let after_flush = seen(28, Some(1000));
        let cases = [
            (seen(28, Some(1000)), false),
            (seen(1, Some(1027)), false),
            (seen(0, Some(1028)), true),
            // More was written since, and is not acknowledged yet.
            (seen(50, Some(1028)), true),
            (seen(0, None), true),
            (seen(50, None), false),
        ];
        for (later, acked) in cases {
            assert_eq!(Mark::after_flush(&after_flush).acked(&later), acked, "{later:?}");
        }
        let old_kernel = Mark::after_flush(&seen(28, None));
        assert!(!old_kernel.acked(&seen(28, Some(5000))));
        assert!(old_kernel.acked(&seen(0, None)));
        let at_the_end = Mark::after_flush(&seen(28, Some(u64::MAX - 1)));
        assert!(!at_the_end.acked(&seen(28, Some(u64::MAX - 1))));
    }

    #[test]
    fn what_was_sent_again_before_the_mark_is_not_counted() {
        let sample = |resends, outq| Sample { resends, ..Sample::of_thousand(outq, 0) };
        let cases = [
            (Resends::InARow(1), Resends::InARow(3), 28, 3),
            (Resends::Segments(5), Resends::Segments(5), 28, 0),
            (Resends::Segments(5), Resends::Segments(7), 28, 2),
            // A DONE of 28 bytes, sent again three times; and the beginning of a fourth.
            (Resends::Bytes(9000), Resends::Bytes(9000 + 3 * 28), 28, 3),
            (Resends::Bytes(9000), Resends::Bytes(9000 + 3 * 28 + 1), 28, 4),
            (Resends::Bytes(9000), Resends::Bytes(9028), 0, 0),
        ];
        for (before, after, outq, retransmits) in cases {
            let mark = Mark::after_flush(&sample(before, outq));
            assert_eq!(sample(after, outq).retransmits(&mark), retransmits, "{before:?} {after:?}");
        }
    }

    #[test]
    fn the_evidence_says_acked_and_keeps_what_is_not_known_as_such() {
        let sample = seen(28, Some(1000));
        let evidence = sample.evidence(&Mark::after_flush(&sample), Some(true));
        assert_eq!(evidence.acked, Some(false));
        assert_eq!(evidence.outq, Some(28));
        assert_eq!(evidence.snd_wnd, None);
        assert_eq!(evidence.proxy, Some(true));
    }
}
