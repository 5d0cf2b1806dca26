//! What `y` copies, and where it arrives: the terminal's clipboard, the desktop's, and both through a real tmux.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::home::{Home, PROGRAM};
use crate::needed::TMUX;
use crate::needs::tests;
use crate::terminal::{BOUND, Start, Terminal};

tests! {
    [] =>
        y_reaches_the_terminals_clipboard_and_the_desktops,
        without_a_desktop_the_terminal_alone_has_the_text;
    [&TMUX] =>
        in_tmux_a_copied_line_comes_through_to_the_terminal_outside;
}

/// What the program, or tmux in its name, asked its terminal to put on the clipboard.
fn on_clipboard(terminal: &Terminal) -> Vec<String> {
    let bytes = terminal.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let payload = |rest: &str| {
        let (_, payload) = rest.split_once(';')?;
        let end = payload.find(['\u{7}', '\u{1b}'])?;
        String::from_utf8(STANDARD.decode(&payload[..end]).ok()?).ok()
    };
    text.split("\u{1b}]52;").skip(1).filter_map(payload).collect()
}

/// Waits for something that is not seen on the screen.
fn wait_for<T>(terminal: &Terminal, what: &str, mut get: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + BOUND;
    loop {
        if let Some(got) = get() {
            return got;
        }
        assert!(Instant::now() < until, "waited in vain for {what}. The screen:\n{}", terminal.contents());
        // The screen counts seconds: there is always a next output.
        terminal.wait_output(Duration::from_millis(200));
    }
}

/// A command that writes down what it is fed, and with which arguments.
fn fake(folder: &Path, name: &str) {
    let script = format!(
        "#!/bin/sh\necho \"$@\" > {0}/{name}.arguments\ncat > {0}/{name}.part\nmv {0}/{name}.part {0}/{name}.text\n",
        folder.display()
    );
    let file = folder.join(name);
    fs::write(&file, script).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("ours");
}

fn y_reaches_the_terminals_clipboard_and_the_desktops() {
    let cases = [
        ("WAYLAND_DISPLAY", "wl-copy", ""),
        ("DISPLAY", "xclip", "-selection clipboard"),
        ("DISPLAY", "xsel", "--clipboard --input"),
    ];
    for (display, name, arguments) in cases {
        let folder = tempfile::tempdir().expect("a directory");
        fake(folder.path(), name);
        // The tools of the desktop that this machine may have are not meant.
        for tool in ["cat", "mv", "sh"] {
            let real = ["/bin", "/usr/bin"].map(|at| Path::new(at).join(tool)).into_iter().find(|at| at.exists());
            std::os::unix::fs::symlink(real.expect("a system has it"), folder.path().join(tool)).expect("a link");
        }
        let path = folder.path().display().to_string();
        let mut terminal = Start::demo().env("PATH", &path).env(display, "wayland-9").open();
        terminal.wait_text("7 live");
        // The log's newest line.
        terminal.press("3y");
        terminal.wait_text("copied 1 line");
        let file = folder.path().join(format!("{name}.text"));
        let text = wait_for(&terminal, name, || fs::read_to_string(&file).ok());
        // The newest line may be a watch's or the demo's own: whichever it is, its time and words are one line.
        assert!(text.split_once("  ").is_some_and(|(_, words)| !words.is_empty()), "{text:?}");
        assert!(!text.contains('\n'), "{text:?}");
        assert_eq!(on_clipboard(&terminal), [text]);
        let told = fs::read_to_string(folder.path().join(format!("{name}.arguments"))).expect("it ran");
        assert_eq!(told.trim(), arguments, "{name}");
    }
}

fn without_a_desktop_the_terminal_alone_has_the_text() {
    let folder = tempfile::tempdir().expect("a directory");
    for name in ["wl-copy", "xclip", "xsel", "tmux"] {
        fake(folder.path(), name);
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut terminal = Start::demo().env("PATH", &path).open();
    terminal.wait_text("7 live");
    terminal.press("\r");
    terminal.wait_text("Details");
    terminal.press("y");
    terminal.wait_text("of the details");
    let copied = on_clipboard(&terminal);
    assert!(copied.len() == 1 && copied[0].starts_with("Details gmail/INBOX\n"), "{copied:?}");
    assert!(!fs::read_dir(folder.path()).expect("readable").flatten().any(|file| file.path().extension().is_some()));
}

/// The demo in a real tmux that is told these options; ended with the value.
struct Tmux {
    terminal: Terminal,
    socket: String,
}

impl Tmux {
    fn start(options: &str) -> Self {
        let home = Home::new();
        let (state, socket) = (home.state_dir(), home.path().join("tmux").display().to_string());
        let config = home.path().join("tmux.conf").display().to_string();
        fs::write(&config, options).expect("a file");
        let program = format!("exec '{PROGRAM}' demo --state-dir '{state}'");
        let terminal = Start::program(home, "tmux", &["-S", &socket, "-f", &config, "new-session", &program])
            .size((120, 40))
            .open();
        terminal.wait_text("7 live");
        Self { terminal, socket }
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

fn in_tmux_a_copied_line_comes_through_to_the_terminal_outside() {
    // Its defaults: neither the program's own sequence nor a wrapped one is let through. Then each of these alone.
    for options in ["", "set -g set-clipboard on\n", "set -g set-clipboard off\nset -g allow-passthrough on\n"] {
        let mut tmux = Tmux::start(options);
        tmux.terminal.press("3y");
        tmux.terminal.wait_text("copied 1 line");
        let copied = wait_for(&tmux.terminal, options, || on_clipboard(&tmux.terminal).into_iter().next());
        // A line of the log, whoever spoke last: its time, and what happened.
        let is_line = copied.get(..10).is_some_and(|time| time.ends_with("  ") && time.matches(':').count() == 2);
        assert!(is_line && !copied.contains('\n'), "{options}: {copied:?}");
        let buffer = wait_for(&tmux.terminal, "tmux's own buffer", || {
            Some(tmux.ask(&["show-buffer"])).filter(|text| !text.is_empty())
        });
        assert_eq!(buffer, copied, "{options}");
    }
}
