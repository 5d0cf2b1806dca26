//! The table of watches under keys and mouse: orders, groups, folds, filters, hundreds of rows.

use super::*;
use crate::tui::draw;
use crate::tui::table::Sort;

/// Watches by name, each with its phase, what it waits for in seconds, and its new mails.
const WATCHES: [(&str, &str, Phase, Option<u64>, u32); 5] = [
    ("home", "INBOX", Phase::Idling, Some(200), 3),
    ("home", "lists", Phase::Waiting, Some(30), 0),
    ("old", "INBOX", Phase::Paused, None, 9),
    ("work", "INBOX", Phase::Failed, None, 0),
    ("work", "lists", Phase::Idling, Some(100), 4),
];

fn several(now: Now) -> Board {
    let watch = |(account, mailbox, phase, due, new): (&str, &str, Phase, Option<u64>, u32)| {
        let id = WatchId::new(account, mailbox);
        let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now.at);
        (snapshot.phase, snapshot.mailbox.new) = (phase, new);
        snapshot.deadline = due.map(|due| (now.at + Duration::from_secs(due), Timer::Reissue));
        (id, Arc::new(snapshot))
    };
    Board { watches: WATCHES.into_iter().map(watch).collect(), ..Board::default() }
}

fn table() -> App {
    let now = now();
    let mut app = App::new(Options::default(), Size::new(100, 30), now);
    app.update(Input::Board(several(now)), now);
    app
}

fn hundreds(now: Now) -> Board {
    let mut board = Board::default();
    for n in 0..300 {
        let id = WatchId::new(&format!("account{:02}", n / 10), &format!("box{:03}", n % 10));
        let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now.at);
        snapshot.phase = Phase::Idling;
        board.watches.insert(id, Arc::new(snapshot));
    }
    board
}

/// The rows as they read, the selected one marked.
fn rows(app: &App) -> Vec<String> {
    let shown = |(at, row): (usize, &Row)| {
        let mark = if app.watches.position() == Some(at) { ">" } else { "" };
        match row {
            Row::Host(host) => format!("{mark}<{host}>"),
            Row::Account(account) => format!("{mark}[{account}]"),
            Row::Watch(id) => format!("{mark}{id}"),
        }
    };
    app.watches.rows.iter().enumerate().map(shown).collect()
}

fn typed(app: &mut App, text: &str) {
    for c in text.chars() {
        press(app, c);
    }
}

fn change(app: &mut App, change: impl FnOnce(&mut Board)) {
    let mut board = app.board.clone();
    change(&mut board);
    app.update(Input::Board(board), app.now);
}

fn with(board: &mut Board, account: &str, mailbox: &str, change: impl FnOnce(&mut Snapshot)) {
    let snapshot = board.watches.get_mut(&WatchId::new(account, mailbox)).expect("a watch of the board");
    change(Arc::make_mut(snapshot));
}

#[test]
fn the_key_goes_through_the_orders_and_the_selected_watch_stays_selected() {
    let mut app = table();
    code(&mut app, KeyCode::Down);
    let orders = [
        ("watches by state", ["work/INBOX", ">home/lists", "home/INBOX", "work/lists", "old/INBOX"]),
        ("watches by next DONE", [">home/lists", "work/lists", "home/INBOX", "old/INBOX", "work/INBOX"]),
        ("watches by new mail", ["old/INBOX", "work/lists", "home/INBOX", ">home/lists", "work/INBOX"]),
        ("watches by name", ["home/INBOX", ">home/lists", "old/INBOX", "work/INBOX", "work/lists"]),
    ];
    for (said, order) in orders {
        press(&mut app, 's');
        assert_eq!(app.notices.notice.as_deref(), Some(said));
        assert_eq!(rows(&app), order);
    }
}

#[test]
fn an_order_follows_what_changes_and_the_selection_goes_with_its_watch() {
    let mut app = table();
    code(&mut app, KeyCode::End);
    typed(&mut app, "sss");
    assert_eq!(rows(&app)[1], ">work/lists");
    change(&mut app, |board| with(board, "work", "lists", |snapshot| snapshot.mailbox.new = 20));
    assert_eq!(rows(&app)[0], ">work/lists");
}

#[test]
fn enter_folds_the_selected_account_and_unfolds_it() {
    let mut app = table();
    press(&mut app, 'A');
    let open = ["[home]", ">home/INBOX", "home/lists", "[old]", "old/INBOX", "[work]", "work/INBOX", "work/lists"];
    assert_eq!(rows(&app), open);
    code(&mut app, KeyCode::Up);
    code(&mut app, KeyCode::Enter);
    assert_eq!(rows(&app), [">[home]", "[old]", "old/INBOX", "[work]", "work/INBOX", "work/lists"]);
    assert!(app.popups.open.is_none(), "Enter on an account opens nothing");
    code(&mut app, KeyCode::Enter);
    assert_eq!(rows(&app).len(), open.len());
}

#[test]
fn left_goes_to_the_account_and_folds_it_and_right_unfolds() {
    let mut app = table();
    press(&mut app, 'A');
    code(&mut app, KeyCode::Down);
    code(&mut app, KeyCode::Left);
    assert_eq!(rows(&app)[0], ">[home]");
    assert_eq!(rows(&app).len(), 8, "the first step only goes there");
    code(&mut app, KeyCode::Left);
    assert_eq!(rows(&app)[..2], [">[home]", "[old]"]);
    code(&mut app, KeyCode::Right);
    assert_eq!(rows(&app)[..2], [">[home]", "home/INBOX"]);
}

#[test]
fn a_command_on_an_account_is_for_each_of_its_watches_folded_or_not() {
    let mut app = table();
    press(&mut app, 'A');
    code(&mut app, KeyCode::Up);
    let asked = ["INBOX", "lists"].map(|mailbox| Effect::Ask(WatchId::new("home", mailbox), Command::Done));
    assert_eq!(press(&mut app, 'd'), asked);
    code(&mut app, KeyCode::Enter);
    assert_eq!(press(&mut app, 'd'), asked);
}

#[test]
fn the_watch_is_selected_again_when_the_groups_go() {
    let mut app = table();
    code(&mut app, KeyCode::End);
    press(&mut app, 'A');
    assert_eq!(rows(&app).last().map(String::as_str), Some(">work/lists"));
    code(&mut app, KeyCode::Left);
    code(&mut app, KeyCode::Left);
    assert_eq!(rows(&app).last().map(String::as_str), Some(">[work]"));
    press(&mut app, 'A');
    assert_eq!(rows(&app).last().map(String::as_str), Some(">work/lists"));
}

#[test]
fn a_filter_finds_what_is_folded_away_and_the_fold_comes_back_with_its_end() {
    let mut app = table();
    press(&mut app, 'A');
    code(&mut app, KeyCode::Up);
    code(&mut app, KeyCode::Enter);
    typed(&mut app, "/waiting");
    assert_eq!(rows(&app), [">[home]", "home/lists"]);
    code(&mut app, KeyCode::Esc);
    assert_eq!(rows(&app)[..2], [">[home]", "[old]"]);
}

#[test]
fn a_filter_follows_what_changes() {
    let mut app = table();
    typed(&mut app, "/idling");
    code(&mut app, KeyCode::Enter);
    assert_eq!(rows(&app), [">home/INBOX", "work/lists"]);
    change(&mut app, |board| with(board, "home", "INBOX", |snapshot| snapshot.phase = Phase::Waiting));
    assert_eq!(rows(&app), [">work/lists"]);
    change(&mut app, |board| with(board, "old", "INBOX", |snapshot| snapshot.phase = Phase::Idling));
    assert_eq!(rows(&app), ["old/INBOX", ">work/lists"]);
}

#[test]
fn the_timers_pane_filters_the_watches_and_esc_ends_it_there_too() {
    let mut app = table();
    typed(&mut app, "2/work");
    code(&mut app, KeyCode::Enter);
    assert_eq!((app.panes.focused, app.watches.rows.len()), (Pane::Watches, 2));
    press(&mut app, '2');
    code(&mut app, KeyCode::Esc);
    assert_eq!(app.watches.rows.len(), 5);
}

#[test]
fn an_account_that_is_gone_leaves_the_first_watch_selected() {
    let mut app = table();
    press(&mut app, 'A');
    code(&mut app, KeyCode::Up);
    change(&mut app, |board| board.watches.retain(|id, _| &*id.account != "home"));
    assert_eq!(rows(&app)[..2], ["[old]", ">old/INBOX"]);
}

#[test]
fn a_watch_that_is_gone_leaves_another_of_its_account_selected() {
    let without_inbox = |board: &mut Board| board.watches.retain(|id, _| *id != WatchId::new("work", "INBOX"));
    for folded in [false, true] {
        let mut app = table();
        typed(&mut app, "/work");
        code(&mut app, KeyCode::Enter);
        code(&mut app, KeyCode::Esc);
        press(&mut app, 'A');
        assert_eq!(app.watches.selected, Some(WatchId::new("work", "INBOX")));
        if folded {
            code(&mut app, KeyCode::Left);
            code(&mut app, KeyCode::Left);
        }
        change(&mut app, without_inbox);
        assert_eq!(app.watches.selected, Some(WatchId::new("work", "lists")), "folded: {folded}");
    }
}

#[test]
fn pages_go_through_hundreds_of_watches_and_the_ends_stop_them() {
    let now = now();
    let mut app = App::new(Options::default(), Size::new(100, 30), now);
    app.update(Input::Board(hundreds(now)), now);
    // So many begin as one line for each account.
    assert_eq!(app.watches.rows.len(), 30);
    press(&mut app, 'A');
    let height = layout(&app).watch_rows();
    let seen = |app: &App| {
        (app.watches.top..app.watches.top + height).contains(&app.watches.position().expect("one is selected"))
    };
    let mut pages = 0;
    while app.watches.position() != Some(299) {
        let before = app.watches.position();
        code(&mut app, KeyCode::PageDown);
        assert!(app.watches.position() > before && seen(&app));
        pages += 1;
    }
    assert!(pages <= 300 / (height - 1) + 1, "{pages} pages of {height} rows");
    code(&mut app, KeyCode::PageDown);
    assert_eq!((app.watches.position(), app.watches.top), (Some(299), 300 - height));
    for _ in 0..pages {
        code(&mut app, KeyCode::PageUp);
        assert!(seen(&app));
    }
    assert_eq!((app.watches.position(), app.watches.top), (Some(0), 0));
}

#[test]
fn the_selected_of_hundreds_stays_in_view_when_the_order_changes_or_the_window_shrinks() {
    let now = now();
    let mut app = App::new(Options::default(), Size::new(200, 50), now);
    app.update(Input::Board(hundreds(now)), now);
    code(&mut app, KeyCode::End);
    let selected = app.watches.selected.clone();
    let in_view = |app: &App| {
        let position = app.watches.position().expect("one is selected");
        position >= app.watches.top && position < app.watches.top + layout(app).watch_rows()
    };
    for input in ['s', 's', 's', 'A', 's', 'z', 'A', 'z'] {
        press(&mut app, input);
        assert!(app.watches.selected == selected && in_view(&app), "{input}");
    }
    for (width, height) in [(40, 10), (20, 5), (1, 1), (100, 30)] {
        app.update(Input::Term(TermEvent::Resize(width, height)), now);
        assert!(app.watches.selected == selected && in_view(&app), "{width}x{height}");
    }
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

/// Where in the table a visible row is, so many cells from its left end.
fn cell(app: &App, row: usize, column: u16) -> (u16, u16) {
    let table = layout(app).watch_table().expect("the table is seen");
    (table.x + column, table.y + u16::try_from(row).expect("a row of the screen"))
}

fn double(app: &mut App, (x, y): (u16, u16)) -> Vec<Effect> {
    mouse(app, CLICK, (x, y));
    app.update(Input::DoubleClick(Position::new(x, y)), app.now)
}

#[test]
fn a_click_selects_an_account_and_one_on_its_mark_folds_it() {
    let mut app = table();
    press(&mut app, 'A');
    let beside = cell(&app, 3, 20);
    mouse(&mut app, CLICK, beside);
    assert_eq!((rows(&app)[3].as_str(), rows(&app).len()), (">[old]", 8));
    let mark = cell(&app, 3, 1);
    mouse(&mut app, CLICK, mark);
    assert_eq!(rows(&app)[3..5], [">[old]", "[work]"]);
    mouse(&mut app, CLICK, mark);
    assert_eq!(rows(&app).len(), 8);
}

#[test]
fn a_double_click_folds_an_account_once_wherever_it_is_hit() {
    for column in [1, 20] {
        let mut app = table();
        press(&mut app, 'A');
        let at = cell(&app, 0, column);
        double(&mut app, at);
        assert_eq!(rows(&app)[..2], [">[home]", "[old]"], "column {column}");
    }
}

#[test]
fn a_double_click_on_a_watch_opens_its_details() {
    let mut app = table();
    let at = cell(&app, 4, 20);
    double(&mut app, at);
    assert_eq!(app.watches.selected, Some(WatchId::new("work", "lists")));
    assert!(matches!(app.popups.open, Some(Popup::Details(_))));
}

#[test]
fn two_quick_clicks_on_a_key_in_the_footer_press_it_twice() {
    let mut app = table();
    let footer = layout(&app).footer.expect("the footer is seen");
    let at = (footer.x + 1, footer.y);
    assert_eq!(mouse(&mut app, CLICK, at).len(), 1);
    assert_eq!(app.update(Input::DoubleClick(Position::new(at.0, at.1)), app.now).len(), 1);
}

#[test]
fn a_click_below_the_last_row_selects_nothing_else() {
    let mut app = table();
    let below = Position::new(30, cell(&app, 4, 0).1 + 1);
    app.update(Input::DoubleClick(below), app.now);
    assert!(app.popups.open.is_none() && app.watches.position() == Some(0));
}

#[test]
fn a_click_on_a_columns_name_orders_by_it() {
    let mut app = table();
    let header = layout(&app).watch_header().expect("the header is seen");
    let mut clicked = Vec::new();
    for x in header.left()..header.right() {
        if let Some(sort) = draw::sort_at(&app, Position::new(x, header.y)) {
            mouse(&mut app, CLICK, (x, header.y));
            assert_eq!(app.watches.arrangement.sort, sort, "column {x}");
            clicked.push(sort);
        }
    }
    clicked.dedup();
    assert_eq!(clicked, [Sort::Name, Sort::State, Sort::Next, Sort::New]);
}

#[test]
fn a_reload_is_said_to_run_until_it_is_answered() {
    use crate::tui::requests::{Reply, Request};
    use crate::tui::settings::Ui;
    let mut app = table();
    assert_eq!(press(&mut app, 'R'), [Effect::Request(Request::Reload)]);
    assert_eq!(app.notices.pending, Some("reading the configuration"));
    code(&mut app, KeyCode::Down);
    assert!(app.notices.pending.is_some(), "it runs on whatever is pressed");
    let said = "config read: 1 added, 5 kept".to_owned();
    app.update(Input::Reply(Reply::Read { said: said.clone(), ui: Ui::default() }), app.now);
    assert_eq!((app.notices.pending, app.notices.notice), (None, Some(said)));
}
