//! Quarantined connections are kept as far as the account has room, and never beyond.

use imap_misbehave::{Encryption, NewMessage};
use mailwatch_proto::model::Command;

use crate::rig::Loopback;

#[tokio::test]
async fn without_room_the_old_connection_goes_first_and_the_watch_comes_back() {
    let mut it = Loopback::tuned("ignores-done-forever@1", Encryption::Implicit, |account| {
        account.max_connections = 1;
    })
    .await;
    let old = it.rig.idling().await;
    it.rig.command(0, Command::Done);
    it.rig.stall().await;
    let (gone, ..) = it.rig.replaced().await;
    assert_eq!(gone, old);
    assert_eq!(it.rig.count.peak(), 1);
    assert_eq!(it.rig.snapshot().quarantined, None, "{}", it.rig.told());
    it.deliver("after");
    it.rig.mail("after").await;
    it.wait("one is left", |server| server.open_connections() == 1).await;
    it.rig.stop().await;
}

#[tokio::test]
async fn two_watches_that_stall_share_what_room_there_is() {
    let mut it = Loopback::tuned("ignores-done-forever@2", Encryption::Implicit, |account| {
        account.mailboxes = vec!["INBOX".to_owned(), "lists".to_owned()];
        account.max_connections = 3;
    })
    .await;
    let (first, second) = (it.rig.idling().await, it.rig.idling().await);
    assert_ne!(first, second);
    for watch in [0, 1] {
        it.rig.command(watch, Command::Done);
        it.rig.stall().await;
        it.rig.replaced().await;
    }
    assert_eq!(it.rig.count.peak(), 3, "two at work and one quarantined: the older quarantined one made room");
    it.wait("no more at the server", |server| server.open_connections() == 3).await;
    for mailbox in ["INBOX", "lists"] {
        it.server.deliver(mailbox, NewMessage::new("a@example.org", mailbox));
        it.rig.mail(mailbox).await;
    }
    assert_eq!(it.rig.count.peak(), 3);
    it.rig.stop().await;
}
