//! The machine against lines that are no more than numbers: their speed, their way, whether the terminal answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::*;

const QUESTION: usize = 8;

/// A line that keeps all that is sent, and a terminal at its end.
struct Line {
    flow: Flow,
    now: Instant,
    /// Bytes a second.
    speed: f64,
    /// The way there and back.
    way: Duration,
    answers: bool,
    /// What lies in it, in bytes.
    queue: f64,
    /// How many bytes each question waits for, and when its answer comes.
    questions: VecDeque<f64>,
    coming: VecDeque<Instant>,
    most: f64,
}

impl Line {
    /// The screen has begun, and the terminal was asked.
    fn new(speed: f64, way: Duration, answers: bool) -> Self {
        let now = Instant::now();
        let mut line = Self {
            flow: Flow::default(),
            now,
            speed,
            way,
            answers,
            queue: 80.0,
            questions: VecDeque::from([80.0]),
            coming: VecDeque::new(),
            most: 0.0,
        };
        line.flow.asked(now, 80);
        line
    }

    fn pass(&mut self, time: Duration) {
        for _ in 0..time.as_millis() {
            self.now += Duration::from_millis(1);
            let taken = (self.speed / 1000.0).min(self.queue);
            self.queue -= taken;
            self.questions.iter_mut().for_each(|left| *left -= taken);
            while self.questions.pop_front_if(|left| *left <= 0.5).is_some() {
                self.coming.push_back(self.now + self.way);
            }
            while self.answers && self.coming.pop_front_if(|at| *at <= self.now).is_some() {
                self.flow.answered(self.now);
            }
        }
    }

    /// Sends what there is room for of so many bytes; how many that were.
    fn send(&mut self, bytes: usize, pressed: bool) -> usize {
        let sent = self.flow.room(self.now, pressed).min(bytes);
        if sent > 0 {
            self.queue += lossless(sent);
            if self.flow.sent(self.now, sent) {
                self.flow.asked(self.now, QUESTION);
                self.queue += lossless(QUESTION);
                self.questions.push_back(self.queue);
            }
        }
        self.most = self.most.max(self.queue);
        sent
    }

    /// Frames of so many bytes without end, for so long.
    fn storm(&mut self, bytes: usize, time: Duration) {
        for _ in 0..time.as_millis() / 35 {
            self.send(bytes, false);
            self.pass(Duration::from_millis(35));
        }
    }
}

fn lossless(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).expect("few"))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn at_9600_baud_a_key_in_a_storm_has_its_bytes_shown_within_a_second() {
    for way in [0, 30, 100].map(Duration::from_millis) {
        let mut line = Line::new(960.0, way, true);
        line.storm(5000, 20 * SECOND);
        for _ in 0..50 {
            line.storm(5000, SECOND);
            line.pass(Duration::from_millis(7));
            // Nothing goes before it; frames of the storm and for keys before it may have gone just now.
            line.send(5000, true);
            line.send(5000, true);
            let pressed = line.now;
            while line.send(240, true) < 240 {
                line.pass(Duration::from_millis(1));
            }
            let until = line.now + Duration::from_secs_f64(line.queue / 960.0);
            assert!(until - pressed <= SECOND, "{:?}", until - pressed);
        }
    }
}

#[test]
fn a_slow_line_is_used_all_the_same() {
    let mut line = Line::new(960.0, Duration::from_millis(20), true);
    line.storm(5000, 5 * SECOND);
    let mut sent = 0;
    for _ in 0..300 {
        sent += line.send(5000, false);
        line.pass(Duration::from_millis(35));
    }
    assert!(sent > 960 * 10 * 7 / 10, "{sent} of {}", 960 * 10);
}

#[test]
fn on_a_fast_line_whole_frames_go_at_once_and_an_idle_one_is_not_asked() {
    let mut line = Line::new(1e7, Duration::from_millis(1), true);
    line.pass(Duration::from_millis(10));
    assert_eq!(line.send(9000, false), 9000);
    line.pass(Duration::from_millis(35));
    assert_eq!(line.send(9000, false), 9000);
    line.pass(SECOND);
    let asked = line.coming.len() + line.questions.len();
    for _ in 0..60 {
        assert_eq!(line.send(400, false), 400);
        assert!(line.questions.is_empty(), "{asked}");
        line.pass(SECOND);
    }
}

#[test]
fn a_long_way_is_not_taken_for_a_slow_line() {
    let mut line = Line::new(1e6, Duration::from_millis(140), true);
    line.pass(Duration::from_millis(145));
    let mut frames = 0;
    while line.send(9000, false) < 9000 {
        frames += 1;
        line.pass(Duration::from_millis(35));
    }
    assert!(frames <= 12, "{frames}");
}

#[test]
fn a_terminal_that_does_not_answer_is_waited_for_once() {
    let mut line = Line::new(1e6, Duration::ZERO, false);
    assert_eq!(line.send(9000, false), 0);
    assert_eq!(line.flow.due(line.now, false), line.now + FIRST_PATIENCE);
    line.pass(FIRST_PATIENCE);
    for _ in 0..100 {
        assert_eq!(line.send(9000, false), 9000);
        line.pass(Duration::from_millis(35));
    }
}

#[test]
fn one_that_was_never_asked_is_not_waited_for() {
    assert_eq!(Flow::default().room(Instant::now(), false), usize::MAX);
}

#[test]
fn a_terminal_that_falls_silent_holds_up_nothing_for_long() {
    for speed in [960.0, 1e6] {
        let mut line = Line::new(speed, Duration::from_millis(5), true);
        line.storm(5000, 5 * SECOND);
        line.answers = false;
        line.storm(5000, 35 * SECOND);
        assert!(line.send(9000, true) > 0, "{speed}");
        // It is asked again some time, and goes on as before.
        line.answers = true;
        line.pass(Duration::from_hours(1));
        line.storm(5000, 20 * SECOND);
        let window = if speed < 1e3 { 2000.0 } else { 1e6 };
        assert!(line.queue < window, "{speed}: {}", line.queue);
    }
}

#[test]
fn the_speed_that_the_system_knows_needs_no_answer() {
    let mut line = Line::new(960.0, Duration::ZERO, false);
    line.flow = Flow::with_baud(9600);
    line.pass(SECOND);
    line.storm(5000, 60 * SECOND);
    assert!(line.most <= 800.0, "{}", line.most);
    let mut sent = 0;
    for _ in 0..300 {
        sent += line.send(5000, false);
        line.pass(Duration::from_millis(35));
    }
    assert!(sent > 8000, "{sent}");
}

#[test]
fn when_it_looks_again_lies_ahead() {
    let mut line = Line::new(960.0, Duration::ZERO, true);
    for _ in 0..2000 {
        line.send(700, false);
        if line.flow.room(line.now, false) == 0 {
            assert!(line.flow.due(line.now, false) > line.now);
        }
        line.pass(Duration::from_millis(9));
    }
}
