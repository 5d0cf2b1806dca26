//! What the command line, the configuration and the environment ask of the screen.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::account_commands::AccountCommands;
use super::background::Ground;
use super::colour_depth::ColourDepth;
use super::glyphs::Characters;
use super::keymap;
use super::settings::{Ascii, Columns, Ui, UserCommand};
use super::themes::Themes;
use super::viewed_file::ViewedFile;
use mailwatch_engine::config::ConfigError;

/// What the screen begins with.
#[derive(Clone, Debug, Default)]
pub enum Start {
    /// The watches.
    #[default]
    Watching,
    /// A configuration that cannot be used, or is missing.
    Problem(Arc<ConfigError>),
}

/// What the user prefers of the panes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Whether counters and bars move as little as possible.
    pub reduced_motion: bool,
    /// The columns of the table of watches.
    pub columns: Columns,
    /// What keys of the user's own run.
    pub commands: Vec<UserCommand>,
    /// The characters that locale and terminal ask for; unknown before a configuration was read.
    pub found: Option<Characters>,
    /// Whether `--ascii` was given.
    pub ascii: bool,
    /// The accounts whose mails are listed; all where none is named.
    pub accounts: Vec<Arc<str>>,
}

/// What the command line, the configuration and the environment ask of the screen.
#[derive(Clone, Debug)]
pub struct Options {
    /// The characters that the screen uses.
    pub characters: Characters,
    /// What the user prefers of the panes.
    pub preferences: Preferences,
    /// Whether the screen takes the mouse.
    pub mouse: bool,
    /// Whether the keys of TLS are written to a file: the headline always says so.
    pub keylog: bool,
    /// How many colours the terminal shows; none with `NO_COLOR`.
    pub depth: ColourDepth,
    /// The time zone of all times.
    pub zone: TimeZone,
    /// The files named in the help: `config`, `state`, `log`.
    pub paths: Vec<(&'static str, PathBuf)>,
    /// The colours.
    pub themes: Themes,
    /// The keys.
    pub keys: keymap::Keys,
    /// The program's version.
    pub version: &'static str,
    /// What it begins with.
    pub start: Start,
    /// A sentence on an account, shown at the beginning: the demo's fates.
    pub about: BTreeMap<Arc<str>, &'static str>,
    /// Whether there is a configuration to add accounts to.
    pub configures: bool,
    /// The file that is looked at, in place of an engine.
    pub viewed: Option<ViewedFile>,
    /// What prints the accounts' secrets.
    pub commands: AccountCommands,
}

impl Default for Options {
    /// Colours, mouse, Unicode, the system's time zone.
    fn default() -> Self {
        Self {
            characters: Characters::default(),
            preferences: Preferences::default(),
            mouse: true,
            keylog: false,
            depth: ColourDepth::Indexed,
            zone: TimeZone::system(),
            paths: Vec::new(),
            themes: Themes::default(),
            keys: keymap::Keys::default(),
            version: env!("CARGO_PKG_VERSION"),
            start: Start::default(),
            about: BTreeMap::new(),
            configures: true,
            viewed: None,
            commands: AccountCommands::default(),
        }
    }
}

impl Options {
    /// The defaults, with the colours ([`ColourDepth::from_vars`]) and characters of the environment: ASCII if the
    /// locale is not UTF-8 or on Linux's console, whose font has few characters.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Takes in the configuration's settings of the screen.
    pub fn apply(&mut self, ui: Ui) {
        let Ui { theme, reduced_motion, keys, columns, ascii, commands } = ui;
        self.themes.apply(theme);
        self.keys = keys;
        let found = *self.preferences.found.get_or_insert(self.characters);
        self.characters = match ascii {
            Ascii::Auto => found,
            Ascii::On => Characters::Ascii,
            Ascii::Off => Characters::Unicode,
        };
        if self.preferences.ascii {
            self.characters = Characters::Ascii;
        }
        self.preferences = Preferences { reduced_motion, columns, commands, ..self.preferences.clone() };
    }

    fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&var);
        // Without a locale, and in C and POSIX, the terminal may take the bytes of UTF-8 one by one, some of them for controls.
        let utf8 = locale.map_or(!cfg!(unix), |locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let linux_console = var("TERM").is_some_and(|term| term.starts_with("linux"));
        let characters = match (utf8, linux_console) {
            (true, false) => Characters::Unicode,
            (true, true) => Characters::AsciiMarks,
            (false, _) => Characters::Ascii,
        };
        let mut themes = Themes::default();
        if let Some(ground) = var("COLORFGBG").as_deref().and_then(Ground::from_colorfgbg) {
            themes.show_on(ground);
        }
        Self { characters, themes, depth: ColourDepth::from_vars(var), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Options {
        let vars: Vec<_> = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Options::from_vars(|name| vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn the_environment_decides_colours_and_glyphs() {
        let unset = if cfg!(unix) { Characters::Ascii } else { Characters::Unicode };
        assert_eq!(of(&[]).characters, unset);
        for none in ["C", "POSIX", "posix"] {
            assert_eq!(of(&[("LC_ALL", none), ("LANG", "en_US.UTF-8")]).characters, Characters::Ascii, "{none}");
        }
        assert_eq!(of(&[("LANG", "C.UTF-8")]).characters, Characters::Unicode);
        assert_eq!(of(&[("TERM", "xterm"), ("NO_COLOR", "1")]).depth, ColourDepth::None);
        assert_eq!(of(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).depth, ColourDepth::True);
        let latin = of(&[("LANG", "de_DE.ISO-8859-1")]);
        assert_eq!(latin.characters, Characters::Ascii);
        let unicode = of(&[("LANG", "de_DE.ISO-8859-1"), ("LC_ALL", "en_US.UTF-8")]);
        assert_eq!(unicode.characters, Characters::Unicode);
        let console = of(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")]);
        assert_eq!(console.characters, Characters::AsciiMarks);
    }

    #[test]
    fn the_configuration_is_over_the_locale_and_the_option_over_both() {
        let ui = |ascii| Ui { ascii, ..Ui::default() };
        let mut options = of(&[("LANG", "C")]);
        for (ascii, wanted) in
            [(Ascii::Off, Characters::Unicode), (Ascii::Auto, Characters::Ascii), (Ascii::On, Characters::Ascii)]
        {
            options.apply(ui(ascii));
            assert_eq!(options.characters, wanted, "{ascii:?}");
        }
        let mut options = of(&[("LANG", "C.UTF-8")]);
        options.apply(ui(Ascii::On));
        assert_eq!(options.characters, Characters::Ascii);
        options.preferences.ascii = true;
        options.apply(ui(Ascii::Off));
        assert_eq!(options.characters, Characters::Ascii);
    }
}
