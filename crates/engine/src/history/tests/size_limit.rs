//! A real limit on the size of files, in a process of its own: what a full disk does, where nobody may mount one.

use std::env;
use std::process::{Command, Stdio};

use super::*;

/// Where the child keeps its history.
const CHILD: &str = "MAILWATCH_LIMITED_CHILD";

/// Mails that the child tells: some megabytes.
const MAILS: u32 = 1500;

async fn tell(history: &History, number: u32) -> Vec<u32> {
    let found = Found { mail: Mail { subject: "x".repeat(2000), ..mail(number) }, ..found(number) };
    let told = history.found(&inbox(), seen(number + 1), vec![found]).await.expect("kept");
    history.reported(told.iter().map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    uids(&told)
}

/// Tells mails in a file that cannot hold them.
async fn child(dir: &Path) {
    crate::size_limit::survive().expect("a handler");
    let history = opened(dir);
    for number in 1..=MAILS {
        assert_eq!(tell(&history, number).await, [number]);
    }
    let fault = history.fault().borrow().clone().expect("the limit was met");
    assert!(fault.message.contains("(ulimit -f) is reached"), "{}", fault.message);
    assert_eq!(tell(&history, MAILS).await, [] as [u32; 0]);
    history.close().await;
    println!("\nit lives");
}

#[tokio::test]
async fn a_program_that_meets_the_limit_on_the_size_of_files_lives_and_tells_nothing_twice() {
    if let Some(dir) = env::var_os(CHILD) {
        return child(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    // 0.5 or 1 MB, by the shell.
    let output = Command::new("sh")
        .args(["-c", "ulimit -f 1024 && exec \"$0\" \"$@\""])
        .arg(env::current_exe().expect("this test's own binary"))
        .args(["--exact", "--nocapture"])
        .arg(concat!(
            "history::tests::size_limit::",
            "a_program_that_meets_the_limit_on_the_size_of_files_lives_and_tells_nothing_twice"
        ))
        .env(CHILD, dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("it lives"), "{output:?}");
    assert!(output.status.success(), "{output:?}");
    let (history, _) = History::open(dir.path());
    let seen = history.seen(&inbox()).await.expect("read").expect("it was seen");
    assert_eq!(seen.uidnext, MAILS + 1);
    assert_eq!(history.unreported(&inbox()).await, Ok(vec![]));
    end(history);
    assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
}
