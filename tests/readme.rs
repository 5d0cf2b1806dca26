//! What the README says of the program's tables is what the tables say.

use std::fmt::Write as _;

use mailwatch_tui::model::keys::{BINDINGS, Group, Keys};

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
    let (_, rest) = readme.split_once("<!-- keys -->\n").expect("the beginning's mark");
    let (shown, _) = rest.split_once("<!-- /keys -->").expect("the end's mark");
    let table = table_of_keys();
    assert!(shown == table, "README.md's table of keys is to be:\n\n{table}");
}
