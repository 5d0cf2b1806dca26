//! The process's terminal: taken for the screen, given back as it was, whatever ends the screen.
//!
//! It sets the alternate screen, cursor, bracketed paste, title, and of the mouse presses, the wheel and movements while a
//! button is pressed: reports of each movement would wake the program for nothing. Each frame is a synchronized update (DEC's private mode 2026):
//! a terminal that knows it shows no half of one, others ignore it.

use std::future::Future;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, SystemTime};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use tokio::time::timeout;

use super::account_commands::AccountCommands;
use super::ansi16::Ansi16;
use super::aside;
use super::background::{Ground, QUESTION};
use super::clipboard;
use super::clock::Now;
use super::colour_depth::ColourDepth;
use super::environment::{Environment, News, Unlocking};
use super::flow::Flow;
use super::kept;
use super::lean::Lean;
use super::out::{Frames, Out, slow_baud};
use super::programs::{self, Running};
use super::typing::{TerminalAnswers, Typing};
#[cfg(unix)]
use mailwatch_engine::link::hosts::{Foreground, HostLinks};
use mailwatch_engine::notify::{Alert, Shows, sequence};
use mailwatch_proto::model::WatchId;

/// Alternate screen, hidden cursor, bracketed paste; the title is kept on the terminal's stack (XTWINOPS 22 and 23).
const TAKE: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[22;2t\x1b]2;mailwatch\x07";

/// Undoes all of that in the opposite order, and the mouse and a frame that was cut off in any case.
const GIVE_BACK: &str = "\x1b[?2026l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[23;2t\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";

/// Presses and the wheel (1000), movements while a button is pressed (1002), in the encoding without limits (1006); no
/// other movements (1003).
const TAKE_MOUSE: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// How long an answer that the terminal owes is waited for before somebody else has the terminal.
const SETTLES: Duration = Duration::from_millis(500);

/// The terminal that the screen runs on.
pub type Screen = Terminal<Lean<Frames>>;

/// The process's terminal while the screen has it. Gives it back when dropped.
#[derive(Debug)]
pub struct TakenTerminal {
    mouse: bool,
    depth: ColourDepth,
    shows: Shows,
    out: Out,
    typing: Typing,
    commands: AccountCommands,
    running: Running,
    flow: Flow,
}

impl TakenTerminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If standard output is not a terminal, or refuses raw mode.
    pub fn enter(mouse: bool, depth: ColourDepth, shows: Shows) -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            let text = "the screen needs a terminal on standard output; `mailwatch-tui watch` needs none";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            let text = "TERM=dumb: such a terminal cannot place text; `mailwatch-tui watch` needs no screen";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        // A console of Windows reads escape sequences once it is asked to, from Windows 10 on.
        #[cfg(windows)]
        if !crossterm::ansi_support::supports_ansi() {
            let text = "this console knows no escape sequences; `mailwatch-tui watch` needs no screen";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let (out, typing, commands) = (Out::default(), Typing::default(), AccountCommands::default());
        let live = Self {
            mouse,
            depth,
            shows,
            out,
            typing,
            commands,
            running: Running::default(),
            flow: slow_baud().map_or_else(Flow::default, Flow::with_baud),
        };
        live.take()?;
        Ok(live)
    }

    /// Lets it run `commands`, while nothing is read.
    pub(super) fn may_run(&mut self, commands: AccountCommands, typing: Typing) {
        (self.commands, self.typing) = (commands, typing);
    }

    /// Asks for the terminal's background, and waits so long for it: a later answer changes the colours.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) async fn ask_ground(&mut self, patience: Duration) -> io::Result<Option<Ground>> {
        let now = || tokio::time::Instant::now().into_std();
        let bytes = Environment::ask_terminal(&mut &mut *self)? + TAKE.len();
        self.flow.asked(now(), bytes);
        let news = timeout(patience, Environment::news(&mut &mut *self)).await;
        Ok(match news {
            Ok(News::Answered(ground)) => {
                self.flow.answered(now());
                ground
            }
            Ok(News::Shown(_)) | Err(_) => None,
        })
    }

    /// The terminal's background, where it was said to a screen before this.
    pub(super) fn ground(&self) -> Option<Ground> {
        self.typing.answers.as_ref().and_then(TerminalAnswers::ground)
    }

    /// The screen to draw on.
    ///
    /// # Errors
    /// If the terminal's size is not known.
    pub fn screen(&self) -> io::Result<Screen> {
        let sixteen = (self.depth == ColourDepth::Basic).then(Ansi16::default);
        Terminal::new(Lean::new(Frames::new(self.out.clone(), sixteen)))
    }

    /// Gives the terminal back. Ignores errors: they mean that it is gone.
    pub fn leave(&self) {
        give_back(&self.out);
    }

    /// A guard that gives the terminal back before a panic of the screen's own is reported.
    #[must_use]
    pub fn panic_guard(&self) -> PanicGuard {
        PanicGuard::install(self.out.clone())
    }

    fn take(&self) -> io::Result<()> {
        enable_raw_mode()?;
        self.out.take(&format!("{TAKE}{}", if self.mouse { TAKE_MOUSE } else { "" }))
    }
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        self.leave();
        self.out.close();
    }
}

impl Environment for &mut TakenTerminal {
    fn now(&self) -> Now {
        Now { at: tokio::time::Instant::now().into_std(), wall: SystemTime::now() }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        stop_job()
    }

    fn resume(&mut self) -> io::Result<()> {
        // If it is still taken it is given back first: a shell may have changed the modes, and the kept title must stay
        // the one from before.
        self.leave();
        self.take()
    }

    async fn news(&mut self) -> News {
        let TakenTerminal { typing, running, .. } = &mut **self;
        let answer = async {
            match &mut typing.answers {
                Some(answers) => answers.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ground = answer => News::Answered(ground),
            ended = running.ended() => News::Shown(Box::new(ended)),
        }
    }

    fn flow(&self) -> Flow {
        self.flow.clone()
    }

    fn out(&self) -> Out {
        self.out.clone()
    }

    async fn settle(&mut self) {
        if let Some(answers) = &mut self.typing.answers {
            // One that is later than this is taken for typed by whoever has the terminal then.
            let _ = timeout(SETTLES, answers.settle()).await;
        }
    }

    fn ask_terminal(&mut self) -> io::Result<usize> {
        if let Some(answers) = &self.typing.answers {
            answers.ask();
        }
        self.out.send(QUESTION.as_bytes())?;
        Ok(QUESTION.len())
    }

    fn run_users(&mut self, watch: Option<WatchId>, arguments: Vec<String>) {
        self.running.start(watch, arguments);
    }

    fn keep(&mut self, file: &Path, text: &str) -> io::Result<()> {
        kept::write(file, text)
    }

    async fn unlock(&mut self, account: &str) -> Unlocking {
        let (find, name) = (self.commands.clone(), account.to_owned());
        let commands = match tokio::task::spawn_blocking(move || find.of(&name)).await {
            Ok(Ok(commands)) => commands,
            Ok(Err(why)) => return Unlocking::Failed(why),
            Err(error) => return Unlocking::Failed(error.to_string()),
        };
        self.typing.pause.begin().await;
        self.leave();
        let unlocking = aside::run(account, commands).await;
        self.typing.pause.end();
        unlocking
    }

    #[cfg(unix)]
    async fn ask(&mut self, host: &str, links: &HostLinks) -> Unlocking {
        self.typing.pause.begin().await;
        self.leave();
        let unlocking = aside::reach(host, || Foreground::begin(links, host)).await;
        self.typing.pause.end();
        unlocking
    }

    fn run(&mut self, command: &[String]) -> io::Result<()> {
        programs::start(command)
    }

    fn copy(&mut self, text: String) -> io::Result<()> {
        // Each frame was sent whole, so this cuts none in two.
        self.out.send(clipboard::osc52(&text, std::env::var_os("TMUX").is_some()).as_bytes())?;
        clipboard::spawn_native(text);
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        // Between two frames, as above.
        self.out.send_if_read(sequence(alert, self.shows).as_bytes())
    }
}

/// Stops the foreground job as Ctrl-Z does: the whole process group, so that a wrapper stops too. Returns at `fg`, or
/// at once without job control.
#[cfg(unix)]
fn stop_job() -> io::Result<()> {
    use rustix::process::{Signal, kill_current_process_group};
    Ok(kill_current_process_group(Signal::TSTP)?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the systems that have job control")]
fn stop_job() -> io::Result<()> {
    Ok(())
}

fn give_back(out: &Out) {
    if out.is_taken() {
        out.give_back(GIVE_BACK);
        let _ = disable_raw_mode();
    }
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// While it lives, a panic in the screen's own future gives the terminal back before it is reported; a panic of another
/// task goes to the log, not across the screen.
pub struct PanicGuard {
    /// The thread that polls the screen's future right now: the future may move between the runtime's threads.
    polling: Arc<Mutex<Option<ThreadId>>>,
    previous: Arc<Hook>,
}

impl PanicGuard {
    fn install(out: Out) -> Self {
        let polling = Arc::new(Mutex::new(None));
        let previous: Arc<Hook> = panic::take_hook().into();
        let (inside, chained) = (Arc::clone(&polling), Arc::clone(&previous));
        panic::set_hook(Box::new(move |info| {
            let here = thread::current().id();
            // The screen's code never runs under this lock: if it is held or poisoned, the panic is another thread's.
            let ours = inside.try_lock().is_ok_and(|polling| *polling == Some(here));
            if ours {
                give_back(&out);
            }
            if out.is_taken() {
                tracing::error!("{info}");
            } else {
                chained(info);
            }
        }));
        Self { polling, previous }
    }

    /// Runs the screen's future under the guard.
    pub async fn watch<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            self.set(Some(thread::current().id()));
            let polled = future.as_mut().poll(context);
            self.set(None);
            match polled {
                Poll::Ready(output) => Poll::Ready(output),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    fn set(&self, thread: Option<ThreadId>) {
        if let Ok(mut polling) = self.polling.lock() {
            *polling = thread;
        }
    }
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        // While a panic unwinds the hook can't be changed, and the process is about to end anyway.
        if !thread::panicking() {
            let previous = Arc::clone(&self.previous);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_that_is_taken_is_given_back() {
        for mode in ["1049", "25", "2004", "1000", "1002", "1006", "2026"] {
            let frame = std::str::from_utf8(crate::tui::out::FRAME_BEGIN).expect("ASCII");
            let taken = [TAKE, TAKE_MOUSE, frame]
                .iter()
                .any(|text| text.contains(&format!("\x1b[?{mode}h")) || text.contains(&format!("\x1b[?{mode}l")));
            let given = GIVE_BACK.contains(&format!("\x1b[?{mode}l")) || GIVE_BACK.contains(&format!("\x1b[?{mode}h"));
            assert!(taken && given, "{mode}");
        }
    }

    #[test]
    fn a_terminal_that_was_not_taken_is_not_given_back() {
        let out = Out::default();
        give_back(&out);
        assert!(!out.is_taken());
    }
}
