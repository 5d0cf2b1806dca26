//! A theme as this terminal shows it: a style for each role. Drawing names roles; only theme files name colours.

use ratatui::style::{Color, Modifier as Attribute, Style};

use super::colour_depth::ColourDepth;
use crate::tui::settings::Theme;
use crate::tui::settings::roles::{Colour, Look, MODIFIERS, Modifier, ROLES};

pub use crate::tui::settings::roles::Role;

/// The theme for terminals without colours.
const WITHOUT_COLOURS: &str = "mono";

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styles {
    styles: [Style; ROLES.len()],
}

impl Styles {
    /// The theme on a terminal with these colours. Without any, a theme with colours is replaced by the built-in one of
    /// modifiers: what remained of it might not set anything off.
    #[must_use]
    pub fn new(theme: &Theme, depth: ColourDepth) -> Self {
        let mono =
            (depth == ColourDepth::None && theme.is_coloured()).then(|| Theme::built_in(WITHOUT_COLOURS)).flatten();
        let theme = mono.as_ref().unwrap_or(theme);
        Self { styles: ROLES.map(|(role, _)| style(theme.look(role), depth)) }
    }

    /// The role's style.
    #[must_use]
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

fn style(look: Look, depth: ColourDepth) -> Style {
    let mut style = Style::new();
    style.fg = color(look.fg, look.fg16, depth);
    style.bg = color(look.bg, look.bg16, depth);
    for (modifier, _) in MODIFIERS {
        if look.modifiers.contains(modifier) {
            style = style.add_modifier(match modifier {
                Modifier::Bold => Attribute::BOLD,
                Modifier::Dim => Attribute::DIM,
                Modifier::Italic => Attribute::ITALIC,
                Modifier::Underlined => Attribute::UNDERLINED,
                Modifier::Reversed => Attribute::REVERSED,
            });
        }
    }
    // On a reversed row, dim text would be a patch of another grey.
    if look.modifiers.contains(Modifier::Reversed) { style.remove_modifier(Attribute::DIM) } else { style }
}

fn color(colour: Option<Colour>, chosen: Option<u8>, depth: ColourDepth) -> Option<Color> {
    match (depth, colour) {
        (ColourDepth::None, _) | (ColourDepth::Indexed | ColourDepth::True, None) => None,
        (ColourDepth::Basic, colour) => chosen.or_else(|| colour.map(nearest_of_16)).map(Color::Indexed),
        (ColourDepth::Indexed, Some(Colour::Rgb(r, g, b))) => Some(Color::Indexed(nearest_indexed((r, g, b)))),
        (ColourDepth::True, Some(Colour::Rgb(r, g, b))) => Some(Color::Rgb(r, g, b)),
        (ColourDepth::Indexed | ColourDepth::True, Some(Colour::Indexed(index))) => Some(Color::Indexed(index)),
    }
}

/// Red, green and blue.
type Rgb = (u8, u8, u8);

/// The sixteen by xterm's defaults.
const XTERM_16: [Rgb; 16] = [
    (0, 0, 0),
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
    (255, 255, 255),
];

/// The steps of xterm's 6×6×6 cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// One of the 256. From 16 on they are the cube and the grey ramp, which terminals' settings do not change.
fn indexed_rgb(index: u8) -> Rgb {
    match index {
        0..16 => XTERM_16[usize::from(index)],
        16..232 => {
            let n = index - 16;
            let at = |i: u8| STEPS[usize::from(i)];
            (at(n / 36), at(n / 6 % 6), at(n % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

fn distance(a: Rgb, b: Rgb) -> i32 {
    let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

fn nearest_indexed(rgb: Rgb) -> u8 {
    (16..=255).min_by_key(|index| distance(indexed_rgb(*index), rgb)).unwrap_or(7)
}

fn nearest_of_16(colour: Colour) -> u8 {
    let rgb = match colour {
        Colour::Indexed(index @ 0..16) => return index,
        Colour::Indexed(index) => indexed_rgb(index),
        Colour::Rgb(r, g, b) => (r, g, b),
    };
    (0..16).min_by_key(|index| distance(indexed_rgb(*index), rgb)).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn built_in(name: &str, depth: ColourDepth) -> Styles {
        Styles::new(&Theme::built_in(name).expect(name), depth)
    }

    #[test]
    fn without_colours_no_style_has_one_and_a_theme_that_never_had_any_stays() {
        for name in Theme::BUILT_IN {
            assert_eq!(built_in(name, ColourDepth::None), built_in("mono", ColourDepth::True), "{name}");
        }
        let own =
            Theme::parse("own", "inherits = \"mono\"\n[roles]\nlive = { modifiers = [\"italic\"] }", Path::new("own"));
        let styles = Styles::new(&own.expect("a theme"), ColourDepth::None);
        assert_eq!(styles.style(Role::Live), Style::new().add_modifier(Attribute::ITALIC));
        for (role, name) in ROLES {
            assert_eq!((styles.style(role).fg, styles.style(role).bg), (None, None), "{name}");
        }
    }

    #[test]
    fn with_fewer_colours_there_is_none_that_the_terminal_lacks() {
        for (depth, most) in [(ColourDepth::Basic, 15), (ColourDepth::Indexed, 255)] {
            for theme in Theme::BUILT_IN {
                for (role, name) in ROLES {
                    let style = built_in(theme, depth).style(role);
                    for color in [style.fg, style.bg].into_iter().flatten() {
                        assert!(matches!(color, Color::Indexed(n) if n <= most), "{theme} {name}: {color:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_nearest_is_what_an_eye_would_take() {
        assert_eq!(nearest_indexed((255, 0, 0)), 196);
        assert_eq!(nearest_indexed((128, 128, 128)), 244);
        assert_eq!(nearest_of_16(Colour::Rgb(250, 10, 10)), 9);
        assert_eq!(nearest_of_16(Colour::Indexed(244)), 8);
        assert_eq!(nearest_of_16(Colour::Indexed(3)), 3);
    }
}
