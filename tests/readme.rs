//! What the README says of the program's tables is what the tables say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mailwatch_engine::status::Format;
use mailwatch_engine::{HOOK_VARIABLES, hook_variables};
use mailwatch_proto::model::HookEvent;
use mailwatch_tui::tui::settings::keys::{BINDINGS, Group, Keys};

const README: &str = include_str!("../README.md");

fn table_of_keys() -> String {
    let keys = Keys::default();
    let mut table = "| key | action | what it does |\n|---|---|---|\n".to_owned();
    for group in Group::ALL {
        for binding in BINDINGS.iter().filter(|binding| binding.group == group) {
            let shown: Vec<_> = keys.of(binding.action).iter().map(|key| format!("`{}`", key.show())).collect();
            writeln!(table, "| {} | `{}` | {} |", shown.join(" "), binding.name, binding.help).expect("memory");
        }
    }
    table
}

#[test]
fn the_keys_in_the_readme_are_the_tables() {
    let table = table_of_keys();
    let (before, rest) = README.split_once("<!-- keys -->\n").expect("the beginning's mark");
    let (shown, after) = rest.split_once("<!-- /keys -->").expect("the end's mark");
    // The same word as for the snapshots: what is written is read before it is committed.
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let text = format!("{before}<!-- keys -->\n{table}<!-- /keys -->{after}");
        return std::fs::write(path, text).expect("README.md can be written");
    }
    assert!(shown == table, "README.md's table of keys is to be:\n\n{table}");
}

#[test]
fn the_formats_in_the_readme_are_understood() {
    let formats: Vec<_> = README.split("--format ").skip(1).filter_map(|rest| rest.split(['\'', '"']).nth(1)).collect();
    assert!(formats.len() >= 4, "{formats:?}");
    for format in formats {
        assert!(Format::parse(format).is_ok(), "{format}");
    }
}

#[test]
fn the_readme_has_every_variable_of_a_hook_and_no_other() {
    let hooks = README.split("### Hooks").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let shown: BTreeSet<&str> =
        hooks.split('`').skip(1).step_by(2).filter(|word| word.starts_with("MAILWATCH_")).collect();
    let own = HookEvent::ALL.into_iter().flat_map(|event| hook_variables(event).iter().map(|(name, _)| *name));
    assert_eq!(shown, HOOK_VARIABLES.into_iter().chain(own).collect());
}
