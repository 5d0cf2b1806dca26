//! Every pane and popup at every size, in every look: its text and, run by run, its styles, so that a changed colour
//! shows; and what holds for each of them with a stranger's text in it.

use std::fmt::Write as _;

use crossterm::event::KeyCode;
use mailwatch_engine::config;
use mailwatch_proto::model::{LINE_LIMIT, WireDirection, sanitise};
use mailwatch_tui::configuration::format;
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::colour_depth::ColourDepth;
use mailwatch_tui::tui::layout::ScreenLayout;
use mailwatch_tui::tui::requests::Reply;
use mailwatch_tui::tui::{Characters, Options, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::pictures::{self, SIZES};
use crate::scene;

/// Each view, and the keys that lead there. `!` stands for a configuration that cannot be used.
pub const VIEWS: [(&str, &str); 11] = [
    ("main", ""),
    ("watches", "1z"),
    ("accounts", "A1z"),
    ("timers", "2z"),
    ("log", "3z"),
    ("wire", "4z"),
    ("help", "?"),
    ("details", "g\r"),
    ("tuning", "tj"),
    ("cliff", "gt"),
    ("problem", "!"),
];

fn options(characters: Characters, depth: ColourDepth) -> Options {
    Options { characters, depth, ..pictures::options() }
}

/// The scene at that size, after some keys.
pub fn view(size: (u16, u16), options: Options, keys: &str, change: impl FnOnce(&mut App)) -> App {
    let now = pictures::now();
    let mut app = pictures::app(size.0, size.1, options, now);
    change(&mut app);
    for key in keys.chars() {
        match key {
            '!' => {
                let text = "[[account]]\nname = \"work\"\nhots = \"imap.example.org\"\nuser = \"me\"\n";
                let error = config::parse(text, std::path::Path::new("config.toml"), &format()).expect_err("a problem");
                app.update(Input::Reply(Reply::Config(error.into())), now);
            }
            '\r' => pictures::press(&mut app, now, &[KeyCode::Enter]),
            key => pictures::press(&mut app, now, &[KeyCode::Char(key)]),
        }
    }
    app
}

fn drawn(app: &App) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).expect("a test's terminal");
    terminal.draw(|frame| draw(frame, app)).expect("a test's terminal");
    terminal.backend().buffer().clone()
}

/// Each row as runs of cells of one style, the styles by letters; rows that are alike stand once.
fn styles(buffer: &Buffer, legend: &mut Vec<String>) -> String {
    let Rect { width, height, .. } = buffer.area;
    let mut rows: Vec<(String, usize)> = Vec::new();
    for y in 0..height {
        let mut runs: Vec<(char, usize)> = Vec::new();
        for x in 0..width {
            let cell = &buffer[(x, y)];
            let style = format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier);
            let at = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
                legend.push(style);
                legend.len() - 1
            });
            let letter = char::from_u32(u32::from('a') + u32::try_from(at).expect("few styles")).expect("a letter");
            match runs.last_mut() {
                Some((last, count)) if *last == letter => *count += 1,
                Some(_) | None => runs.push((letter, 1)),
            }
        }
        let mut row = String::new();
        for (letter, count) in runs {
            write!(row, "{count}{letter}").expect("memory");
        }
        match rows.last_mut() {
            Some((last, count)) if *last == row => *count += 1,
            Some(_) | None => rows.push((row, 1)),
        }
    }
    let mut all = String::new();
    for (row, count) in rows {
        let times = if count > 1 { format!(" x{count}") } else { String::new() };
        writeln!(all, "{row}{times}").expect("memory");
    }
    all
}

/// All sizes of a view: texts, or styles, in one snapshot.
fn look(characters: Characters, depth: ColourDepth, keys: &str, text: bool, styled: bool) -> String {
    let mut all = String::new();
    let mut legend = Vec::new();
    for size in SIZES {
        let app = view(size, options(characters, depth), keys, |_| {});
        writeln!(all, "== {}x{}", size.0, size.1).expect("memory");
        if text {
            all.push_str(&pictures::picture(&app));
        }
        if styled {
            all.push_str(&styles(&drawn(&app), &mut legend));
        }
    }
    for (letter, style) in ('a'..).zip(legend) {
        writeln!(all, "{letter}: {style}").expect("memory");
    }
    all
}

#[test]
fn every_view_at_every_size_in_dark() {
    for (name, keys) in VIEWS {
        insta::assert_snapshot!(
            format!("{name}_dark"),
            look(Characters::Unicode, ColourDepth::Indexed, keys, true, true)
        );
    }
}

#[test]
fn every_view_at_every_size_in_mono_has_the_same_text() {
    for (name, keys) in VIEWS {
        insta::assert_snapshot!(
            format!("{name}_mono"),
            look(Characters::Unicode, ColourDepth::None, keys, false, true)
        );
        for size in SIZES {
            let text = |depth| pictures::picture(&view(size, options(Characters::Unicode, depth), keys, |_| {}));
            // The help tells how many colours there are.
            if name != "help" {
                assert_eq!(text(ColourDepth::None), text(ColourDepth::True), "{name} at {size:?}");
            }
        }
    }
}

#[test]
fn every_view_at_every_size_in_ascii() {
    for (name, keys) in VIEWS {
        let text = look(Characters::AsciiMarks, ColourDepth::Indexed, keys, true, false);
        assert!(text.is_ascii(), "{name}\n{text}");
        insta::assert_snapshot!(format!("{name}_ascii"), text);
    }
}

/// What strangers write, as the engine hands it on.
fn strangers() -> Vec<String> {
    [
        "お知らせ：明日の会議について、とても長い件名がここに続きます",
        "👩\u{200d}💻 ❤\u{fe0f} 🇩🇪 👍🏽 🏳\u{fe0f}\u{200d}🌈 emoji of all kinds 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
        "שלום עולם مرحبا بالعالم right to left",
        "e\u{301}\u{301}\u{301}a\u{308}o\u{302} combining marks z\u{335}\u{336}\u{337}",
        "\u{1b}[2J\u{1b}]2;title\u{7}\u{9b}31m escapes\r\nand\nnewlines\tand tabs",
        "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069} \u{200f}bidi overrides",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([("x".repeat(10_000)), "件".repeat(10_000)])
    .map(|text| sanitise(&text, LINE_LIMIT))
    .collect()
}

pub fn with_strangers(app: &mut App) {
    let now = app.now;
    let watch = ("会社のメール", "お知らせ/日本語のとても長い名前");
    let mut board = scene::board(now);
    pictures::rename(&mut board);
    app.update(Input::Board(board), now);
    for text in strangers() {
        app.update(Input::Event(scene::ago(now, 0, Some(watch), 1, scene::mail(&text, &text))), now);
        let line = scene::wire(WireDirection::Server, &text);
        app.update(Input::Event(scene::ago(now, 0, Some(watch), 1, line)), now);
    }
    pictures::press(app, now, &[KeyCode::End]);
}

/// The borders' columns between their corners hold nothing but the border's mark.
fn assert_border(app: &App, buffer: &Buffer, area: Rect, what: &str) {
    let mark = app.glyphs().border.vertical_left;
    for y in area.top() + 1..area.bottom().saturating_sub(1) {
        for x in [area.left(), area.right() - 1] {
            assert_eq!(buffer[(x, y)].symbol(), mark, "{what} at {x},{y}\n{}", pictures::picture(app));
        }
    }
}

#[test]
fn strangers_text_moves_no_border_and_harms_nothing_in_any_view_at_any_size() {
    for characters in [Characters::Unicode, Characters::AsciiMarks, Characters::Ascii] {
        for (name, keys) in VIEWS {
            for size in SIZES.into_iter().chain([(81, 25), (59, 19), (41, 11)]) {
                let app = view(size, options(characters, ColourDepth::Indexed), keys, with_strangers);
                let what = format!("{name} at {size:?} in {characters:?}");
                let buffer = drawn(&app);
                if app.popups.open.is_some() {
                    assert_border(&app, &buffer, draw::popup_area(&app), &what);
                } else if ScreenLayout::of(&app, app.size).bordered {
                    for (_, area) in &ScreenLayout::of(&app, app.size).panes {
                        assert_border(&app, &buffer, *area, &what);
                    }
                }
                for y in 0..size.1 {
                    let mut x = 0;
                    while x < size.0 {
                        let symbol = buffer[(x, y)].symbol();
                        assert!(!symbol.chars().any(char::is_control), "{what}: {symbol:?}");
                        assert!(characters != Characters::Ascii || symbol.is_ascii(), "{what}: {symbol:?}");
                        x += u16::try_from(symbol.width().max(1)).expect("a cell's width");
                    }
                    assert_eq!(x, size.0, "{what}: row {y}\n{}", pictures::picture(&app));
                }
            }
        }
    }
}
