//! Timers tuned in their rows: digits, the bar, the wheel; and that all of it can be taken back.

use super::*;
use mailwatch_proto::model::Setting;

const MINUTES: fn(u64) -> Setting = |n| Setting::Value(Some(Duration::from_mins(n)));

/// An app whose pane of timers has the keys.
fn tuned() -> App {
    let mut app = app(&["a", "b"], now());
    press(&mut app, '2');
    app
}

fn setting(app: &App, timer: Timer) -> Setting {
    app.timers_of(app.selection().expect("a watch is selected")).setting(timer)
}

fn typed(app: &mut App, text: &str) {
    for c in text.chars() {
        assert_eq!(press(app, c), []);
    }
}

fn retunes(effects: &[Effect]) -> Vec<(Timer, Option<u64>)> {
    let one = |effect: &Effect| match effect {
        Effect::Ask(_, Command::Retune { timer, value, by: None }) => (*timer, value.map(|value| value.as_secs())),
        Effect::Ask(_, Command::Learn) => (Timer::Reissue, None),
        other => panic!("{other:?}"),
    };
    effects.iter().map(one).collect()
}

fn mouse(app: &mut App, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    app.update(Input::Term(TermEvent::Mouse(event)), app.now)
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const RELEASE: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

/// A cell of a timer's bar in the pane or, where that is open, in the popup.
fn bar(app: &App, wanted: Timer) -> (u16, u16) {
    let cells = (0..app.size.height).flat_map(|y| (0..app.size.width).map(move |x| (x, y)));
    let is_bar = |at: &(u16, u16)| {
        let at = Position::from(*at);
        match app.popups.tuning() {
            Some(_) => draw::tuning_at(app, at)
                .is_some_and(|hit| matches!(hit, crate::tui::app::TuningHit::Bar(timer, _) if timer == wanted)),
            None => draw::timer_hit(app, at).is_some_and(|(timer, track)| timer == wanted && track.is_some()),
        }
    };
    let mut cells: Vec<_> = cells.filter(is_bar).collect();
    cells.sort_unstable();
    cells[cells.len() / 2]
}

#[test]
fn digits_in_the_pane_are_a_value_that_enter_applies_and_esc_discards() {
    let mut app = tuned();
    typed(&mut app, "4m30s");
    assert_eq!(setting(&app, Timer::Reissue), MINUTES(4), "not before Enter");
    assert_eq!(retunes(&code(&mut app, KeyCode::Enter)), [(Timer::Reissue, Some(270))]);
    assert!(app.notices.notice.as_deref().is_some_and(|said| said.starts_with("reissue 4m30s for a/INBOX")));
    typed(&mut app, "9m");
    assert_eq!(code(&mut app, KeyCode::Esc), []);
    assert!(app.timers.typed.is_none() && app.panes.focused == Pane::Timers);
    assert_eq!(app.notices.notice.as_deref(), Some("reissue stays at 4m30s"));
    code(&mut app, KeyCode::Down);
    typed(&mut app, "7s");
    assert_eq!(retunes(&code(&mut app, KeyCode::Enter)), [(Timer::Done, Some(7))]);
    assert_eq!(retunes(&press(&mut app, 'u')), [(Timer::Done, Some(10))]);
    // From the pane to another by Esc, then by its digit.
    code(&mut app, KeyCode::Esc);
    press(&mut app, '4');
    assert_eq!(app.panes.focused, Pane::Wire);
}

#[test]
fn a_bad_value_is_said_beside_the_row_and_can_be_mended() {
    let mut app = tuned();
    for (text, why) in [("4x", "write 90s"), ("30m", "1s to 29m, auto, not 30m"), ("270", "unit")] {
        typed(&mut app, text);
        assert_eq!(code(&mut app, KeyCode::Enter), []);
        let wrong = app.timers.typed.as_ref().and_then(|typed| typed.wrong.clone()).expect("it is no value");
        assert!(wrong.contains(why), "{wrong}");
        for _ in 0..text.len() {
            code(&mut app, KeyCode::Backspace);
        }
    }
    typed(&mut app, "auto");
    assert!(matches!(code(&mut app, KeyCode::Enter).as_slice(), [Effect::Ask(_, Command::Learn)]));
}

#[test]
fn digits_are_panes_where_no_timer_is_selected_and_a_paste_is_typed() {
    let mut app = app(&["a"], now());
    press(&mut app, '3');
    assert_eq!(app.panes.focused, Pane::Log);
    press(&mut app, 't');
    typed(&mut app, "3");
    app.update(Input::Term(TermEvent::Paste("m 20s\n".to_owned())), app.now);
    assert!(code(&mut app, KeyCode::Enter).is_empty());
    code(&mut app, KeyCode::Esc);
    typed(&mut app, "3m20s");
    assert_eq!(retunes(&code(&mut app, KeyCode::Enter)), [(Timer::Reissue, Some(200))]);
}

#[test]
fn arrows_and_the_key_for_auto_and_off_work_in_the_pane_as_in_the_popup() {
    let mut app = tuned();
    code(&mut app, KeyCode::Down);
    code(&mut app, KeyCode::Down);
    assert_eq!(retunes(&press(&mut app, 'o')), [(Timer::Silence, Some(300))]);
    assert_eq!(retunes(&code(&mut app, KeyCode::Right)), [(Timer::Silence, Some(330))]);
    assert_eq!(retunes(&press(&mut app, '-')), [(Timer::Silence, Some(300))]);
    assert_eq!(retunes(&press(&mut app, 'o')), [(Timer::Silence, None)]);
    code(&mut app, KeyCode::Esc);
    assert_eq!(retunes(&press(&mut app, '+')), [(Timer::Reissue, Some(270))], "elsewhere they are reissue's");
}

#[test]
fn a_bar_follows_the_button_and_is_asked_for_once_when_it_is_released() {
    for popup in [false, true] {
        let mut app = app(&["a"], now());
        if popup {
            press(&mut app, 't');
        }
        let (x, y) = bar(&app, Timer::Reissue);
        assert_eq!(mouse(&mut app, PRESS, (x, y)), []);
        let first = setting(&app, Timer::Reissue);
        for step in 1..8 {
            assert_eq!(mouse(&mut app, DRAG, (x - step, y + 3)), []);
        }
        let last = setting(&app, Timer::Reissue);
        assert!(last != first && last != MINUTES(4), "it is seen at once: {first} {last}");
        let Setting::Value(Some(value)) = last else { panic!("{last}") };
        assert_eq!(retunes(&mouse(&mut app, RELEASE, (x - 8, y))), [(Timer::Reissue, Some(value.as_secs()))]);
        assert_eq!(retunes(&press(&mut app, 'u')), [(Timer::Reissue, Some(240))], "one change");
        assert_eq!(press(&mut app, 'u'), []);
    }
}

#[test]
fn the_wheel_over_a_row_is_asked_for_once_when_it_rests() {
    let mut app = app(&["a"], now());
    let at = bar(&app, Timer::Silence);
    for _ in 0..5 {
        assert_eq!(mouse(&mut app, MouseEventKind::ScrollDown, at), []);
        assert!(app.timers.waits_for_rest());
    }
    let to = setting(&app, Timer::Silence);
    let Setting::Value(Some(value)) = to else { panic!("{to}") };
    let rested = app.update(Input::Rested, app.now);
    assert_eq!(retunes(&rested), [(Timer::Silence, Some(value.as_secs()))]);
    assert_eq!(retunes(&press(&mut app, 'u')), [(Timer::Silence, None)]);
    // A key does not overtake it.
    let at = bar(&app, Timer::Reissue);
    mouse(&mut app, MouseEventKind::ScrollUp, at);
    assert_eq!(retunes(&press(&mut app, '+')), [(Timer::Reissue, Some(270)), (Timer::Reissue, Some(300))]);
}

#[test]
fn without_an_engine_nothing_is_typed_drawn_or_turned() {
    let mut app = tuned();
    app.update(Input::EngineEnded { why: None, standing_by: false }, app.now);
    for _ in 0..2 {
        press(&mut app, '4');
        let at = bar(&app, Timer::Reissue);
        mouse(&mut app, PRESS, at);
        mouse(&mut app, MouseEventKind::ScrollUp, at);
        assert!(app.timers.typed.is_none() && app.timers.held.is_none());
        assert!(app.notices.notice.is_some());
    }
}

/// One way to change the selected watch's reissue.
#[derive(Clone, Debug)]
enum Way {
    Key(char),
    Type(u64),
    Drag(u16, u16),
    Wheel(bool, u8),
    Undo,
}

fn way() -> impl proptest::strategy::Strategy<Value = Way> {
    use proptest::prelude::*;
    prop_oneof![
        proptest::sample::select(vec!['+', '-']).prop_map(Way::Key),
        (1..1740u64).prop_map(Way::Type),
        (0..40u16, 0..40u16).prop_map(|(from, to)| Way::Drag(from, to)),
        (any::<bool>(), 1..6u8).prop_map(|(up, notches)| Way::Wheel(up, notches)),
        Just(Way::Undo),
    ]
}

proptest::proptest! {
    #[test]
    fn whatever_was_done_in_place_is_taken_back_to_where_it_began(
        ways in proptest::collection::vec((way(), proptest::bool::ANY), 1..40),
    ) {
        let mut app = tuned();
        let mut asked = None;
        let mut take = |effects: Vec<Effect>| {
            for (timer, value) in retunes(&effects) {
                assert_eq!(timer, Timer::Reissue);
                asked = value;
            }
        };
        let at = bar(&app, Timer::Reissue);
        for (way, rests) in ways {
            match way {
                Way::Key(key) => take(press(&mut app, key)),
                Way::Type(seconds) => {
                    format!("{seconds}s").chars().for_each(|c| take(press(&mut app, c)));
                    take(code(&mut app, KeyCode::Enter));
                }
                Way::Drag(from, to) => {
                    take(mouse(&mut app, PRESS, at));
                    take(mouse(&mut app, DRAG, (from, at.1)));
                    take(mouse(&mut app, RELEASE, (to, at.1)));
                }
                Way::Wheel(up, notches) => {
                    let kind = if up { MouseEventKind::ScrollUp } else { MouseEventKind::ScrollDown };
                    for _ in 0..notches {
                        take(mouse(&mut app, kind, at));
                    }
                }
                Way::Undo => take(press(&mut app, 'u')),
            }
            if rests {
                take(app.update(Input::Rested, app.now));
            }
        }
        take(app.update(Input::Rested, app.now));
        while app.timers.can_take_back() {
            take(press(&mut app, 'u'));
        }
        proptest::prop_assert_eq!(setting(&app, Timer::Reissue), MINUTES(4));
        proptest::prop_assert!(asked.is_none_or(|value| value == 240), "{:?}", asked);
        proptest::prop_assert!(app.timers.held.is_none());
    }
}
