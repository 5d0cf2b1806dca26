//! The search for passwords in everything a test left behind: output, logs, the database, the server's own log.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::dovecot::{ANNA, OTTO};
use crate::needs::tests;

tests! {
    [] =>
        a_password_in_a_log_is_found_in_any_form;
}

/// Fails where a file under `dir` holds one of the passwords in any form that IMAP gives it. `rightly` may.
pub fn search(dir: &Path, rightly: &[PathBuf], passwords: &[&str]) {
    let found = find(dir, rightly, passwords);
    assert!(found.is_none(), "{}", found.unwrap_or_default());
}

/// The first place where one is found.
fn find(dir: &Path, rightly: &[PathBuf], passwords: &[&str]) -> Option<String> {
    let needles: Vec<String> = passwords.iter().flat_map(|password| forms(password)).collect();
    let mut searched = 0;
    for path in files(dir, rightly) {
        let content = fs::read(&path).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        if let Some(needle) = needles.iter().find(|needle| content.contains(*needle)) {
            return Some(format!("{} holds {needle:?}", path.display()));
        }
        searched += 1;
    }
    assert!(searched > 0, "nothing to search in {}", dir.display());
    None
}

/// As it is, within an IMAP string or JSON, and as LOGIN and PLAIN encode it.
fn forms(password: &str) -> Vec<String> {
    let mut forms = vec![
        password.to_owned(),
        password.replace('\\', "\\\\").replace('"', "\\\""),
        format!("{password:?}").trim_matches('"').to_owned(),
        STANDARD.encode(password),
    ];
    forms.extend([ANNA, OTTO].map(|user| STANDARD.encode(format!("\0{}\0{password}", user.name))));
    forms
}

fn files(dir: &Path, rightly: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // What a server takes away meanwhile holds nothing any more; that there is something at all is asserted above.
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for (path, kind) in entries.filter_map(|entry| Some((entry.path(), entry.file_type().ok()?))) {
        if rightly.contains(&path) {
            continue;
        }
        if kind.is_dir() {
            found.extend(files(&path, rightly));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}

fn a_password_in_a_log_is_found_in_any_form() {
    for form in forms(ANNA.password) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("state")).expect("a directory");
        fs::write(dir.path().join("state/log"), format!("C LOGIN anna {form} and more")).expect("a file");
        assert!(find(dir.path(), &[], &[ANNA.password]).is_some(), "{form}");
    }
}
