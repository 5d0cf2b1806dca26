//! What the documents say of the program's tables is what the tables say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mailwatch_engine::status::Format;
use mailwatch_engine::{HOOK_VARIABLES, hook_variables};
use mailwatch_proto::model::HookEvent;
use mailwatch_tui::tui::settings::keys::{BINDINGS, Group, Keys};

use super::written;

const KEYS: &str = include_str!("../../docs/keys.md");
const HOOKS: &str = include_str!("../../docs/hooks.md");

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
fn the_keys_in_the_document_are_the_tables() {
    let (before, rest) = KEYS.split_once("<!-- keys -->\n").expect("the beginning's mark");
    let (_, after) = rest.split_once("<!-- /keys -->").expect("the end's mark");
    written("docs/keys.md", KEYS, &format!("{before}<!-- keys -->\n{}<!-- /keys -->{after}", table_of_keys()));
}

#[test]
fn the_formats_in_the_document_are_understood() {
    let formats: Vec<_> = HOOKS.split("--format ").skip(1).filter_map(|rest| rest.split(['\'', '"']).nth(1)).collect();
    assert!(formats.len() >= 3, "{formats:?}");
    for format in formats {
        assert!(Format::parse(format).is_ok(), "{format}");
    }
}

#[test]
fn the_document_has_every_variable_of_a_hook_and_no_other() {
    let hooks = HOOKS.split("\n## Hooks").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let shown: BTreeSet<&str> =
        hooks.split('`').skip(1).step_by(2).filter(|word| word.starts_with("MAILWATCH_")).collect();
    let own = HookEvent::ALL.into_iter().flat_map(|event| hook_variables(event).iter().map(|(name, _)| *name));
    assert_eq!(shown, HOOK_VARIABLES.into_iter().chain(own).collect());
}
