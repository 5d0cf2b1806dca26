//! Files that never come, and a reader that never reads: neither holds the program up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::home::{Home, PROGRAM};
use crate::process::{Process, command, end};
use crate::served::Served;
use crate::terminal::{BOUND, Start, promised};

const SECOND: Duration = Duration::from_secs(1);

fn make_fifo(path: &str) {
    // What is replaced may not be there.
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().expect("POSIX has it").success());
}

/// Waits until somebody has the FIFO open, and keeps its other end: nothing comes, and no end of file either.
fn until_read(path: &str) -> File {
    let until = Instant::now() + BOUND;
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("a flag of open");
    loop {
        // Without a reader ENXIO (POSIX, open).
        match OpenOptions::new().write(true).custom_flags(nonblock).open(path) {
            Ok(kept) => return kept,
            Err(error) => assert!(Instant::now() < until, "nobody reads {path}: {error}"),
        }
        std::thread::sleep(SECOND / 50);
    }
}

fn watch(home: &Home) -> Process {
    Process::start(home, &["watch", "--config", &home.config(), "--state-dir", &home.state_dir()])
}

/// `watch` whose connection stands.
fn watching(home: &Home) -> (Served, Process) {
    let served = Served::start(home, &["--scenario", "healthy"]);
    home.write_config(served.config());
    let watch = watch(home);
    watch.line("that it idles", |line| line.contains("idling"));
    (served, watch)
}

/// How long the end by a signal takes.
fn ended(mut watch: Process) -> Duration {
    let start = Instant::now();
    watch.signal(Signal::TERM);
    assert_eq!(watch.end(BOUND).code(), Some(0));
    start.elapsed()
}

#[test]
fn a_configuration_that_does_not_come_is_an_error_that_names_it() {
    let home = Home::new();
    make_fifo(&home.config());
    let mut watch = watch(&home);
    assert_eq!(watch.end(BOUND).code(), Some(2));
    let said = watch.rest_of_errors().join("\n");
    assert!(said.contains("config.toml") && said.contains("within 5 s"), "{said}");
}

#[test]
fn a_start_that_waits_for_a_file_ends_at_once_by_a_signal() {
    promised(|| {
        let home = Home::new();
        make_fifo(&home.config());
        let watch = watch(&home);
        let _kept = until_read(&home.config());
        ended(watch)
    });
}

#[test]
fn on_a_reload_that_hangs_the_old_configuration_stays_and_that_is_said() {
    let home = Home::new();
    let (_served, watch) = watching(&home);
    make_fifo(&home.config());
    watch.signal(Signal::HUP);
    watch.error("The previous configuration stays in force.");
    assert!(ended(watch) < BOUND);
}

#[test]
fn files_that_do_not_come_on_a_reload_hold_up_no_end() {
    for name in ["config.toml", "providers.toml", "ca.pem"] {
        promised(|| {
            let home = Home::new();
            let (served, watch) = watching(&home);
            let with_ours = |line: &str| {
                if line.starts_with("ca_file") { "ca_file = \"ca.pem\"\n".to_owned() } else { format!("{line}\n") }
            };
            home.write_config(&served.config().lines().map(with_ours).collect::<String>());
            let fifo = home.path().join(name).display().to_string();
            make_fifo(&fifo);
            watch.signal(Signal::HUP);
            let _kept = until_read(&fifo);
            ended(watch)
        });
    }
}

#[test]
fn q_leaves_while_the_configuration_is_being_read() {
    promised(|| {
        let home = Home::new();
        let served = Served::start(&home, &["--scenario", "healthy"]);
        home.write_config(served.config());
        let (config, state) = (home.config(), home.state_dir());
        let arguments = ["--config", &config, "--state-dir", &state];
        let mut terminal = Start::program(home, PROGRAM, &arguments).open();
        terminal.wait_text("1 live");
        make_fifo(&config);
        terminal.press("R");
        let _kept = until_read(&config);
        let start = Instant::now();
        terminal.press("q");
        terminal.end(BOUND);
        start.elapsed()
    });
}

/// Both ends of a pipe that takes nothing more.
fn full_pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
    let flags = rustix::fs::fcntl_getfl(&writer).expect("ours");
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).expect("ours");
    let mut filling = File::from(writer.try_clone().expect("ours"));
    loop {
        match filling.write(&[b'\n'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    rustix::fs::fcntl_setfl(&writer, flags).expect("ours");
    (reader, writer)
}

#[test]
fn a_reader_that_never_reads_does_not_delay_the_end() {
    for format in [&["--json"][..], &[]] {
        promised(|| {
            let home = Home::new();
            let served = Served::start(&home, &["--scenario", "healthy"]);
            home.write_config(served.config());
            let (_reader, writer) = full_pipe();
            let (config, state) = (home.config(), home.state_dir());
            let arguments = [&["watch", "--config", &config, "--state-dir", &state], format].concat();
            let mut child = command(&home, &arguments).stdout(Stdio::from(writer)).spawn().expect("it starts");
            wait_for(&home.path().join("state").join("history.db"));
            // Time for its first line, which has nowhere to go. Where it is not there yet, the test asks less and passes.
            std::thread::sleep(SECOND);
            let start = Instant::now();
            kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
            assert_eq!(end(&mut child, BOUND).code(), Some(0));
            start.elapsed()
        });
    }
}

fn wait_for(path: &Path) {
    let until = Instant::now() + BOUND;
    while !path.exists() {
        assert!(Instant::now() < until, "no {}", path.display());
        std::thread::sleep(SECOND / 20);
    }
}
