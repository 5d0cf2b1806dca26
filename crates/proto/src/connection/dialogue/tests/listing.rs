//! LIST and NOTIFY, and what follows where the server refuses them.

use std::sync::Arc;

use super::tasks::{item, items, look, open};
use super::*;
use crate::connection::task::{Notify, OwnMailbox, Work};

#[test]
fn notify_is_asked_for_once_and_left_alone_where_it_is_not_wanted_now() {
    let names: Arc<[Arc<str>]> = ["a".into(), "Entw\u{fc}rfe".into()].into();
    let work = Work { own: OwnMailbox::SetAside, notify: Some(Arc::clone(&names)), ..Work::default() };
    let task = || look(false, work.clone());
    let asked = "A1 NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (mailboxes (\"a\" \"Entw&APw-rfe\" \"Entw\u{fc}rfe\") (MessageNew MessageExpunge FlagChange MailboxName)) (personal (MailboxName))";
    let known = play_task(
        task(),
        open(),
        &format!(
            "- notify begun
        {asked}
        S: A1 OK
        END ready, INBOX open, no mailbox"
        ),
    );
    assert_eq!(known.notify, Notify::On(names));
    play_task(task(), known, "END ready, INBOX open, no mailbox");
    let one = asked.replace("A1", "A2").replace(" \"Entw\u{fc}rfe\"", "");
    let known = play_task(task(), open(), &format!("- notify begun
        {asked}
        S: A1 NO too many
        - notify begun
        {one}
        S: A2 NO too many
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
        - list refused: imap.example.org:993 refused LIST for \\Sent: not now; the program asks again later and keeps what it knows
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
        - list refused: imap.example.org:993 refused LIST for lists/%, old*: done; the program asks again later and keeps what it knows
        - listed [-, -]
        END ready, INBOX open, no mailbox
    ",
    );
}

#[test]
fn mailboxes_are_found_under_the_names_that_the_server_writes_whatever_they_are() {
    let entries: Arc<[String]> = ["*".to_owned()].into();
    let work = Work { own: OwnMailbox::SetAside, list: Some(entries), ..Work::default() };
    let known = play_task(
        look(false, work),
        open(),
        "
        - list begun
        A1 LIST \"\" \"*\"
        S: * LIST () \"/\" &BBAEMQQyACYEMwQ0BDU-
        S: * LIST () \"/\" R&D
        S: * LIST () \"/\" R&-D
        S: * LIST () \"/\" Entw\u{fc}rfe
        S: * LIST () \"/\" Entw&APw-rfe/alt
        S: A1 OK
        - listed [[\"Entw\u{fc}rfe\", \"Entw\u{fc}rfe/alt\", \"R&-D\", \"R&D\", \"\u{410}\u{431}\u{432}&\u{433}\u{434}\u{435}\"]]
        END ready, INBOX open, no mailbox
    ",
    );
    let written: Vec<(&str, &str)> =
        known.written.iter().map(|(name, wrote)| (name.as_str(), wrote.as_str())).collect();
    assert_eq!(
        written,
        [
            ("Entw\u{fc}rfe", "Entw\u{fc}rfe"),
            ("R&-D", "R&-D"),
            ("R&D", "R&D"),
            ("\u{410}\u{431}\u{432}&\u{433}\u{434}\u{435}", "&BBAEMQQyACYEMwQ0BDU-")
        ],
        "what is written as this program would is not kept"
    );
}

#[test]
fn names_that_have_two_forms_are_given_to_notify_in_both_and_in_one_where_that_is_refused() {
    let names: Arc<[Arc<str>]> = ["a".into(), "R&D".into()].into();
    let work = Work { own: OwnMailbox::SetAside, notify: Some(Arc::clone(&names)), ..Work::default() };
    let asked = |tag: &str, names: &str| {
        let events = "(MessageNew MessageExpunge FlagChange MailboxName)";
        let selected = "(selected-delayed (MessageNew MessageExpunge FlagChange))";
        format!("{tag} NOTIFY SET {selected} (mailboxes ({names}) {events}) (personal (MailboxName))")
    };
    let (both, one) = (asked("A1", r#""a" "R&-D" "R&D""#), asked("A2", r#""a" "R&-D""#));
    let known = play_task(
        look(false, work),
        open(),
        &format!(
            "- notify begun
        {both}
        S: A1 BAD no
        - notify begun
        {one}
        S: A2 OK
        END ready, INBOX open, no mailbox"
        ),
    );
    assert_eq!(known.notify, Notify::On(names));
}

#[test]
fn a_mailbox_that_is_not_there_under_one_form_of_its_name_is_opened_under_the_other() {
    let known = Some(Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 12, epoch: 0 });
    let work = || Work { own: OwnMailbox::SetAside, ..items(vec![item("R&D", known)]) };
    let facts = play_task(
        look(false, work()),
        open(),
        "
        A1 STATUS \"R&-D\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: A1 NO [NONEXISTENT] no such mailbox
        A2 EXAMINE \"R&-D\"
        S: A2 NO [NONEXISTENT] no such mailbox
        A3 EXAMINE \"R&D\"
        S: A3 NO [NONEXISTENT] nor that
        - R&D: missing mailbox: imap.example.org:993 refused EXAMINE R&D: [NONEXISTENT] nor that. Check the mailbox's name
        END ready, none open, no mailbox
    ",
    );
    assert!(facts.written.is_empty(), "both are tried the next time");
}

#[test]
fn where_status_comes_under_a_name_that_nobody_knows_examine_is_asked() {
    let known = Some(Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 12, epoch: 0 });
    let work = Work { own: OwnMailbox::SetAside, ..items(vec![item("a b", known)]) };
    play_task(
        look(false, work),
        open(),
        "
        A1 STATUS \"a b\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: A1 OK
        A2 EXAMINE \"a b\"
        S: A2 NO [NONEXISTENT] no
        - a b: missing mailbox: imap.example.org:993 refused EXAMINE a b: [NONEXISTENT] no. Check the mailbox's name
        END ready, none open, no mailbox
    ",
    );
}
