//! What a person does with a notification that a real daemon shows, and that nothing listens where none is shown.

use std::fs;
use std::path::PathBuf;

use crate::DESKTOP;
use crate::needs::tests;
use crate::program::Rig;
use crate::session::{Daemon, Session, look_for};

tests! {
    [&DESKTOP] =>
        a_click_opens_the_mail_with_the_accounts_command.await,
        a_second_action_marks_the_mail_as_seen.await,
        a_click_on_several_mails_opens_the_newest_and_none_of_them_is_marked.await,
        where_no_command_opens_mails_a_notification_offers_none.await,
        the_bus_is_left_alone_where_no_note_is_open.await,
        a_daemon_that_takes_another_s_place_has_its_clicks_taken.await;
}

/// A command that writes down which mail it was to open, in a file that appears whole.
fn opener(session: &Session) -> (String, PathBuf) {
    let opened = session.path("opened");
    let script = format!("printf '%s\\n' \"$@\" > '{0}.part'; mv '{0}.part' '{0}'", opened.display());
    let places = r#""{account}", "{mailbox}", "{uid}", "mid:{message_id}""#;
    (
        format!(
            "open_command = [\"sh\", \"-c\", \"{}\", \"sh\", {places}]",
            script.replace('"', "\\\"").replace("\\n", "\\\\n")
        ),
        opened,
    )
}

/// What the command was to open.
fn opened(file: &PathBuf) -> Vec<String> {
    let text = look_for("a mail that was opened", || fs::read_to_string(file).ok());
    fs::remove_file(file).expect("ours");
    text.lines().map(str::to_owned).collect()
}

async fn a_click_opens_the_mail_with_the_accounts_command() {
    let session = Session::start();
    let (command, file) = opener(&session);
    let rig = Rig::start(&session, &command, "desktop = true").await;
    let daemon = Daemon::start(&session);
    let before = rig.count_unseen();
    rig.deliver_as("Friday?", "<a/b@example.org>");
    assert_eq!(daemon.next().body, "Friday?\nwork/INBOX");
    session.click();
    let [account, mailbox, uid, id] = opened(&file).try_into().expect("four values");
    assert_eq!((account.as_str(), mailbox.as_str(), id.as_str()), ("work", "INBOX", "mid:a%2Fb%40example.org"));
    rig.watch.heard(&format!("\"uid\":{uid},"));
    assert_eq!(rig.count_unseen(), before + 1, "a mail that was opened is marked by what opens it");
}

async fn a_second_action_marks_the_mail_as_seen() {
    let session = Session::start();
    let (command, file) = opener(&session);
    let rig = Rig::start(&session, &command, "desktop = true").await;
    let daemon = Daemon::start(&session);
    let before = rig.count_unseen();
    rig.deliver("Ann Lee", "Friday?");
    assert_eq!(daemon.next().title, "Ann Lee");
    let offered = daemon.choose(&session, "Mark as seen");
    assert!(offered.contains("Open") && offered.contains("Mark as seen"), "{offered}");
    rig.unseen(before).await;
    assert!(!file.exists(), "it was not opened");
}

async fn a_click_on_several_mails_opens_the_newest_and_none_of_them_is_marked() {
    let session = Session::start();
    let (command, file) = opener(&session);
    let rig = Rig::start(&session, &command, "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.together(&["first", "second", "third"]);
    assert_eq!(daemon.next().title, "3 new mails");
    let offered = daemon.choose(&session, "Open");
    assert!(!offered.contains("Mark"), "{offered}");
    let uid = opened(&file)[2].clone();
    rig.watch.heard("\"subject\":\"second\"");
    rig.watch.heard(&format!("\"uid\":{uid},"));
}

async fn where_no_command_opens_mails_a_notification_offers_none() {
    let session = Session::start();
    let rig = Rig::start(&session, "", "desktop = true").await;
    let daemon = Daemon::start(&session);
    let before = rig.count_unseen();
    rig.deliver("Ann Lee", "Friday?");
    assert_eq!(daemon.next().title, "Ann Lee");
    let offered = daemon.choose(&session, "Mark as seen");
    assert!(!offered.contains("Open") && offered.contains("Mark as seen"), "{offered}");
    rig.unseen(before).await;
}

async fn the_bus_is_left_alone_where_no_note_is_open() {
    let session = Session::start();
    let rig = Rig::start(&session, "", "desktop = true").await;
    let daemon = Daemon::start(&session);
    let process = rig.watch.id();
    assert_eq!(session.connections(process), 0);
    rig.deliver("Ann Lee", "one");
    assert_eq!(daemon.next().title, "Ann Lee");
    assert_eq!(session.connections(process), 1, "one for all that is shown");
    session.close();
    look_for("the bus left alone", || (session.connections(process) == 0).then_some(()));
    // One that ends takes its notes with it.
    rig.deliver("Ann Lee", "two");
    assert_eq!(daemon.next().title, "Ann Lee");
    assert_eq!(session.connections(process), 1);
    drop(daemon);
    look_for("the bus left alone", || (session.connections(process) == 0).then_some(()));
}

async fn a_daemon_that_takes_another_s_place_has_its_clicks_taken() {
    let session = Session::start();
    let (command, file) = opener(&session);
    let rig = Rig::start(&session, &command, "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.deliver_as("one", "<one@example.org>");
    assert_eq!(daemon.next().title, "Ann Lee");
    drop(daemon);
    let daemon = Daemon::start(&session);
    rig.deliver_as("two", "<two@example.org>");
    assert_eq!(daemon.next().body, "two\nwork/INBOX");
    session.click();
    assert_eq!(opened(&file)[3], "mid:two%40example.org");
}
