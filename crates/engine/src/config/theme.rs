//! Themes: the built-in ones, and the user's in `themes/NAME.toml` beside the configuration. What a file says of a role
//! is data here; what a terminal makes of it is the screen's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::conceal::harmless;
use super::problem::{Findings, Place, ProblemKind};
use super::read::{Section, wrong_type};
use super::{ConfigError, Problems, nearest, read_file};
use mailwatch_proto::model::roles::{Colour, Look, MODIFIERS, ROLES, Role, ansi};
use mailwatch_proto::model::sanitise;

/// The directory of the user's themes, beside the configuration.
const DIRECTORY: &str = "themes";

/// The built-in themes, the default first.
const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../../assets/themes/high-contrast.toml")),
    ("mono", include_str!("../../../../assets/themes/mono.toml")),
];

/// The modifiers' names.
const MODIFIER_NAMES: [&str; 5] = ["bold", "dim", "italic", "underlined", "reversed"];

/// What of a mistaken name is shown again, in characters.
const NAME_SHOWN: usize = 60;

/// What each role looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: Arc<str>,
    looks: Arc<[Look; ROLES.len()]>,
}

/// There is no theme of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoTheme {
    given: String,
    known: Vec<String>,
}

impl NoTheme {
    /// Knows the built-in themes, and the user's where `dir` is their configuration's.
    pub(super) fn of(given: &str, dir: Option<&Path>) -> Self {
        let mut known: Vec<String> = Theme::BUILT_IN.map(str::to_owned).into();
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

/// Why a theme cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// There is none of that name.
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

    /// The built-in theme of that name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(name, text)| Self::of_built_in(name, text))
    }

    /// The theme of that name for a configuration in `dir`: a built-in one, or the user's.
    ///
    /// # Errors
    /// Where there is none, or its file has problems.
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

    /// Reads a theme file's text. `path` stands in the errors.
    ///
    /// # Errors
    /// With all problems of the text.
    pub fn parse(name: &str, text: &str, path: &Path) -> Result<Self, ConfigError> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut findings = Findings::default();
        let mut looks = [Look::default(); ROLES.len()];
        if errors.is_empty() {
            looks = file(root.get_ref(), Self::default, &mut findings);
        } else {
            findings.syntax(&errors, text);
        }
        if !findings.problems.is_empty() {
            return Err(ConfigError::Invalid(Problems::new(path, harmless(text), findings.problems)));
        }
        Ok(Self { name: name.into(), looks: Arc::new(looks) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says of a role.
    #[must_use]
    pub fn look(&self, role: Role) -> Look {
        self.looks[role as usize]
    }

    /// Whether any role has a colour.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        self.looks.iter().any(|look| look.is_coloured())
    }

    /// A test reads the built-in themes: nothing is found in them here.
    fn of_built_in(name: &str, text: &str) -> Self {
        let (root, _) = DeTable::parse_recoverable(text);
        let nothing = || Self { name: name.into(), looks: Arc::new([Look::default(); ROLES.len()]) };
        let looks = file(root.get_ref(), nothing, &mut Findings::default());
        Self { name: name.into(), looks: Arc::new(looks) }
    }
}

/// Whether a built-in theme's name is also that of a file, which then nothing reads.
pub(super) fn hides(name: &str, dir: &Path) -> Option<PathBuf> {
    let path = path_of(name, dir);
    (Theme::BUILT_IN.contains(&name) && path.exists()).then_some(path)
}

fn path_of(name: &str, dir: &Path) -> PathBuf {
    dir.join(DIRECTORY).join(format!("{name}.toml"))
}

/// A name leads to a file of the directory and nowhere else.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

/// The names of the user's themes, for a suggestion: a directory that cannot be read has none.
fn users(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join(DIRECTORY)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
    names.sort();
    names
}

/// Reads the tables. A role that the file does not name is as the theme that it inherits has it.
fn file(root: &DeTable<'_>, base: impl FnOnce() -> Theme, findings: &mut Findings) -> [Look; ROLES.len()] {
    let root = Section::open(root, Place::Theme, None, findings);
    let inherited = root.string("inherits", findings).and_then(|(name, at)| {
        let theme = Theme::built_in(name);
        if theme.is_none() {
            let kind = ProblemKind::Choice { key: "inherits", given: name.to_owned(), known: &Theme::BUILT_IN };
            findings.problem(kind, at);
        }
        theme
    });
    let mut looks = *inherited.unwrap_or_else(base).looks;
    if let Some(roles) = root.table("roles", Place::Roles, findings) {
        for (role, name) in ROLES {
            if let Some(section) = roles.table(name, Place::Look, findings) {
                looks[role as usize] = look(&section, findings);
            }
        }
    }
    looks
}

fn look(section: &Section<'_>, findings: &mut Findings) -> Look {
    let mut look = Look {
        fg: colour(section, "fg", findings),
        bg: colour(section, "bg", findings),
        fg16: one_of_16(section, "fg16", findings),
        bg16: one_of_16(section, "bg16", findings),
        ..Look::default()
    };
    let none_given = section
        .entry("modifiers")
        .is_some_and(|entry| matches!(entry.value, DeValue::Array(items) if items.is_empty()));
    let modifiers = if none_given { None } else { section.list("modifiers", findings) };
    for (name, at) in modifiers.into_iter().flat_map(|(list, _)| list) {
        if let Some((modifier, _)) = MODIFIERS.iter().find(|(_, known)| *known == name) {
            look.modifiers.insert(*modifier);
        } else {
            let kind = ProblemKind::Choice { key: "modifiers", given: name.to_owned(), known: &MODIFIER_NAMES };
            findings.problem(kind, at);
        }
    }
    look
}

fn colour(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Option<Colour> {
    let entry = section.entry(key)?;
    let given = match entry.value {
        DeValue::String(text) => text.as_ref().to_owned(),
        DeValue::Integer(number) => number.to_string(),
        other => {
            findings.problem(wrong_type(key, "a colour", other), entry.at);
            return None;
        }
    };
    let colour = Colour::parse(&given);
    if colour.is_none() {
        findings.problem(ProblemKind::Colour { key, given }, entry.at);
    }
    colour
}

fn one_of_16(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Option<u8> {
    let (name, at) = section.string(key, findings)?;
    let number = ansi(name);
    if number.is_none() {
        findings.problem(ProblemKind::Colour { key, given: name.to_owned() }, at);
    }
    number
}

#[cfg(test)]
mod tests {
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
    fn the_modifiers_names_are_the_tables() {
        assert_eq!(MODIFIERS.map(|(_, name)| name), MODIFIER_NAMES);
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
