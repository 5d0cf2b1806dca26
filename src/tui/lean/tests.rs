//! What is sent shows what ratatui's own backend would show, in fewer bytes, and in parts where there is room for no more.

use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use super::*;

const AREA: Rect = Rect { x: 0, y: 0, width: 20, height: 5 };

/// A text at a place, in a look.
fn put() -> impl Strategy<Value = (u16, u16, &'static str, Style)> {
    let colours = [
        Color::Reset,
        Color::Rgb(1, 2, 3),
        Color::Rgb(200, 100, 0),
        Color::Indexed(9),
        Color::Indexed(200),
        Color::Cyan,
        Color::White,
    ];
    // Not bold and faint at once: the terminal that is asked here has one of them at a time.
    let modifiers = [
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::BOLD.union(Modifier::UNDERLINED),
        Modifier::ITALIC.union(Modifier::REVERSED),
        Modifier::REVERSED,
    ];
    let texts = ["a", "0:12", "live  ", "├██▍··◆─┤", "会社", "x日y", "  "];
    let pick = prop::sample::select::<Color>;
    (
        0..20u16,
        0..5u16,
        prop::sample::select(texts.to_vec()),
        (pick(colours.to_vec()), pick(colours.to_vec()), prop::sample::select(modifiers.to_vec())),
    )
        .prop_map(|(x, y, text, (fg, bg, modifier))| (x, y, text, Style::reset().fg(fg).bg(bg).add_modifier(modifier)))
}

/// What a terminal shows after these frames by ratatui's own backend and by ours, and how many bytes each took.
fn shown(frames: &[Vec<(u16, u16, &'static str, Style)>]) -> [(Vec<u8>, usize); 2] {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut before = Buffer::empty(AREA);
    let mut lean = Lean::new(&mut ours);
    lean.width.set(AREA.width);
    for frame in frames {
        let mut after = Buffer::empty(AREA);
        for (x, y, text, style) in frame {
            after.set_stringn(*x, *y, text, 20, *style);
        }
        let changed = before.diff(&after);
        CrosstermBackend::new(&mut theirs).draw(changed.iter().copied()).expect("memory");
        lean.draw(changed.into_iter()).expect("memory");
        before = after;
    }
    [theirs, ours].map(|bytes| {
        let mut terminal = vt100::Parser::new(5, 20, 0);
        terminal.process(&bytes);
        // The look of what would be written next is nobody's business.
        terminal.process(b"\x1b[0m\x1b[H");
        (terminal.screen().contents_formatted(), bytes.len())
    })
}

proptest! {
    #[test]
    fn it_shows_what_ratatuis_own_backend_shows_in_no_more_bytes(
        frames in prop::collection::vec(prop::collection::vec(put(), 0..8), 1..4),
    ) {
        let [(theirs, long), (ours, short)] = shown(&frames);
        prop_assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
        // Where something wide changes, what it may leave behind is written again.
        let wide = frames.iter().flatten().any(|(_, _, text, _)| Span::raw(*text).width() > text.chars().count());
        prop_assert!(wide || short <= long, "{} > {}", short, long);
    }
}

#[test]
fn a_frame_without_a_change_is_no_byte() {
    let mut bytes = Vec::new();
    let mut lean = Lean::new(&mut bytes);
    lean.hide_cursor().expect("memory");
    lean.draw(std::iter::empty()).expect("memory");
    lean.hide_cursor().expect("memory");
    assert_eq!(bytes, b"\x1b[?25l");
}

/// Lines of a text, each in its row, in a look.
fn buffer(lines: &[&str], style: Style) -> Buffer {
    let mut buffer = Buffer::empty(AREA);
    for (y, line) in (0..).zip(lines) {
        buffer.set_stringn(0, y, line, 20, style);
    }
    buffer
}

fn contents(bytes: &[u8]) -> String {
    let mut terminal = vt100::Parser::new(5, 20, 0);
    terminal.process(bytes);
    terminal
        .screen()
        .rows(0, 20)
        .map(|row| row.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// Each cell's text, and its look; that of a blank may be what half of a wide character has left.
fn cells(bytes: &[u8]) -> Vec<String> {
    let mut terminal = vt100::Parser::new(5, 20, 0);
    terminal.process(bytes);
    let places = (0..5).flat_map(|y| (0..20).map(move |x| (y, x)));
    let cell = |(y, x)| {
        let cell = terminal.screen().cell(y, x).expect("inside");
        if cell.contents().trim().is_empty() {
            return String::new();
        }
        let looks = (cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse());
        format!("{x},{y} {} {:?} {:?} {looks:?}", cell.contents(), cell.fgcolor(), cell.bgcolor())
    };
    places.map(cell).collect()
}

#[test]
fn a_second_that_counts_below_each_other_is_digits_and_short_ways() {
    let (mut bytes, mut before) = (Vec::new(), 0);
    let mut lean = Lean::new(&mut bytes);
    lean.width.set(AREA.width);
    let mut shown = Buffer::empty(AREA);
    for second in 1..4 {
        let line = format!("live 0:0{second}   0:{}", 59 - second);
        let next = buffer(&[line.as_str(); 5], Style::reset());
        lean.draw(shown.diff(&next).into_iter()).expect("memory");
        (shown, before) = (next, lean.take_sent());
    }
    assert!(before <= 10 * (1 + 4) + 8, "{before}");
    assert_eq!(contents(&bytes), ["live 0:03   0:56"; 5].join("\n"));
}

#[test]
fn with_little_room_the_first_areas_go_first_and_the_rest_follows_in_its_newest_state() {
    let mut bytes = Vec::new();
    let mut lean = Lean::new(&mut bytes);
    lean.width.set(AREA.width);
    let (empty, old) = (Buffer::empty(AREA), buffer(&["one", "two", "three", "four", "five"], Style::reset()));
    let first = vec![Rect::new(0, 4, 20, 1), Rect::new(0, 2, 20, 1)];
    lean.limit(Part { room: AROUND + 16, is_urgent: false, first });
    lean.draw(empty.diff(&old).into_iter()).expect("memory");
    assert!(lean.waits());
    assert!(lean.take_sent() <= 16);
    let new = buffer(&["1", "two", "three", "four", "five"], Style::reset());
    lean.draw(old.diff(&new).into_iter()).expect("memory");
    assert!(!lean.waits());
    let first = contents(&bytes[..16]);
    assert_eq!(first.lines().rfind(|line| !line.is_empty()), Some("five"), "{first:?}");
    assert_eq!(contents(&bytes), "1\ntwo\nthree\nfour\nfive");
}

proptest! {
    #[test]
    fn in_however_small_parts_it_comes_to_the_same(
        frames in prop::collection::vec((prop::collection::vec(put(), 0..8), 64..400usize), 1..5),
    ) {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        let mut before = Buffer::empty(AREA);
        let (mut at_once, mut little) = (Lean::new(&mut whole), Lean::new(&mut parts));
        little.width.set(AREA.width);
        for (frame, room) in &frames {
            let mut after = Buffer::empty(AREA);
            for (x, y, text, style) in frame {
                after.set_stringn(*x, *y, text, 20, *style);
            }
            let changed = before.diff(&after);
            at_once.draw(changed.iter().copied()).expect("memory");
            little.limit(Part { room: *room, is_urgent: room % 2 == 0, first: vec![Rect::new(5, 1, 9, 2)] });
            little.draw(changed.into_iter()).expect("memory");
            prop_assert!(little.take_sent() <= *room);
            before = after;
        }
        for _ in 0..400 {
            little.limit(Part { room: 96, ..Part::WHOLE });
            little.draw(std::iter::empty()).expect("memory");
        }
        prop_assert!(!little.waits());
        prop_assert_eq!(cells(&parts), cells(&whole));
    }
}

#[test]
fn what_a_key_changes_goes_before_what_waits() {
    let mut bytes = Vec::new();
    let mut lean = Lean::new(&mut bytes);
    let (empty, old) = (Buffer::empty(AREA), buffer(&["one", "two", "three", "four"], Style::reset()));
    lean.limit(Part { room: AROUND, ..Part::WHOLE });
    lean.draw(empty.diff(&old).into_iter()).expect("memory");
    assert_eq!(lean.take_sent(), 0);
    let new = buffer(&["one", "two", "three", "four", "key"], Style::reset());
    lean.limit(Part { room: AROUND + 9, is_urgent: true, first: Vec::new() });
    lean.draw(old.diff(&new).into_iter()).expect("memory");
    assert!(lean.waits());
    assert_eq!(contents(&bytes), "\n\n\n\nkey");
}

/// What terminals disagree about: flags, families, keycaps, a text that is told to be a picture, marks, letters of scripts
/// whose letters join, and nothing at all.
const DOUBTFUL: [&str; 12] = [
    "🇩🇪",
    "👨‍👩‍👧‍👦 x",
    "❤️",
    "1️⃣2",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "👍🏽ok",
    "e\u{301}z\u{35f}",
    "नमस्ते",
    "a\u{200b}b\u{200d}c",
    "⌚✅",
    "日本🇯🇵語",
    "😀",
];

fn put_doubtful() -> impl Strategy<Value = (u16, u16, &'static str, Style)> {
    let texts = [&DOUBTFUL[..], &["abcdefgh", "│", "  ", "会社", "0:12"]].concat();
    let looks = [Style::reset(), Style::reset().fg(Color::Cyan)];
    (0..20u16, 0..3u16, prop::sample::select(texts), prop::sample::select(looks.to_vec()))
}

/// What a terminal shows that these frames were drawn on, one after the other, each in parts of so many bytes.
fn drawn(frames: &[Vec<(u16, u16, &'static str, Style)>], room: usize) -> Vec<String> {
    // The terminal that is asked goes on in the next row whatever it is told: none of these comes to its edge.
    let area = Rect { width: 60, ..AREA };
    let mut bytes = Vec::new();
    let mut lean = Lean::new(&mut bytes);
    let mut before = Buffer::empty(area);
    for frame in frames {
        let mut after = Buffer::empty(area);
        for (x, y, text, style) in frame {
            // Nothing is ever put over half of something wide; a border comes behind.
            if (0..40).all(|x| after[(x, *y)].symbol() == " ") {
                after.set_stringn(*x, *y, text, 20, *style);
                after.set_stringn(40, *y, "│", 20, Style::reset());
            }
        }
        lean.limit(Part { room, ..Part::WHOLE });
        lean.draw(before.diff(&after).into_iter()).expect("memory");
        before = after;
    }
    while lean.waits() {
        lean.draw(std::iter::empty()).expect("memory");
    }
    let mut terminal = vt100::Parser::new(area.height, area.width, 0);
    terminal.process(&bytes);
    let screen = terminal.screen();
    let place = |y| (0..area.width).filter_map(move |x| screen.cell(y, x));
    // A blank that was written is like one that never was.
    let plain = |text: &str| if text.is_empty() { " " } else { text }.to_owned();
    (0..area.height).flat_map(place).map(|cell| plain(cell.contents())).collect()
}

proptest! {
    // The terminal that is asked here counts a family's members, and takes a heart for a letter.
    #[test]
    fn what_terminals_disagree_about_leaves_nothing_behind(
        frames in prop::collection::vec(prop::collection::vec(put_doubtful(), 0..8), 2..5),
        room in prop::sample::select(vec![60usize, usize::MAX]),
    ) {
        let anew = drawn(&frames[frames.len() - 1..], usize::MAX);
        prop_assert_eq!(drawn(&frames, room), anew);
    }
}
