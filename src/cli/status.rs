//! `status`'s part of the command line.

use clap::Args;

use mailwatch_engine::status::{Format, placeholders};

/// `status`.
#[derive(Args, Clone, Debug)]
pub struct Status {
    /// Everything, as one JSON object
    #[arg(long, conflicts_with_all = ["format", "waybar"])]
    pub json: bool,
    /// A line of your own, such as '{unseen} {state}'; --help lists the placeholders
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    pub format: Option<Format>,
    /// One JSON object for a custom module of waybar; its text is --format's line, else what is unseen
    #[arg(long)]
    pub waybar: bool,
    /// Go on with a line at each change, until the program ends
    #[arg(long)]
    pub follow: bool,
}

/// The end of the help.
pub(super) fn about_formats() -> String {
    format!("Placeholders of --format ({{{{ and }}}} are braces):{}", placeholders())
}
