//! The vocabulary through JSON and back, with the feature `serde`.

#![cfg(feature = "serde")]

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use mailwatch_proto::model::{
    Ages, Command, ConnId, DoneReason, EventKind, Evidence, Fault, FaultClass, IdleEnd, Loss, Mail, Origin,
    PastReceipt, Phase, Served, ServerInfo, Status, Tally, Timer, Timers, TlsInfo, Verdict, WatchId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).expect("JSON");
    assert_eq!(serde_json::from_str::<T>(&json).expect(&json), *value, "{json}");
}

#[test]
fn names_and_timers_come_back() {
    returns(&WatchId::new("work", "lists/\u{fc}ber"));
    returns(&ConnId(u64::MAX));
    Phase::ALL.iter().for_each(returns);
    DoneReason::ALL.iter().for_each(returns);
    FaultClass::ALL.iter().for_each(returns);
    returns(&Timers::default().with(Timer::Silence, Some(Duration::from_secs(90)), Origin::You));
    returns(&Command::Retune { timer: Timer::Reissue, value: None, by: None });
    returns(&Fault::needs_user(FaultClass::Tls, "a sentence"));
    returns(&Loss::Concluded(Verdict::PathDead));
}

#[test]
fn events_come_back() {
    let kinds = [
        EventKind::Phase { from: None, to: Phase::Connecting, by: Served::Own },
        EventKind::Connected { addr: "192.0.2.1:993".parse().ok(), tls: Some("1.3"), took: Duration::from_millis(7) },
        EventKind::Connected { addr: None, tls: None, took: Duration::ZERO },
        EventKind::Capabilities { idle: true, list: ["IDLE".to_owned()].into() },
        EventKind::NewMail(Mail {
            uid: 1,
            uidvalidity: 2,
            from: "Ann".into(),
            subject: "\"Friday\"?".into(),
            date: None,
            gap: true,
            ..Mail::default()
        }),
        EventKind::Stalled {
            verdict: Verdict::ServerIgnoring,
            waited: Duration::from_secs(10),
            evidence: Evidence { acked: Some(true), ..Evidence::default() },
        },
    ];
    kinds.iter().for_each(returns);
}

#[test]
fn what_was_counted_and_kept_comes_back() {
    let mut ages = Ages::default();
    ages.note(Duration::from_mins(4), IdleEnd::Answered(Some(Duration::from_secs(1))));
    returns(&ages);
    let mut tally = Tally::default();
    tally.account(&"work".into()).done.insert(DoneReason::Reissue, 3);
    returns(&tally);
    returns(&PastReceipt {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        conn: ConnId(3),
        reason: DoneReason::NewMail,
        idle: Duration::from_secs(61),
        written: Some(Duration::ZERO),
        acked: None,
        answered: Some(Duration::from_millis(19)),
        status: Some(Status::Ok),
        untagged: 2,
        late: false,
        stall: None,
    });
    let tls = Some(TlsInfo { version: "1.2", cipher: "TLS_AES_128_GCM_SHA256".into() });
    returns(&ServerInfo { tls, capabilities: ["IDLE".to_owned()].into(), ..ServerInfo::default() });
}

#[test]
fn a_version_of_tls_that_is_none_is_refused() {
    assert!(serde_json::from_str::<TlsInfo>(r#"{"version":"3.0","cipher":"x"}"#).is_err());
}
