//! The file itself: what is on it afterwards, and what others did to it meanwhile.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::config::load;

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("config.toml"), text).expect("written");
        Self { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("read")
    }

    /// The names in the directory: no temporary file stays.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).expect("a directory");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_saved_is_read_again_and_no_other_file_stays() {
    let home = Home::new(HEAD);
    let read = load(&home.path(), &format()).expect("valid").source;
    let saved = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect("saved");
    assert_eq!((saved.merged, saved.edited.changed.len()), (false, 1));
    assert_eq!(home.text(), format!("{HEAD}timers = {{ reissue = \"5m\" }}\n"));
    assert_eq!(home.names(), ["config.toml"]);
    let read = load(&home.path(), &format()).expect("valid").source;
    let saved = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect("nothing to do");
    assert_eq!(saved.edited.changed, []);
}

#[test]
fn what_others_changed_meanwhile_is_kept() {
    let home = Home::new(HEAD);
    let read = load(&home.path(), &format()).expect("valid").source;
    let theirs = format!("# theirs\n{HEAD}timers = {{ done = \"5s\" }}\n");
    fs::write(home.path(), &theirs).expect("written");
    let saved = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect("saved");
    assert!(saved.merged);
    assert_eq!(home.text(), theirs.replace("\"5s\"", "\"5s\", reissue = \"5m\""));
    // One's own change is none of the others'.
    let again = save(&home.path(), &saved.source, &[tuned("work", Timer::Reissue, "6m")], &format()).expect("saved");
    assert!(again.merged && home.text().contains("reissue = \"6m\""));
    let error = save(&home.path(), &again.source, &[tuned("work", Timer::Done, "7s")], &format()).expect_err("theirs");
    assert!(error.to_string().contains("done for work was changed"), "{error}");
}

#[test]
fn a_timer_that_others_set_meanwhile_is_not_written_over() {
    let home = Home::new(HEAD);
    let read = load(&home.path(), &format()).expect("valid").source;
    for (theirs, part) in [
        (format!("{HEAD}timers = {{ reissue = \"3m\" }}\n"), "changed in"),
        (HEAD.replace("work", "other"), "no account `work`"),
        (format!("{HEAD}oops"), "config.toml"),
    ] {
        fs::write(home.path(), &theirs).expect("written");
        let error = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect_err(part);
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!((home.text(), home.names()), (theirs, vec!["config.toml".to_owned()]));
    }
    // They wanted the same: nobody's work is lost.
    let same = format!("{HEAD}timers.reissue = \"5m\"\n");
    fs::write(home.path(), &same).expect("written");
    let saved = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect("nothing to do");
    assert_eq!((saved.edited.changed, home.text()), (Vec::new(), same));
}

#[test]
fn a_file_that_is_gone_says_so() {
    let home = Home::new(HEAD);
    let read = load(&home.path(), &format()).expect("valid").source;
    fs::remove_file(home.path()).expect("removed");
    let error = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect_err("no file");
    assert!(error.to_string().starts_with("not saved: "), "{error}");
    assert_eq!(home.names(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_permissions_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new(HEAD);
    let (kept, link) = (home.dir.path().join("kept"), home.dir.path().join("link.toml"));
    fs::create_dir(&kept).expect("a directory");
    fs::rename(home.path(), kept.join("real.toml")).expect("moved");
    fs::set_permissions(kept.join("real.toml"), fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink("kept/real.toml", home.path()).expect("a link");
    symlink("config.toml", &link).expect("a link");
    let read = load(&link, &format()).expect("valid").source;
    let saved = save(&link, &read, &[tuned("", Timer::Done, "5s")], &format()).expect("saved");
    assert_eq!(saved.edited.changed.len(), 1);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(fs::symlink_metadata(home.path()).expect("there").is_symlink());
    let file = fs::metadata(kept.join("real.toml")).expect("there");
    assert_eq!(file.permissions().mode() & 0o777, 0o640);
    assert!(home.text().ends_with("[timers]\ndone = \"5s\"\n"));
    assert_eq!(fs::read_dir(&kept).expect("a directory").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_only_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new(HEAD);
    let read = load(&home.path(), &format()).expect("valid").source;
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o400)).expect("permissions");
    let error = save(&home.path(), &read, &[tuned("work", Timer::Reissue, "5m")], &format()).expect_err("read-only");
    assert!(error.to_string().ends_with("cannot be written: it is read-only"), "{error}");
    assert_eq!((home.text(), home.names()), (HEAD.to_owned(), vec!["config.toml".to_owned()]));
}
