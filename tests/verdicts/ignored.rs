//! The server's machine has DONE, its program does not answer: the Gmail case.

use imap_misbehave::Encryption;
use mailwatch_proto::model::{
    Account, Command, ConnId, DoneReason, Evidence, Loss, QuarantineEnd, Snapshot, Status, Timer, Verdict,
};

use crate::S;
use crate::rig::{Loopback, set};

/// DONE is acknowledged, all of it, by the server's own machine.
fn is_acked(evidence: &Evidence) -> bool {
    let told = cfg!(target_os = "linux");
    (evidence.acked, evidence.outq) == if told { (Some(true), Some(0)) } else { (None, None) }
}

const IGNORED: Verdict = if cfg!(target_os = "linux") { Verdict::ServerIgnoring } else { Verdict::NotKnown };

/// A DONE that is due long after the server has begun to misbehave, which nobody can see from outside.
fn done_after_a_second(account: &mut Account) {
    set(account, Timer::Reissue, S);
}

#[tokio::test]
async fn a_server_that_ignores_done_is_named_with_proof_and_replaced_before_the_old_connection_goes() {
    let mut it = Loopback::start("ignores-done=0ms@1", Encryption::Implicit).await;
    let old = it.rig.idling().await;
    it.rig.command(0, Command::Done);
    let (conn, verdict, waited, evidence) = it.rig.stall().await;
    assert_eq!((conn, verdict), (old, IGNORED), "{evidence:?}");
    assert!(is_acked(&evidence), "{evidence:?}");
    assert!(waited >= S * 9 / 10 && waited <= S * 3 / 2, "{waited:?}: within done + 0.5 s");
    let finding = it.rig.snapshot().finding.expect("a verdict");
    assert_eq!((finding.verdict, finding.evidence), (verdict, Some(evidence)));

    let (gone, by, blind) = it.rig.replaced().await;
    assert_eq!(gone, old);
    assert!(by > old);
    assert!(blind >= S * 9 / 10, "{blind:?}: since the old one was last heard");
    assert_eq!(it.server.open_connections(), 2, "the old one is kept");
    assert_eq!(it.rig.count.open(), 2);
    let kept = it.rig.snapshot().quarantined.expect("kept to be read");
    assert_eq!(kept.conn, old);

    // Mail that comes now wakes both: told once, and the late answer with what came before it.
    it.deliver("Friday?");
    it.rig.mail("Friday?").await;
    let (late, took, untagged) = it.rig.late_answer().await;
    assert_eq!(late, old);
    assert!(took >= S, "{took:?}");
    assert!(untagged >= 1, "EXISTS");
    it.wait("the old one is gone", |server| server.open_connections() == 1).await;
    assert!(it.commands(1).iter().any(|line| line.ends_with("LOGOUT")), "{:?}", it.commands(1));

    it.deliver("Saturday?");
    it.rig.mail("Saturday?").await;
    assert_eq!(it.rig.subjects(), ["Friday?", "Saturday?"]);
    let snapshot = it.rig.snapshot();
    assert_eq!(snapshot.quarantined, None);
    assert_looked_back(&snapshot, old, verdict);
    it.rig.stop().await;
}

/// What the details show of it afterwards.
fn assert_looked_back(snapshot: &Snapshot, old: ConnId, verdict: Verdict) {
    let past = &snapshot.past;
    let stall = past.stall.as_ref().expect("it is remembered");
    assert_eq!((stall.conn, stall.finding.verdict), (old, verdict));
    assert!(stall.finding.evidence.is_some());
    let done = past.receipts.iter().find(|receipt| receipt.conn == old).expect("its DONE");
    assert_eq!((done.stall, done.late, done.status), (Some(verdict), true, Some(Status::Ok)));
    assert!(done.written.is_some() && done.acked.is_some() && done.answered >= Some(S), "{done:?}");
    assert!(past.receipts.iter().any(|receipt| receipt.conn != old && receipt.reason == DoneReason::NewMail));
    let interval = past.blind.back().expect("it was blind");
    assert_eq!(interval.why, Some(Loss::Concluded(verdict)));
    assert!(interval.to > interval.from);
    let kept = past.quarantines.back().expect("it was kept");
    assert!(matches!(kept.end, QuarantineEnd::Answered { status: Status::Ok, .. }), "{kept:?}");
    assert!(kept.conn == old && kept.responses.exists.is_some() && kept.responses.untagged >= 1, "{kept:?}");
    let server = &snapshot.connection.server;
    assert!(server.addr.is_some() && server.local.is_some() && server.addr != server.local, "{server:?}");
}

#[tokio::test]
async fn mail_that_comes_while_done_is_ignored_is_found_by_the_replacement_once() {
    let mut it = Loopback::start("ignores-done-forever@1", Encryption::Implicit).await;
    it.rig.idling().await;
    // EXISTS on the old connection leads to DONE for new mail, which is never answered.
    it.deliver("first");
    let (_, verdict, ..) = it.rig.stall().await;
    assert_eq!(verdict, IGNORED);
    it.deliver("second");
    it.rig.replaced().await;
    it.deliver("third");
    it.rig.mail("third").await;
    assert_eq!(it.rig.subjects(), ["first", "second", "third"]);
    it.rig.stop().await;
}

#[tokio::test]
async fn a_program_that_stops_reading_ignores_done_too_because_its_machine_has_it() {
    for encryption in [Encryption::Implicit, Encryption::Off] {
        let mut it = Loopback::tuned("stops-reading=100ms@1", encryption, done_after_a_second).await;
        it.rig.idling().await;
        let (_, verdict, _, evidence) = it.rig.stall().await;
        assert_eq!(verdict, IGNORED, "{encryption:?}: {evidence:?}");
        assert!(is_acked(&evidence), "{encryption:?}: {evidence:?}");
        it.rig.replaced().await;
        assert_eq!(it.server.open_connections(), 2, "{encryption:?}");
        it.rig.stop().await;
    }
}

#[tokio::test]
async fn a_silent_server_is_replaced_and_the_second_stall_sends_the_first_one_away() {
    let mut it = Loopback::tuned("silent-idle=100ms@2", Encryption::Implicit, done_after_a_second).await;
    let first = it.rig.idling().await;
    assert_eq!(it.rig.stall().await.1, IGNORED);
    let (_, second, _) = it.rig.replaced().await;
    assert_eq!(it.rig.stall().await.0, second);
    let (gone, third, _) = it.rig.replaced().await;
    assert_eq!(gone, second);
    assert!(first < second && second < third);
    assert_eq!(it.rig.snapshot().quarantined.map(|kept| kept.conn), Some(second), "one a watch");
    it.wait("the first one is gone", |server| server.open_connections() == 2).await;
    assert_eq!(it.rig.count.peak(), 2);
    it.rig.stop().await;
}
