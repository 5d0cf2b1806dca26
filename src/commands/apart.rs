//! What of a configuration is no watch's, and which parts of it another reading changed.

use mailwatch_proto::model::Notifications;

use crate::configuration::Config;
use crate::tui::settings::Ui;

/// The parts of a configuration that belong to no watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    pub notify: Notifications,
    /// The default where nothing is drawn.
    pub ui: Ui,
}

impl Apart {
    /// Those that the screen heeds.
    pub fn of(config: &Config) -> Self {
        Self { notify: config.notify.clone(), ui: config.ui.clone() }
    }

    /// Which are others in `new`, to follow what is said of the watches; empty where none is.
    pub fn changed(&self, new: &Self) -> String {
        let parts = [
            (self.notify != new.notify, "[notify]"),
            (self.ui.theme != new.ui.theme, "theme"),
            (self.ui.keys != new.ui.keys, "keys"),
            (self.ui.reduced_motion != new.ui.reduced_motion, "reduced_motion"),
        ];
        let changed: Vec<_> = parts.into_iter().filter(|(changed, _)| *changed).map(|(_, part)| part).collect();
        if changed.is_empty() { String::new() } else { format!("; {} changed", changed.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_is_another_is_named_and_none_that_is_the_same() {
        let before = Apart::default();
        assert_eq!(before.changed(&before.clone()), "");
        let mut after = before.clone();
        after.ui.reduced_motion = true;
        assert_eq!(before.changed(&after), "; reduced_motion changed");
        after.notify.bell = !after.notify.bell;
        assert_eq!(before.changed(&after), "; [notify], reduced_motion changed");
    }
}
