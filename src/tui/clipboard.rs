//! The clipboard: OSC 52 for the terminal, which may be far away, and commands for tmux and the local desktop.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// How many bytes of a text OSC 52 carries: as many as 74,994 bytes of base64 hold, the least of the common terminals'
/// limits.
pub const OSC52_BYTES: usize = 74_994 / 4 * 3;

/// How long a command may take.
const NATIVE: Duration = Duration::from_secs(2);

/// The sequence that puts a text on the terminal's clipboard, cut at [`OSC52_BYTES`]. In base64 no part of the text can
/// be taken for a sequence.
///
/// tmux takes the sequence itself where `set-clipboard` is `on`, and passes a wrapped one on where `allow-passthrough`
/// is (before 3.3: always). Under its defaults it does neither: then [`spawn_native`] asks it.
#[must_use]
pub fn osc52(text: &str, tmux: bool) -> String {
    let text = &text[..text.floor_char_boundary(OSC52_BYTES)];
    let payload = STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{payload}\x07");
    if tmux { format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\") } else { plain }
}

/// A command that takes a text on its standard input.
type Taker = (PathBuf, &'static [&'static str]);

/// The commands of an environment: tmux, which has its own buffer and knows its terminal, and the desktop's.
fn native(var: impl Fn(&str) -> Option<OsString>) -> Vec<Taker> {
    let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
    let Some(path) = var("PATH") else { return Vec::new() };
    let found = |program: &str| find(&path, program);
    // `-w`: to the terminal's clipboard as well (tmux 3.2); the default of `set-clipboard` allows it.
    let tmux: Option<Taker> =
        if set("TMUX") { found("tmux").map(|tmux| (tmux, &["load-buffer", "-w", "-"][..])) } else { None };
    tmux.into_iter().chain(desktop(set, found)).collect()
}

/// The desktop's command; `None` without a desktop or a command.
fn desktop(set: impl Fn(&str) -> bool, found: impl Fn(&str) -> Option<PathBuf>) -> Option<Taker> {
    if cfg!(target_os = "macos") {
        return Some((found("pbcopy")?, &[]));
    }
    if set("WAYLAND_DISPLAY")
        && let Some(program) = found("wl-copy")
    {
        return Some((program, &[]));
    }
    if !set("DISPLAY") {
        return None;
    }
    if let Some(program) = found("xclip") {
        return Some((program, &["-selection", "clipboard"]));
    }
    Some((found("xsel")?, &["--clipboard", "--input"]))
}

fn find(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Feeds the commands in the background. Failures are ignored: the terminal has the text as well.
pub fn spawn_native(text: String) {
    let text: Arc<str> = text.into();
    for (program, arguments) in native(|name| std::env::var_os(name)) {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let text = Arc::clone(&text);
        tokio::spawn(timeout(NATIVE, async move {
            let Ok(mut child) = command.spawn() else { return };
            if let Some(mut stdin) = child.stdin.take() {
                let _ = stdin.write_all(text.as_bytes()).await;
            }
            let _ = child.wait().await;
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_gets_base64_and_tmux_a_wrapped_one() {
        assert_eq!(osc52("\x1b]0;x\x07", false), "\x1b]52;c;G10wO3gH\x07");
        assert_eq!(osc52("a", true), "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let sequence = osc52(&"日本".repeat(20_000), false);
        let payload = sequence.trim_start_matches("\x1b]52;c;").trim_end_matches('\x07');
        assert!(payload.len() <= 74_994);
        assert!(STANDARD.decode(payload).is_ok_and(|bytes| String::from_utf8(bytes).is_ok()));
    }

    #[test]
    fn without_a_desktop_no_command_is_looked_for() {
        if !cfg!(target_os = "macos") {
            assert!(native(|name| (name == "PATH").then(|| "/usr/bin:/bin".into())).is_empty());
        }
    }
}
