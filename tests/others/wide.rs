//! Flags, families, keycaps and letters that join, in the mails of a real tmux: what it takes for wider or narrower than the
//! program does leaves nothing behind.

use std::process::Command;
use std::time::{Duration, Instant};

use imap_misbehave::{Encryption, Listening, NewMessage, PASSWORD, Scenario, Server, USER};

use crate::home::{Home, PROGRAM};
use crate::needed::TMUX;
use crate::needs::tests;
use crate::terminal::{BOUND, DESIGNED, Start, Terminal};

tests! {
    [&TMUX] =>
        in_tmux_mails_that_are_scrolled_are_shown_as_if_they_were_drawn_anew;
}

/// What terminals disagree about, with letters in between.
const SUBJECTS: [&str; 13] = [
    "🇩🇪🇯🇵 flags 🇨🇭",
    "👨‍👩‍👧‍👦 a family 👩‍❤️‍💋‍👨 and more 👨‍👩‍👧",
    "❤️ hearts ❤ and ☎️ ✈️ 1️⃣2️⃣#️⃣",
    "plain letters alone, from the left to the right",
    "👍🏽👍🏿 skins 🧑🏾‍🚀",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England",
    "会社からのお知らせ 日本🇯🇵語",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "e\u{301}\u{301} z\u{35f}a\u{308}lgo\u{489}",
    "a\u{200b}b\u{200d}c\u{2060}d\u{fe0f}e zero width",
    "⌚✅⭐ and 🫠🪿🫨 of late",
    "한국어 ｱｲｳ ＡＢＣ ㍿ …",
];

/// How many mails there are: more than the screen has rows.
const MAILS: usize = 45;

/// The screen in a tmux of its own, which ends with the value.
struct Tmux {
    terminal: Terminal,
    socket: String,
    _listening: Listening,
}

impl Tmux {
    fn ask(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The rows between the clock and the keys.
    fn rows(&self) -> Vec<String> {
        let all = self.ask(&["capture-pane", "-p"]);
        // A joiner between two letters shows nothing; whether tmux keeps it depends on where one of its reads ends.
        let rows: Vec<_> = all.lines().map(|row| row.replace('\u{200d}', "")).collect();
        rows.get(1..rows.len().saturating_sub(2)).map(<[_]>::to_vec).unwrap_or_default()
    }

    fn clock(&self) -> String {
        self.ask(&["capture-pane", "-p"]).lines().next().unwrap_or_default().to_owned()
    }

    fn wait(&self, what: &str, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let until = Instant::now() + BOUND;
        loop {
            let rows = self.rows();
            if wanted(&rows) {
                return rows;
            }
            assert!(Instant::now() < until, "waited in vain for {what}:\n{}", rows.join("\n"));
            // The screen counts seconds: there is always a next output.
            self.terminal.wait_output(Duration::from_millis(200));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

fn begin(runtime: &tokio::runtime::Runtime) -> Tmux {
    let server = Server::new(Scenario::healthy());
    let listening = runtime.block_on(server.listen(Encryption::Off)).expect("a socket");
    let home = Home::new();
    home.write_config(&format!(
        "[[account]]\nname = \"own\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{USER}\"\n\
         password_command = [\"echo\", \"{PASSWORD}\"]\n",
        listening.port()
    ));
    let path = |name: &str| home.path().join(name).display().to_string();
    let (socket, options) = (path("tmux"), path("tmux.conf"));
    std::fs::write(&options, "").expect("a file");
    let program = format!("exec '{PROGRAM}' --config '{}' --state-dir '{}'", home.config(), home.state_dir());
    let arguments = ["-u", "-S", &socket, "-f", &options, "new-session", &program];
    let terminal = Start::program(home, "tmux", &arguments).size(DESIGNED).open();
    let tmux = Tmux { terminal, socket, _listening: listening };
    tmux.wait("a live watch", |rows| rows.iter().any(|row| row.contains("own/INBOX") && row.contains("live")));
    for n in 0..MAILS {
        let subject = format!("n{n:02} {}", SUBJECTS[n % SUBJECTS.len()]);
        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", &subject));
    }
    tmux
}

fn in_tmux_mails_that_are_scrolled_are_shown_as_if_they_were_drawn_anew() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut tmux = begin(&runtime);
    let last = format!("n{:02}", MAILS - 1);
    tmux.terminal.press("5z");
    tmux.wait("the newest mail", |rows| rows.iter().any(|row| row.contains(&last)));
    // Down and up by rows, so that each keeps its place or gets another's; the log has them too.
    let (down, up) = ("j".repeat(30), "k".repeat(28));
    let steps = [("jjj", 4), (&*down, 34), ("j", 35), (&*up, 7), ("k", 6), ("G", MAILS), ("kkkk", 41)];
    let places = steps.map(|(keys, place)| (keys, format!(" {place} of {MAILS} ")));
    let panes = [("3", "─ 3 Log ".to_owned()), ("5", format!(" 41 of {MAILS} "))];
    for (keys, title) in places.into_iter().chain(panes) {
        tmux.terminal.press(keys);
        tmux.wait(&format!("{title} after {keys}"), |rows| rows.first().is_some_and(|row| row.contains(&title)));
        // The frame with it is whole once the next one has begun, which tells another second.
        let second = tmux.clock();
        tmux.wait("the next second", |_| tmux.clock() != second);
        let before = tmux.rows();
        // The terminal forgets all, the program draws all.
        tmux.ask(&["send-keys", "-R"]);
        tmux.terminal.press("\x0c");
        let picture = before.join("\n");
        tmux.wait(&format!("this, shown after {keys}, to be drawn anew:\n{picture}\nThere is"), |rows| {
            *rows == before[..]
        });
    }
    drop(tmux);
}
