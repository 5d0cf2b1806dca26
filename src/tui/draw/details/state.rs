//! The watch's state and its verdict, with the evidence; and the last DONE that was not answered.

use super::evidence;
use super::section::{Section, wall, when};
use crate::tui::app::App;
use crate::tui::draw::content::{field, heading};
use crate::tui::keymap::Action;
use crate::tui::theme::Role;
use crate::tui::watch_history::LastCanary;
use crate::tui::words::{advice_with_keys, phase_word, show_span, single_width_emoji};
use mailwatch_proto::model::{Finding, PastStall, Served, Snapshot, Timer, show_clock, show_duration};

pub fn section(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let now = app.now.at;
    let mut rows = vec![heading("State")];
    let (glyph, word, role) = phase_word(snapshot, app.glyphs());
    let lasted = show_clock(now.saturating_duration_since(snapshot.since));
    let phase = match &app.engine.gone {
        Some(gone) => format!("{word} for {lasted} until {}, when the engine ended", when(app, gone.since.wall)),
        None => format!("{glyph} {word} for {lasted}"),
    };
    field(&mut rows, "phase", &phase, role, width);
    if let Some(how) = served(snapshot) {
        field(&mut rows, "served", &single_width_emoji(&how), Role::Text, width);
    }
    if let Some((at, timer)) = snapshot.deadline.filter(|_| app.engine.gone.is_none()) {
        let due = if timer == Timer::RetryMin { "retry" } else { timer.name() };
        let next = format!("{due} in {}", show_clock(at.saturating_duration_since(now)));
        field(&mut rows, "next", &next, Role::Text, width);
    }
    if let Some(heard) = snapshot.connection.heard {
        let heard =
            format!("{} ago, at {}", show_clock(now.saturating_duration_since(heard)), when(app, wall(app, heard)));
        field(&mut rows, "heard", &heard, Role::Text, width);
    }
    if let Some(finding) = &snapshot.finding {
        // If it says no more than the fault below, its name is enough.
        let repeated = snapshot.fault.as_ref().is_some_and(|fault| fault.message == finding.text);
        if repeated {
            field(&mut rows, "verdict", finding.verdict.name(), Role::Strong, width);
        } else {
            verdict(&mut rows, finding, width);
        }
    }
    if let Some(fault) = &snapshot.fault {
        field(&mut rows, "fault", &single_width_emoji(&fault.to_string()), Role::Down, width);
        let next = advice_with_keys(fault, &app.options.keys, &snapshot.id.account, !app.board.hosts.is_empty());
        let next = next.unwrap_or_else(|| "The program tries again by itself.".to_owned());
        field(&mut rows, "", &next, Role::Dim, width);
    }
    let count = |n: Option<u32>| n.map_or_else(|| app.glyphs().text.none.to_owned(), |n| n.to_string());
    let (new, unseen, all) = (snapshot.mailbox.new, count(snapshot.mailbox.unseen), count(snapshot.mailbox.exists));
    let mails = format!("{new} new, {unseen} unseen, {all} in all");
    field(&mut rows, "mails", &mails, Role::Text, width);
    if let Some(left) = snapshot.mailbox.muted_for(app.now.at) {
        let key = app.options.keys.show(Action::Mute);
        let text = format!("no notification and no bell for {}; {key} ends that", show_clock(left));
        field(&mut rows, "muted", &text, Role::Busy, width);
    }
    let last = app.histories.get(&snapshot.id).and_then(|history| history.canary);
    if let Some(canary) = last {
        let (text, role) = last_canary(app, canary);
        field(&mut rows, "canary", &text, role, width);
    }
    if let Some(due) = next_canary(app, snapshot) {
        field(&mut rows, if last.is_some() { "" } else { "canary" }, &due, Role::Text, width);
    }
    rows
}

/// When the next canary of this mailbox is due.
fn next_canary(app: &App, snapshot: &Snapshot) -> Option<String> {
    let canary = app.board.canaries.get(&snapshot.id.account)?;
    if canary.mailbox != snapshot.id.mailbox || app.engine.gone.is_some() {
        return None;
    }
    let left = canary.at.saturating_duration_since(app.now.at);
    if left.is_zero() {
        return Some("the next is due now, or as soon as the watch is live".to_owned());
    }
    let at = app.now.wall.checked_add(left).unwrap_or(app.now.wall);
    Some(format!("the next is due in {}, at {}", show_clock(left), when(app, at)))
}

/// What the last canary showed, and when.
fn last_canary(app: &App, canary: LastCanary) -> (String, Role) {
    let at = when(app, canary.ts);
    let (said, role) = match canary.announced {
        Some(took) => (format!("announced in {}, at {at}", show_span(took)), Role::Live),
        None => (format!("not announced, at {at}"), Role::Warn),
    };
    if canary.removed { (said, role) } else { (format!("{said}; its message may be in the mailbox still"), Role::Warn) }
}

/// How the watch hears of new mail, unless it has a connection to itself.
fn served(snapshot: &Snapshot) -> Option<String> {
    let server = snapshot.sharing.served_by.as_ref();
    let over = || server.map_or_else(|| "a shared connection".to_owned(), |watch| format!("{watch}'s connection"));
    match snapshot.sharing.served {
        Served::Notify => Some(format!("the server reports it by NOTIFY, over {}", over())),
        Served::Status => {
            let every = show_duration(snapshot.timers.value(Timer::Poll));
            Some(format!("asked by STATUS every {every} in turn with others, over {}", over()))
        }
        Served::Own if snapshot.sharing.serves > 0 => {
            Some(format!("its connection serves {} more, because connections are short", snapshot.sharing.serves))
        }
        Served::Own => None,
    }
}

/// The last stall; left out while it is the verdict.
pub fn stall(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let Some(stall) = &snapshot.past.stall else { return Section::new() };
    if snapshot.finding.as_ref() == Some(&stall.finding) {
        return Section::new();
    }
    let PastStall { at, conn, waited, finding } = stall;
    let mut rows = vec![heading("The last DONE that was not answered in time")];
    let place = format!("{}, connection {conn}, after {}", when(app, *at), show_span(*waited));
    field(&mut rows, "when", &place, Role::Text, width);
    verdict(&mut rows, finding, width);
    rows
}

fn verdict(rows: &mut Section, finding: &Finding, width: u16) {
    let text = single_width_emoji(&format!("{}: {}", finding.verdict, finding.text));
    field(rows, "verdict", &text, Role::Strong, width);
    if let Some(figures) = &finding.evidence {
        evidence::rows(rows, figures, width);
    }
}
