//! Roles and their styles. Whoever draws names a role; colours stand in assets/themes alone.

use std::collections::BTreeMap;
use std::fmt;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::config::Theme as Name;

/// What a piece of the screen is, whatever it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text that carries a figure or a name.
    Strong,
    /// What may be overlooked.
    Dim,
    /// The program's name.
    Brand,
    /// A pane's border.
    Border,
    /// The border of the pane that has the keys.
    BorderFocused,
    /// A pane's title.
    Title,
    /// The title of the pane that has the keys.
    TitleFocused,
    /// A table's header.
    Header,
    /// The selected row; laid over the others.
    Selected,
    /// A watch that is told of new mail.
    Live,
    /// A watch on its way there.
    Busy,
    /// Something wrong that the program is mending.
    Warn,
    /// A watch that does not watch.
    Down,
    /// A watch that was paused.
    Resting,
    /// New mail.
    Mail,
    /// A key's name.
    Key,
    /// A bar's filled part.
    Bar,
    /// A bar that is nearly full.
    BarDue,
    /// A bar's empty part.
    Track,
    /// What we sent.
    Client,
    /// What the server sent.
    Server,
    /// A line that must be seen: FROZEN, a fault of the program's own.
    Banner,
}

/// Every role with its name in a theme file, in the order of the variants.
const ROLES: [(Role, &str); 23] = [
    (Role::Text, "text"),
    (Role::Strong, "strong"),
    (Role::Dim, "dim"),
    (Role::Brand, "brand"),
    (Role::Border, "border"),
    (Role::BorderFocused, "border-focused"),
    (Role::Title, "title"),
    (Role::TitleFocused, "title-focused"),
    (Role::Header, "header"),
    (Role::Selected, "selected"),
    (Role::Live, "live"),
    (Role::Busy, "busy"),
    (Role::Warn, "warn"),
    (Role::Down, "down"),
    (Role::Resting, "resting"),
    (Role::Mail, "mail"),
    (Role::Key, "key"),
    (Role::Bar, "bar"),
    (Role::BarDue, "bar-due"),
    (Role::Track, "track"),
    (Role::Client, "client"),
    (Role::Server, "server"),
    (Role::Banner, "banner"),
];

const DARK: &str = include_str!("../../assets/themes/dark.toml");
const LIGHT: &str = include_str!("../../assets/themes/light.toml");
const HIGH_CONTRAST: &str = include_str!("../../assets/themes/high-contrast.toml");
const MONO: &str = include_str!("../../assets/themes/mono.toml");

/// How many colours the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None, or none wanted: modifiers alone.
    None,
    /// The 256 of xterm.
    #[default]
    Indexed,
    /// All of RGB.
    True,
}

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; ROLES.len()],
}

/// Why a text is not a theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeError(String);

impl fmt::Display for ThemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ThemeError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roles: BTreeMap<String, Spec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    modifiers: Vec<String>,
}

impl Theme {
    /// A built-in theme for a terminal with so many colours; without colours each is the same.
    ///
    /// # Panics
    /// Never: the built-in themes are read by a test.
    #[must_use]
    pub fn built_in(name: Name, depth: Depth) -> Self {
        let text = match (depth, name) {
            (Depth::None, _) | (_, Name::Mono) => MONO,
            (Depth::Indexed | Depth::True, Name::Dark) => DARK,
            (Depth::Indexed | Depth::True, Name::Light) => LIGHT,
            (Depth::Indexed | Depth::True, Name::HighContrast) => HIGH_CONTRAST,
        };
        Self::parse(text, depth).expect("the built-in themes are read by a test")
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// Where it is not TOML, names an unknown role, colour or modifier.
    pub fn parse(text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(text).map_err(|error| ThemeError(error.to_string()))?;
        let mut styles = [Style::new(); ROLES.len()];
        for (name, spec) in &file.roles {
            let Some((role, _)) = ROLES.iter().find(|(_, known)| known == name) else {
                return Err(ThemeError(format!("unknown role {name:?}")));
            };
            styles[*role as usize] = spec.style(depth)?;
        }
        Ok(Self { styles })
    }

    /// The role's style.
    #[must_use]
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

impl Spec {
    fn style(&self, depth: Depth) -> Result<Style, ThemeError> {
        let mut style = Style::new();
        style.fg = self.fg.as_deref().map(|name| color(name, depth)).transpose()?;
        style.bg = self.bg.as_deref().map(|name| color(name, depth)).transpose()?;
        for name in &self.modifiers {
            style = style.add_modifier(match name.as_str() {
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "italic" => Modifier::ITALIC,
                "underlined" => Modifier::UNDERLINED,
                "reversed" => Modifier::REVERSED,
                _ => return Err(ThemeError(format!("unknown modifier {name:?}"))),
            });
        }
        Ok(style)
    }
}

fn color(name: &str, depth: Depth) -> Result<Color, ThemeError> {
    let color: Color = name.parse().map_err(|_| ThemeError(format!("unknown colour {name:?}")))?;
    Ok(match (color, depth) {
        (Color::Rgb(r, g, b), Depth::Indexed) => Color::Indexed(nearest_indexed(r, g, b)),
        (color, Depth::None | Depth::Indexed | Depth::True) => color,
    })
}

/// The nearest of xterm's 6×6×6 cube and grey ramp, the part of the 256 that no terminal theme repaints.
fn nearest_indexed(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |(x, y, z): (u8, u8, u8)| {
        let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
        square(x, r) + square(y, g) + square(z, b)
    };
    let cube = (0..216u8).map(|n| {
        let at = |i: u8| STEPS[usize::from(i)];
        (16 + n, (at(n / 36), at(n / 6 % 6), at(n % 6)))
    });
    let greys = (0..24u8).map(|n| (232 + n, (8 + 10 * n, 8 + 10 * n, 8 + 10 * n)));
    cube.chain(greys).min_by_key(|(_, rgb)| distance(*rgb)).map_or(7, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_row_and_every_built_in_theme_names_every_role() {
        for (index, (role, name)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, index);
            for text in [DARK, LIGHT, HIGH_CONTRAST, MONO] {
                let file: File = toml::from_str(text).expect("TOML");
                assert!(file.roles.contains_key(*name), "{name}");
            }
        }
    }

    #[test]
    fn without_colours_no_style_has_one() {
        for built_in in Name::ALL {
            let theme = Theme::built_in(built_in, Depth::None);
            for (role, name) in ROLES {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{name}");
            }
        }
    }

    #[test]
    fn with_256_colours_none_is_rgb() {
        for built_in in Name::ALL {
            let theme = Theme::built_in(built_in, Depth::Indexed);
            for (role, name) in ROLES {
                let style = theme.style(role);
                assert!(
                    !matches!(style.fg, Some(Color::Rgb(..))) && !matches!(style.bg, Some(Color::Rgb(..))),
                    "{name}"
                );
            }
        }
        assert_eq!(nearest_indexed(255, 0, 0), 196);
        assert_eq!(nearest_indexed(128, 128, 128), 244);
    }

    /// WCAG 2's relative luminance.
    fn luminance(color: Color) -> f64 {
        let Color::Rgb(r, g, b) = color else { panic!("{color:?}") };
        let part = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_is_readable_on_the_background_that_its_theme_is_for() {
        let (black, white) = (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255));
        for (built_in, terminal, least) in [(Name::Light, white, 4.5), (Name::HighContrast, black, 7.0)] {
            let theme = Theme::built_in(built_in, Depth::True);
            let selected = theme.style(Role::Selected).bg;
            for (role, name) in ROLES {
                // A border, and a bar's empty part, are no text.
                if matches!(role, Role::Border | Role::Track) {
                    continue;
                }
                let style = theme.style(role);
                let Some(fg) = style.fg else { continue };
                let ratio = contrast(fg, style.bg.unwrap_or(terminal));
                assert!(ratio >= least, "{} {name}: {ratio:.2}", built_in.name());
                // What has a background of its own never stands in a list.
                let on_selected = selected.filter(|_| style.bg.is_none()).map_or(21.0, |bg| contrast(fg, bg));
                assert!(on_selected >= least.min(4.0), "{} {name} selected: {on_selected:.2}", built_in.name());
            }
        }
    }

    #[test]
    fn what_is_not_a_theme_says_why() {
        for (text, part) in [
            ("[roles]\nnope = {}", "nope"),
            ("[roles]\ntext = { fg = \"verde\" }", "verde"),
            ("[roles]\ntext = { modifiers = [\"loud\"] }", "loud"),
        ] {
            let error = Theme::parse(text, Depth::True).expect_err(text);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
