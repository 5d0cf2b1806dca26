//! Themes as a person writes them: files beside the configuration, and what is said about what is wrong in one.

use std::fs;
use std::path::PathBuf;

use mailwatch_engine::config::{self, ConfigError, WarningKind};
use mailwatch_tui::cli::Global;
use mailwatch_tui::configuration::{self, BadConfig, Config, format};
use mailwatch_tui::tui::settings::roles::{Colour, Role};
use mailwatch_tui::tui::settings::{Theme, Wanted};

const ACCOUNT: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\n";

/// A configuration directory, gone when dropped.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory for temporary files");
        fs::create_dir(dir.path().join("themes")).expect("a new directory");
        Self(dir)
    }

    fn with_theme(self, name: &str, text: &str) -> Self {
        fs::write(self.0.path().join("themes").join(name), text).expect("a file");
        self
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("config.toml")
    }

    fn load(&self, theme: &str) -> Result<Config, ConfigError> {
        fs::write(self.config(), format!("{ACCOUNT}[ui]\ntheme = \"{theme}\"\n")).expect("a file");
        config::load(&self.config(), &format())
    }

    /// What is said, without the directory, which is another in each run.
    fn complaint(&self, theme: &str) -> String {
        let said = self.load(theme).expect_err("a problem").render(100, false);
        said.replace(&*self.0.path().to_string_lossy(), "DIR")
    }
}

#[test]
fn a_theme_of_the_users_own_is_found_beside_the_configuration() {
    let place =
        Place::new().with_theme("sunset.toml", "inherits = \"light\"\n[roles]\nlive = { fg = \"bright-green\" }\n");
    let Wanted::Named(theme) = place.load("sunset").expect("a configuration").ui.theme else { panic!("a theme") };
    assert_eq!(theme.name(), "sunset");
    assert_eq!(theme.look(Role::Live).fg, Some(Colour::Indexed(10)));
    assert_eq!(theme.look(Role::Down), Theme::built_in("light").expect("light").look(Role::Down));
}

#[test]
fn the_command_line_takes_the_users_themes_too_and_comes_before_the_file() {
    let place = Place::new().with_theme("sunset.toml", "");
    place.load("mono").expect("a configuration");
    let global =
        |theme: &str| Global { config: Some(place.config()), theme: Some(theme.to_owned()), ..Global::default() };
    assert_eq!(configuration::load(&global("sunset")).expect("a configuration").ui.theme.name(), Some("sunset"));
    assert_eq!(configuration::ui(&global("light")).expect("a theme").theme.name(), Some("light"));
    let error = configuration::load(&global("sunsett")).expect_err("no theme");
    assert!(matches!(error, BadConfig::Theme(_)), "{error}");
    assert_eq!(error.render(80, false), "error: there is no theme `sunsett`; did you mean \"sunset\"?\n");
}

#[test]
fn every_mistake_in_a_theme_is_named_pointed_at_and_answered() {
    let mistakes = [
        ("not TOML", "[roles\n"),
        ("a mistyped role", "[roles]\nlife = {}\n"),
        ("an unknown key", "[roles]\nlive = { foreground = \"red\" }\nextra = 1\n"),
        ("colours", "[roles]\nlive = { fg = \"gren\", bg = 300 }\ndown = { fg = \"#12\", bg = true }\n"),
        ("one of sixteen", "[roles]\nlive = { fg16 = \"#ffffff\", bg16 = \"bright_red\" }\n"),
        ("a modifier", "[roles]\nlive = { modifiers = [\"loud\"] }\ndown = { modifiers = \"bold\" }\n"),
        ("what it inherits", "inherits = \"drak\"\n"),
        ("a role that is no table", "roles.live = \"green\"\n"),
        ("text that would move the cursor", "inherits = \"\u{202e}\u{9b}2J\"\n"),
    ];
    let mut all = String::new();
    for (title, text) in mistakes {
        let place = Place::new().with_theme("mine.toml", text);
        let said = place.complaint("mine");
        assert!(said.contains("mine.toml"), "{title}: {said}");
        assert!(!said.contains(['\u{202e}', '\u{9b}']), "{title}: {said:?}");
        all = format!("{all}── {title}\n{said}\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_name_that_is_no_theme_gets_the_nearest_of_all_and_leads_nowhere_else() {
    let place = Place::new().with_theme("sunset.toml", "");
    fs::write(place.0.path().join("outside.toml"), "").expect("a file");
    assert!(place.complaint("sunste").contains("did you mean \"sunset\"?"));
    for name in ["../outside", "../themes/sunset", ".", "", "sun/set"] {
        let said = place.complaint(name);
        assert!(said.contains("there is no theme"), "{name}: {said}");
    }
}

#[test]
fn a_file_that_a_built_in_theme_hides_is_warned_of() {
    let place = Place::new().with_theme("dark.toml", "");
    let config = place.load("dark").expect("a configuration");
    assert_eq!(config.ui.theme, Wanted::Named(Theme::default()));
    let hidden = |said: &str| said.contains("this names the built-in theme") && said.contains("dark.toml is not read");
    assert!(matches!(&config.warnings[0].kind, WarningKind::FrontEnd(said) if hidden(said)), "{:?}", config.warnings);
    assert_eq!(config.warnings[0].line, Some(6));
}

#[test]
fn every_theme_of_the_users_is_offered_and_a_broken_one_with_its_file_line_and_key() {
    let place = Place::new()
        .with_theme("sunset.toml", "inherits = \"light\"\n")
        .with_theme("broken.toml", "[roles]\nlive = { fg = \"green\" }\nlvie = {}\n")
        .with_theme("auto.toml", "")
        .with_theme("dark.toml", "");
    let offered = Theme::users(place.0.path());
    let names: Vec<_> = offered.iter().map(|one| (one.name.as_str(), one.theme.is_ok())).collect();
    assert_eq!(names, [("broken", false), ("sunset", true)]);
    let why = offered[0].theme.as_ref().expect_err("a problem");
    assert!(why.contains("broken.toml, line 3: ") && why.contains("lvie"), "{why}");
}

#[test]
fn a_row_that_a_theme_colours_anew_does_not_keep_the_text_of_another() {
    let place = Place::new()
        .with_theme("old.toml", "[roles]\nselected = { bg = \"#eeeeee\" }\n")
        .with_theme("new.toml", "[roles]\nselected-text = { fg = \"red\" }\n");
    let look = |name| match place.load(name).expect("a configuration").ui.theme {
        Wanted::Named(theme) => theme.look(Role::SelectedText),
        other @ (Wanted::Unsaid | Wanted::Auto) => panic!("{other:?}"),
    };
    assert_eq!(look("old").fg, None);
    assert_eq!(look("new").fg, Some(Colour::Indexed(1)));
}
