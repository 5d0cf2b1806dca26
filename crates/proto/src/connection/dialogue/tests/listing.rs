//! LIST and NOTIFY, and what follows where the server refuses them.

use std::sync::Arc;

use super::tasks::{look, open};
use super::*;
use crate::connection::task::{Notify, OwnMailbox, Work};

#[test]
fn notify_is_asked_for_once_and_left_alone_where_it_is_not_wanted_now() {
    let names: Arc<[Arc<str>]> = ["a".into(), "Entw\u{fc}rfe".into()].into();
    let work = Work { own: OwnMailbox::SetAside, notify: Some(Arc::clone(&names)), ..Work::default() };
    let task = || look(false, work.clone());
    let asked = "A1 NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (mailboxes (\"a\" \"Entw&APw-rfe\") (MessageNew MessageExpunge FlagChange MailboxName)) (personal (MailboxName))";
    let known = play_task(
        task(),
        open(),
        &format!(
            "{asked}
        S: A1 OK
        END ready, INBOX open, no mailbox"
        ),
    );
    assert_eq!(known.notify, Notify::On(names));
    play_task(task(), known, "END ready, INBOX open, no mailbox");
    let known = play_task(task(), open(), &format!("{asked}
        S: A1 NO too many
        - notify refused: imap.example.org:993 refused NOTIFY with: too many; mailboxes without a connection of their own are asked in turn
        END ready, INBOX open, no mailbox"));
    assert_eq!(known.notify, Notify::Never);
    let unasked = look(false, Work { notify: None, ..work.clone() });
    play_task(unasked, known, "END ready, INBOX open, no mailbox");
    let known =
        play_task(task(), Facts { capabilities: Arc::default(), ..open() }, "END ready, INBOX open, no mailbox");
    assert_eq!(known.notify, Notify::Never);
}

#[test]
fn list_finds_names_uses_and_patterns_written_with_another_delimiter() {
    let entries: Arc<[String]> = ["INBOX".to_owned(), "\\Sent".to_owned(), "lists/*".to_owned()].into();
    let work = Work { own: OwnMailbox::SetAside, list: Some(entries), ..Work::default() };
    play_task(
        look(false, work.clone()),
        open(),
        "
        - list begun
        A1 LIST \"\" \"*\" RETURN (SPECIAL-USE)
        S: * LIST (\\Sent) \".\" Gesendet
        S: * LIST () \".\" lists.rust
        S: A1 OK
        A2 LIST \"\" \"lists/*\"
        S: A2 OK
        A3 LIST \"\" \"\"
        S: * LIST (\\Noselect) \".\" \"\"
        S: A3 OK
        A4 LIST \"\" \"lists.*\"
        S: * LIST () \".\" lists.rust
        S: * LIST (\\NoSelect) \".\" lists.old
        S: A4 OK
        - listed [[], [\"Gesendet\"], [\"lists.rust\"]]
        END ready, INBOX open, no mailbox
    ",
    );
}

#[test]
fn where_return_is_refused_plain_list_tells_the_uses() {
    let entries: Arc<[String]> = ["INBOX".to_owned(), "\\Sent".to_owned()].into();
    let work = Work { own: OwnMailbox::SetAside, list: Some(entries), ..Work::default() };
    let known = play_task(
        look(false, work.clone()),
        open(),
        "
        - list begun
        A1 LIST \"\" \"*\" RETURN (SPECIAL-USE)
        S: A1 BAD expected end of line
        A2 LIST \"\" \"*\"
        S: * LIST (\\Sent) \".\" Gesendet
        S: A2 OK
        - listed [[], [\"Gesendet\"]]
        END ready, INBOX open, no mailbox
    ",
    );
    assert_eq!(known.list, ListForm::Plain, "and is asked for at once the next time");
    play_task(
        look(false, work),
        known,
        "
        - list begun
        A3 LIST \"\" \"*\"
        S: A3 NO not now
        - list refused: imap.example.org:993 refused LIST for \\Sent: not now; it is asked again later, and what is known stays
        - listed [[], -]
        END ready, INBOX open, no mailbox
    ",
    );
}

#[test]
fn where_list_is_refused_for_a_pattern_what_fits_is_found_among_all() {
    let entries: Arc<[String]> = ["lists/%".to_owned(), "old*".to_owned()].into();
    let work = Work { own: OwnMailbox::SetAside, list: Some(entries), ..Work::default() };
    let known = play_task(
        look(false, work.clone()),
        open(),
        "
        - list begun
        A1 LIST \"\" \"lists/%\"
        S: A1 NO Server Unavailable. 15
        A2 LIST \"\" \"*\"
        S: * LIST () \".\" INBOX
        S: * LIST () \".\" lists.rust
        S: * LIST () \".\" lists.rust.old
        S: A2 OK
        A3 LIST \"\" \"*\"
        S: * LIST () \".\" old1
        S: A3 OK
        - listed [[\"lists.rust\"], [\"old1\"]]
        END ready, INBOX open, no mailbox
    ",
    );
    play_task(
        look(false, work),
        known,
        "
        - list begun
        A4 LIST \"\" \"*\"
        S: A4 NO
        - list refused: imap.example.org:993 refused LIST for lists/%, old*: done; it is asked again later, and what is known stays
        - listed [-, -]
        END ready, INBOX open, no mailbox
    ",
    );
}
