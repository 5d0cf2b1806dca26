//! rtnetlink(7)'s messages about addresses, default routes and links, and the state they add up to. No I/O.
//!
//! Routers repeat their advertisements, and each time the kernel reports an IPv6 address that was there before: only a
//! difference from the known state counts.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// The length of a message's header, `struct nlmsghdr`.
const HEADER: usize = 16;

/// Message types of `linux/netlink.h` and `linux/rtnetlink.h`.
const DONE: u16 = 3;
const NEW_LINK: u16 = 16;
const DEL_LINK: u16 = 17;
const NEW_ADDRESS: u16 = 20;
const DEL_ADDRESS: u16 = 21;
pub(super) const GET_ADDRESS: u16 = 22;
const NEW_ROUTE: u16 = 24;
const DEL_ROUTE: u16 = 25;
pub(super) const GET_ROUTE: u16 = 26;

/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;

/// `IFF_UP`.
const UP: u32 = 1;

/// `IFA_F_TENTATIVE`: not usable yet; it is told again once it is.
const TENTATIVE: u8 = 0x40;

/// `RT_SCOPE_LINK`: from here on an address leads no further than the next cable.
const LINK_SCOPE: u8 = 253;

/// `RTN_UNICAST`: a route that leads somewhere.
const UNICAST: u8 = 1;

/// Attributes: `IFA_ADDRESS`, `IFA_LOCAL`, `RTA_OIF`, `RTA_GATEWAY`, `RTA_PRIORITY`.
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
const LINK: u16 = 4;
const GATEWAY: u16 = 5;
const PRIORITY: u16 = 6;

/// An address that other machines can reach, with its link.
type Address = (u32, IpAddr);

/// A default route: family and table, its link, its gateway's bytes, its priority.
type Route = ((u8, u8), u32, Vec<u8>, u32);

/// The state of this machine's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    addresses: BTreeSet<Address>,
    defaults: BTreeSet<Route>,
}

/// The effect of a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// The state has changed.
    pub(super) changed: bool,
    /// A requested dump is complete.
    pub(super) done: bool,
}

impl State {
    /// Takes all messages of a datagram; skips what it cannot read.
    pub(super) fn take(&mut self, mut datagram: &[u8]) -> Effect {
        let mut taken = Effect::default();
        while let Some(length) = u32_at(datagram, 0).and_then(|length| usize::try_from(length).ok()) {
            let (Some(kind), Some(body)) = (u16_at(datagram, 4), datagram.get(HEADER..length)) else { break };
            taken.done |= kind == DONE;
            taken.changed |= self.message(kind, body).unwrap_or(false);
            datagram = datagram.get(aligned(length)..).unwrap_or_default();
        }
        taken
    }

    fn message(&mut self, kind: u16, body: &[u8]) -> Option<bool> {
        match kind {
            NEW_ADDRESS | DEL_ADDRESS => {
                let address = address(body)?;
                Some(if kind == NEW_ADDRESS { self.addresses.insert(address) } else { self.addresses.remove(&address) })
            }
            NEW_ROUTE | DEL_ROUTE => {
                let route = default_route(body)?;
                Some(if kind == NEW_ROUTE { self.defaults.insert(route) } else { self.defaults.remove(&route) })
            }
            // IPv4's routes over a link that goes down disappear with it, without a message of their own.
            NEW_LINK | DEL_LINK => {
                let (link, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
                if kind == NEW_LINK && flags & UP != 0 {
                    return Some(false);
                }
                let before = self.defaults.len();
                self.defaults.retain(|(_, over, ..)| *over != link);
                Some(self.defaults.len() != before)
            }
            _ => None,
        }
    }
}

/// `struct ifaddrmsg`: family, prefix length, flags, scope, link.
fn address(body: &[u8]) -> Option<Address> {
    let (&flags, &scope, link) = (body.get(2)?, body.get(3)?, u32_at(body, 4)?);
    if scope >= LINK_SCOPE || flags & TENTATIVE != 0 {
        return None;
    }
    let attributes = body.get(8..)?;
    // On a point-to-point link IFA_ADDRESS is the peer's.
    let bytes = attribute(attributes, LOCAL).or_else(|| attribute(attributes, ADDRESS))?;
    Some((link, ip(bytes)?))
}

/// `struct rtmsg`: family, destination's and source's prefix lengths, TOS, table, protocol, scope, type, flags.
fn default_route(body: &[u8]) -> Option<Route> {
    let (&family, &length, &table, &kind) = (body.first()?, body.get(1)?, body.get(4)?, body.get(7)?);
    if length != 0 || kind != UNICAST {
        return None;
    }
    let attributes = body.get(12..)?;
    let number = |which| attribute(attributes, which).and_then(|bytes| u32_at(bytes, 0));
    let gateway = attribute(attributes, GATEWAY).unwrap_or_default().to_vec();
    Some(((family, table), number(LINK).unwrap_or(0), gateway, number(PRIORITY).unwrap_or(0)))
}

/// The payload of the first attribute of a kind.
fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (length, kind) = (usize::from(u16_at(attributes, 0)?), u16_at(attributes, 2)?);
        let payload = attributes.get(4..length)?;
        if kind == wanted {
            return Some(payload);
        }
        attributes = attributes.get(aligned(length)..)?;
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// Messages and attributes begin at multiples of 4.
const fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// A request for everything of a kind; a `struct rtgenmsg` of any family, padded.
pub(super) fn dump(kind: u16) -> [u8; HEADER + 4] {
    let mut request = [0; HEADER + 4];
    let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
    request[0..4].copy_from_slice(&length.to_ne_bytes());
    request[4..6].copy_from_slice(&kind.to_ne_bytes());
    request[6..8].copy_from_slice(&DUMP.to_ne_bytes());
    request
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).expect("short");
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message.resize(aligned(message.len()), 0);
        message
    }

    fn with(mut body: Vec<u8>, kind: u16, payload: &[u8]) -> Vec<u8> {
        body.extend(u16::try_from(4 + payload.len()).expect("short").to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(payload);
        body.resize(aligned(body.len()), 0);
        body
    }

    fn address_of(link: u32, scope: u8, flags: u8, address: &[u8]) -> Vec<u8> {
        with([&[2, 24, flags, scope], &link.to_ne_bytes()[..]].concat(), LOCAL, address)
    }

    fn route_of(link: u32, length: u8, kind: u8, gateway: [u8; 4]) -> Vec<u8> {
        let body = [2, length, 0, 0, 254, 3, 0, kind, 0, 0, 0, 0].to_vec();
        with(with(body, LINK, &link.to_ne_bytes()), GATEWAY, &gateway)
    }

    fn link_of(link: u32, flags: u32) -> Vec<u8> {
        [&[0; 4][..], &link.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 4]].concat()
    }

    fn told(state: &mut State, kind: u16, body: &[u8]) -> bool {
        state.take(&message(kind, body)).changed
    }

    #[test]
    fn an_address_that_comes_or_goes_is_a_change_and_one_that_is_told_again_is_none() {
        let mut state = State::default();
        let address = address_of(2, 0, 0, &[10, 0, 0, 1]);
        assert!(told(&mut state, NEW_ADDRESS, &address));
        assert!(!told(&mut state, NEW_ADDRESS, &address), "a router advertised it again");
        assert!(told(&mut state, NEW_ADDRESS, &address_of(3, 0, 0, &[0x20; 16])));
        assert!(told(&mut state, DEL_ADDRESS, &address));
        assert!(!told(&mut state, DEL_ADDRESS, &address));
    }

    #[test]
    fn what_leads_nowhere_else_is_no_change() {
        let mut state = State::default();
        assert!(!told(&mut state, NEW_ADDRESS, &address_of(2, LINK_SCOPE, 0, &[0xfe; 16])), "link-local");
        assert!(!told(&mut state, NEW_ADDRESS, &address_of(1, 254, 0, &[127, 0, 0, 1])), "loopback");
        assert!(!told(&mut state, NEW_ADDRESS, &address_of(2, 0, TENTATIVE, &[0x20; 16])), "not usable yet");
        assert!(!told(&mut state, NEW_ROUTE, &route_of(2, 24, UNICAST, [10, 0, 0, 2])), "not the default");
        assert!(!told(&mut state, NEW_ROUTE, &route_of(2, 0, 7, [0; 4])), "unreachable");
        assert_eq!(state, State::default());
    }

    #[test]
    fn a_default_route_goes_with_its_link() {
        let mut state = State::default();
        assert!(told(&mut state, NEW_ROUTE, &route_of(2, 0, UNICAST, [10, 0, 0, 2])));
        assert!(told(&mut state, NEW_ROUTE, &route_of(3, 0, UNICAST, [10, 0, 1, 2])));
        assert!(!told(&mut state, NEW_LINK, &link_of(2, UP)));
        assert!(told(&mut state, NEW_LINK, &link_of(2, 0)));
        assert!(!told(&mut state, NEW_LINK, &link_of(2, 0)), "it has gone already");
        assert!(told(&mut state, DEL_ROUTE, &route_of(3, 0, UNICAST, [10, 0, 1, 2])));
        assert_eq!(state, State::default());
    }

    #[test]
    fn a_datagram_may_hold_several_messages_and_the_end_of_a_dump() {
        let address = message(NEW_ADDRESS, &address_of(2, 0, 0, &[10, 0, 0, 1]));
        let both = [address, message(DONE, &[0; 4])].concat();
        assert_eq!(State::default().take(&both), Effect { changed: true, done: true });
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 16u16..27) {
            State::default().take(&bytes);
            State::default().take(&message(kind, &bytes));
        }
    }
}
