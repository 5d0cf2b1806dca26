//! What is written down in words is read back as it was.

use proptest::prelude::*;

use super::super::{Asker, words};
use super::*;

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![0_u64..1000, 1000_u64..60_000, 60_000_u64..100_000_000].prop_map(Duration::from_millis)
}

fn texts() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 :,()#.>-]{0,40}"
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn kinds() -> impl Strategy<Value = EventKind> {
    let reasons = || one_of(DoneReason::ALL.to_vec());
    let statuses = || one_of(vec![Status::Ok, Status::No, Status::Bad]);
    let verdicts = || one_of(Verdict::ALL.to_vec());
    let timers = one_of(TIMERS.iter().map(|spec| spec.timer).collect());
    let origins = one_of(vec![Origin::BuiltIn, Origin::Provider, Origin::Learned, Origin::Config, Origin::You]);
    let evidence =
        (any::<Option<bool>>(), any::<Option<u64>>(), any::<Option<bool>>()).prop_map(|(acked, retransmits, proxy)| {
            Evidence { acked, retransmits: retransmits.map(|many| many % 1000), proxy, ..Evidence::default() }
        });
    let first = prop_oneof![
        one_of(Phase::ALL.to_vec()).prop_map(|to| EventKind::Phase { from: None, to, by: Served::Own }),
        Just(EventKind::Phase { from: None, to: Phase::Idling, by: Served::Notify }),
        Just(EventKind::Phase { from: None, to: Phase::Polling, by: Served::Status }),
        (any::<Option<std::net::Ipv4Addr>>(), one_of(vec![None, Some("1.2"), Some("1.3")]), durations())
            .prop_map(|(ip, tls, took)| EventKind::Connected { addr: ip.map(|ip| (ip, 993).into()), tls, took }),
        (any::<bool>(), 0_usize..50)
            .prop_map(|(idle, n)| EventKind::Capabilities { idle, list: vec![String::new(); n].into() }),
        (any::<u32>(), any::<i64>()).prop_map(|(count, delta)| EventKind::Exists { count, delta }),
        any::<u32>().prop_map(|count| EventKind::Expunge { count }),
        any::<u32>().prop_map(|count| EventKind::Flags { count }),
        (texts(), texts(), any::<bool>()).prop_map(|(from, subject, gap)| EventKind::NewMail(Mail {
            from,
            subject,
            gap,
            ..Mail::default()
        })),
        (reasons(), durations()).prop_map(|(reason, idle)| EventKind::DoneSent { reason, idle }),
        durations().prop_map(|took| EventKind::DoneAcked { took }),
        (reasons(), durations(), statuses(), any::<u32>(), any::<bool>()).prop_map(
            |(reason, took, status, untagged, late)| EventKind::DoneAnswered { reason, took, status, untagged, late }
        ),
        (verdicts(), durations(), evidence).prop_map(|(verdict, waited, evidence)| EventKind::Stalled {
            verdict,
            waited,
            evidence
        }),
    ];
    let second = prop_oneof![
        (verdicts(), texts()).prop_map(|(verdict, text)| concluded(verdict, text)),
        (any::<u64>(), durations()).prop_map(|(conn, blind)| EventKind::Replaced { by: ConnId(conn), blind }),
        texts().prop_map(|text| EventKind::Heartbeat { text }),
        texts().prop_map(|text| EventKind::Unparsed { text }),
        texts().prop_map(|text| EventKind::Bye { text }),
        texts().prop_map(|text| EventKind::Alert { text }),
        texts().prop_map(|text| EventKind::Hint { text }),
        (proptest::option::of(durations()), any::<bool>())
            .prop_map(|(announced, removed)| EventKind::Canary { announced, removed }),
        texts().prop_map(|text| EventKind::Contradiction { text }),
        (one_of(FaultClass::ALL.to_vec()), texts(), any::<bool>())
            .prop_map(|(class, message, retry)| EventKind::Fault { class, message, retry }),
        (any::<u32>(), durations()).prop_map(|(attempt, delay)| EventKind::Retry { attempt, delay }),
        (timers, 1_u64..1740, 1_u64..1740, origins, any::<Option<u32>>()).prop_map(|(timer, from, to, origin, pid)| {
            let max = timer.spec().max;
            let [from, to] = [from, to].map(|value| Some(Duration::from_secs(value).min(max)));
            let by = pid.map(|pid| Asker::new("ctl", Some(pid)).to_string());
            EventKind::Retuned { timer, from, to, origin, by }
        }),
        durations().prop_map(|slept| EventKind::Slept { slept }),
        (texts(), any::<Option<i32>>(), durations()).prop_map(|(name, exit, took)| EventKind::Hook {
            command: vec![name],
            exit,
            took
        }),
        any::<u64>().prop_map(|count| EventKind::Lost { count }),
    ];
    prop_oneof![first, second]
}

proptest! {
    #[test]
    fn what_was_said_is_said_again(kind in kinds()) {
        let said = words(&kind);
        let again = reread(kind.name(), &said);
        prop_assert_eq!(again.name(), kind.name(), "{}", said);
        prop_assert_eq!(words(&again), said);
    }

    #[test]
    fn any_text_is_an_event(kind in "[a-z_]{0,12}", text in ".{0,80}") {
        let _ = words(&reread(&kind, &text));
    }
}

#[test]
fn a_sender_may_begin_with_a_colon() {
    let mail = Mail { from: ": 0".to_owned(), ..Mail::default() };
    let said = words(&EventKind::NewMail(mail));
    assert_eq!(words(&reread("new_mail", &said)), said);
}

#[test]
fn a_report_and_a_newer_program_are_read_as_they_stand() {
    assert_eq!(words(&reread("new_mail", "new mail")), "new  sender and subject: left out of this file");
    let unheard = "new (came unheard)  sender and subject: left out of this file";
    assert_eq!(words(&reread("new_mail", "new mail (came unheard)")), unheard);
    assert_eq!(words(&reread("tomorrow", "(left out)")), "unparsed: tomorrow: (left out)");
}
