//! The last DONE, step by step: queued, written, acked, answered, each with its time since queued.

use ratatui::layout::Rect;

use super::fit::cells;
use super::paint::Paint;
use crate::tui::theme::Role;
use crate::tui::words::show_span;
use mailwatch_proto::model::{ConnId, Phase, PhaseGroup, Receipt, Snapshot};

/// The width of the label: `DONE #12`.
const LABEL: u16 = 8;

/// The least widths of the steps: each holds a name and a time.
const STEPS: [u16; 4] = [7, 8, 6, 5];

/// The width of the step of an ack by a proxy.
const BY_PROXY: u16 = 15;

/// The receipt whose steps are shown: the quarantined connection's while it is being replaced.
fn shown_receipt(snapshot: &Snapshot) -> Option<&Receipt> {
    let quarantined = snapshot.quarantined.as_ref().filter(|_| snapshot.connection.replacing);
    quarantined.map(|it| &it.receipt).or(snapshot.receipt.as_ref())
}

/// On which connection it was sent.
fn connection(snapshot: &Snapshot, receipt: &Receipt) -> Option<ConnId> {
    if let Some(quarantined) = snapshot.quarantined.as_ref().filter(|_| snapshot.connection.replacing) {
        return Some(quarantined.conn);
    }
    let over = snapshot.past.receipts.back().filter(|_| receipt.answer.is_some());
    over.map_or(snapshot.connection.id, |past| Some(past.conn))
}

/// Whether DONE was called unanswered.
pub fn is_stalled(snapshot: &Snapshot) -> bool {
    snapshot.connection.replacing || snapshot.finding.as_ref().is_some_and(|finding| finding.verdict.is_stall())
}

fn is_proxied(snapshot: &Snapshot) -> bool {
    if snapshot.connection.server.proxy.is_some() {
        return true;
    }
    let evidence = snapshot.finding.as_ref().and_then(|finding| finding.evidence.as_ref());
    evidence.is_some_and(|evidence| evidence.proxy == Some(true))
}

/// Draws the steps from the area's top on; returns how many rows they want.
pub fn draw(paint: &mut Paint, area: Rect, snapshot: &Snapshot) -> u16 {
    let names = area.y;
    let Some(receipt) = shown_receipt(snapshot) else {
        // Where nothing idles there is none to wait for.
        if snapshot.phase.group() == PhaseGroup::Down {
            return 0;
        }
        let none = if snapshot.phase == Phase::Polling { "none: there is no IDLE to end" } else { "none sent yet" };
        paint.put(area.x, names, area.width, "DONE", Role::Title);
        paint.put_cut(area.x + LABEL, names, area.width.saturating_sub(LABEL), none, Role::Dim);
        return 1;
    };
    let times = (area.height > 1).then_some(names + 1);
    let conn = connection(snapshot, receipt).map_or_else(String::new, |conn| format!(" #{}", conn.0));
    let name = format!("DONE{conn}");
    let label = LABEL
        .max(cells(&name) + 1)
        .max(cells(receipt.reason.name()) + 1)
        .min(area.width.saturating_sub(STEPS.iter().sum()));
    // Where the number has no room, it goes whole.
    paint.put(area.x, names, label, if cells(&name) < label { &name } else { "DONE" }, Role::Title);
    if let Some(times) = times {
        paint.put(area.x, times, label, receipt.reason.name(), Role::Dim);
    }
    let answer = receipt.answer.as_ref();
    let last = match answer {
        Some(answer) => answer.status.name(),
        None if is_stalled(snapshot) => "no OK",
        None => "OK",
    };
    // Behind a proxy the ack is the proxy's.
    let proxied = receipt.acked.is_some() && is_proxied(snapshot);
    let by_proxy = label + STEPS.iter().sum::<u16>() + BY_PROXY - STEPS[2];
    let (acked, widths) = match (proxied, area.width >= by_proxy) {
        (false, _) => ("acked", STEPS),
        (true, false) => ("proxy", STEPS),
        (true, true) => ("acked by proxy", [STEPS[0], STEPS[1], BY_PROXY, STEPS[3]]),
    };
    let steps = [
        ("queued", Some(receipt.queued)),
        ("written", receipt.written),
        (acked, receipt.acked),
        (last, answer.map(|answer| answer.at)),
    ];
    let spare = area.width.saturating_sub(label + widths.iter().sum::<u16>()) / 4;
    let mut x = area.x + label;
    for ((name, at), width) in steps.into_iter().zip(widths) {
        let width = width + spare.min(6);
        let room = width.min(area.right().saturating_sub(x));
        let role = match at {
            Some(_) => Role::Live,
            None if is_stalled(snapshot) => Role::Warn,
            None => Role::Dim,
        };
        let end = paint.put(x, names, room, name, role);
        if x + width < area.right() && !std::ptr::eq(name, last) {
            let fill = (x + width).saturating_sub(end);
            let (start, count) = if fill >= 3 { (end + 1, fill - 2) } else { (end, fill) };
            for cell in 0..count {
                paint.put(start + cell, names, 1, paint.app.glyphs().text.line, Role::Border);
            }
        }
        // Where the reason takes the room, the first time goes: it is always 0.
        let crowded = name == "queued" && label <= cells(receipt.reason.name());
        if let (Some(y), Some(at)) = (times.filter(|_| !crowded), at) {
            let took = show_span(at.saturating_duration_since(receipt.queued));
            // The unit goes before the figure is cut.
            let short = took.split(' ').next().unwrap_or_default();
            let room = if std::ptr::eq(name, last) { room } else { room.saturating_sub(1) };
            paint.put_cut(x, y, room, if cells(&took) <= room { &took } else { short }, Role::Text);
        }
        x += width;
    }
    2
}
