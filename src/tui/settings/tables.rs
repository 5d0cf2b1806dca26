//! The tables that the screen reads: `[ui]` in the configuration, and a theme's.

use super::keys::BINDINGS;
use super::roles::ROLES;
use mailwatch_engine::config::Table;

/// The keys of `[ui.keys]`: the actions.
const ACTION_KEYS: [&str; BINDINGS.len()] = {
    let mut names = [""; BINDINGS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = BINDINGS[at].name;
        at += 1;
    }
    names
};

/// The keys of a theme's `[roles]`.
const ROLE_KEYS: [&str; ROLES.len()] = {
    let mut names = [""; ROLES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ROLES[at].1;
        at += 1;
    }
    names
};

/// How each role is written.
const ROLE_EXAMPLES: [(&str, &str); ROLES.len()] = {
    let mut examples = [("", "for example live = { fg = \"#9ece6a\" }"); ROLES.len()];
    let mut at = 0;
    while at < examples.len() {
        examples[at].0 = ROLES[at].1;
        at += 1;
    }
    examples
};

const UI: Table = Table {
    title: "[ui]",
    keys: &["theme", "ascii", "reduced_motion", "columns", "keys", "commands"],
    examples: &[
        ("ascii", "for example ascii = \"auto\""),
        ("commands", "write them under [ui.commands]"),
        ("columns", "for example columns = [\"state\", \"hour\", \"next\"]"),
        ("reduced_motion", "for example reduced_motion = true"),
    ],
};

/// `[ui.keys]`.
pub(super) const KEYS: Table = Table::new("[ui.keys]", &ACTION_KEYS);

/// The configuration's: `[ui]`, then those below it.
pub(super) const IN_CONFIGURATION: [Table; 2] = [UI, KEYS];

/// A theme file's top.
pub(super) const THEME: Table = Table {
    title: "the file",
    keys: &["inherits", "roles"],
    examples: &[("inherits", "for example inherits = \"dark\""), ("roles", "write them under [roles]")],
};

/// A theme's `[roles]`.
pub(super) const ROLE_TABLE: Table = Table { title: "[roles]", keys: &ROLE_KEYS, examples: &ROLE_EXAMPLES };

/// The keys of a role in a theme.
pub(super) const LOOK: Table = Table {
    title: "a role",
    keys: &["fg", "bg", "fg16", "bg16", "modifiers"],
    examples: &[
        ("fg", "for example fg = \"#9ece6a\", fg = \"green\" or fg = 114"),
        ("bg", "for example fg = \"#9ece6a\", fg = \"green\" or fg = 114"),
        ("fg16", "for example fg16 = \"bright-green\""),
        ("bg16", "for example fg16 = \"bright-green\""),
        ("modifiers", "for example modifiers = [\"bold\"]"),
    ],
};
