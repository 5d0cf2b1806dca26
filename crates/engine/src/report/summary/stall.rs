//! A stall on the summary's page: the verdict's sentence, DONE's stages, TCP's figures, what that excludes, the wire.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::markdown::code;
use super::server::server_facts;
use crate::history::{KeptReceipt, Stall};
use crate::report::cells::{span, utc};
use crate::report::data::ReportData;
use crate::report::files::{watch, wire_line, wire_name};
use mailwatch_proto::model::{Evidence, Status, TcpSample, Verdict, show_clock};

/// Lines of the wire on the page before the stall was called one, and after.
const WIRE: (usize, usize) = (10, 14);

/// Stalls in one line each.
pub(super) fn table(page: &mut String, stalls: &[Stall]) {
    let _ =
        writeln!(page, "## Stalls before\n\n| When | Watch | Connection | Verdict | Waited |\n|---|---|---|---|---|");
    for stall in stalls {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            utc(stall.at),
            code(&watch(&stall.key)),
            stall.conn,
            stall.verdict,
            span(stall.waited)
        );
    }
    page.push('\n');
}

/// A stall with all that is known of it. `index` counts from 0.
pub(super) fn in_full(page: &mut String, data: &ReportData<'_>, index: usize, stall: &Stall) {
    let _ = writeln!(page, "## Stall {}: {} at {}\n", index + 1, code(&watch(&stall.key)), utc(stall.at));
    let sentence = stall.text.as_deref().unwrap_or("the program of that time did not keep the sentence");
    let _ = writeln!(page, "**{}**: {}\n", stall.verdict, code(sentence));
    if let Some(done) = data.done_of(stall) {
        stages(page, data, stall, done);
    }
    samples(page, stall);
    let _ = writeln!(page, "What this excludes: {}\n", excludes(stall.verdict, &stall.evidence));
    if let Some(kept) = data.server_of(stall) {
        let each: Vec<_> = server_facts(kept).into_iter().map(|(what, said)| format!("{what} {said}")).collect();
        let whose = match stall.conn {
            0 => "The probe's connection".to_owned(),
            conn => format!("Connection {conn}"),
        };
        let _ = writeln!(page, "{whose}: {}.\n", each.join("; "));
    }
    wire(page, data, index, stall);
}

/// The stages of DONE, each with its time.
fn stages(page: &mut String, data: &ReportData<'_>, stall: &Stall, done: &KeptReceipt) {
    let _ = writeln!(page, "| DONE | at | after |\n|---|---|---|");
    let mut stage = |what: &str, at: SystemTime, after: String| {
        let _ = writeln!(page, "| {what} | {} | {after} |", utc(at));
    };
    let before = done.at.checked_sub(done.idle).unwrap_or(done.at);
    stage("IDLE sent", before, format!("{} before", show_clock(done.idle)));
    stage(&format!("queued; reason: {}", done.reason), done.at, "0 ms".to_owned());
    if let Some(written) = done.written {
        stage("written: this machine's kernel has it", done.at + written, exact(written));
    }
    if let Some(acked) = done.acked {
        let peer = if stall.evidence.proxy == Some(true) { "the proxy's" } else { "the server's" };
        stage(&format!("acknowledged: {peer} TCP has it"), done.at + acked, exact(acked));
    }
    let waited = stall.at.duration_since(done.at).unwrap_or(stall.waited);
    stage("called a stall: no tagged reply", stall.at, exact(waited));
    if let Some((late, took)) = data.late_of(stall).and_then(|late| Some((late, late.answered?))) {
        let status = late.status.map_or("", Status::name);
        let before = match late.untagged {
            1 => "1 untagged response".to_owned(),
            count => format!("{count} untagged responses"),
        };
        stage(&format!("answered after all: {status}, {before} before it"), done.at + took, exact(took));
    } else {
        let _ = writeln!(page, "| answered | never, as far as was seen | |");
    }
    match data.blind_of(stall) {
        Some(blind) => {
            let _ = writeln!(
                page,
                "\nAnother connection took over; a mail could have come unnoticed for {}.\n",
                exact(blind)
            );
        }
        None => page.push('\n'),
    }
}

/// What TCP was seen to do; without samples, what it knew in the end.
fn samples(page: &mut String, stall: &Stall) {
    if stall.samples.is_empty() {
        let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy: _ } = &stall.evidence;
        if acked.is_none() {
            let _ = writeln!(page, "This system says nothing about TCP for this connection.\n");
            return;
        }
        let _ = writeln!(
            page,
            "TCP in the end: acknowledged {}, not acknowledged {} bytes, in flight {}, retransmits {}, backoff {}, window {}.\n",
            acked.map_or("?", yes),
            figure(*outq),
            figure(*unacked),
            figure(*retransmits),
            figure(*backoff),
            figure(*snd_wnd)
        );
        return;
    }
    let _ = writeln!(
        page,
        "TCP as this machine's kernel reported it:\n\n\
         | after DONE was written | acknowledged | bytes not acknowledged | not sent | in flight | retransmits | backoff \
         | probes | window | round trip | last heard |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for sample in &stall.samples {
        let TcpSample {
            after,
            acked,
            outq,
            notsent,
            unacked,
            retransmits,
            backoff,
            probes,
            total_retrans: _,
            snd_wnd,
            rtt,
            last_data_received,
        } = *sample;
        let _ = writeln!(
            page,
            "| {} | {} | {outq} | {} | {} | {retransmits} | {} | {} | {} | {} | {} |",
            exact(after),
            yes(acked),
            figure(notsent),
            figure(unacked),
            figure(backoff),
            figure(probes),
            figure(snd_wnd),
            exact(rtt),
            last_data_received.map_or_else(|| figure(None), |ago| format!("{} before", exact(ago)))
        );
    }
    page.push('\n');
}

/// What the evidence rules out, for those who look for the cause.
fn excludes(verdict: Verdict, evidence: &Evidence) -> &'static str {
    match verdict {
        Verdict::ServerIgnoring => {
            "the path. DONE's bytes were acknowledged, so neither a NAT, a firewall nor a lost packet kept it from the \
             machine that speaks TCP for this server; this program wrote it whole and in time. What did not answer is \
             the IMAP service there, or a load balancer that acknowledges in its name and does not pass it on."
        }
        Verdict::PathDead if evidence.unacked == Some(0) => {
            "the server. DONE never left this machine: there was no route or no link."
        }
        Verdict::PathDead => {
            "the IMAP service. DONE was written and sent, again and again, and nothing that speaks TCP for this server \
             acknowledged it: the connection is gone on the way, as with a NAT or firewall that dropped its idle flow, \
             or the machine is."
        }
        Verdict::ServerNotReading => {
            "the path. The other end still answers TCP, with a closed window: its machine is reached, and its program \
             does not read."
        }
        Verdict::NotKnown if evidence.proxy == Some(true) => {
            "the way to the proxy, where the figures say acknowledged; and nothing behind it, which cannot be seen from here."
        }
        Verdict::NotKnown
        | Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::NotPushing => "nothing: this connection gave no TCP evidence.",
    }
}

fn wire(page: &mut String, data: &ReportData<'_>, index: usize, stall: &Stall) {
    let lines = data.wire_of(stall);
    if lines.is_empty() {
        return;
    }
    let called = lines.iter().position(|line| line.at > stall.at).unwrap_or(lines.len());
    let (from, to) = (called.saturating_sub(WIRE.0), (called + WIRE.1).min(lines.len()));
    let _ = writeln!(
        page,
        "The wire around it, times in UTC, then the connection; all that was kept is in `{}`:\n\n~~~~text",
        wire_name(index, stall)
    );
    for (at, line) in lines.iter().enumerate().take(to).skip(from) {
        if at == called {
            let _ = writeln!(page, "--  {} here", stall.verdict);
        }
        page.push_str(&wire_line(line));
    }
    if called == lines.len() {
        let _ = writeln!(page, "--  {} here", stall.verdict);
    }
    let _ = writeln!(page, "~~~~\n");
}

const fn yes(acked: bool) -> &'static str {
    if acked { "yes" } else { "no" }
}

fn figure(value: Option<u64>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// A duration with the digits that a comparison needs.
fn exact(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        micros @ 10_000..1_000_000 => format!("{} ms", micros / 1000),
        micros @ 1_000_000..60_000_000 => format!("{}.{:03} s", micros / 1_000_000, micros % 1_000_000 / 1000),
        _ => show_clock(duration),
    }
}
