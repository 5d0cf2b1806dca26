//! What the program concludes, in a sentence that an administrator can act on. Pure.

use std::time::{Duration, Instant};

use crate::model::{
    Evidence, Fault, FaultClass, Finding, Next, Receipt, Served, Unannounced, Verdict, show_clock, show_duration,
};

/// How long retransmits must have grown, unacknowledged, before the path is called dead without waiting for `done`.
pub const DEAD_AFTER: Duration = Duration::from_secs(3);

/// The same where the machine's network has changed and the connection's own address no longer leads to the server: it
/// is most likely dead, and waiting costs blindness.
pub const MOVED_DEAD_AFTER: Duration = Duration::from_secs(1);

/// Younger than this an IDLE died or was ignored for another reason than its age: no `reissue` would have helped.
const YOUNG: Duration = Duration::from_mins(1);

/// The server answers.
#[must_use]
pub fn live() -> Finding {
    plain(Verdict::Live, "the server answers".to_owned())
}

/// The server answers, and tells of this mailbox over another's connection or is asked for it there.
#[must_use]
pub fn live_as(served: Served) -> Finding {
    let text = match served {
        Served::Own => return live(),
        Served::Notify => "the server answers, and reports this mailbox by NOTIFY",
        Served::Status => "the server answers when asked about this mailbox",
    };
    plain(Verdict::Live, text.to_owned())
}

/// The server answers, and announces mail late: it looks for some by itself, about so often.
#[must_use]
pub fn live_late(cadence: Duration) -> Finding {
    let about = match cadence.as_secs() {
        45..=75 => "once a minute".to_owned(),
        secs @ ..=119 => format!("every {secs} seconds"),
        _ => format!("every {}", show_clock(cadence)),
    };
    plain(Verdict::Live, format!("the server answers; it looks for mail by itself, and announces it about {about}"))
}

/// Mail was there while IDLE stood, and was not announced. IDLE is ended each `poll` meanwhile.
#[must_use]
pub fn not_pushing(mails: Vec<Unannounced>, poll: Duration) -> Finding {
    let longest = mails.iter().map(|mail| mail.found_after).max().unwrap_or_default();
    let text = format!(
        "the server answers DONE but does not announce mail: {} found only by looking during IDLE, up to {} late. The \
         program looks every {} until three in a row are announced",
        count(mails.len()),
        show_clock(longest),
        show_duration(Some(poll))
    );
    Finding { verdict: Verdict::NotPushing, text, evidence: None, mails }
}

fn count(mails: usize) -> String {
    match mails {
        1 => "a message that was added to test it was".to_owned(),
        2 => "two mails were".to_owned(),
        _ => format!("{mails} mails were"),
    }
}

/// DONE is out, its reply not yet due.
#[must_use]
pub fn finishing() -> Finding {
    plain(Verdict::Finishing, "DONE was sent; its reply is not due yet".to_owned())
}

/// The machine was suspended; DONE finds out what lives.
#[must_use]
pub fn slept(slept: Duration) -> Finding {
    plain(
        Verdict::Slept,
        format!("the machine was suspended for {}; DONE tests whether the connection still works", show_clock(slept)),
    )
}

/// The machine's network has changed.
#[must_use]
pub fn rerouted() -> Finding {
    plain(
        Verdict::Finishing,
        "this machine's network has changed; DONE tests whether the connection still works".to_owned(),
    )
}

/// Heartbeats have stopped.
#[must_use]
pub fn quiet(silent: Duration, period: Duration) -> Finding {
    let text = format!(
        "nothing was heard for {}, although this server speaks every {}; DONE tests whether it still answers",
        show_clock(silent),
        show_clock(period)
    );
    plain(Verdict::Quiet, text)
}

/// The server has ended the session at its age, as it does.
#[must_use]
pub fn session_over(fault: &Fault) -> Finding {
    let text = format!(
        "{}; this server ends sessions with their token or at an age: reconnecting at once",
        fault.message.trim_end_matches('.')
    );
    plain(Verdict::Closed, text)
}

/// What a fault says of the connection; `None` where it says nothing of IDLE.
#[must_use]
pub fn of_fault(fault: &Fault) -> Option<Finding> {
    // The fault itself has the server's words: they are not told twice.
    let (verdict, text) = match fault.class {
        FaultClass::Limit => {
            (Verdict::Limited, "the server allows no more connections; other clients count too".to_owned())
        }
        FaultClass::Auth => {
            let text = match fault.next {
                Next::User | Next::UserAfter(_) => "the server refused the login",
                Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => {
                    "the login failed; it is tried again"
                }
            };
            (Verdict::Refused, text.to_owned())
        }
        FaultClass::Closed | FaultClass::Protocol => (Verdict::Closed, fault.message.clone()),
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Secret
        | FaultClass::Tls
        | FaultClass::Mailbox
        | FaultClass::Timeout
        | FaultClass::History
        | FaultClass::Hook
        | FaultClass::Config => return None,
    };
    Some(plain(verdict, text))
}

/// TCP itself gave up on an idle connection: keepalive or the user timeout.
#[must_use]
pub fn given_up(fault: &Fault) -> Finding {
    let text =
        format!("{}. The path is dead: look at NAT and firewall timeouts between here and the server", fault.message);
    plain(Verdict::PathDead, text)
}

/// DONE was not answered: says who is at fault, by the evidence. `proxy` is the one that stands between: what TCP knows is
/// the way to it, and nothing of the server.
#[must_use]
pub fn of_stall(receipt: &Receipt, evidence: Evidence, proxy: Option<&str>, now: Instant) -> Finding {
    let (age, young) = (show_clock(receipt.idle_age), receipt.idle_age < YOUNG);
    let waited = seconds(now.saturating_duration_since(receipt.written.unwrap_or(receipt.queued)));
    let acked_in = receipt.written.zip(receipt.acked).map(|(written, acked)| acked.saturating_duration_since(written));
    let (verdict, text) = if let (Some(proxy), Some(true)) = (proxy, evidence.acked) {
        let text = format!(
            "the proxy {proxy} received DONE (IDLE was {age} old), but no answer came in {waited}; what lies behind the proxy cannot be seen from here"
        );
        (Verdict::NotKnown, text)
    } else if let (Some(proxy), Some(false), Some(0)) = (proxy, evidence.acked, evidence.snd_wnd) {
        let text = format!(
            "the proxy {proxy} has accepted nothing for {waited}: it hangs, or cannot pass on what it has; what lies behind it cannot be seen from here"
        );
        (Verdict::NotKnown, text)
    } else if evidence.acked == Some(true) {
        let took = acked_in.map(|took| format!(" after {} ms", took.as_millis())).unwrap_or_default();
        let text = format!(
            "the server's TCP acknowledged DONE{took}, but no answer came in {waited}: the server ignores DONE on an IDLE {age} old{}",
            if young {
                ". IDLEs of other ages will show whether so young an IDLE is too old for it"
            } else {
                ". Set reissue lower"
            }
        );
        (Verdict::ServerIgnoring, text)
    } else if evidence.acked == Some(false) && evidence.snd_wnd == Some(0) {
        let text = format!("the server's receive window has been closed for {waited}: its program does not read");
        (Verdict::ServerNotReading, text)
    } else if evidence.acked == Some(false) && evidence.outq > Some(0) && evidence.unacked == Some(0) {
        let text = format!(
            "DONE could not leave this machine for {waited}: the path is dead at this end. Check this machine's network and its route to the {}",
            if proxy.is_some() { "proxy" } else { "server" }
        );
        (Verdict::PathDead, text)
    } else if evidence.acked == Some(false) {
        let again = evidence.retransmits.unwrap_or(0);
        let (by, to) = proxy.map_or_else(Default::default, |proxy| (format!(" by the proxy {proxy}"), " to it"));
        let text = format!(
            "DONE was not acknowledged{by} in {waited} ({again} retransmits): the path{to} is dead. {}",
            if young {
                "The IDLE was too young for a NAT or firewall timeout: check the network between here and the server"
                    .to_owned()
            } else {
                format!("Look at NAT and firewall timeouts; set reissue under {age}")
            }
        );
        (Verdict::PathDead, text)
    } else {
        let text = format!(
            "no answer to DONE in {waited} on an IDLE {age} old; TCP does not show who is at fault on this connection"
        );
        (Verdict::NotKnown, text)
    };
    Finding { verdict, text, evidence: Some(evidence), mails: Vec::new() }
}

fn plain(verdict: Verdict, text: String) -> Finding {
    Finding { verdict, text, evidence: None, mails: Vec::new() }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DoneReason;

    fn stalled(evidence: Evidence) -> Finding {
        stalled_at(Duration::from_mins(5), evidence)
    }

    fn stalled_at(idle_age: Duration, evidence: Evidence) -> Finding {
        let queued = Instant::now();
        let receipt = Receipt {
            reason: DoneReason::Reissue,
            idle_age,
            queued,
            written: Some(queued),
            acked: Some(queued + Duration::from_millis(19)),
            answer: None,
        };
        let proxy = (evidence.proxy == Some(true)).then_some("socks5://192.0.2.7:1080");
        of_stall(&receipt, evidence, proxy, queued + Duration::from_secs(10))
    }

    #[test]
    fn the_evidence_names_who_is_at_fault() {
        let acked = Evidence { acked: Some(true), ..Evidence::default() };
        let unacked =
            Evidence { acked: Some(false), retransmits: Some(4), snd_wnd: Some(64_000), ..Evidence::default() };
        let closed = Evidence { snd_wnd: Some(0), ..unacked.clone() };
        let proxy = Evidence { proxy: Some(true), ..acked.clone() };
        let cases = [
            (acked, Verdict::ServerIgnoring),
            (unacked, Verdict::PathDead),
            (closed, Verdict::ServerNotReading),
            (proxy, Verdict::NotKnown),
            (Evidence::default(), Verdict::NotKnown),
        ];
        for (evidence, verdict) in cases {
            assert_eq!(stalled(evidence.clone()).verdict, verdict, "{evidence:?}");
        }
    }

    #[test]
    fn a_proxy_is_named_and_nothing_is_said_of_the_server_behind_it() {
        let acked = Evidence { acked: Some(true), proxy: Some(true), ..Evidence::default() };
        let unacked = Evidence { acked: Some(false), retransmits: Some(4), ..acked.clone() };
        let closed = Evidence { snd_wnd: Some(0), ..unacked.clone() };
        let cases = [(acked, Verdict::NotKnown), (unacked, Verdict::PathDead), (closed, Verdict::NotKnown)];
        for (evidence, verdict) in cases {
            let finding = stalled(evidence);
            assert_eq!(finding.verdict, verdict);
            assert!(finding.text.contains("proxy socks5://192.0.2.7:1080"), "{}", finding.text);
            assert!(!finding.text.contains("the server"), "{}", finding.text);
        }
    }

    #[test]
    fn what_never_left_this_machine_is_not_laid_to_nat() {
        let unsent = Evidence { acked: Some(false), outq: Some(28), unacked: Some(0), ..Evidence::default() };
        let finding = stalled(Evidence { snd_wnd: Some(64_000), ..unsent.clone() });
        assert_eq!(finding.verdict, Verdict::PathDead);
        assert!(finding.text.contains("this machine") && !finding.text.contains("NAT"), "{:?}", finding.text);
        assert_eq!(stalled(Evidence { snd_wnd: Some(0), ..unsent }).verdict, Verdict::ServerNotReading);
    }

    #[test]
    fn a_young_idle_is_not_answered_with_advice_on_reissue() {
        let acked = Evidence { acked: Some(true), ..Evidence::default() };
        let unacked = Evidence { acked: Some(false), retransmits: Some(4), ..Evidence::default() };
        for evidence in [acked, unacked] {
            let young = stalled_at(Duration::from_secs(59), evidence.clone());
            let old = stalled_at(Duration::from_mins(1), evidence);
            assert_eq!(young.verdict, old.verdict);
            assert!(!young.text.contains("reissue") && old.text.contains("reissue"), "{young:?} {old:?}");
        }
    }

    #[test]
    fn the_sentence_has_the_figures() {
        let finding = stalled(Evidence { acked: Some(true), ..Evidence::default() });
        for figure in ["19 ms", "10.0 s", "5:00"] {
            assert!(finding.text.contains(figure), "{figure} in {:?}", finding.text);
        }
    }
}
