//! The Mail pane: what it lists at every size, filtered, of one watch, in a file, and with strangers' text in it.

use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use mailwatch_engine::history::{KeptMail, MailList, MailQuery, WatchKey};
use mailwatch_engine::mail_text::MailText;
use mailwatch_proto::model::FoundBy;
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::requests::{Reply, Request};

use crate::pictures::{self, picture};
use crate::scene::{self, secs};

pub const SIZES: [(u16, u16); 4] = [(200, 50), (100, 30), (80, 24), (40, 10)];

/// A mail that came so many seconds before the scene.
fn kept((account, mailbox): (&str, &str), uid: u32, ago: u64, from: &str, subject: &str) -> KeptMail {
    KeptMail {
        key: WatchKey { account: account.to_owned(), login: String::new(), mailbox: mailbox.to_owned() },
        epoch: 0,
        uidvalidity: 1,
        uid,
        at: scene::wall() - secs(ago),
        from: from.to_owned(),
        subject: subject.to_owned(),
        date: None,
        message_id: Some(format!("<{uid}@example.org>")),
        flags: Vec::new(),
        headers: true,
        by: FoundBy::Push,
        received: Some(scene::wall() - secs(ago + 1)),
        late: Some(Duration::from_millis(400)),
    }
}

/// What came in the scene, the newest first.
fn mails() -> MailList {
    let (work, rust, gmail) = (("work", "INBOX"), ("work", "lists/rust"), ("gmail", "INBOX"));
    let mut mails = vec![
        kept(work, 31, 41, "Ann Lee <ann@example.org>", "Friday?"),
        kept(rust, 902, 340, "Rust Weekly <news@example.org>", "This week in the compiler: borrowck, again"),
        kept(gmail, 77, 900, "no-reply@example.net", "Your receipt"),
        kept(work, 30, 7_300, "Bob Stone <bob@example.org>", "Re: Friday?"),
        kept(work, 29, 90_000, "Ann Lee <ann@example.org>", "Minutes of Monday"),
    ];
    mails[1].flags = vec!["\\Seen".to_owned()];
    (mails[2].by, mails[2].late) = (FoundBy::Done, Some(secs(118)));
    (mails[3].by, mails[3].late) = (FoundBy::Connect, None);
    (mails[4].headers, mails[4].subject) = (false, String::new());
    MailList { mails, ..MailList::default() }
}

/// Presses keys, and answers what is asked for with these mails.
fn press_with(app: &mut App, keys: &str, mails: &MailList) -> Vec<MailQuery> {
    let now = app.now;
    let mut asked = Vec::new();
    for key in keys.chars() {
        let code = match key {
            '\r' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            key => KeyCode::Char(key),
        };
        let effects = app.update(Input::Term(TermEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))), now);
        for effect in effects {
            if let Effect::Look(Request::Mails(number, query)) = effect {
                app.update(Input::Reply(Reply::Mails(number, "".into(), Box::new(mails.clone()))), now);
                asked.push(query);
            }
        }
    }
    asked
}

fn app((width, height): (u16, u16)) -> App {
    pictures::app(width, height, pictures::options(), pictures::now())
}

#[test]
fn the_mails_that_came() {
    for size in SIZES {
        let (width, height) = size;
        let mut app = app(size);
        press_with(&mut app, "5", &mails());
        insta::assert_snapshot!(format!("mail_{width}x{height}"), picture(&app));
        press_with(&mut app, "z↓↓", &mails());
        insta::assert_snapshot!(format!("mail_alone_{width}x{height}"), picture(&app));
    }
}

/// Where no server's clock is known none of them is known to be late.
fn of_unknown_clocks() -> MailList {
    let mut list = mails();
    for mail in &mut list.mails {
        (mail.received, mail.late) = (None, None);
    }
    list
}

#[test]
fn a_column_that_has_nothing_to_show_leaves_its_cells_to_the_subject() {
    for (width, height) in [(80, 24), (100, 30), (200, 50)] {
        let mut app = app((width, height));
        press_with(&mut app, "5", &of_unknown_clocks());
        let shown = picture(&app);
        assert!(!shown.contains("LATE"), "{shown}");
        insta::assert_snapshot!(format!("mail_unknown_clocks_{width}x{height}"), shown);
        press_with(&mut app, "z", &of_unknown_clocks());
        insta::assert_snapshot!(format!("mail_alone_unknown_clocks_{width}x{height}"), picture(&app));
    }
}

#[test]
fn the_mails_of_the_only_watch_do_not_repeat_its_name() {
    let mut app = app((100, 30));
    let mut board = app.board.clone();
    board.watches.retain(|id, _| id.to_string() == "work/INBOX");
    let now = app.now;
    app.update(Input::Board(board), now);
    let mut list = of_unknown_clocks();
    list.mails.retain(|mail| mail.key.account == "work" && mail.key.mailbox == "INBOX");
    press_with(&mut app, "5", &list);
    let shown = picture(&app);
    assert!(shown.contains("Minutes") || shown.contains("headers could not be read"), "{shown}");
    let heads = shown.lines().find(|line| line.contains("SUBJECT")).expect("the header");
    assert!(!heads.contains("WATCH"), "{shown}");
}

#[test]
fn the_mails_of_one_watch_and_those_that_a_filter_finds() {
    let mut app = app((80, 24));
    let asked = press_with(&mut app, "5zw", &mails());
    assert_eq!(asked.iter().filter_map(|query| query.watch.as_ref()).count(), 1, "one watch's are asked for");
    press_with(&mut app, "/friday", &mails());
    insta::assert_snapshot!("mail_filter_80x24", picture(&app));
    press_with(&mut app, "\x1bw", &mails());
    assert!(!picture(&app).contains("only "), "{}", picture(&app));
}

#[test]
fn the_log_comes_back_in_its_place_and_the_mails_stay_while_another_pane_has_the_keys() {
    let mut app = app((100, 30));
    press_with(&mut app, "51", &mails());
    assert!(picture(&app).contains("5 Mail · 3 Log"), "{}", picture(&app));
    press_with(&mut app, "3", &mails());
    assert!(picture(&app).contains("3 Log · 5 Mail"), "{}", picture(&app));
}

#[test]
fn a_mail_that_comes_is_seen_at_once_and_an_empty_list_says_so() {
    let mut app = app((100, 30));
    press_with(&mut app, "5", &MailList::default());
    assert!(picture(&app).contains("no mail has come yet"), "{}", picture(&app));
    let now = app.now;
    let event = scene::ago(now, 0, Some(("gmail", "INBOX")), 1, scene::mail("Zoe <zoe@example.org>", "Just now"));
    app.update(Input::Event(event), now);
    assert!(picture(&app).contains("Just now"), "{}", picture(&app));
}

/// Opens the mail at the cursor; the reading's number.
fn open(app: &mut App) -> u64 {
    let now = app.now;
    let enter = TermEvent::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
    let effects = app.update(Input::Term(enter), now);
    let number = effects.iter().find_map(|effect| match effect {
        Effect::Request(Request::Read(number, _)) => Some(*number),
        _ => None,
    });
    number.expect("it is asked for")
}

fn text() -> MailText {
    let text = "Dear all,\n\nFriday at five, as ever? I bring the bread.\n\n> On Monday Bob wrote:\n> who brings what, and does \
                anybody know whether the long table is free that evening, or shall we take the garden?\n\nAnn 👩\u{200d}💻 日本語 שלום";
    MailText {
        from: "Ann Lee <ann@example.org>".to_owned(),
        to: "me@example.org, Bob Stone <bob@example.org>".to_owned(),
        subject: "Friday?".to_owned(),
        date: Some("2024-04-30T14:02:40Z".to_owned()),
        text: text.to_owned(),
        html: true,
        cut: true,
        parts: vec!["plan.pdf (application/pdf)".to_owned()],
        ..MailText::default()
    }
}

#[test]
fn a_mail_that_is_read() {
    for size in SIZES {
        let (width, height) = size;
        let mut app = app(size);
        press_with(&mut app, "5", &mails());
        let number = open(&mut app);
        insta::assert_snapshot!(format!("mail_asked_{width}x{height}"), picture(&app));
        let now = app.now;
        app.update(Input::Reply(Reply::MailText(number + 1, Box::default())), now);
        app.update(Input::Reply(Reply::MailText(number, Box::new(text()))), now);
        insta::assert_snapshot!(format!("mail_read_{width}x{height}"), picture(&app));
        assert!(!format!("{app:?}").contains("I bring the bread"), "the text is in no Debug");
    }
}

#[test]
fn a_mail_that_cannot_be_read_says_why_and_esc_lets_go_of_a_reading() {
    let mut app = app((80, 24));
    press_with(&mut app, "5", &mails());
    let number = open(&mut app);
    let now = app.now;
    app.update(Input::Reply(Reply::NotRead(number, "the mail is no longer in its mailbox".to_owned())), now);
    insta::assert_snapshot!("mail_not_read_80x24", picture(&app));
    press_with(&mut app, "\x1b", &mails());
    let number = open(&mut app);
    let esc = TermEvent::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
    let effects = app.update(Input::Term(esc), now);
    assert!(effects.contains(&Effect::Look(Request::StopReading(number))), "{effects:?}");
    app.update(Input::Reply(Reply::MailText(number, Box::new(text()))), now);
    assert!(app.popups.open.is_none());
}

#[test]
fn mails_are_marked_one_by_one_and_all_that_are_shown_after_a_question() {
    let mut app = app((100, 30));
    press_with(&mut app, "5", &mails());
    let now = app.now;
    let press =
        |app: &mut App, code| app.update(Input::Term(TermEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))), now);
    let marked = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Request(Request::Seen(number, mails)) => Some((*number, mails.clone())),
            _ => None,
        })
    };
    let (number, one) = marked(&press(&mut app, KeyCode::Char('m'))).expect("asked");
    assert_eq!(one.iter().map(|mail| mail.uid).collect::<Vec<_>>(), [31]);
    app.update(Input::Reply(Reply::Marked(number, one, None)), now);
    assert!(marked(&press(&mut app, KeyCode::Char('M'))).is_none(), "it asks first");
    insta::assert_snapshot!("mail_mark_all_100x30", picture(&app));
    let (number, rest) = marked(&press(&mut app, KeyCode::Enter)).expect("asked");
    assert_eq!(
        rest.iter().map(|mail| mail.uid).collect::<Vec<_>>(),
        [77, 30, 29],
        "neither what was seen nor what was marked"
    );
    app.update(Input::Reply(Reply::Marked(number, rest[..1].to_vec(), Some("old/INBOX: gone".to_owned()))), now);
    assert!(picture(&app).contains("1 marked as seen, not all"), "{}", picture(&app));
}

#[test]
fn strangers_text_keeps_the_rows_of_the_mails() {
    let texts = [
        "\u{202e}gnp.exe\u{202c}",
        "お知らせ：明日の会議について、とても長い件名",
        "👩\u{200d}💻 🇩🇪 🎉🎉🎉",
        "שלום עולם",
        "e\u{301}\u{301}",
    ];
    let mails = texts.iter().zip(1..).map(|(text, uid)| kept(("work", "お知らせ"), uid, u64::from(uid), text, text));
    let list = MailList { mails: mails.collect(), ..MailList::default() };
    for size in [(200, 50), (100, 30), (80, 24), (60, 20), (40, 10), (12, 5), (3, 2), (1, 1)] {
        let mut app = app(size);
        press_with(&mut app, "5", &list);
        for keys in ["", "z", "↓↓", "/日", "\x1b"] {
            press_with(&mut app, keys, &list);
            assert_eq!(picture(&app).lines().count(), usize::from(size.1), "{size:?} {keys:?}");
        }
    }
}
