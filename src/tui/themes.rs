//! The theme in force, and those that can be chosen: by the configuration or an option, else as it was kept, else by the
//! terminal's background.

use std::path::{Path, PathBuf};

use super::background::Ground;
use super::kept;
use super::settings::{AUTO, Offered, Theme, Wanted};

/// The theme in force, and those that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Themes {
    /// The one in force.
    pub chosen: Theme,
    /// Whether it follows the terminal's background.
    pub auto: bool,
    /// All of them.
    pub known: Vec<Offered>,
    /// The terminal's background, as far as it is known.
    ground: Ground,
    /// What the configuration or an option says.
    said: Wanted,
    /// The name of the one that was kept.
    kept: Option<String>,
    /// Where it is kept; nowhere in a demo, or while a file is looked at.
    file: Option<PathBuf>,
}

impl Default for Themes {
    /// The built-in ones.
    fn default() -> Self {
        let built_in =
            |name: &str| Theme::built_in(name).map(|theme| Offered { name: name.to_owned(), theme: Ok(theme) });
        Self {
            chosen: Theme::default(),
            auto: true,
            known: Theme::BUILT_IN.into_iter().filter_map(built_in).collect(),
            ground: Ground::default(),
            said: Wanted::default(),
            kept: None,
            file: None,
        }
    }
}

impl Themes {
    /// Adds the user's own for a configuration in `dir`, and takes the choice that is kept in `file`.
    pub fn read(&mut self, file: Option<&Path>, dir: Option<&Path>) {
        self.known.extend(dir.into_iter().flat_map(Theme::users));
        self.kept = file.and_then(kept::theme);
        self.settle();
    }

    /// Choices are kept in `file` from now on.
    pub fn keep_in(&mut self, file: PathBuf) {
        self.file = Some(file);
    }

    /// Takes in what the configuration or an option says.
    pub fn apply(&mut self, said: Wanted) {
        // As it is now: it may have been written anew since the others were read.
        if let Wanted::Named(theme) = &said
            && let Some(known) = self.known.iter_mut().find(|known| known.name == theme.name())
        {
            known.theme = Ok(theme.clone());
        }
        self.said = said;
        self.settle();
    }

    /// The terminal's background is known.
    pub fn show_on(&mut self, ground: Ground) {
        self.ground = ground;
        if self.auto {
            self.chosen = self.for_ground();
        }
    }

    /// What a choice looks like here.
    #[must_use]
    pub fn of(&self, choice: &Wanted) -> Theme {
        match choice {
            Wanted::Named(theme) => theme.clone(),
            Wanted::Auto | Wanted::Unsaid => self.for_ground(),
        }
    }

    /// The choice in force, by name.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.auto { AUTO } else { self.chosen.name() }
    }

    /// Takes a choice of the user's; returns the sentence on it, and where it is kept the file with its text.
    pub fn choose(&mut self, choice: &Wanted) -> (String, Option<(PathBuf, String)>) {
        self.take(choice);
        let name = self.name().to_owned();
        let said = self.said.name();
        match (said, &self.file) {
            (Some(said), Some(_)) if said != name => {
                (format!("theme {name} until you leave: the configuration says {said}"), None)
            }
            (None, Some(file)) => {
                let keep = (file.clone(), kept::text(&name));
                self.kept = Some(name.clone());
                (format!("theme {name}, kept"), Some(keep))
            }
            (Some(_), Some(_)) | (Some(_) | None, None) => (format!("theme {name}"), None),
        }
    }

    /// The theme by what is said, kept and known.
    fn settle(&mut self) {
        let kept = || match self.kept.as_deref() {
            None | Some(AUTO) => Wanted::Auto,
            // It may be gone.
            Some(name) => self
                .known
                .iter()
                .find(|known| known.name == name)
                .and_then(|known| known.theme.clone().ok())
                .map_or(Wanted::Auto, Wanted::Named),
        };
        let choice = match &self.said {
            Wanted::Unsaid => kept(),
            said @ (Wanted::Auto | Wanted::Named(_)) => said.clone(),
        };
        self.take(&choice);
    }

    fn take(&mut self, choice: &Wanted) {
        self.auto = match choice {
            Wanted::Auto | Wanted::Unsaid => true,
            Wanted::Named(_) => false,
        };
        self.chosen = self.of(choice);
    }

    fn for_ground(&self) -> Theme {
        Theme::built_in(self.ground.theme()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Wanted {
        Wanted::Named(Theme::built_in(name).expect(name))
    }

    fn kept_in(file: &Path) -> Themes {
        let mut themes = Themes::default();
        themes.read(Some(file), None);
        themes.keep_in(file.to_owned());
        themes
    }

    #[test]
    fn a_choice_is_kept_until_the_configuration_says_another() {
        let place = tempfile::tempdir().expect("a directory for temporary files");
        let file = place.path().join(kept::FILE);
        let mut themes = kept_in(&file);
        let (said, keep) = themes.choose(&named("light"));
        assert_eq!(said, "theme light, kept");
        let (at, text) = keep.expect("kept");
        kept::write(&at, &text).expect("written");
        let mut again = kept_in(&file);
        assert_eq!(again.name(), "light");
        again.show_on(Ground::Dark);
        assert_eq!(again.chosen.name(), "light");
        again.apply(named("mono"));
        assert_eq!(again.chosen.name(), "mono");
        let (said, keep) = again.choose(&named("light"));
        assert_eq!((said.as_str(), keep), ("theme light until you leave: the configuration says mono", None));
        again.apply(Wanted::Unsaid);
        assert_eq!(again.name(), "light");
        let (said, keep) = again.choose(&Wanted::Auto);
        assert_eq!((said.as_str(), keep.is_some(), again.chosen.name()), ("theme auto, kept", true, "dark"));
    }

    #[test]
    fn auto_follows_the_background_and_a_kept_theme_that_is_gone_leaves_auto() {
        let place = tempfile::tempdir().expect("a directory for temporary files");
        let file = place.path().join(kept::FILE);
        kept::write(&file, &kept::text("sunset")).expect("written");
        let mut themes = kept_in(&file);
        assert_eq!((themes.name(), themes.chosen.name()), (AUTO, "dark"));
        themes.show_on(Ground::Light);
        assert_eq!(themes.chosen.name(), "light");
    }
}
