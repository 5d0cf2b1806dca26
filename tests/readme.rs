//! What the README says of the program's tables is what the tables say.

use std::fmt::Write as _;

use mailwatch_tui::tui::settings::keys::{BINDINGS, Group, Keys};

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
    let readme = include_str!("../README.md");
    let table = table_of_keys();
    let (before, rest) = readme.split_once("<!-- keys -->\n").expect("the beginning's mark");
    let (shown, after) = rest.split_once("<!-- /keys -->").expect("the end's mark");
    // The same word as for the snapshots: what is written is read before it is committed.
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let text = format!("{before}<!-- keys -->\n{table}<!-- /keys -->{after}");
        return std::fs::write(path, text).expect("README.md can be written");
    }
    assert!(shown == table, "README.md's table of keys is to be:\n\n{table}");
}
