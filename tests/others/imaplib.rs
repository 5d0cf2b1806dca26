//! Python's imaplib against the embedded server, over TLS: a client that nobody here wrote.

use std::time::Duration;

use crate::needed::PYTHON;
use crate::needs::tests;
use imap_misbehave::{Encryption, PASSWORD, Scenario, Server, USER};
use tokio::process::Command;
use tokio::time::timeout;

tests! {
    [&PYTHON] =>
        imaplib_logs_in_lists_appends_searches_fetches_idles_and_leaves.await;
}

const SCRIPT: &str = r#"
import imaplib, ssl, sys, time
port, user, password, ca = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
def ok(reply):
    assert reply[0] == "OK", reply
    return reply[1]
m = imaplib.IMAP4_SSL("localhost", port, ssl_context=ssl.create_default_context(cafile=ca), timeout=20)
ok(m.login(user, password))
assert "IDLE" in m.capabilities, m.capabilities
names = [line.split(b'"')[-2] for line in ok(m.list())]
assert names == [b"INBOX", b"lists", b"lists/rust"], names
assert ok(m.select("INBOX")) == [b"0"]
mail = b"From: Ann <ann@example.org>\r\nSubject: by imaplib\r\n\r\nHello\r\n"
ok(m.append("INBOX", None, imaplib.Time2Internaldate(time.time()), mail))
assert ok(m.search(None, "UNSEEN")) == [b"1"]
assert ok(m.uid("SEARCH", None, "SUBJECT", '"by imaplib"')) == [b"1"]
data = ok(m.fetch("1", "(UID FLAGS BODY.PEEK[])"))
assert data[0][1] == mail, data
assert b"\\Seen" not in data[0][0], data
data = ok(m.fetch("1", "(RFC822)"))
assert data[0][1] == mail, data
assert ok(m.status("INBOX", "(MESSAGES UIDNEXT UNSEEN)")) == [b'"INBOX" (MESSAGES 1 UIDNEXT 2 UNSEEN 0)']
ok(m.store("1", "+FLAGS", "\\Deleted"))
if hasattr(m, "idle"):
    ok(m.append("INBOX", None, None, mail))
    with m.idle(duration=1) as idler:
        list(idler)
else:
    m.send(b"X1 IDLE\r\n")
    assert m.readline().startswith(b"+"), "no continuation"
    m.send(b"DONE\r\n")
    line = m.readline()
    while not line.startswith(b"X1 "):
        line = m.readline()
    assert line.startswith(b"X1 OK"), line
assert ok(m.expunge())[0] == b"1"
ok(m.close())
assert m.logout()[0] == "BYE"
m = imaplib.IMAP4_SSL("localhost", port, ssl_context=ssl.create_default_context(cafile=ca), timeout=20)
ok(m.authenticate("PLAIN", lambda _: ("\0" + user + "\0" + password).encode()))
m.logout()
try:
    imaplib.IMAP4_SSL("localhost", port, ssl_context=ssl.create_default_context(cafile=ca)).login(user, "wrong")
    sys.exit("a wrong password was taken")
except imaplib.IMAP4.error as error:
    assert "AUTHENTICATIONFAILED" in str(error), error
print("imaplib is content")
"#;

async fn imaplib_logs_in_lists_appends_searches_fetches_idles_and_leaves() {
    let server = Server::new(Scenario::healthy());
    server.create("lists/rust");
    let listening = server.listen(Encryption::Implicit).await.expect("a socket");
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, listening.ca_pem()).expect("the certificate is written");
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT, &listening.port().to_string(), USER, PASSWORD]).arg(&ca_file).kill_on_drop(true);
    let output = timeout(Duration::from_mins(1), python.output()).await.expect("in time").expect("python3 runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("imaplib is content"), "{stdout}{stderr}");
    assert!(server.log().iter().all(|logged| !logged.line.contains(PASSWORD)));
    assert_eq!(server.logins(), 2);
}
