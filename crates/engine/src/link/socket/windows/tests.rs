//! Real pipes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

fn paths() -> (tempfile::TempDir, SocketPaths) {
    let state = tempfile::tempdir().expect("a directory");
    let paths = SocketPaths::of(state.path()).expect("there");
    (state, paths)
}

fn bound(paths: &SocketPaths) -> BoundSocket {
    match SocketLock::try_acquire(paths).expect("a pipe") {
        SocketLock::Acquired(bound) => bound,
        SocketLock::Held(name) => panic!("{name} is there"),
    }
}

#[tokio::test]
async fn what_is_written_arrives_and_the_pipe_is_its_users() {
    let (state, paths) = paths();
    let mut bound = bound(&paths);
    for turn in 0..3 {
        let (accepted, connected) = tokio::join!(bound.accept(), connect_at(&paths, state.path()));
        let (_, mut write) = accepted.expect("a client").expect("this user's");
        let ((mut read, _), _) = connected.expect("a pipe");
        write.write_all(format!("turn {turn}").as_bytes()).await.expect("open");
        let mut heard = [0; 6];
        read.read_exact(&mut heard).await.expect("open");
        assert_eq!(heard, *format!("turn {turn}").as_bytes());
    }
}

#[tokio::test]
async fn one_has_the_name_at_a_time_and_the_next_once_all_of_it_is_gone() {
    let (state, paths) = paths();
    assert!(matches!(connect_at(&paths, state.path()).await, Err(NoEngine::NotRunning(_))));
    let first = bound(&paths);
    let held = SocketLock::try_acquire(&paths).expect("told apart");
    assert!(matches!(held, SocketLock::Held(_)));
    let (next, ()) = tokio::join!(held.wait(), async { drop(first) });
    next.expect("it is free");
}
