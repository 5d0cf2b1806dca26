//! Timers under keys: reissue, the popup, what was requested and is not shown yet.

use mailwatch_engine::link::NotTaken;

use super::*;
use crate::tui::outbox::Outbox;

fn retuned(effects: &[Effect]) -> Option<u64> {
    match effects {
        [Effect::Ask(_, Command::Retune { timer: Timer::Reissue, value, by: None })] => {
            value.map(|value| value.as_secs())
        }
        _ => None,
    }
}

#[test]
fn reissue_moves_by_thirty_seconds_from_what_was_last_requested() {
    let mut app = app(&["a"], now());
    assert_eq!(retuned(&press(&mut app, '+')), Some(270));
    assert_eq!(retuned(&press(&mut app, '+')), Some(300));
    assert_eq!(retuned(&press(&mut app, '-')), Some(270));
}

fn requested(app: &App) -> String {
    let snapshot = app.selection().expect("a watch is selected");
    app.timers_of(snapshot).setting(Timer::Reissue).to_string()
}

/// The board as it is once the engine has come so far.
fn shown(app: &mut App, reissue: u64) {
    let mut board = app.board.clone();
    for snapshot in board.watches.values_mut() {
        let value = Some(Duration::from_secs(reissue));
        Arc::make_mut(snapshot).timers.set(Timer::Reissue, value, mailwatch_proto::model::Origin::You);
    }
    app.update(Input::Board(board), app.now);
}

#[test]
fn the_last_request_counts_while_the_board_shows_an_earlier_one_and_is_what_is_saved() {
    use crate::tui::requests::{Request, Tuned};
    let mut app = app(&["a"], now());
    press(&mut app, 't');
    press(&mut app, 'l');
    press(&mut app, 'l');
    shown(&mut app, 270);
    let saved = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Request(Request::Save(tuned))] => {
            tuned.iter().map(|Tuned { setting, .. }| setting.to_string()).collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(saved(press(&mut app, 's')), ["5m"]);
    assert_eq!(retuned(&press(&mut app, 'l')), Some(330));
    // Away and back: the value on its way there is not the request either.
    press(&mut app, 'h');
    press(&mut app, 'h');
    shown(&mut app, 330);
    assert_eq!(requested(&app), "4m30s");
    // A request that never takes effect, because another front end set the timer, is dropped.
    let later = Now { at: app.now.at + Duration::from_secs(3), wall: app.now.wall };
    app.tick(later);
    assert_eq!(requested(&app), "5m30s");
}

#[test]
fn reissue_stays_in_its_range() {
    let mut app = app(&["a"], now());
    let spec = Timer::Reissue.spec();
    let mut last = None;
    for _ in 0..100 {
        last = retuned(&press(&mut app, '-')).or(last);
    }
    assert_eq!(last, Some(spec.min.as_secs()));
    for _ in 0..100 {
        last = retuned(&press(&mut app, '+')).or(last);
    }
    assert_eq!(last, Some(spec.max.as_secs()));
    assert!(app.notices.notice.as_deref().is_some_and(|notice| notice.contains("limit")));
}

#[test]
fn undo_takes_the_last_change_back() {
    let mut app = app(&["a"], now());
    press(&mut app, '+');
    press(&mut app, '+');
    assert_eq!(retuned(&press(&mut app, 'u')), Some(270));
    assert_eq!(retuned(&press(&mut app, 'u')), Some(240));
    assert_eq!(press(&mut app, 'u'), []);
}

#[test]
fn the_popup_reaches_off_beyond_the_largest_value() {
    let mut app = app(&["a"], now());
    press(&mut app, 't');
    code(&mut app, KeyCode::Down);
    code(&mut app, KeyCode::Down);
    let silence = |value| {
        let value: Option<u64> = value;
        let value = value.map(Duration::from_secs);
        [Effect::Ask(WatchId::new("a", "INBOX"), Command::Retune { timer: Timer::Silence, value, by: None })]
    };
    assert_eq!(code(&mut app, KeyCode::Left), silence(Some(1740)));
    assert_eq!(code(&mut app, KeyCode::Right), silence(None));
}

/// A watch that takes sixteen settings at most before it comes to them, as the engine's do.
#[derive(Default)]
struct Slow {
    waiting: std::collections::VecDeque<Command>,
}

impl Slow {
    fn take(&mut self, command: Command) -> Result<(), NotTaken> {
        if self.waiting.len() >= 16 {
            return Err(NotTaken::Busy);
        }
        self.waiting.push_back(command);
        Ok(())
    }

    /// Comes to so many of them, and shows each.
    fn work(&mut self, app: &mut App, count: usize) {
        for _ in 0..count {
            let Some(command) = self.waiting.pop_front() else { return };
            let Command::Retune { value: Some(value), .. } = command else { panic!("{command:?}") };
            shown(app, value.as_secs());
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_burst_of_changes_taken_back_ends_where_it_began_however_it_arrives(
        begin in 1..24u64,
        paces in proptest::collection::vec((0..4usize, 0..20usize, 0..700u64), 100),
    ) {
        let begin = begin * 60;
        let mut app = app(&["a"], now());
        shown(&mut app, begin);
        let (mut outbox, mut watch) = (Outbox::default(), Slow::default());
        let keys = std::iter::repeat_n('+', 50).chain(std::iter::repeat_n('u', 50));
        for (key, (frames, worked, pause)) in keys.zip(paces) {
            for effect in press(&mut app, key) {
                let Effect::Ask(id, command) = effect else { panic!("{effect:?}") };
                proptest::prop_assert_eq!(outbox.hold(id, command), None);
            }
            for _ in 0..frames {
                outbox.flush(|_, command| watch.take(command));
            }
            watch.work(&mut app, worked);
            let pause = Duration::from_millis(pause);
            app.tick(Now { at: app.now.at + pause, wall: app.now.wall + pause });
        }
        while !outbox.is_empty() {
            outbox.flush(|_, command| watch.take(command));
            watch.work(&mut app, 16);
        }
        watch.work(&mut app, 16);
        let reissue = app.selection().map(|snapshot| snapshot.timers.value(Timer::Reissue));
        proptest::prop_assert_eq!(reissue, Some(Some(Duration::from_secs(begin))));
    }
}
