//! Other users: who cannot be let in is not heard.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdStream;

use super::Rig;

/// Runs what another user would run, on a thread of that user's.
fn as_nobody<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    const NOBODY: u32 = 65534;
    let thread = std::thread::spawn(move || {
        rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(NOBODY)).expect("root may");
        work()
    });
    thread.join().expect("it does not panic")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "needs root, to become another user"]
async fn another_user_gets_no_word_though_the_directories_stand_open() {
    let rig = Rig::new();
    let _engine = rig.engine();
    let socket = rig.socket("state");
    for (path, mode) in [("", 0o711), ("run", 0o711), ("run/mailwatch-tui", 0o711), ("state", 0o711)] {
        fs::set_permissions(rig.root.path().join(path), fs::Permissions::from_mode(mode)).expect("set");
    }
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).expect("set");
    let heard = as_nobody(move || {
        let mut stream = StdStream::connect(socket).expect("the way is open");
        // It may be closed already.
        let _ = stream.write_all(b"{\"type\":\"hello\",\"version\":1,\"program\":\"nobody\"}\n");
        std::io::read_to_string(stream).unwrap_or_default()
    });
    assert_eq!(heard, "");
    rig.attached().await;
}
