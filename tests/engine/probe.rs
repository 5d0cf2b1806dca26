//! A probe: each age measured, the cliff found, what is known kept.

use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::dial::Dial;
use mailwatch_engine::history::History;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::probe::map::{Basis, Conduct, Map, Measured, Standing};
use mailwatch_engine::probe::{Plan, Probe, Stage, Update};
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_proto::model::FaultClass;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::harness::{InProcess, S, account, scenario};

fn plan(ages: &[u64], parallel: usize) -> Plan {
    Plan { ages: ages.iter().map(|&age| S * u32::try_from(age).expect("seconds")).collect(), parallel, wait: 5 * S }
}

fn probe_of(server: &Server, history: &History) -> Probe {
    let dial: Arc<dyn Dial> = Arc::new(InProcess(server.clone()));
    let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), TypedPasswords::default()));
    Probe::new(account(&["INBOX"]), "INBOX", secrets, dial, history.clone(), LoginGovernor::in_process())
}

async fn run(probe: &Probe, plan: &Plan) -> (Vec<Measured>, Vec<Update>) {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let measured = probe.run(plan, &CancellationToken::new(), &tx).await;
    drop(tx);
    let mut update = Vec::new();
    while let Some(next) = rx.recv().await {
        update.push(next);
    }
    (measured, update)
}

async fn map_of(probe: &Probe, ages: &[Duration], measured: &[Measured]) -> Map {
    Map::new(&probe.known(ages).await.expect("a history"), measured)
}

#[tokio::test(start_paused = true)]
async fn a_cliff_is_found_and_the_recommendation_stays_below_it() {
    let (server, history) = (Server::new(scenario("ignores-done-forever=30s")), History::in_process());
    let probe = probe_of(&server, &history);
    let plan = plan(&[5, 10, 20, 40, 80], 2);
    let (measured, _) = run(&probe, &plan).await;
    let answered = |measured: &Measured| matches!(measured.conduct, Ok(Conduct::Answered { .. }));
    let found: Vec<_> = measured.iter().map(|measured| (measured.age.as_secs(), answered(measured))).collect();
    assert_eq!(found, [(5, true), (10, true), (20, true), (40, false), (80, false)]);
    let map = Map::new(&[], &measured);
    assert!(map.rows.is_empty(), "a map has the ages that were asked for");
    let map = map_of(&probe, &plan.ages, &measured).await;
    assert_eq!((map.safe(), map.cliff()), (Some(20 * S), Some(40 * S)));
}

#[tokio::test(start_paused = true)]
async fn what_was_measured_is_known_to_the_next_probe() {
    let (server, history) = (Server::new(scenario("ignores-done-forever=30s")), History::in_process());
    let ages = plan(&[10, 40], 2);
    run(&probe_of(&server, &history), &ages).await;
    let next = probe_of(&server, &history);
    let map = map_of(&next, &plan(&[5, 10, 40, 60], 1).ages, &[]).await;
    let rows: Vec<_> = map.rows.iter().map(|row| (row.standing, row.basis)).collect();
    assert_eq!(
        rows,
        [
            (Standing::Safe, Basis::Inferred),
            (Standing::Safe, Basis::History),
            (Standing::Unsafe, Basis::History),
            (Standing::Unsafe, Basis::Inferred)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_that_mail_came_into_is_measured_again() {
    let (server, history) = (Server::new(scenario("healthy")), History::in_process());
    let probe = probe_of(&server, &history);
    let plan = plan(&[10], 1);
    let (tx, mut rx) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let mut running = Box::pin(probe.run(&plan, &stop, &tx));
    let mut stages = Vec::new();
    let measured = loop {
        tokio::select! {
            Some(update) = rx.recv() => {
                if let Update::Stage(_, Stage::Idling(_)) = &update && server.count("INBOX") == 0 {
                    server.deliver("INBOX", NewMessage::new("a@example.org", "meanwhile"));
                }
                stages.push(update);
            }
            measured = &mut running => break measured,
        }
    };
    assert!(stages.iter().any(|update| matches!(update, Update::Stage(_, Stage::Again))), "{stages:?}");
    assert!(matches!(measured[..], [Measured { conduct: Ok(Conduct::Answered { .. }), disturbed: false, .. }]));
    let map = map_of(&probe, &plan.ages, &[]).await;
    assert_eq!(map.rows[0].known.answered, 1, "the answer that mail may have brought is not counted");
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_tried_once_and_ends_the_probe() {
    let (server, history) = (Server::new(scenario("auth-failure")), History::in_process());
    let (measured, _) = run(&probe_of(&server, &history), &plan(&[1, 2, 3, 4], 3)).await;
    let faults: Vec<_> = measured.iter().filter_map(|measured| measured.conduct.as_ref().err()).collect();
    assert!(!faults.is_empty() && faults.iter().all(|fault| fault.class == FaultClass::Auth), "{measured:?}");
}

#[tokio::test(start_paused = true)]
async fn an_end_before_done_is_told_with_its_age() {
    for name in ["fin=5s", "bye=5s"] {
        let (server, history) = (Server::new(scenario(name)), History::in_process());
        let (measured, _) = run(&probe_of(&server, &history), &plan(&[20], 1)).await;
        match &measured[0].conduct {
            Ok(Conduct::Lost { after, .. }) => assert_eq!(after.as_secs(), 5, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_broken_off_ends_its_idles_and_keeps_what_it_has() {
    let (server, history) = (Server::new(scenario("healthy")), History::in_process());
    let probe = probe_of(&server, &history);
    let plan = plan(&[5, 600], 2);
    let (tx, _rx) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let begun = tokio::time::Instant::now();
    let (measured, ()) = tokio::join!(probe.run(&plan, &stop, &tx), async {
        tokio::time::sleep(20 * S).await;
        stop.cancel();
    });
    assert_eq!(measured.iter().map(|measured| measured.age).collect::<Vec<_>>(), [5 * S]);
    assert!(begun.elapsed() < 22 * S, "{:?}", begun.elapsed());
    let map = map_of(&probe_of(&server, &history), &plan.ages, &[]).await;
    assert_eq!((map.rows[0].basis, map.rows[1].standing), (Basis::History, Standing::Unknown));
}
