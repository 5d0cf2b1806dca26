//! Themes: the built-in ones, and the user's in `themes/NAME.toml` beside the configuration. A look is data here;
//! [`Styles`](crate::tui::theme::Styles) makes it a style for a terminal.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::roles::{Look, ROLES, Role};
use super::tables::THEME;
use super::theme_file::{Inherited, read_looks};
use mailwatch_engine::config::{ConfigError, nearest, parse_file, read_file};
use mailwatch_proto::model::sanitise;

/// The directory of the user's themes, beside the configuration.
const DIRECTORY: &str = "themes";

/// The built-in themes, the default first.
const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("mono", include_str!("../../../assets/themes/mono.toml")),
];

/// The name that stands for the theme of the terminal's background.
pub const AUTO: &str = "auto";

/// How many characters of a mistaken name a message repeats.
const NAME_SHOWN: usize = 60;

/// What each role looks like, in the roles' order.
type Looks = [Look; ROLES.len()];

/// A named look for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: Arc<str>,
    looks: Arc<Looks>,
}

/// Which theme is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing is said: the one that the screen has kept, else as [`Wanted::Auto`].
    #[default]
    Unsaid,
    /// The one for the terminal's background.
    Auto,
    /// This one.
    Named(Theme),
}

impl Wanted {
    /// `auto`, or the built-in theme of this name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        if name == AUTO { Some(Self::Auto) } else { Theme::built_in(name).map(Self::Named) }
    }

    /// Its name; `None` where nothing is said.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Unsaid => None,
            Self::Auto => Some(AUTO),
            Self::Named(theme) => Some(theme.name()),
        }
    }

    /// `auto`, or as [`Theme::find`].
    ///
    /// # Errors
    /// As there.
    pub fn find(name: &str, dir: &Path) -> Result<Self, ThemeError> {
        if name == AUTO { Ok(Self::Auto) } else { Theme::find(name, dir).map(Self::Named) }
    }
}

/// A theme of the user's own that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// It, or why it cannot be used: a sentence that names the file, and where it has problems the first with its line.
    pub theme: Result<Theme, String>,
}

/// There is no theme of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoTheme {
    given: String,
    known: Vec<String>,
}

impl NoTheme {
    /// No theme has this name; `dir` is the configuration's directory, for suggestions.
    pub(super) fn of(given: &str, dir: Option<&Path>) -> Self {
        let mut known: Vec<String> = vec![AUTO.to_owned()];
        known.extend(Theme::BUILT_IN.map(str::to_owned));
        known.extend(dir.into_iter().flat_map(users));
        Self { given: given.to_owned(), known }
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        let known = || self.known.iter().map(String::as_str);
        match nearest(&self.given, known()) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => {
                format!("write one of {}, or the name of a file in {DIRECTORY}", known().collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl fmt::Display for NoTheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no theme `{}`", sanitise(&self.given, NAME_SHOWN))
    }
}

impl std::error::Error for NoTheme {}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme has this name.
    #[error(transparent)]
    Unknown(#[from] NoTheme),
    /// Its file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Default for Theme {
    fn default() -> Self {
        let (name, text) = BUILT_IN[0];
        Self::of_built_in(name, text)
    }
}

impl Theme {
    /// The names of the built-in themes, the default first.
    pub const BUILT_IN: [&'static str; BUILT_IN.len()] = [BUILT_IN[0].0, BUILT_IN[1].0, BUILT_IN[2].0, BUILT_IN[3].0];

    /// The built-in theme of this name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(name, text)| Self::of_built_in(name, text))
    }

    /// The theme of this name for a configuration in `dir`: a built-in one, or the user's.
    ///
    /// # Errors
    /// If there is none, or its file has problems.
    pub fn find(name: &str, dir: &Path) -> Result<Self, ThemeError> {
        if let Some(theme) = Self::built_in(name) {
            return Ok(theme);
        }
        let unknown = || NoTheme::of(name, Some(dir));
        if !is_name(name) {
            return Err(unknown().into());
        }
        let path = path_of(name, dir);
        match read_file(&path) {
            Ok((text, _)) => Ok(Self::parse(name, &text, &path)?),
            Err(ConfigError::Missing { .. }) => Err(unknown().into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Every theme of the user's for a configuration in `dir`, by name.
    #[must_use]
    pub fn users(dir: &Path) -> Vec<Offered> {
        let named = |name: String| match Self::find(&name, dir) {
            Ok(theme) => Offered { name, theme: Ok(theme) },
            Err(ThemeError::Unknown(error)) => Offered { name, theme: Err(error.to_string()) },
            Err(ThemeError::Config(error)) => Offered { name, theme: Err(error.first()) },
        };
        users(dir).into_iter().filter(|name| !is_built_in(name)).map(named).collect()
    }

    /// Reads a theme file's text. Errors name `path`.
    ///
    /// # Errors
    /// With all problems of the text.
    pub fn parse(name: &str, text: &str, path: &Path) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let looks = parse_file(text, path, THEME, |file, findings| {
            read_looks(
                file,
                Inherited { known: &Self::BUILT_IN, by_name: &built_in_looks, usual: &usual.looks },
                findings,
            )
        })?;
        Ok(Self { name: name.into(), looks: Arc::new(looks) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    #[must_use]
    pub fn look(&self, role: Role) -> Look {
        self.looks[role as usize]
    }

    /// Whether any role has a colour.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        self.looks.iter().any(|look| look.is_coloured())
    }

    fn of_built_in(name: &str, text: &str) -> Self {
        Self { name: name.into(), looks: Arc::new(looks_of_built_in(text)) }
    }
}

/// A built-in theme's looks. It inherits nothing; a test checks that it has no problem.
fn looks_of_built_in(text: &str) -> Looks {
    let nothing = [Look::default(); ROLES.len()];
    let inherited = Inherited { known: &Theme::BUILT_IN, by_name: &|_| None, usual: &nothing };
    parse_file(text, Path::new(""), THEME, |file, findings| read_looks(file, inherited, findings)).unwrap_or(nothing)
}

fn built_in_looks(name: &str) -> Option<Looks> {
    Theme::built_in(name).map(|theme| *theme.looks)
}

/// Whether a name is never a file's.
fn is_built_in(name: &str) -> bool {
    name == AUTO || Theme::BUILT_IN.contains(&name)
}

/// The file that has a built-in theme's name, and is therefore never read.
pub(super) fn hides(name: &str, dir: &Path) -> Option<PathBuf> {
    let path = path_of(name, dir);
    (is_built_in(name) && path.exists()).then_some(path)
}

fn path_of(name: &str, dir: &Path) -> PathBuf {
    dir.join(DIRECTORY).join(format!("{name}.toml"))
}

/// Whether a name leads to a file of the themes' directory and nowhere else.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

/// The names of the user's themes, for suggestions: none if the directory cannot be read.
fn users(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join(DIRECTORY)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use toml::de::{DeTable, DeValue};

    use super::super::roles::Colour;
    use super::*;

    #[test]
    fn the_built_in_themes_have_no_problem_and_name_every_role() {
        for (name, text) in BUILT_IN {
            let theme = Theme::parse(name, text, Path::new(name)).expect(name);
            let (root, _) = DeTable::parse_recoverable(text);
            let roles = root.get_ref().get("roles").expect("roles");
            let DeValue::Table(roles) = roles.get_ref() else { panic!("{name}: roles is a table") };
            for (role, named) in ROLES {
                assert!(roles.contains_key(named), "{name}: {named}");
                assert_eq!(theme.look(role), Theme::built_in(name).expect(name).look(role), "{name}: {named}");
            }
        }
        assert!(!Theme::built_in("mono").expect("mono").is_coloured());
        assert!(Theme::default().is_coloured());
    }

    #[test]
    fn each_colour_of_a_built_in_theme_has_one_of_the_sixteen_chosen_for_it() {
        for name in Theme::BUILT_IN {
            let theme = Theme::built_in(name).expect(name);
            for (role, named) in ROLES {
                let look = theme.look(role);
                assert_eq!(look.bg.is_some(), look.bg16.is_some(), "{name}: {named}");
                assert!(look.fg.is_none() || look.fg16.is_some(), "{name}: {named}");
            }
            let selected = theme.look(Role::Selected);
            assert!(selected.bg16.is_none() || selected.fg16.is_some_and(|fg| Some(fg) != selected.bg16), "{name}");
        }
    }

    #[test]
    fn a_theme_has_what_it_says_and_the_rest_from_the_one_it_inherits() {
        let path = Path::new("mine.toml");
        let text = "inherits = \"light\"\n[roles]\nlive = { fg = 28, modifiers = [\"bold\"] }\ntext = {}\n";
        let theme = Theme::parse("mine", text, path).expect("a theme");
        let light = Theme::built_in("light").expect("light");
        assert_eq!(theme.look(Role::Live).fg, Some(Colour::Indexed(28)));
        assert_eq!(theme.look(Role::Text), Look::default());
        assert_eq!(theme.look(Role::Down), light.look(Role::Down));
        let bare = Theme::parse("bare", "", path).expect("a theme");
        assert_eq!(bare.look(Role::Down), Theme::default().look(Role::Down));
    }
}
