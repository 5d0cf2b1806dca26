//! `status`'s part of the command line.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use mailwatch_engine::status::{Escape, Format, placeholders};

/// `status`.
#[derive(Args, Clone, Debug)]
pub struct Status {
    /// Print everything as one JSON object
    #[arg(long, conflicts_with_all = ["format", "waybar"])]
    pub json: bool,
    /// The format of the line, such as '{unseen} {state}'; --help lists the placeholders
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    pub format: Option<Format>,
    /// Print one JSON object for a custom module of waybar; its text is --format's line, or else the unseen count
    #[arg(long)]
    pub waybar: bool,
    /// How to escape a server's words in the line [default: all; with --waybar pango]
    #[arg(long, value_name = "HOW", value_parser = escape_parser())]
    pub escape: Option<Escape>,
    /// Print a line at each change, and continue with the next engine
    #[arg(long)]
    pub follow: bool,
}

fn escape_parser() -> impl TypedValueParser<Value = Escape> {
    // The parser has let nothing through but these names.
    let escape = |name: String| {
        Escape::ALL.into_iter().find(|(known, _, _)| *known == name).map_or(Escape::All, |(_, escape, _)| escape)
    };
    PossibleValuesParser::new(Escape::ALL.map(|(name, _, help)| PossibleValue::new(name).help(help))).map(escape)
}

/// The end of the help.
pub(super) fn about_formats() -> String {
    format!("Placeholders of --format ({{{{ and }}}} are braces):{}", placeholders())
}
