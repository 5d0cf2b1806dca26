//! A report's trace in tshark, Wireshark without its window: IMAP, in conversations, and named as made up.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use mailwatch_engine::history::{
    Each, Interrupted, KeptLine, KeptPush, KeptReceipt, KeptServer, Logged, Moment, WatchKey,
};
use mailwatch_engine::report::{Facts, Lists, Proof, ReportData, bundle};
use mailwatch_proto::model::{ServerInfo, WireDirection, WireLine};

use crate::needed::TSHARK;
use crate::needs::tests;

tests! {
    [&TSHARK] => frames_made_up_from_the_trace_are_imap_and_say_so;
}

/// What tshark prints of the file.
fn tshark(arguments: &[&str]) -> String {
    let done = Command::new("tshark").args(arguments).env("TZ", "UTC").output().expect("tshark starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn frames_made_up_from_the_trace_are_imap_and_say_so() {
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + seconds);
    let key =
        |mailbox: &str| WatchKey { account: "work".into(), login: "me@example.org".into(), mailbox: mailbox.into() };
    let line = |seconds, mailbox, conn, direction, text: &str| KeptLine {
        key: key(mailbox),
        conn,
        at: at(seconds),
        line: WireLine { direction, text: text.to_owned() },
    };
    let (client, server) = (WireDirection::Client, WireDirection::Server);
    let ends = |mailbox, local: &str, addr: &str| KeptServer {
        key: key(mailbox),
        conn: 1,
        at: at(0),
        server: ServerInfo { local: local.parse().ok(), addr: addr.parse().ok(), ..ServerInfo::default() },
    };
    let proof = Proof {
        stalls: Vec::new(),
        blind: Vec::new(),
        unwatched: Vec::new(),
        wire: vec![
            line(1, "INBOX", 1, server, "* OK ready"),
            line(1, "INBOX", 1, client, "A1 IDLE"),
            line(2, "lists", 1, server, "* 23 EXISTS"),
            line(3, "INBOX", 1, client, "DONE"),
            line(3, "Archive", 7, client, "A9 NOOP"),
            line(4, "INBOX", 1, server, "A1 OK IDLE terminated"),
            // Long after: the number belongs to another run.
            line(9000, "INBOX", 1, client, "A1 NOOP"),
        ],
        servers: vec![
            ends("INBOX", "192.0.2.77:51034", "198.51.100.10:993"),
            ends("lists", "[2001:db8::7]:51034", "[2001:db8::1]:993"),
        ],
    };
    let data = ReportData::new(proof, Box::new(Nothing)).expect("read");
    let files = bundle(&data, &Facts { since: at(0), until: at(10_000), config: "", renamed: true });
    let frames = files.iter().find(|file| file.name == "wire.pcapng").expect("the trace's frames");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("wire.pcapng");
    let mut bytes = Vec::new();
    frames.write(&mut bytes).expect("in memory");
    fs::write(&path, &bytes).expect("written");
    let path = path.to_str().expect("UTF-8");

    let fields =
        ["-T", "fields", "-E", "separator=|", "-e", "tcp.stream", "-e", "ip.src", "-e", "ipv6.src", "-e", "imap.line"];
    // Checksums are looked at: a frame that is wrong would be named.
    let checked = ["-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    let shown = tshark(&[&checked[..], &fields[..]].concat());
    let rows: Vec<&str> = shown.lines().collect();
    assert_eq!(
        rows,
        [
            r"0|198.51.100.10||* OK ready\r\n",
            r"0|192.0.2.77||A1 IDLE\r\n",
            r"1||2001:db8::1|* 23 EXISTS\r\n",
            r"0|192.0.2.77||DONE\r\n",
            r"2|192.0.2.1||A9 NOOP\r\n",
            r"0|198.51.100.10||A1 OK IDLE terminated\r\n",
            r"3|192.0.2.77||A1 NOOP\r\n",
        ],
        "{shown}"
    );
    let odd = "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed || tcp.analysis.flags";
    assert_eq!(tshark(&[&checked[..], &["-Y", odd]].concat()), "", "no frame is odd");
    let comments = tshark(&["-r", path, "-T", "fields", "-e", "frame.comment", "-Y", "frame.comment"]);
    assert_eq!(comments.lines().next(), Some("work/INBOX, connection 1; made up from the trace"), "{comments}");
    assert_eq!(comments.lines().count(), 4, "{comments}");
    let times = tshark(&["-r", path, "-T", "fields", "-e", "frame.time_epoch", "-c", "1"]);
    assert!(times.starts_with("1795000001.0000"), "{times}");
    let file = String::from_utf8_lossy(&bytes);
    assert!(file.contains("Made up by mailwatch-tui from its trace of IMAP lines. No packet was captured"));
}

/// A history that has neither DONEs nor mails nor a log.
struct Nothing;

impl Lists for Nothing {
    fn receipts(&self, _: Each<'_, KeptReceipt>) -> Result<(), Interrupted> {
        Ok(())
    }

    fn pushes(&self, _: Each<'_, KeptPush>) -> Result<(), Interrupted> {
        Ok(())
    }

    fn log(&self, _: Each<'_, Logged>) -> Result<(), Interrupted> {
        Ok(())
    }

    fn moments(&self, _: Each<'_, Moment>) -> Result<(), Interrupted> {
        Ok(())
    }
}
