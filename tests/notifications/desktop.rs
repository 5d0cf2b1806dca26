//! What a person is shown, and what the program says where there is nobody to show it.

use std::time::{Duration, Instant};

use imap_misbehave::{Scenario, Server};
use rustix::process::Signal;

use crate::DESKTOP;
use crate::needs::tests;
use crate::program::Rig;
use crate::session::{Daemon, Session};

tests! {
    [&DESKTOP] =>
        a_mail_is_shown_with_sender_and_subject_and_its_markup_is_text.await,
        mails_that_come_together_are_one_notification.await,
        mail_of_a_mailbox_that_the_server_calls_sent_is_not_shown.await,
        a_refused_login_is_shown_at_once.await,
        neither_a_silent_account_nor_quiet_hours_show_anything.await,
        what_waits_for_its_turn_is_shown_as_the_program_ends.await,
        an_absent_daemon_is_said_once_and_one_that_comes_later_is_used.await,
        a_daemon_that_hangs_delays_nothing_and_is_told_the_rest_once_it_goes_on.await,
        a_daemon_that_hangs_does_not_hold_up_the_end.await,
        what_notify_says_anew_is_in_force_at_sighup_without_another_connection.await;
}

/// What the program says of a daemon that does not show its notes.
const COMPLAINT: &str = "notifications cannot be shown on the desktop";

/// A session, and a program under `watch` in it whose account has this in its table and this in `[notify]`.
async fn rig(account: &str, notify: &str) -> (Session, Rig) {
    let session = Session::start();
    let rig = Rig::start(&session, account, notify).await;
    (session, rig)
}

async fn a_mail_is_shown_with_sender_and_subject_and_its_markup_is_text() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.deliver_raw("From: \"Ann & <b>Lee\" <ann@example.org>\r\nSubject: 1 < 2 && <i>4 > 3</i>\r\n\r\nx\r\n");
    let shown = daemon.next();
    assert_eq!(shown.app, "mailwatch-tui");
    assert_eq!(shown.category, "email.arrived");
    // The title is no markup. The body is for this daemon, which gives it on as it came.
    assert_eq!(shown.title, "Ann & <b>Lee");
    assert_eq!(shown.body, "1 &lt; 2 &amp;&amp; &lt;i&gt;4 &gt; 3&lt;/i&gt;\nwork/INBOX");
}

async fn mails_that_come_together_are_one_notification() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.together(&["first", "second", "third", "fourth", "fifth", "sixth"]);
    let shown = daemon.next();
    assert_eq!(shown.title, "6 new mails");
    assert!(shown.body.starts_with("Ann Lee: sixth\nAnn Lee: fifth\n"), "{}", shown.body);
    assert!(shown.body.ends_with("and 2 more\nwork/INBOX"), "{}", shown.body);
    rig.watch.heard("sixth");
    assert_eq!(daemon.others(), [], "no mail is shown twice");
}

async fn mail_of_a_mailbox_that_the_server_calls_sent_is_not_shown() {
    let session = Session::start();
    let server = Server::new(Scenario::healthy());
    server.create_for("Gesendet", "\\Sent");
    server.create("lists");
    let mailboxes = "mailboxes = [\"INBOX\", \"Gesendet\", \"lists\"]";
    let rig = Rig::start_on(server, &session, mailboxes, "desktop = true").await;
    for _ in 1..3 {
        rig.watch.heard("\"to\":\"idling\"");
    }
    let daemon = Daemon::start(&session);
    rig.deliver_to("Gesendet", "mine");
    rig.watch.heard("mine");
    rig.deliver_to("lists", "theirs");
    assert_eq!(daemon.next().body, "theirs\nwork/lists");
    // What is held back is shown as the program ends.
    rig.end();
    assert_eq!(daemon.others(), []);
}

async fn a_refused_login_is_shown_at_once() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.behave("contact-admin");
    let shown = daemon.next();
    assert_eq!((shown.title.as_str(), shown.category.as_str()), ("work needs you", "network.error"));
    assert!(
        shown.body.contains("This account is suspended.") && shown.body.ends_with("\nwork/INBOX"),
        "{}",
        shown.body
    );
}

async fn neither_a_silent_account_nor_quiet_hours_show_anything() {
    // Hours that hold the present one whatever it is, but for a minute that the test takes care not to meet.
    let cases = [("notify = false", "desktop = true"), ("", "desktop = true\nquiet = \"00:01-00:00\"")];
    for (account, notify) in cases {
        let (session, rig) = rig(account, notify).await;
        let daemon = Daemon::start(&session);
        rig.deliver("Ann Lee", "hush");
        rig.watch.heard("hush");
        // What the program ends with is shown before it has ended, and it is not this.
        rig.end();
        assert_eq!(daemon.others(), [], "{notify}");
    }
}

async fn what_waits_for_its_turn_is_shown_as_the_program_ends() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    rig.deliver("Ann Lee", "first");
    assert_eq!(daemon.next().body, "first\nwork/INBOX");
    rig.deliver("Ann Lee", "second");
    rig.watch.heard("second");
    rig.end();
    assert_eq!(daemon.next().body, "second\nwork/INBOX");
}

async fn an_absent_daemon_is_said_once_and_one_that_comes_later_is_used() {
    let (session, rig) = rig("", "desktop = true").await;
    for subject in ["one", "two"] {
        rig.deliver("Ann Lee", subject);
        rig.watch.heard(subject);
    }
    let said = rig.watch.said(COMPLAINT);
    assert!(said.contains("start a notification daemon") && said.contains("desktop = false"), "{said}");
    let daemon = Daemon::start(&session);
    // The mails before came to nothing, or wait for their turn: this one is shown with them or alone.
    rig.deliver("Ann Lee", "three");
    assert!(daemon.next().body.contains("three"));
    rig.end();
    let errors = rig.watch.errors();
    assert_eq!(errors.matches(COMPLAINT).count(), 1, "{errors}");
}

async fn a_daemon_that_hangs_delays_nothing_and_is_told_the_rest_once_it_goes_on() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    daemon.stop();
    rig.deliver("Ann Lee", "one");
    rig.watch.heard("one");
    rig.watch.said("the notification daemon does not answer");
    let began = Instant::now();
    rig.together(&["two", "three"]);
    rig.watch.heard("three");
    // The engine goes on as ever: it idles again, and says DONE when it is asked to.
    rig.watch.heard("\"to\":\"idling\"");
    rig.watch.signal(Signal::USR1);
    rig.watch.heard("done_answered");
    // What waits for the daemon would, as D-Bus has it, for 25 seconds.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}: the daemon still hangs", began.elapsed());
    daemon.go_on();
    let [one, rest] = daemon.next_of();
    assert_eq!(one.body, "one\nwork/INBOX");
    assert_eq!((rest.title.as_str(), rest.body.as_str()), ("2 new mails", "Ann Lee: three\nAnn Lee: two\nwork/INBOX"));
}

async fn a_daemon_that_hangs_does_not_hold_up_the_end() {
    let (session, rig) = rig("", "desktop = true").await;
    let daemon = Daemon::start(&session);
    daemon.stop();
    rig.deliver("Ann Lee", "one");
    rig.watch.heard("one");
    rig.end();
}

async fn what_notify_says_anew_is_in_force_at_sighup_without_another_connection() {
    let (session, rig) = rig("", "desktop = false").await;
    let daemon = Daemon::start(&session);
    rig.deliver("Ann Lee", "before");
    rig.watch.heard("before");
    rig.reconfigure("", "desktop = true");
    rig.deliver("Ann Lee", "after");
    let shown = daemon.next();
    assert_eq!((shown.title.as_str(), shown.body.as_str()), ("Ann Lee", "after\nwork/INBOX"));
    assert_eq!(rig.watch.connections(), 1);
}
