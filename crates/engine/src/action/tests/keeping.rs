//! How long a connection lives, and what it costs.

use std::time::Duration;

use super::{Scripted, action, ends, says, settle};
use crate::action::session::{Listing, Mailbox};
use mailwatch_proto::model::FaultClass;

const NAMES: &str = "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" \"a \\\"b\\\"\"\r\n\
                     * LIST () \"/\" \"Entw&APw-rfe\"\r\n* LIST () \"/\" \"&zz\"\r\n* XLIST what\r\nTAG OK done\r\n";

#[tokio::test(start_paused = true)]
async fn mailboxes_are_listed_by_name_and_what_cannot_be_read_is_counted() {
    let server = Scripted::new(says(NAMES));
    let mailbox = |name: &str, can_be_opened| Mailbox { name: name.to_owned(), can_be_opened };
    // What is no modified UTF-7 is listed as the server writes it.
    let mailboxes =
        vec![mailbox("&zz", true), mailbox("Entwürfe", true), mailbox("INBOX", true), mailbox("a \"b\"", false)];
    assert_eq!(action(&server).list().await, Ok(Listing { mailboxes, left_out: 1 }));
    assert_eq!(server.heard(), ["LOGIN \"me\" \"hunter2\"", "LIST \"\" *"], "async-imap's own LOGIN stays here");
}

#[tokio::test(start_paused = true)]
async fn one_connection_serves_until_a_minute_has_passed_without_use() {
    let server = Scripted::new(says(NAMES));
    let action = action(&server);
    for _ in 0..5 {
        action.list().await.expect("it is listed");
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!((server.connections(), server.open()), (1, 1));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.open(), 0);
    assert_eq!(server.heard().last().map(String::as_str), Some("LOGOUT"));
    action.list().await.expect("another is opened");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn it_counts_as_a_connection_of_the_account_and_waits_for_room_no_longer_than_connect() {
    let server = Scripted::new(says(NAMES));
    let action = action(&server);
    let taken = action.account.connections.try_acquire().expect("room");
    let fault = action.list().await.expect_err("there is no room");
    assert_eq!((fault.class, server.connections()), (FaultClass::Limit, 0));
    drop(taken);
    action.list().await.expect("there is room");
    assert!(action.account.connections.try_acquire().is_none());
    action.close().await;
    settle().await;
    assert!(action.account.connections.try_acquire().is_some());
    assert_eq!(server.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ended_meanwhile_is_opened_anew() {
    for last in ["TAG OK done\r\n", "TAG OK done\r\n* BYE timeout\r\n"] {
        let server = Scripted::new(ends(last));
        let action = action(&server);
        for count in 1..=3 {
            action.list().await.expect("it is listed");
            settle().await;
            assert_eq!(server.connections(), count);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_between_two_commands_answers_neither() {
    let server = Scripted::new(says("* LIST () \"/\" a\r\nTAG OK done\r\n* LIST () \"/\" b\r\nTAG NO late\r\n"));
    let action = action(&server);
    for _ in 0..3 {
        let listing = action.list().await.expect("it is listed");
        assert_eq!(listing.mailboxes.len(), 1);
        settle().await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_connection_for_logged_in_is_told_no_secret() {
    let server = Scripted::greeting("* PREAUTH [CAPABILITY IMAP4rev1] in\r\n", says("TAG OK done\r\n"));
    action(&server).list().await.expect("it is listed");
    assert_eq!(server.heard(), ["LIST \"\" *"]);
}
