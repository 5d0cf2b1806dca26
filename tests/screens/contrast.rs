//! What is drawn can be read: the contrast of every cell by WCAG 2.1, in every built-in theme, on the grounds that it is for.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::{Fault, FaultClass};
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::colour_depth::ColourDepth;
use mailwatch_tui::tui::draw;
use mailwatch_tui::tui::settings::Theme;
use mailwatch_tui::tui::theme::Styles;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::{first_run, matrix, pictures, scene};

type Rgb = (u8, u8, u8);

const BLACK: Rgb = (0, 0, 0);
const WHITE: Rgb = (255, 255, 255);

/// VS Code's, and One Dark's.
const DARK: [Rgb; 3] = [BLACK, (0x1e, 0x1e, 0x1e), (0x28, 0x2c, 0x34)];
/// Solarized's, and Catppuccin's.
const LIGHT: [Rgb; 3] = [WHITE, (0xfd, 0xf6, 0xe3), (0xef, 0xf1, 0xf5)];

/// The sixteen of xterm.
const SIXTEEN: [Rgb; 16] = [
    BLACK,
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    WHITE,
];

fn rgb(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Reset => default,
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index @ 0..16) => SIXTEEN[usize::from(index)],
        Color::Indexed(index @ 16..232) => {
            let part = |n: u8| [0, 95, 135, 175, 215, 255][usize::from(n)];
            let n = index - 16;
            (part(n / 36), part(n / 6 % 6), part(n % 6))
        }
        Color::Indexed(index) => [8 + 10 * (index - 232); 3].into(),
        other => panic!("{other:?} is no colour of a theme"),
    }
}

fn luminance((r, g, b): Rgb) -> f64 {
    let part = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Every scene of the pictures, by name.
fn scenes() -> Vec<(String, App)> {
    let mut scenes = Vec::new();
    for (name, keys) in matrix::VIEWS {
        for size in [(200, 50), (80, 24)] {
            let options = pictures::options();
            scenes.push((format!("{name} of {size:?}"), matrix::view(size, options, keys, |_| {})));
        }
    }
    for (name, keys) in
        [("selected", "gjj"), ("wire's line", "4kk"), ("log's line", "3kk"), ("commands", ":"), ("frozen", "f")]
    {
        scenes.push((name.to_owned(), matrix::view((120, 40), pictures::options(), keys, |_| {})));
    }
    scenes.push(("strangers".to_owned(), matrix::view((120, 40), pictures::options(), "", matrix::with_strangers)));
    let (mut gone, now) = (matrix::view((120, 40), pictures::options(), "", |_| {}), pictures::now());
    gone.update(Input::EngineEnded { why: Some(Ending::Fault), standing_by: false }, now);
    scenes.push(("an engine that is gone".to_owned(), gone));
    let mut fault = matrix::view((120, 40), pictures::options(), "", |_| {});
    let mut board = scene::board(now);
    board.fault = Some(Fault::retry_after(FaultClass::History, "history.db cannot be written"));
    fault.update(Input::Board(board), now);
    scenes.push(("a fault of the program's own".to_owned(), fault));
    scenes.push(("welcome".to_owned(), first_run::welcomed((100, 30))));
    let mut form = first_run::welcomed((100, 30));
    first_run::keys(&mut form, &[KeyCode::Enter]);
    scenes.push(("the empty form".to_owned(), form));
    let mut form = first_run::welcomed((100, 30));
    first_run::filled(&mut form);
    scenes.push(("the form".to_owned(), form));
    scenes
}

/// The least contrast of text, and of borders and marks, by the colours on a ground.
fn check(
    scenes: &mut [(String, App)],
    (theme, depth, ground): (&str, ColourDepth, Rgb),
    (text, mark): (f64, f64),
    only_selected: bool,
) -> Vec<String> {
    let styles = Styles::new(&Theme::built_in(theme).expect(theme), depth);
    // A terminal for this ground has a text colour that can be read on it.
    let usual = if luminance(ground) > 0.5 { BLACK } else { (0xd0, 0xd0, 0xd0) };
    let mut bad: BTreeMap<String, String> = BTreeMap::new();
    for (name, app) in scenes {
        app.styles = styles.clone();
        let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).expect("a test's terminal");
        terminal.draw(|frame| draw(frame, app)).expect("a test's terminal");
        for cell in &terminal.backend().buffer().content {
            let (mut fg, mut bg) = (rgb(cell.fg, usual), rgb(cell.bg, ground));
            if cell.modifier.contains(Modifier::REVERSED) {
                (fg, bg) = (bg, fg);
            }
            let symbol = cell.symbol();
            if symbol.trim().is_empty() || (only_selected && cell.bg == Color::Reset) {
                continue;
            }
            let is_text = symbol.chars().any(char::is_alphanumeric);
            let (ratio, least) = (contrast(fg, bg), if is_text { text } else { mark });
            if ratio < least {
                let what = format!("{:?} on {:?} {}", cell.fg, cell.bg, if is_text { "text" } else { "mark" });
                let said =
                    format!("{theme} in {depth:?} on {ground:?}: {what} has {ratio:.2}, first {symbol:?} of {name}");
                bad.entry(what).or_insert(said);
            }
        }
    }
    bad.into_values().collect()
}

#[test]
fn every_cell_that_is_drawn_has_the_contrast_that_reading_needs() {
    let usual = (4.5, 3.0);
    let (mut scenes, mut bad) = (scenes(), Vec::new());
    for ground in DARK {
        bad.extend(check(&mut scenes, ("dark", ColourDepth::True, ground), usual, false));
    }
    for ground in LIGHT {
        bad.extend(check(&mut scenes, ("light", ColourDepth::True, ground), usual, false));
    }
    for ground in [BLACK, DARK[1]] {
        bad.extend(check(&mut scenes, ("high-contrast", ColourDepth::True, ground), (7.0, 4.5), false));
    }
    for ground in [BLACK, WHITE] {
        bad.extend(check(&mut scenes, ("mono", ColourDepth::True, ground), usual, false));
    }
    assert!(bad.is_empty(), "\n{}", bad.join("\n"));
}

#[test]
fn fewer_colours_are_read_nearly_as_well() {
    let (mut scenes, mut bad) = (scenes(), Vec::new());
    for (theme, ground) in
        [("dark", BLACK), ("dark", DARK[1]), ("light", WHITE), ("light", LIGHT[1]), ("high-contrast", BLACK)]
    {
        bad.extend(check(&mut scenes, (theme, ColourDepth::Indexed, ground), (4.0, 3.0), false));
    }
    for (theme, ground) in [("dark", BLACK), ("light", WHITE), ("high-contrast", BLACK)] {
        bad.extend(check(&mut scenes, (theme, ColourDepth::Basic, ground), (3.8, 3.0), false));
    }
    assert!(bad.is_empty(), "\n{}", bad.join("\n"));
}

#[test]
fn the_selected_row_is_read_on_the_other_ground_too() {
    let (mut scenes, mut bad) = (scenes(), Vec::new());
    for (theme, ground) in [("dark", WHITE), ("light", BLACK), ("high-contrast", WHITE)] {
        bad.extend(check(&mut scenes, (theme, ColourDepth::True, ground), (4.5, 3.0), true));
        bad.extend(check(&mut scenes, (theme, ColourDepth::Basic, ground), (3.8, 3.0), true));
    }
    assert!(bad.is_empty(), "\n{}", bad.join("\n"));
}
