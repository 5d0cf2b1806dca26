//! TCP's evidence on a DONE: each figure with what it means.

use super::section::Section;
use crate::tui::draw::content::field;
use crate::tui::theme::Role;
use mailwatch_proto::model::Evidence;

/// On narrower pages the figures stand in a row, without their meanings.
const MEANINGS: u16 = 40;

pub fn rows(rows: &mut Section, evidence: &Evidence, width: u16) {
    let figures = figures(evidence);
    if figures.iter().all(|(_, figure, _)| figure.is_none()) {
        field(rows, "evidence", "none: this system says nothing about the connection's TCP", Role::Dim, width);
        return;
    }
    if width < MEANINGS {
        let known = figures.into_iter().filter_map(|(name, figure, _)| Some(format!("{name} {}", figure?)));
        field(rows, "evidence", &known.collect::<Vec<_>>().join(", "), Role::Text, width);
        return;
    }
    for (name, figure, meaning) in figures {
        let (text, role) = match figure {
            Some(figure) => (format!("{figure:<7} {meaning}"), Role::Text),
            None => ("not known".to_owned(), Role::Dim),
        };
        field(rows, name, &text, role, width);
    }
}

/// Name, figure and meaning of each.
fn figures(evidence: &Evidence) -> [(&'static str, Option<String>, &'static str); 7] {
    let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = evidence;
    let yes = |is: &Option<bool>| is.map(|is| if is { "yes" } else { "no" }.to_owned());
    let count = |count: &Option<u64>| count.map(|count| count.to_string());
    let meant = |count: &Option<u64>, none: &'static str, some: &'static str| match count {
        Some(0) | None => none,
        Some(_) => some,
    };
    let of_ack = match (acked, proxy) {
        (Some(true), Some(true)) => "the proxy has DONE; what lies behind it cannot be seen",
        (Some(true), Some(false) | None) => "the server's TCP has all of DONE",
        (Some(false), _) => "DONE's bytes were not acknowledged",
        (None, _) => "",
    };
    let of_proxy = match proxy {
        Some(true) => "the ack is the proxy's",
        Some(false) | None => "the ack is the server's own",
    };
    [
        ("acked", yes(acked), of_ack),
        (
            "outq",
            count(outq),
            meant(outq, "no byte waits to be sent or acknowledged", "bytes not sent or not acknowledged"),
        ),
        ("unacked", count(unacked), meant(unacked, "nothing is in flight", "segments in flight")),
        ("retransmits", count(retransmits), meant(retransmits, "nothing is sent again", "timeouts in a row")),
        ("backoff", count(backoff), meant(backoff, "the timeout is at its first", "doublings of the timeout")),
        (
            "snd_wnd",
            count(snd_wnd),
            meant(snd_wnd, "the window is closed: it does not read", "bytes: the window is open"),
        ),
        ("proxy", yes(proxy), of_proxy),
    ]
}
