//! The file read by another program.

use super::*;
use mailwatch_proto::model::{
    Evidence, FoundBy, Loss, ServerInfo, TcpSample, TlsInfo, Verdict, WireDirection, WireLine,
};

fn look(millis: u64) -> TcpSample {
    TcpSample {
        after: Duration::from_millis(millis),
        acked: false,
        outq: 28,
        notsent: Some(0),
        unacked: Some(1),
        retransmits: 3,
        backoff: Some(2),
        probes: Some(0),
        total_retrans: 7,
        snd_wnd: None,
        rtt: Duration::from_micros(19_250),
        last_data_received: Some(Duration::from_mins(4)),
    }
}

/// What macOS tells.
fn less_told(millis: u64) -> TcpSample {
    TcpSample { notsent: None, unacked: None, backoff: None, probes: None, last_data_received: None, ..look(millis) }
}

pub(super) fn line(at: SystemTime, text: &str) -> KeptLine {
    let line = WireLine { direction: WireDirection::Client, text: text.to_owned() };
    KeptLine { key: inbox(), conn: 4, at, line }
}

pub(super) fn server(conn: u64, at: SystemTime) -> KeptServer {
    let server = ServerInfo {
        addr: Some("[2001:db8::7]:993".parse().expect("an address")),
        proxy: Some("socks5 proxy.example.org:1080".to_owned()),
        local: Some("192.0.2.9:40312".parse().expect("an address")),
        tls: Some(TlsInfo { version: "1.2", cipher: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned() }),
        capabilities: ["IMAP4rev1", "IDLE", "ID"].map(str::to_owned).into_iter().collect(),
        id: Some("Dovecot".to_owned()),
    };
    KeptServer { key: inbox(), conn, at, server }
}

pub(super) fn stall(at: SystemTime) -> Stall {
    let evidence = Evidence { acked: Some(true), outq: Some(0), ..Evidence::default() };
    let text = Some("the server has DONE and does not answer".to_owned());
    let (verdict, waited) = (Verdict::ServerIgnoring, Duration::from_secs(10));
    Stall { key: inbox(), conn: 4, at, verdict, waited, evidence, text, samples: vec![look(50), less_told(10_000)] }
}

#[tokio::test]
async fn an_archive_reads_beside_a_writer_and_keeps_the_state_it_opened() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    let blind = Blindness { key: inbox(), since: at, until: at + Duration::from_secs(3), why: Some(Loss::User) };
    history.append(Record::Stall(stall(at)));
    history.append(Record::Blind(blind.clone()));
    history.close().await;
    let archive = Archive::open(dir.path()).expect("it reads");
    assert_eq!(archive.stalls(at).expect("read"), [stall(at)]);
    // The writer is not held up, and what it writes is a later state.
    history.append(Record::Stall(stall(at)));
    history.close().await;
    assert_eq!(history.stalls(at).await.map(|stalls| stalls.len()), Ok(2));
    assert_eq!(archive.stalls(at).expect("read").len(), 1);
    assert_eq!(Archive::open(dir.path()).expect("it reads").stalls(at).expect("read").len(), 2);
    assert_eq!(archive.blind(at).expect("read"), [blind]);
    assert_eq!(archive.watches().expect("read"), [inbox()]);
    assert!(archive.receipts(at).expect("read").is_empty() && archive.logged(at, 9).expect("read").is_empty());
}

#[test]
fn a_file_that_is_not_there_is_not_made_and_a_newer_ones_program_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(matches!(Archive::open(dir.path()), Err(Unreadable::Missing(_))));
    assert!(!dir.path().join(FILE).exists());
    end(opened(dir.path()));
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("the file is there");
    db.pragma_update(None, "user_version", 1000).expect("written");
    assert!(matches!(Archive::open(dir.path()), Err(Unreadable::Newer { found: 1000, .. })));
}

#[tokio::test]
async fn the_wire_and_the_servers_own_words_come_back_as_they_were_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    let before = at - Duration::from_hours(30);
    let (sent, got) = (
        line(at, "DONE"),
        KeptLine { line: WireLine { direction: WireDirection::Server, text: "* 5 EXISTS".into() }, ..line(at, "") },
    );
    for record in [Record::Wire(sent.clone()), Record::Wire(got.clone()), Record::Wire(line(before, "A1 IDLE"))] {
        history.append(record);
    }
    for kept in [server(1, before), server(2, before), server(3, at)] {
        history.append(Record::Server(kept));
    }
    history.close().await;
    let archive = Archive::open(dir.path()).expect("it reads");
    assert_eq!(archive.wire(at).expect("read"), [sent, got]);
    assert_eq!(archive.wire(before).expect("read").len(), 3);
    // The connection that was in use when the time asked for began is told of, too.
    assert_eq!(archive.servers(at).expect("read"), [server(2, before), server(3, at)]);
}

#[tokio::test]
async fn a_stall_that_nothing_of_tcp_is_known_of_takes_no_others_looks_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    history.append(Record::Stall(stall(at)));
    history.close().await;
    let other = rusqlite::Connection::open(dir.path().join(FILE)).expect("the file is there");
    other.execute_batch("UPDATE stall SET rowid = 50000").expect("written");
    history.append(Record::Stall(Stall { conn: 5, samples: Vec::new(), ..stall(at) }));
    history.close().await;
    let stalls = Archive::open(dir.path()).expect("it reads").stalls(at).expect("read");
    assert_eq!(stalls.iter().map(|stall| stall.samples.len()).collect::<Vec<_>>(), [2, 0]);
}

#[tokio::test]
async fn a_server_that_stalls_without_end_fills_no_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    for conn in 1..=150 {
        history.append(Record::Server(server(conn, at)));
    }
    for round in 0..11 {
        for n in 0..2000 {
            history.append(Record::Wire(line(at, &format!("{}", round * 2000 + n))));
        }
        history.close().await;
    }
    assert_eq!(history.lost(), 0);
    let archive = Archive::open(dir.path()).expect("it reads");
    let (servers, wire) = (archive.servers(at).expect("read"), archive.wire(at).expect("read"));
    assert_eq!((servers.len(), servers[0].conn), (100, 51));
    assert_eq!((wire.len(), wire[0].line.text.as_str()), (20_000, "2000"));
}

#[tokio::test]
async fn an_archive_has_the_push_receipts_of_what_was_found_and_not_of_the_baseline() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let since = now();
    history.baseline(&inbox(), seen(3), vec![found(2)]).await.expect("kept");
    let late = Some(Duration::from_secs(73));
    let announced = Found {
        mail: Mail { found: FoundBy::Push, late, ..mail(3) },
        announced: Some(received() + Duration::from_secs(70)),
        ..found(3)
    };
    history.found(&inbox(), seen(4), vec![announced]).await.expect("kept");
    history.close().await;
    let pushes = Archive::open(dir.path()).expect("it reads").pushes(since).expect("read");
    let [push] = pushes.as_slice() else { panic!("{pushes:?}") };
    assert_eq!((push.uid, push.by, push.late, push.told), (3, FoundBy::Push, late, None));
    assert_eq!((push.received, push.announced), (Some(received()), Some(received() + Duration::from_secs(70))));
}
