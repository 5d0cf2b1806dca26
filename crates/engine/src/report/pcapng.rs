//! `wire.pcapng`: the kept trace as frames that Wireshark reads. No packet was captured: addresses, ports and sequence
//! numbers are made up around the trace's lines, and the file says so.
//!
//! The format is draft-ietf-opsawg-pcapng: a section header, one interface of raw IP, a packet block for each line.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use super::data::ReportData;
use super::files::watch;
use crate::history::{KeptLine, WatchKey};
use mailwatch_proto::model::WireDirection;

/// IMAP without TLS (RFC 3501 §2.1): the trace is what TLS carried, so that Wireshark is to read it as IMAP.
const IMAP: u16 = 143;

/// The first made-up port of the client.
const FIRST_PORT: u16 = 40_001;

/// `LINKTYPE_RAW`: each frame begins with its IP header.
const RAW_IP: u16 = 101;

/// A connection's number is used again after a restart: a line so long after the one before belongs to another.
const ANOTHER: Duration = Duration::from_mins(35);

/// `opt_comment`, in any block.
const COMMENT: u16 = 1;

/// What the file says of itself.
const MADE_UP: &str = "Made up by mailwatch-tui from its trace of IMAP lines. No packet was captured: addresses and ports are \
     made up where the trace has none, the server's port is always 143, and sequence numbers and acknowledgements only count the \
     trace's lines. Secrets, users' names and mails are replaced, and a literal is its size.";

/// A connection of the trace, as a TCP stream.
struct Stream {
    client: IpAddr,
    server: IpAddr,
    port: u16,
    last: SystemTime,
    /// The next sequence numbers.
    sent: u32,
    received: u32,
}

/// The file; empty where there is no trace.
#[must_use]
pub(super) fn pcapng(data: &ReportData<'_>) -> Vec<u8> {
    if data.proof.wire.is_empty() {
        return Vec::new();
    }
    let mut file = section();
    let mut streams: BTreeMap<(&WatchKey, u64), Stream> = BTreeMap::new();
    let mut ports = (FIRST_PORT..=u16::MAX).cycle();
    for kept in &data.proof.wire {
        let known = streams.get(&(&kept.key, kept.conn));
        let begins = known.is_none_or(|known| kept.at > known.last + ANOTHER);
        if begins {
            let port = ports.next().unwrap_or(FIRST_PORT);
            streams.insert((&kept.key, kept.conn), stream(data, kept, port));
        }
        let Some(stream) = streams.get_mut(&(&kept.key, kept.conn)) else { continue };
        stream.last = kept.at;
        let comment = begins.then(|| format!("{}, connection {}; made up from the trace", watch(&kept.key), kept.conn));
        packet(&mut file, kept.at, &frame(stream, kept), comment.as_deref());
    }
    file
}

/// A new stream, between the addresses that the server's record has.
fn stream(data: &ReportData<'_>, kept: &KeptLine, port: u16) -> Stream {
    let of = |known: &&crate::history::KeptServer| known.key == kept.key && known.conn == kept.conn;
    let server = data.proof.servers.iter().rev().find(of).map(|known| &known.server);
    let ends = server.and_then(|server| server.local.zip(server.addr));
    let (client, server) = match ends.map(|(local, addr)| (local.ip().to_canonical(), addr.ip().to_canonical())) {
        Some((client, server)) if client.is_ipv4() == server.is_ipv4() => (client, server),
        // RFC 5737: addresses of nobody.
        Some(_) | None => (Ipv4Addr::new(192, 0, 2, 1).into(), Ipv4Addr::new(192, 0, 2, 2).into()),
    };
    Stream { client, server, port, last: kept.at, sent: 1, received: 1 }
}

/// The line as a TCP segment with its IP header.
fn frame(stream: &mut Stream, kept: &KeptLine) -> Vec<u8> {
    // The trace cuts lines long before a packet's size.
    let mut text: Vec<u8> = kept.line.text.bytes().take(usize::from(u16::MAX / 2)).collect();
    text.extend(b"\r\n");
    let size = u32::try_from(text.len()).unwrap_or(0);
    let (client, server) = (SocketAddr::new(stream.client, stream.port), SocketAddr::new(stream.server, IMAP));
    let (from, to, seq, ack) = match kept.line.direction {
        WireDirection::Client => {
            let seq = stream.sent;
            stream.sent = stream.sent.wrapping_add(size);
            (client, server, seq, stream.received)
        }
        WireDirection::Server => {
            let seq = stream.received;
            stream.received = stream.received.wrapping_add(size);
            (server, client, seq, stream.sent)
        }
    };
    let segment = segment(from, to, (seq, ack), &text);
    let mut frame = match (from.ip(), to.ip()) {
        (IpAddr::V6(from), IpAddr::V6(to)) => ipv6(from, to, segment.len()),
        (from, to) => ipv4(v4(from), v4(to), segment.len()),
    };
    frame.extend(segment);
    frame
}

const fn v4(ip: IpAddr) -> Ipv4Addr {
    match ip {
        IpAddr::V4(ip) => ip,
        // Both ends are of one family.
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

/// RFC 9293 §3.1, PSH and ACK set, with its checksum over RFC 1071's pseudo header.
fn segment(from: SocketAddr, to: SocketAddr, (seq, ack): (u32, u32), text: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + text.len());
    segment.extend(from.port().to_be_bytes());
    segment.extend(to.port().to_be_bytes());
    segment.extend(seq.to_be_bytes());
    segment.extend(ack.to_be_bytes());
    segment.extend([5 << 4, 0x18]);
    segment.extend(u16::MAX.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(text);
    let mut pseudo = Vec::new();
    for ip in [from.ip(), to.ip()] {
        match ip {
            IpAddr::V4(ip) => pseudo.extend(ip.octets()),
            IpAddr::V6(ip) => pseudo.extend(ip.octets()),
        }
    }
    pseudo.extend([0, 6]);
    pseudo.extend(u16::try_from(segment.len()).unwrap_or(u16::MAX).to_be_bytes());
    let sum = checksum(pseudo.iter().chain(&segment));
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

fn ipv4(from: Ipv4Addr, to: Ipv4Addr, payload: usize) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(u16::try_from(20 + payload).unwrap_or(u16::MAX).to_be_bytes());
    header.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    header.extend(from.octets());
    header.extend(to.octets());
    let sum = checksum(header.iter());
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

fn ipv6(from: Ipv6Addr, to: Ipv6Addr, payload: usize) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(u16::try_from(payload).unwrap_or(u16::MAX).to_be_bytes());
    header.extend([6, 64]);
    header.extend(from.octets());
    header.extend(to.octets());
    header
}

/// RFC 1071.
fn checksum<'a>(bytes: impl Iterator<Item = &'a u8>) -> u16 {
    let mut sum = 0_u32;
    for (index, byte) in bytes.enumerate() {
        sum += if index % 2 == 0 { u32::from(*byte) << 8 } else { u32::from(*byte) };
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum & 0xffff).unwrap_or(0)
}

/// The section header and its one interface.
fn section() -> Vec<u8> {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend(u64::MAX.to_le_bytes());
    option(&mut body, COMMENT, MADE_UP);
    option(&mut body, 4, concat!("mailwatch-tui ", env!("CARGO_PKG_VERSION")));
    end_options(&mut body);
    let mut file = Vec::new();
    block(&mut file, 0x0a0d_0d0a, &body);
    let mut body = RAW_IP.to_le_bytes().to_vec();
    body.extend([0, 0]);
    body.extend(0_u32.to_le_bytes());
    option(&mut body, 2, "trace (made up)");
    end_options(&mut body);
    block(&mut file, 1, &body);
    file
}

/// An enhanced packet block. Times are in microseconds, the default.
fn packet(file: &mut Vec<u8>, at: SystemTime, frame: &[u8], comment: Option<&str>) {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let micros = u64::try_from(since.as_micros()).unwrap_or(0).to_be_bytes();
    let size = u32::try_from(frame.len()).unwrap_or(0).to_le_bytes();
    let mut body = 0_u32.to_le_bytes().to_vec();
    // The higher half first, each half in the section's order.
    body.extend(micros[..4].iter().rev());
    body.extend(micros[4..].iter().rev());
    body.extend(size);
    body.extend(size);
    body.extend(frame);
    pad(&mut body);
    if let Some(comment) = comment {
        option(&mut body, COMMENT, comment);
        end_options(&mut body);
    }
    block(file, 6, &body);
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let size = u32::try_from(body.len() + 12).unwrap_or(0).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(size);
    file.extend(body);
    file.extend(size);
}

fn option(body: &mut Vec<u8>, code: u16, text: &str) {
    let text: Vec<u8> = text.bytes().take(usize::from(u16::MAX)).collect();
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(text.len()).unwrap_or(0).to_le_bytes());
    body.extend(text);
    pad(body);
}

fn end_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

/// To a multiple of 4 bytes; all fixed parts of a block are one.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_the_rfc() {
        // RFC 1071 §3.
        assert_eq!(checksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7].iter()), !0xddf2);
        let header = ipv4(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2), 26);
        assert_eq!(checksum(header.iter()), 0, "a header with its checksum sums up to nothing");
    }

    #[test]
    fn every_block_says_its_size_at_both_ends() {
        let mut file = section();
        packet(&mut file, SystemTime::UNIX_EPOCH + Duration::from_secs(1), &[1, 2, 3], Some("five!"));
        let mut rest = &file[..];
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four bytes"));
            let size = usize::try_from(number(4)).expect("a size");
            assert_eq!((number(size - 4), size % 4), (number(4), 0));
            kinds.push(number(0));
            rest = &rest[size..];
        }
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 6]);
    }
}
