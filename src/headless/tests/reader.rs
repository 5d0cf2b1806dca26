//! How the front end behaves towards its reader.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, duplex};

use super::*;
use mailwatch_engine::link::{Link, Publisher, link};
use mailwatch_proto::model::{Board, MailKey, Snapshot};

fn failed(publisher: &Publisher, id: WatchId) {
    let mut snapshot = Snapshot::new(id, Timers::default(), StdInstant::now());
    snapshot.phase = Phase::Failed;
    publisher.show(snapshot);
}

#[tokio::test]
async fn a_mail_is_confirmed_after_its_line_and_the_end_of_the_engine_ends_it() {
    let Link { publisher, mut front_end, mut confirmed, commands } = link([inbox()], 16, false);
    let (_keep, mut signals) = mpsc::channel(1);
    publisher.publish(event(mail(12)));
    drop((publisher, commands));
    let mut out = Vec::new();
    let outcome =
        run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await.expect("it writes");
    assert_eq!(outcome, Outcome::Ended);
    assert_eq!(String::from_utf8(out).expect("UTF-8").lines().count(), 1);
    assert_eq!(confirmed.try_recv(), Ok(MailKey { watch: inbox(), epoch: 0, uidvalidity: 7, uid: 12 }));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_reader_loses_events_and_no_mail_and_delays_nobody() {
    let Link { publisher, mut front_end, mut confirmed, commands: _commands } = link([inbox()], 4, false);
    let (_keep, mut signals) = mpsc::channel(1);
    let (reader, mut out) = duplex(16);
    let telling = tokio::spawn(async move {
        run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await
    });
    for _ in 0..20 {
        publisher.publish(event(EventKind::Heartbeat { text: "Still here".into() }));
        tokio::task::yield_now().await;
    }
    let waiting = publisher.try_publish(event(mail(12))).expect_err("the reader has taken nothing");
    assert!(confirmed.try_recv().is_err(), "nothing was told yet");
    let reading = tokio::spawn(async move {
        let mut lines = BufReader::new(reader).lines();
        let mut kinds = Vec::new();
        while let Ok(Some(line)) = lines.next_line().await {
            let value: serde_json::Value = serde_json::from_str(&line).expect("whole lines");
            kinds.push((value["kind"].as_str().unwrap_or_default().to_owned(), value["count"].as_u64()));
        }
        kinds
    });
    publisher.room().await;
    publisher.try_publish(*waiting).expect("there is room");
    drop(publisher);
    assert_eq!(telling.await.expect("no panic").expect("it writes"), Outcome::Ended);
    let kinds = reading.await.expect("no panic");
    let lost: u64 = kinds.iter().filter(|(kind, _)| kind == "lost").filter_map(|(_, count)| *count).sum();
    let beats = kinds.iter().filter(|(kind, _)| kind == "heartbeat").count() as u64;
    assert!(lost > 0);
    assert_eq!(lost + beats, 20);
    assert_eq!(kinds.iter().filter(|(kind, _)| kind == "new_mail").count(), 1);
    assert!(confirmed.recv().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_the_reader_stalls_ends_within_two_seconds() {
    let Link { publisher, mut front_end, mut confirmed, commands: _commands } = link([inbox()], 4, false);
    let (stop, mut signals) = mpsc::channel(1);
    let (_reader, mut out) = duplex(16);
    publisher.publish(event(mail(12)));
    stop.send(Signal::Stop).await.expect("it listens");
    let start = Instant::now();
    let outcome =
        run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await.expect("it ends");
    assert_eq!(outcome, Outcome::Stopped);
    assert!(start.elapsed() < 2 * SECOND);
    assert!(confirmed.try_recv().is_err(), "a mail that was not told is not confirmed");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_a_stalled_reader_never_got_is_printed_by_the_next_run() {
    let Link { publisher, mut front_end, mut confirmed, commands: _commands } = link([inbox()], 4, false);
    let (say, mut signals) = mpsc::channel(1);
    let (_reader, mut out) = duplex(16);
    let mut printed = Printed::default();
    printed.begin(&mut Vec::new(), &Format::Json, &Board::default()).await.expect("it writes");
    publisher.publish(event(mail(12)));
    say.send(Signal::Reload).await.expect("it listens");
    let outcome = run(&mut front_end, (&mut out, &Format::Json, &mut printed), &mut signals).await.expect("it ends");
    assert_eq!((outcome, confirmed.try_recv().is_err()), (Outcome::Reload, true));
    // The mail was not confirmed: the engine tells it again.
    publisher.publish(event(mail(12)));
    let mut out = Vec::new();
    for _ in 0..2 {
        say.send(Signal::Stop).await.expect("it listens");
        run(&mut front_end, (&mut out, &Format::Json, &mut printed), &mut signals).await.expect("it ends");
        publisher.publish(event(mail(12)));
    }
    assert_eq!(String::from_utf8(out).expect("UTF-8").lines().count(), 1, "and once only");
}

/// An output that counts what a caller waits for.
#[derive(Default)]
struct Counted {
    lines: usize,
    writes: usize,
    flushes: usize,
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes += 1;
        self.lines += bytes.split(|byte| *byte == b'\n').count() - 1;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_burst_is_written_in_few_writes_and_each_mail_confirmed() {
    let Link { publisher, mut front_end, mut confirmed, commands } = link([inbox()], 1_000, false);
    let (_keep, mut signals) = mpsc::channel(1);
    for uid in 1..=1_000 {
        publisher.publish(event(mail(uid)));
    }
    drop((publisher, commands));
    let mut out = Counted::default();
    run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await.expect("it writes");
    assert_eq!(out.lines, 1_000);
    assert_eq!(out.writes, out.flushes);
    assert!(out.writes <= 1_000 * 300 / BATCH + 1, "{} writes", out.writes);
    let uids = std::iter::from_fn(|| confirmed.try_recv().ok()).map(|mail| mail.uid).collect::<Vec<_>>();
    assert_eq!(uids, (1..=1_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_who_left_ends_it_quietly() {
    let Link { publisher, mut front_end, confirmed: _confirmed, commands: _commands } = link([inbox()], 4, false);
    let (_keep, mut signals) = mpsc::channel(1);
    let (reader, mut out) = duplex(16);
    drop(reader);
    publisher.publish(event(mail(12)));
    let outcome =
        run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await.expect("no error");
    assert_eq!(outcome, Outcome::PipeClosed);
}

#[tokio::test]
async fn another_failure_of_the_output_is_an_error() {
    let Link { publisher, mut front_end, confirmed: _confirmed, commands: _commands } = link([inbox()], 4, false);
    let (_keep, mut signals) = mpsc::channel(1);
    publisher.publish(event(EventKind::Lost { count: 1 }));
    let error = run(&mut front_end, (&mut Full, &Format::Json, &mut Printed::default()), &mut signals)
        .await
        .expect_err("the disk is full");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_when_every_watch_has_failed_and_has_said_why() {
    let Link { publisher, mut front_end, confirmed: _confirmed, commands: _commands } = link([inbox()], 16, false);
    let (stop, mut signals) = mpsc::channel(1);
    let (reader, mut out) = duplex(4096);
    let mut telling = tokio::spawn(async move {
        run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals).await
    });
    failed(&publisher, inbox());
    publisher.publish(event(EventKind::Fault { class: FaultClass::Auth, message: "wrong".into(), retry: false }));
    timeout(3600 * SECOND, &mut telling).await.expect_err("it may still succeed");
    stop.send(Signal::Stop).await.expect("it listens");
    assert_eq!(telling.await.expect("no panic").expect("it writes"), Outcome::Stopped);
    let mut text = String::new();
    BufReader::new(reader).read_to_string(&mut text).await.expect("UTF-8");
    assert!(text.contains(r#""class":"auth""#), "{text}");
}

#[tokio::test]
async fn what_is_there_is_told_before_a_stop_and_a_reload_is_the_callers() {
    for (signal, outcome) in [(Signal::Stop, Outcome::Stopped), (Signal::Reload, Outcome::Reload)] {
        let Link { publisher, mut front_end, confirmed: _confirmed, commands: _commands } = link([inbox()], 16, false);
        let (send, mut signals) = mpsc::channel(1);
        for uid in 1..=5 {
            publisher.publish(event(mail(uid)));
        }
        send.send(signal).await.expect("it listens");
        let mut out = Vec::new();
        assert_eq!(
            run(&mut front_end, (&mut out, &Format::Json, &mut Printed::default()), &mut signals)
                .await
                .expect("it writes"),
            outcome
        );
        assert_eq!(String::from_utf8(out).expect("UTF-8").lines().count(), 5);
    }
}

#[tokio::test]
async fn check_mail_asks_every_watch_for_done() {
    let Link { publisher, mut front_end, confirmed: _confirmed, mut commands } = link([inbox()], 16, false);
    let (send, mut signals) = mpsc::channel(2);
    send.send(Signal::CheckMail).await.expect("it listens");
    send.send(Signal::Stop).await.expect("it listens");
    let outcome = run(&mut front_end, (&mut Vec::new(), &Format::Json, &mut Printed::default()), &mut signals)
        .await
        .expect("it ends");
    assert_eq!(outcome, Outcome::Stopped);
    let asked = commands.get_mut(&inbox()).and_then(mailwatch_engine::link::Commands::try_recv);
    assert_eq!(asked, Some(Command::Done));
    drop(publisher);
}

/// An output on a full disk.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
