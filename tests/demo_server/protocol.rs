//! What a healthy server answers, over an in-process stream under a paused clock.

use imap_misbehave::{NewMessage, PASSWORD, Scenario, Server, USER};

use super::client::Client;

fn letter() -> NewMessage {
    NewMessage::new("Ann Lee <ann@example.org>", "Friday?")
}

#[tokio::test(start_paused = true)]
async fn login_takes_quoted_strings_and_both_kinds_of_literals() {
    let password = "p\"w\\ü";
    let server = Server::with_credentials(Scenario::healthy(), "me", password);
    let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
    let length = password.len();
    let literal = format!("{{2}}\r\nme {{{length}}}\r\n{password}");
    let now = format!("{{2+}}\r\nme {{{length}+}}\r\n{password}");
    for credentials in [format!("\"me\" \"{quoted}\""), literal, now] {
        let (mut client, _) = Client::greeted(server.connect()).await;
        let reply = client.command(&format!("LOGIN {credentials}")).await;
        assert!(reply.contains("OK [CAPABILITY IMAP4rev1"), "{reply}");
    }
    assert_eq!(server.logins(), 3);
    assert!(server.log().iter().all(|logged| !logged.line.contains("p\"w")));
}

#[tokio::test(start_paused = true)]
async fn authenticate_plain_works_with_and_without_an_initial_response() {
    use base64::Engine as _;
    let response = base64::engine::general_purpose::STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    let server = Server::new(Scenario::healthy());
    let (mut client, greeting) = Client::greeted(server.connect()).await;
    assert!(greeting.starts_with("* OK [CAPABILITY IMAP4rev1 SASL-IR"));
    assert!(client.command(&format!("AUTHENTICATE PLAIN {response}")).await.contains("T1 OK"));
    let (mut client, _) = Client::greeted(server.connect()).await;
    client.send("a AUTHENTICATE PLAIN\r\n").await;
    assert_eq!(client.line().await, "+");
    client.send(format!("{response}\r\n")).await;
    assert!(client.line().await.starts_with("a OK"));
    assert!(server.log().iter().all(|logged| !logged.line.contains(&response)));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_refused_with_its_code() {
    let server = Server::new(Scenario::healthy());
    let (mut client, _) = Client::greeted(server.connect()).await;
    assert!(client.command("LOGIN me wrong").await.contains("T1 NO [AUTHENTICATIONFAILED]"));
    assert!(client.command("SELECT INBOX").await.contains("T2 BAD"));
    assert_eq!(server.logins(), 0);
}

#[tokio::test(start_paused = true)]
async fn mailboxes_are_listed_by_pattern_and_names_pass_as_modified_utf7() {
    let server = Server::new(Scenario::healthy());
    server.create("lists/rust");
    server.create("Entwürfe");
    let mut client = Client::within(server.connect(), "NOOP").await;
    assert_eq!(
        client.ok("LIST \"\" %").await,
        "\n* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe\"\n* LIST (\\HasNoChildren) \"/\" \"INBOX\"\
         \n* LIST (\\Noselect \\HasChildren) \"/\" \"lists\"\nT3 OK List completed."
    );
    assert!(client.ok("LIST \"\" \"lists/*\"").await.contains("(\\HasNoChildren) \"/\" \"lists/rust\""));
    assert!(client.ok("LIST \"\" \"\"").await.contains("* LIST (\\Noselect) \"/\" \"\""));
    server.deliver("Entwürfe", letter());
    let status = client.ok("STATUS Entw&APw-rfe (MESSAGES UIDNEXT UNSEEN)").await;
    assert!(status.contains("* STATUS \"Entw&APw-rfe\" (MESSAGES 1 UIDNEXT 2 UNSEEN 1)"), "{status}");
    assert!(client.command("EXAMINE nowhere").await.contains("NO [NONEXISTENT]"));
}

#[tokio::test(start_paused = true)]
async fn select_marks_recent_and_seen_and_examine_leaves_both_alone() {
    let server = Server::new(Scenario::healthy());
    server.deliver("INBOX", letter());
    let mut reader = Client::within(server.connect(), "EXAMINE INBOX").await;
    let fetched = reader.ok("FETCH 1 (FLAGS BODY[TEXT]<0.5>)").await;
    assert!(fetched.contains("* 1 FETCH (FLAGS (\\Recent) BODY[TEXT]<0> {5}\nHello)"), "{fetched}");
    assert!(reader.command("STORE 1 +FLAGS (\\Seen)").await.contains("NO [READ-ONLY]"));
    let mut owner = Client::within(server.connect(), "NOOP").await;
    let selected = owner.ok("SELECT inbox").await;
    assert!(selected.contains("* 1 EXISTS\n* 1 RECENT\n") && selected.contains("[UNSEEN 1]"), "{selected}");
    assert!(owner.ok("FETCH 1 BODY[TEXT]").await.contains("FLAGS (\\Recent \\Seen))"));
    assert!(reader.ok("NOOP").await.contains("* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen))"));
}

#[tokio::test(start_paused = true)]
async fn uid_fetch_from_beyond_the_end_gives_the_last_message() {
    let server = Server::new(Scenario::healthy());
    for _ in 0..3 {
        server.deliver("INBOX", letter());
    }
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    let fetched = client.ok("UID FETCH 9:* (UID ENVELOPE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])").await;
    assert!(fetched.contains("* 3 FETCH (UID 3 ENVELOPE (\""), "{fetched}");
    assert!(fetched.contains("\"Friday?\" ((\"Ann Lee\" NIL \"ann\" \"example.org\"))"), "{fetched}");
    assert!(fetched.contains("{53}\nFrom: Ann Lee <ann@example.org>\nSubject: Friday?\n"), "{fetched}");
    assert!(client.command("FETCH 4 FLAGS").await.contains("BAD"));
}

#[tokio::test(start_paused = true)]
async fn expunge_is_told_at_the_right_time_to_every_session() {
    let server = Server::new(Scenario::healthy());
    for _ in 0..3 {
        server.deliver("INBOX", letter());
    }
    let mut owner = Client::within(server.connect(), "SELECT INBOX").await;
    let mut other = Client::within(server.connect(), "EXAMINE INBOX").await;
    owner.ok("UID STORE 1:2 +FLAGS.SILENT (\\Deleted)").await;
    assert!(owner.ok("EXPUNGE").await.contains("* 1 EXPUNGE\n* 1 EXPUNGE\n"));
    assert!(!other.ok("FETCH 1:3 UID").await.contains("EXPUNGE"));
    assert!(other.ok("NOOP").await.contains("* 1 EXPUNGE\n* 1 EXPUNGE\n"));
    assert_eq!(server.count("INBOX"), 1);
}

#[tokio::test(start_paused = true)]
async fn append_copy_and_search_work_on_what_a_client_brought() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "SELECT INBOX").await;
    let mail = "From: a@example.org\r\nSubject: brought\r\n\r\nx\r\n";
    let append = format!("APPEND INBOX (\\Seen) \" 1-Mar-2026 10:00:00 +0100\" {{{}+}}\r\n{mail}", mail.len());
    assert!(client.ok(&append).await.contains("* 1 EXISTS"));
    assert!(client.ok("FETCH 1 INTERNALDATE").await.contains("\" 1-Mar-2026 09:00:00 +0000\""));
    assert!(client.ok("UID SEARCH SUBJECT brought SEEN").await.contains("\n* SEARCH 1\n"));
    assert!(client.ok("SEARCH UNSEEN").await.contains("\n* SEARCH\n"));
    client.ok("CREATE kept").await;
    assert!(client.ok("UID COPY 1 kept").await.contains("[COPYUID "));
    assert_eq!(server.count("kept"), 1);
    assert!(client.command("SEARCH NONSENSE").await.contains("BAD"));
}

#[tokio::test(start_paused = true)]
async fn idle_pushes_what_happens_to_every_session() {
    let server = Server::new(Scenario::healthy());
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
        client.idle().await;
        clients.push(client);
    }
    server.wait_until(|server| server.idling() == 3).await;
    assert_eq!(server.deliver("INBOX", letter()), 1);
    for client in &mut clients {
        assert_eq!(client.until("* 1 RECENT").await, "\n* 1 EXISTS\n* 1 RECENT");
    }
    server.set_flags("INBOX", 1, &["\\Seen"]);
    for client in &mut clients {
        assert_eq!(client.line().await, "* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen))");
    }
    assert!(server.expunge("INBOX", 1));
    for client in &mut clients {
        assert_eq!(client.line().await, "* 1 EXPUNGE");
        client.send("DONE\r\n").await;
        assert_eq!(client.line().await, "I OK Idle completed.");
    }
    assert_eq!((server.dones(), server.idling()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn anything_but_done_ends_idle_with_bad() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    client.send("x NOOP\r\n").await;
    assert_eq!(client.line().await, "I BAD Expected DONE.");
}

#[tokio::test(start_paused = true)]
async fn a_client_cannot_exhaust_the_server() {
    let server = Server::new(Scenario::healthy());
    let (mut client, _) = Client::greeted(server.connect()).await;
    client.send(vec![b'x'; 20_000]).await;
    assert_eq!(client.line().await, "* BYE Command line too long");
    let (mut client, _) = Client::greeted(server.connect()).await;
    assert!(client.command("LOGIN {999999999}").await.contains("NO [TOOBIG]"));
    let (mut client, _) = Client::greeted(server.connect()).await;
    client.send("a LOGIN {999999999+}\r\n").await;
    assert_eq!(client.line().await, "* BYE Literal too large");
    let (mut client, _) = Client::greeted(server.connect()).await;
    client.send("a NONSENSE\r\n".repeat(20)).await;
    client.until("* BYE Too many").await;
    server.wait_until(|server| server.open_connections() <= 1).await;
}

#[tokio::test(start_paused = true)]
async fn answers_wait_while_they_are_paused_and_the_commands_are_read() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    server.pause_answers();
    server.deliver("INBOX", letter());
    client.send("DONE\r\n").await;
    server.wait_until(|server| server.dones() == 1).await;
    let mut heard = Vec::new();
    assert!(client.hear(std::time::Duration::from_mins(1), 100, &mut heard).await);
    assert_eq!(heard, b"");
    server.resume_answers();
    assert_eq!(client.until("I ").await, "\n* 1 EXISTS\n* 1 RECENT\nI OK Idle completed.");
}

#[tokio::test(start_paused = true)]
async fn a_scenario_changes_under_a_running_session() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    server.set_scenario(Scenario::by_name("bye=5s").expect("a scenario"));
    assert_eq!(client.line().await, "* BYE Server shutting down.");
    assert_eq!(client.line().await, "");
    server.wait_until(|server| server.open_connections() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_uidvalidity_ends_the_sessions_that_knew_the_old() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    server.change_uidvalidity("INBOX");
    assert!(client.line().await.starts_with("* BYE IMAP session state is inconsistent"));
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_dropped_end_without_a_word() {
    let server = Server::new(Scenario::healthy());
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    server.drop_connections();
    assert_eq!(client.line().await, "");
    server.wait_until(|server| server.open_connections() == 0 && server.idling() == 0).await;
    assert_eq!(server.accepted(), 1);
}
