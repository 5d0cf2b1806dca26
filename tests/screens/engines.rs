//! The screen outlives its engine: whose it is, that it is gone, and what another one changes.

use std::time::{Duration, SystemTime};

use crossterm::event::KeyCode;
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::{Board, EventKind, Phase, PhaseGroup, Snapshot, Timers, WatchId};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::requests::Request;
use mailwatch_tui::tui::{EngineIs, Leave, words};
use proptest::prelude::*;

use crate::{pictures, scene};

const SIZES: [(u16, u16); 4] = [(200, 50), (100, 30), (80, 24), (40, 10)];

fn attached(since: SystemTime) -> EngineIs {
    EngineIs::Attached { role: "watch".to_owned(), since, pid: 4242, version: "1.2.3".to_owned() }
}

fn later(now: Now, seconds: u64) -> Now {
    Now { at: now.at + scene::secs(seconds), wall: now.wall + scene::secs(seconds) }
}

/// The scene at an engine that began the day before.
fn at(size: (u16, u16), now: Now) -> App {
    let mut app = pictures::app(size.0, size.1, pictures::options(), now);
    app.begin(attached(now.wall - scene::secs(100_000)), now);
    app
}

/// The same seven seconds after the engine's end.
fn gone(size: (u16, u16), now: Now) -> (App, Now) {
    let mut app = at(size, now);
    app.update(Input::EngineEnded { why: None, standing_by: true }, now);
    let now = later(now, 7);
    app.tick(now);
    (app, now)
}

#[test]
fn why_an_engine_has_ended_is_said_above_and_in_the_log() {
    for (why, banner, line) in [
        (None, "the engine has ended: this is what it saw last", "has ended"),
        (Some(Ending::Signal), "the engine was stopped: this is", "has ended (stopped by a signal)"),
        (Some(Ending::Restart), "the engine restarts: this is", "has ended (it is being restarted)"),
        (Some(Ending::Fault), "the engine has crashed: this is", "has ended (a fault of its own)"),
        (Some(Ending::Left), "the engine has ended: this is", "has ended (its screen was left)"),
        (Some(Ending::HandedOver), "the engine is being handed over: this is", "has ended (its screen was left"),
    ] {
        let now = pictures::now();
        let mut app = at((200, 50), now);
        app.update(Input::EngineEnded { why, standing_by: true }, now);
        app.tick(now);
        let picture = pictures::picture(&app);
        assert!(picture.contains(banner) && picture.contains(line), "{why:?}: {picture}");
    }
}

fn headline(app: &App) -> String {
    pictures::picture(app).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_headline_says_whose_engine_it_is_and_what_has_ended_is_not_shown_as_live() {
    for (width, height) in SIZES {
        let now = pictures::now();
        insta::assert_snapshot!(format!("attached_{width}x{height}"), pictures::picture(&at((width, height), now)));
        let (mut app, now) = gone((width, height), now);
        insta::assert_snapshot!(format!("engine_gone_{width}x{height}"), pictures::picture(&app));
        app.update(Input::Linked(EngineIs::Own), now);
        app.update(Input::Board(scene::board(now)), now);
        insta::assert_snapshot!(format!("taken_over_{width}x{height}"), pictures::picture(&app));
    }
}

#[test]
fn since_when_the_other_engine_runs_is_said_as_briefly_as_it_is_clear() {
    let now = pictures::now();
    for (ago, text) in [(3600, "since 13:03"), (100_000, "since Mon 10:16"), (900_000, "since Apr 20 04:03")] {
        let mut app = at((200, 50), now);
        app.begin(attached(now.wall - scene::secs(ago)), now);
        assert!(headline(&app).contains(&format!("attached to watch {text}  ")), "{}", headline(&app));
    }
    let own = pictures::app(200, 50, pictures::options(), now);
    assert!(!headline(&own).contains("attached"), "{}", headline(&own));
}

#[test]
fn another_version_is_named_in_the_log() {
    let now = pictures::now();
    let mut app = at((200, 50), now);
    let version = "0.1.0\u{1b}[2J".to_owned();
    app.begin(EngineIs::Attached { role: "screen".to_owned(), since: now.wall, pid: 7, version }, now);
    let shown = pictures::picture(&app);
    assert!(shown.contains("attached to screen (pid 7), which is version 0.1.0"), "{shown}");
    assert!(shown.contains("this screen is 1.2.3") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn timers_stand_still_while_there_is_no_engine_and_go_on_with_the_next() {
    let now = pictures::now();
    let (mut app, now) = gone((100, 30), now);
    let text = |app: &App| {
        let shown = pictures::picture(app);
        shown.lines().skip(2).take_while(|line| !line.contains("3 Log")).collect::<Vec<_>>().join("\n")
    };
    let before = text(&app);
    let now = later(now, 3600);
    app.tick(now);
    assert_eq!(text(&app), before);
    assert!(headline(&app).contains("engine gone, 1:00:07"), "{}", headline(&app));
    assert_eq!(app.pace(), Some(Duration::from_secs(1)), "the age counts");
    app.update(Input::Linked(attached(now.wall)), now);
    assert!(pictures::picture(&app).contains("attached again"));
    assert_eq!(app.now, now);
}

#[test]
fn a_key_that_asks_for_something_says_that_there_is_no_engine_and_leaves_nothing_behind() {
    let now = pictures::now();
    for (key, standing_by, said) in [
        ('d', true, "no engine: standing by"),
        ('D', true, "no engine: standing by"),
        ('r', true, "no engine: standing by"),
        ('p', true, "no engine: standing by"),
        ('+', true, "no engine: standing by"),
        ('u', true, "no engine: standing by"),
        ('e', true, "no engine: standing by"),
        ('R', true, "no engine: standing by"),
        ('d', false, "no engine: nothing is watched any more"),
    ] {
        let mut app = at((100, 30), now);
        app.update(Input::EngineEnded { why: None, standing_by }, now);
        let effects = app.update(Input::Term(event(key)), now);
        assert_eq!(effects, [], "{key}");
        assert_eq!(app.notices.notice.as_deref(), Some(said), "{key}");
        assert_eq!(app.notices.pending, None, "{key}");
        // With the next engine the key does what it always does.
        app.update(Input::Linked(EngineIs::Own), now);
        app.update(Input::Board(scene::board(now)), now);
        assert_eq!(app.update(Input::Term(event('d')), now).len(), 1);
    }
}

fn event(key: char) -> crossterm::event::Event {
    crossterm::event::Event::Key(crossterm::event::KeyEvent::new(
        KeyCode::Char(key),
        crossterm::event::KeyModifiers::NONE,
    ))
}

#[test]
fn an_answer_that_no_engine_gives_any_more_is_not_waited_for() {
    let now = pictures::now();
    let mut app = at((100, 30), now);
    assert_eq!(app.update(Input::Term(event('e')), now), [Effect::Request(Request::Evidence)]);
    app.update(Input::EngineEnded { why: None, standing_by: true }, now);
    assert_eq!((app.notices.pending, app.notices.notice.as_deref()), (None, Some("no engine: standing by")));
}

#[test]
fn a_frozen_display_goes_on_when_its_engine_ends() {
    let now = pictures::now();
    let mut app = at((100, 30), now);
    app.update(Input::Term(event('F')), now);
    app.update(
        Input::Event(scene::ago(now, 0, Some(("work", "INBOX")), 1, EventKind::Alert { text: "held".to_owned() })),
        now,
    );
    app.update(Input::EngineEnded { why: None, standing_by: true }, later(now, 5));
    let shown = pictures::picture(&app);
    assert!(!shown.contains("FROZEN") && shown.contains("held") && shown.contains("engine gone, 0:00"), "{shown}");
}

#[test]
fn capital_q_keeps_the_screens_own_engine_and_is_q_everywhere_else() {
    let now = pictures::now();
    let keep = |app: &mut App| app.update(Input::Term(event('Q')), now);
    let own = || pictures::app(100, 30, pictures::options(), now);
    assert_eq!(keep(&mut own()), [Effect::Leave(Leave::Keep)]);
    assert_eq!(keep(&mut at((100, 30), now)), [Effect::Leave(Leave::Quit)], "it goes on anyway");
    let mut ended = own();
    ended.update(Input::EngineEnded { why: None, standing_by: true }, now);
    assert_eq!(keep(&mut ended), [Effect::Leave(Leave::Quit)]);
    let demo = mailwatch_tui::tui::Options { configures: false, ..pictures::options() };
    assert_eq!(keep(&mut pictures::app(100, 30, demo, now)), [Effect::Leave(Leave::Quit)]);
    let mut nothing = own();
    nothing.update(Input::Board(Board::default()), now);
    assert_eq!(keep(&mut nothing), [Effect::Leave(Leave::Quit)], "it would watch nothing");
}

/// What comes of engines, in any order.
#[derive(Clone, Debug)]
enum Step {
    Ended(bool),
    Own,
    Attached(u32),
    Board(Vec<Phase>),
    Later(u64),
    Key(char),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Ended),
        Just(Step::Own),
        (0..3u32).prop_map(Step::Attached),
        prop::collection::vec(prop::sample::select(&Phase::ALL[..]), 0..6).prop_map(Step::Board),
        (0..100_000u64).prop_map(Step::Later),
        prop::sample::select(vec!['d', 'F', '+', 'e', 'j', 'u', 't', 's', 'A', 'z']).prop_map(Step::Key),
    ]
}

fn board(phases: &[Phase], now: Now) -> Board {
    let watch = |(n, phase): (usize, &Phase)| {
        let id = WatchId::new("work", &format!("box{n}"));
        let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now.at);
        snapshot.phase = *phase;
        (id, std::sync::Arc::new(snapshot))
    };
    Board { watches: phases.iter().enumerate().map(watch).collect(), ..Board::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_headline_counts_what_the_last_board_says_or_nothing_as_live(steps in prop::collection::vec(step(), 0..40)) {
        let mut now = pictures::now();
        let mut app = App::new(pictures::options(), ratatui::layout::Size::new(120, 20), now);
        let (mut last, mut ended) = (board(&[], now), false);
        for step in steps {
            match step {
                Step::Ended(standing_by) => {
                    app.update(Input::EngineEnded { why: None, standing_by }, now);
                    ended = true;
                }
                Step::Own => {
                    app.update(Input::Linked(EngineIs::Own), now);
                    ended = false;
                }
                Step::Attached(pid) => {
                    let since = scene::wall();
                    let is = EngineIs::Attached { role: "watch".to_owned(), since, pid, version: String::new() };
                    app.update(Input::Linked(is), now);
                    ended = false;
                }
                Step::Board(phases) => {
                    last = board(&phases, now);
                    app.update(Input::Board(last.clone()), now);
                }
                Step::Later(seconds) => {
                    now = later(now, seconds);
                    app.tick(now);
                }
                Step::Key(key) => {
                    let asks = app.update(Input::Term(event(key)), now);
                    prop_assert!(!ended || asks.is_empty(), "{:?}", asks);
                }
            }
            // A popup may cover the headline.
            if app.popups.open.is_some() {
                continue;
            }
            let shown = headline(&app);
            let count = |group| last.watches.values().filter(|snapshot| words::group(snapshot) == group).count();
            if ended {
                prop_assert!(shown.contains("engine gone, ") && !shown.contains(" live"), "{}", shown);
            } else if !app.is_frozen() {
                for (group, word) in
                    [(PhaseGroup::Live, "live"), (PhaseGroup::Busy, "busy"), (PhaseGroup::Down, "down")]
                {
                    let said = shown.contains(&format!(" {} {word}", count(group)));
                    prop_assert!(said || count(group) == 0 && !shown.contains(word), "{} {}: {}", count(group), word, shown);
                }
            }
        }
    }
}
