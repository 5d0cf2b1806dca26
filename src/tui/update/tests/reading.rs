//! Log and wire as they are read: copied, searched, filtered, scrolled.

use super::*;

fn wire(text: &str) -> EventKind {
    let direction = mailwatch_proto::model::WireDirection::Server;
    EventKind::Wire(mailwatch_proto::model::WireLine { direction, text: text.to_owned() })
}

fn copied(effects: &[Effect]) -> Option<&str> {
    match effects {
        [Effect::Copy(text)] => Some(text),
        _ => None,
    }
}

#[test]
fn the_cursors_line_is_copied_and_the_newest_while_following() {
    let mut app = app(&["a"], now());
    for n in 1..=3 {
        happened(&mut app, EventKind::Bye { text: format!("bye {n}") });
    }
    press(&mut app, '3');
    assert!(copied(&press(&mut app, 'y')).is_some_and(|text| text.ends_with("BYE: bye 3")));
    code(&mut app, KeyCode::Up);
    assert!(copied(&press(&mut app, 'y')).is_some_and(|text| text.ends_with("BYE: bye 2")));
    assert_eq!(app.notices.notice.as_deref(), Some("copied 1 line"));
    assert_eq!(copied(&press(&mut app, 'Y')).map(|text| text.lines().count()), Some(3));
}

#[test]
fn the_whole_trace_is_copied_without_what_a_terminal_obeys() {
    let mut app = app(&["a"], now());
    happened(&mut app, wire("* OK \x1b]0;x\x07\r\nrm"));
    happened(&mut app, wire("* 1 EXISTS"));
    press(&mut app, '4');
    let effects = press(&mut app, 'Y');
    let text = copied(&effects).unwrap_or_default();
    assert!(text.lines().count() == 2 && !text.contains('\x1b') && !text.contains('\r'), "{text:?}");
    assert_eq!(app.notices.notice.as_deref(), Some("copied 2 lines of the trace"));
}

#[test]
fn what_the_cursor_is_on_is_copied_and_said_and_nothing_to_copy_too() {
    let mut app = app(&["a"], now());
    assert_eq!(copied(&press(&mut app, 'y')), Some("a/INBOX"));
    assert_eq!(app.notices.notice.as_deref(), Some("copied a/INBOX"));
    press(&mut app, '2');
    assert!(copied(&press(&mut app, 'y')).is_some_and(|text| text.contains("\nreissue = \"4m\"\n")));
    code(&mut app, KeyCode::Esc);
    press(&mut app, '3');
    assert_eq!(press(&mut app, 'y'), []);
    assert_eq!(app.notices.notice.as_deref(), Some("there is nothing to copy"));
}

#[test]
fn matches_are_gone_through_in_the_unfiltered_log_with_the_last_needle() {
    let mut app = app(&["a"], now());
    for text in ["one", "two", "one more", "three"] {
        happened(&mut app, EventKind::Bye { text: text.to_owned() });
    }
    press(&mut app, '3');
    for c in "/ONE".chars() {
        press(&mut app, c);
    }
    code(&mut app, KeyCode::Esc);
    let mut seen = Vec::new();
    for c in ['N', 'N', 'N', 'n'] {
        press(&mut app, c);
        seen.push(app.log.cursor());
    }
    assert_eq!(seen, [Some(2), Some(0), Some(2), Some(0)]);
}

#[test]
fn matches_are_gone_through_in_the_wire_as_well() {
    let mut app = app(&["a"], now());
    for text in ["* 1 EXISTS", "+ idling", "* 2 EXISTS", "+ idling"] {
        happened(&mut app, wire(text));
    }
    press(&mut app, '4');
    for c in "/exists".chars() {
        press(&mut app, c);
    }
    code(&mut app, KeyCode::Esc);
    press(&mut app, 'N');
    assert!(copied(&press(&mut app, 'y')).is_some_and(|text| text.ends_with("* 2 EXISTS")));
}

#[test]
fn without_a_needle_the_next_match_says_what_to_do() {
    let mut app = app(&["a"], now());
    press(&mut app, 'n');
    assert_eq!(app.notices.notice.as_deref(), Some("nothing was searched for yet: press /"));
}

#[test]
fn the_log_shows_one_watch_alone_until_it_shows_all() {
    let mut app = app(&["a", "b"], now());
    happened(&mut app, mail(1));
    code(&mut app, KeyCode::Down);
    press(&mut app, 'w');
    assert_eq!(lines(&app), Vec::<String>::new());
    press(&mut app, 'w');
    assert_eq!(lines(&app).len(), 1);
}

#[test]
fn a_frozen_display_counts_what_waits() {
    let mut app = app(&["a"], now());
    press(&mut app, 'F');
    happened(&mut app, mail(1));
    happened(&mut app, mail(2));
    assert_eq!(app.waiting(), 2);
    press(&mut app, 'F');
    assert_eq!(app.waiting(), 0);
}

#[test]
fn enter_on_a_line_of_the_log_opens_the_details_of_its_watch() {
    let mut app = app(&["a", "b"], now());
    happened(&mut app, mail(1));
    code(&mut app, KeyCode::Down);
    press(&mut app, '3');
    press(&mut app, 'f');
    code(&mut app, KeyCode::Enter);
    assert_eq!(app.watches.selected, Some(WatchId::new("a", "INBOX")));
    assert!(matches!(app.popups.open, Some(Popup::Details(_))));
}

/// The wire of a watch, whose lines hold their number.
fn with_wire(count: u64, height: u16) -> App {
    let mut app = app(&["a"], now());
    app.update(Input::Term(TermEvent::Resize(100, height)), app.now);
    for n in 0..count {
        happened(&mut app, wire(&format!("* {n} {}", if n % 3 == 0 { "EXISTS" } else { "FETCH" })));
    }
    press(&mut app, '4');
    press(&mut app, 'z');
    app
}

fn shown_rows(app: &App) -> Vec<String> {
    let area = ratatui::layout::Rect { x: 0, y: 0, width: app.size.width, height: app.size.height };
    let mut terminal =
        ratatui::Terminal::new(ratatui::backend::TestBackend::new(area.width, area.height)).expect("a test's terminal");
    terminal.draw(|frame| draw::draw(frame, app)).expect("a test's terminal");
    let text = terminal.backend().to_string();
    text.lines().filter(|line| line.contains(" S  ")).map(ToOwned::to_owned).collect()
}

#[test]
fn a_wire_that_is_filtered_and_searched_at_once_shows_a_full_page_at_its_top() {
    let mut app = with_wire(90, 14);
    let page = shown_rows(&app).len();
    assert!(page >= 8, "{page}");
    for c in "/exists".chars() {
        press(&mut app, c);
    }
    code(&mut app, KeyCode::Enter);
    for _ in 0..40 {
        press(&mut app, 'N');
        assert_eq!(shown_rows(&app).len(), page);
    }
    press(&mut app, 'g');
    let rows = shown_rows(&app);
    assert!(rows.len() == page && rows[0].contains("* 0 EXISTS"), "{rows:?}");
}

#[test]
fn a_filter_typed_at_the_top_of_the_wire_still_fills_the_page() {
    let mut app = with_wire(90, 14);
    let page = shown_rows(&app).len();
    press(&mut app, 'g');
    for c in "/exists".chars() {
        press(&mut app, c);
        assert_eq!(shown_rows(&app).len(), page);
    }
}

#[test]
fn a_wrapped_wire_can_be_scrolled_to_its_first_line() {
    let mut app = with_wire(0, 14);
    for n in 0..30 {
        happened(&mut app, wire(&format!("* number {n} {}", "word ".repeat(60))));
    }
    press(&mut app, 'W');
    press(&mut app, 'g');
    let rows = shown_rows(&app);
    assert!(rows[0].contains("* number 0 "), "{rows:?}");
}

#[test]
fn the_wires_title_counts_what_is_new_among_what_is_shown() {
    let mut app = with_wire(30, 14);
    for c in "/exists".chars() {
        press(&mut app, c);
    }
    code(&mut app, KeyCode::Enter);
    code(&mut app, KeyCode::Up);
    for text in ["* 1 EXISTS", "* 1 FETCH", "* 2 EXISTS"] {
        happened(&mut app, wire(text));
    }
    let title = |app: &App| {
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(app.size.width, app.size.height)).expect("ours");
        terminal.draw(|frame| draw::draw(frame, app)).expect("ours");
        terminal.backend().to_string()
    };
    assert!(title(&app).contains("2 new, G follows · filter: exists"), "{}", title(&app));
    app.update(Input::Term(TermEvent::Resize(40, 10)), app.now);
    assert!(title(&app).contains("2 new"), "{}", title(&app));
}

#[test]
fn mails_that_others_mark_as_seen_or_remove_are_asked_for_again_while_they_are_shown() {
    let mut app = app(&["a"], now());
    let asks = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Look(crate::tui::requests::Request::Mails(..))))
    };
    assert!(asks(&press(&mut app, '5')));
    for kind in [EventKind::Flags { count: 1 }, EventKind::Expunge { count: 1 }] {
        let later = Now { at: app.now.at + Duration::from_secs(3), ..app.now };
        let watch = Some(WatchId::new("a", "INBOX"));
        let event = |kind| Input::Event(Event { ts: later.wall, at: later.at, watch: watch.clone(), conn: None, kind });
        assert!(!asks(&app.update(event(EventKind::Hint { text: String::new() }), later)), "nothing became of a mail");
        assert!(asks(&app.update(event(kind), later)));
    }
}
