//! What a server says, in real bars: polybar, which is clicked, and tmux. Each is shown the raw text too, so that the test
//! proves what it says.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::home::{Home, PROGRAM};
use crate::needed::{POLYBAR, TMUX};
use crate::needs::tests;
use crate::process::{Process, command};
use crate::terminal::{BOUND, Start};

tests! {
    [&POLYBAR] =>
        in_polybar_a_servers_words_are_no_click;
    [&TMUX] =>
        in_tmux_a_servers_words_are_no_format;
    [] =>
        a_shell_that_evaluates_the_line_runs_nothing_of_it;
}

/// `watch` on a server that says these words and ends.
struct Watch {
    home: Home,
    _watch: Process,
}

impl Watch {
    fn start(words: &str) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = server.local_addr().expect("bound").port();
        let greeting = format!("* BYE {words}\r\n");
        thread::spawn(move || {
            for mut stream in server.incoming().flatten() {
                // Whoever is gone hears nothing.
                let _ = stream.write_all(greeting.as_bytes());
            }
        });
        let home = Home::new();
        home.write_config(&format!(
            "[[account]]\nname = \"work\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\nuser = \"me\"\n\
             password_command = [\"echo\", \"x\"]\n"
        ));
        let watch = Process::start(&home, &["watch", "--config", &home.config(), "--state-dir", &home.state_dir()]);
        watch.line("what the server said", |line| line.contains("BYE"));
        let watch = Self { home, _watch: watch };
        let until = Instant::now() + BOUND;
        while !watch.line(&[]).contains("BYE") {
            assert!(Instant::now() < until, "no problem: {}", watch.line(&[]));
            thread::sleep(Duration::from_millis(50));
        }
        watch
    }

    fn line(&self, options: &[&str]) -> String {
        let mut asked =
            command(&self.home, &["status", "--state-dir", &self.home.state_dir(), "--format", "{problem}"]);
        let output = asked.args(options).output().expect("the program runs");
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a bar runs.
    fn command(&self, options: &str) -> String {
        let (run, state) = (self.home.path().join("run"), self.home.state_dir());
        let run = run.display();
        format!("env XDG_RUNTIME_DIR={run} {PROGRAM} status --state-dir {state} --format {{problem}} {options}")
    }
}

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tool(program: &str, display: &str, arguments: &[&str]) -> bool {
    let mut tool = Command::new(program);
    tool.args(arguments).env("DISPLAY", display).stdout(Stdio::null()).stderr(Stdio::null());
    tool.status().is_ok_and(|status| status.success())
}

fn in_polybar_a_servers_words_are_no_click() {
    let folder = tempfile::tempdir().expect("a directory");
    let clicked = folder.path().join("clicked");
    let watch = Watch::start(&format!("%{{A1:touch {}:}}{}%{{A}}", clicked.display(), "CLICK".repeat(60)));
    let mut server = Command::new("Xvfb");
    server.args(["-displayfd", "1", "-screen", "0", "1200x200x24", "-nolisten", "tcp"]);
    let mut server = Running(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Xvfb starts"));
    let (mut said, mut number) = (BufReader::new(server.0.stdout.take().expect("piped")), String::new());
    said.read_line(&mut number).expect("Xvfb names its display");
    let display = format!(":{}", number.trim());

    for (options, is_click) in [("--escape none", true), ("", false)] {
        let config = folder.path().join("polybar.ini");
        let ini = format!(
            "[bar/bar]\nwidth = 100%\nheight = 30\nmodules-left = mail\nfont-0 = monospace:size=10\n\
             [module/mail]\ntype = custom/script\nexec = {}\ninterval = 600\n",
            watch.command(options)
        );
        fs::write(&config, ini).expect("a file");
        let log = fs::File::create(folder.path().join("polybar.log")).expect("a file");
        let mut bar = Command::new("polybar");
        bar.args([&format!("--config={}", config.display()), "bar"]).env("DISPLAY", &display);
        let bar = Running(bar.stdout(Stdio::null()).stderr(log).spawn().expect("polybar starts"));
        let until = Instant::now() + if is_click { BOUND } else { Duration::from_secs(5) };
        // Clicked until it works: the bar is there before its text is.
        while !clicked.exists() && Instant::now() < until {
            tool("xdotool", &display, &["mousemove", "700", "15", "click", "1"]);
            thread::sleep(Duration::from_millis(200));
        }
        drop(bar);
        let log = fs::read_to_string(folder.path().join("polybar.log")).unwrap_or_default();
        assert_eq!(clicked.exists(), is_click, "with {options:?}: {}\n{log}", watch.line(&[]));
        let _ = fs::remove_file(&clicked);
    }
}

fn in_tmux_a_servers_words_are_no_format() {
    let folder = tempfile::tempdir().expect("a directory");
    let watch =
        Watch::start(&format!("#{{l:EXP}}#{{l:ANDED}} #(touch {}) #[fg=red]", folder.path().join("ran").display()));
    for (options, shown) in [("--escape none", "EXPANDED"), ("", "♯‹l:EXP›♯‹l:ANDED›")] {
        let home = Home::new();
        let (socket, config) = (home.path().join("tmux"), home.path().join("tmux.conf"));
        let bar = format!(
            "set -g status-interval 1\nset -g status-left ''\nset -g status-right-length 250\n\
             set -g status-right '#({})'\n",
            watch.command(options)
        );
        fs::write(&config, bar).expect("a file");
        let (socket, config) = (socket.display().to_string(), config.display().to_string());
        let arguments = ["-u", "-S", &socket, "-f", &config, "new-session", "exec cat"];
        let terminal = Start::program(home, "tmux", &arguments).size((240, 20)).open();
        terminal.wait_text(shown);
        let _ = Command::new("tmux").args(["-S", &socket, "kill-server"]).output();
        assert!(!folder.path().join("ran").exists(), "a command was run");
    }
}

fn a_shell_that_evaluates_the_line_runs_nothing_of_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let ran = folder.path().join("ran");
    let touch = format!("touch {}", ran.display());
    let watch =
        Watch::start(&format!("$({touch}) `{touch}`; {touch} & {touch} | {touch} \" ' \\ * ? ~ > {0}", ran.display()));
    let line = watch.line(&[]);
    for script in [format!("echo {line}"), format!("echo \"{line}\""), format!("echo '{line}'")] {
        let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), line.trim(), "{script}");
        assert!(!ran.exists(), "{script}");
    }
}
