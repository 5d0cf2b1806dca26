//! A bar per age while a probe runs: redrawn in place on a terminal, a line per result elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use mailwatch_engine::probe::{Stage, Update};
use mailwatch_proto::model::{LINE_LIMIT, sanitise, show_clock, show_duration};

use super::lines;

/// A bar's cells.
const BAR: u16 = 24;

/// One age on the screen.
#[derive(Clone, Debug)]
enum Shown {
    Waiting,
    Stage(Stage),
    Result(String),
}

/// The bars.
#[derive(Debug)]
pub struct Progress {
    rows: BTreeMap<Duration, Shown>,
    /// Whether lines can be drawn over.
    live: bool,
    ascii: bool,
    width: usize,
    /// Lines on the terminal that are to be drawn over.
    drawn: usize,
}

impl Progress {
    pub fn new(ages: &[Duration], terminal: bool, ascii: bool, width: usize) -> Self {
        let height = crossterm::terminal::size().map_or(0, |(_, rows)| usize::from(rows));
        // What has scrolled away cannot be drawn over.
        let live = terminal && ages.len() + 1 < height;
        Self { rows: ages.iter().map(|&age| (age, Shown::Waiting)).collect(), live, ascii, width, drawn: 0 }
    }

    /// Whether the bars must be drawn each second.
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// Takes in what the probe tells.
    pub fn take(&mut self, update: Update, err: &mut dyn Write, now: Instant) -> io::Result<()> {
        match update {
            // Its ages are the rows.
            Update::Begun { .. } => {}
            Update::Stage(age, stage) => {
                self.rows.insert(age, Shown::Stage(stage));
            }
            Update::Measured(measured) => {
                let result = lines::result(&measured);
                if !self.live {
                    writeln!(err, "{}: {result}", show_duration(Some(measured.age)))?;
                }
                self.rows.insert(measured.age, Shown::Result(result));
            }
            Update::Narrowed(room, fault) => {
                let text = sanitise(&fault.message, LINE_LIMIT);
                self.note(err, &format!("{text}; continuing with {room} at once"))?;
            }
        }
        self.draw(err, now)
    }

    /// A sentence above the bars.
    pub fn note(&mut self, err: &mut dyn Write, text: &str) -> io::Result<()> {
        self.clear(err)?;
        writeln!(err, "{text}")
    }

    /// Draws the bars over the last ones.
    pub fn draw(&mut self, err: &mut dyn Write, now: Instant) -> io::Result<()> {
        if !self.live {
            return Ok(());
        }
        let mut frame = String::new();
        if self.drawn > 0 {
            let _ = write!(frame, "\x1b[{}A", self.drawn);
        }
        for (age, shown) in &self.rows {
            let line = row(*age, shown, self.ascii, now);
            let line: String = line.chars().take(self.width.saturating_sub(1)).collect();
            let _ = write!(frame, "\r\x1b[K{line}\r\n");
        }
        self.drawn = self.rows.len();
        err.write_all(frame.as_bytes())?;
        err.flush()
    }

    /// Takes the bars away.
    pub fn clear(&mut self, err: &mut dyn Write) -> io::Result<()> {
        if self.drawn > 0 {
            write!(err, "\x1b[{}A\r\x1b[J", self.drawn)?;
            self.drawn = 0;
        }
        err.flush()
    }
}

fn row(age: Duration, shown: &Shown, ascii: bool, now: Instant) -> String {
    let name = show_duration(Some(age));
    let since = |at: &Instant| now.saturating_duration_since(*at);
    let (share, text) = match shown {
        Shown::Waiting => (0.0, "waits for its turn".to_owned()),
        Shown::Stage(Stage::Connecting) => (0.0, "connecting".to_owned()),
        Shown::Stage(Stage::Idling(at)) => {
            let share = since(at).as_secs_f64() / age.as_secs_f64().max(1.0);
            (share, format!("idling {} of {}", show_clock(since(at)), show_clock(age)))
        }
        Shown::Stage(Stage::Finishing(at)) => (1.0, format!("DONE sent {} ago", show_clock(since(at)))),
        Shown::Stage(Stage::Listening(at)) => {
            (1.0, format!("not answered; listening for a late answer for {}", show_clock(since(at))))
        }
        Shown::Stage(Stage::Again) => (0.0, "mail came meanwhile: trying once more".to_owned()),
        Shown::Stage(Stage::Delayed) => (0.0, "no room for another connection: later".to_owned()),
        Shown::Result(result) => return format!("{name:>6}  {result}"),
    };
    format!("{name:>6}  {}  {text}", lines::bar(share, BAR, ascii))
}

#[cfg(test)]
mod tests {
    use mailwatch_engine::probe::map::{Conduct, Measured};
    use mailwatch_proto::model::Status;

    use super::*;

    fn lines_of(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    #[test]
    fn without_a_terminal_only_results_are_told_a_line_each() {
        let ages = [Duration::from_mins(4)];
        let (mut progress, mut err, now) = (Progress::new(&ages, false, false, 80), Vec::new(), Instant::now());
        progress.take(Update::Stage(ages[0], Stage::Idling(now)), &mut err, now).expect("memory");
        let took = Duration::from_millis(40);
        let conduct = Ok(Conduct::Answered { took, status: Status::Ok });
        let measured = Measured { age: ages[0], conduct, disturbed: false };
        progress.take(Update::Measured(measured), &mut err, now).expect("memory");
        assert_eq!(lines_of(&err), "4m: answered in 40 ms\n");
    }

    #[test]
    fn a_bar_grows_with_the_idles_age() {
        let now = Instant::now();
        let half = row(Duration::from_mins(4), &Shown::Stage(Stage::Idling(now)), true, now + Duration::from_mins(2));
        assert_eq!(half, "    4m  ############............  idling 2:00 of 4:00");
    }
}
