//! One program of this user at a time renews an account's token: an issuer that gives a new refresh token each time takes a
//! second use of the old one for theft, and revokes them all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use directories::ProjectDirs;

/// How long to wait for another program's renewal: as long as two exchanges with the issuer may take.
const LIMIT: Duration = Duration::from_mins(1);

/// The lock for renewing one token; released when dropped.
#[derive(Debug)]
pub struct RenewalLock {
    _locked: Option<File>,
}

impl RenewalLock {
    /// Waits for the lock of what `name` names. Where there is no place for a lock, or another program holds it for longer
    /// than any renewal takes, goes on without it: a token that may be lost is better than none.
    pub async fn acquire(name: &str) -> Self {
        let Some(path) = path_of(name) else { return Self { _locked: None } };
        let (tx, rx) = tokio::sync::oneshot::channel();
        let waiting = move || {
            // Without a receiver the lock is released with the file.
            drop(tx.send(lock(&path)));
        };
        if std::thread::Builder::new().name("token-lock".to_owned()).spawn(waiting).is_err() {
            return Self { _locked: None };
        }
        match tokio::time::timeout(LIMIT, rx).await {
            Ok(Ok(Ok(file))) => Self { _locked: Some(file) },
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "no lock for renewing a token");
                Self { _locked: None }
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("another program holds the lock for renewing a token");
                Self { _locked: None }
            }
        }
    }
}

fn path_of(name: &str) -> Option<PathBuf> {
    let project = ProjectDirs::from("", "", "mailwatch-tui")?;
    let dir = project.runtime_dir().or_else(|| project.state_dir()).unwrap_or_else(|| project.data_local_dir());
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    Some(dir.join(format!("token-{:016x}.lock", hasher.finish())))
}

fn lock(path: &PathBuf) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_another_holds_is_waited_for() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/token.lock");
        let held = lock(&path).expect("nobody holds it");
        let (tx, rx) = std::sync::mpsc::channel();
        let second = std::thread::spawn({
            let path = path.clone();
            move || {
                let file = lock(&path).expect("once it is free");
                tx.send(()).expect("the test waits");
                drop(file);
            }
        });
        let other = OpenOptions::new().write(true).open(&path).expect("it is there");
        assert!(other.try_lock().is_err(), "it is held");
        assert!(rx.try_recv().is_err());
        drop((other, held));
        rx.recv().expect("it got the lock");
        second.join().expect("no panic");
    }
}
