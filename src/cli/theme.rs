//! `--theme`: any name is taken, the built-in ones are offered by a shell.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::tui::settings::{AUTO, Theme};

/// Reads a theme's name. Whether there is such a theme is seen once it is known where the user's are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name;

impl TypedValueParser for Name {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new([AUTO].into_iter().chain(Theme::BUILT_IN).map(PossibleValue::new)))
    }
}
