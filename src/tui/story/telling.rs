//! What each event adds to the story.

use std::time::SystemTime;

use super::connection::{Done, command, tag_of_reply};
use super::{Beside, INNER, Opening, Stage, Story, StoryRow, Tone, What};
use crate::tui::words::{first_sentence, show_span, single_width_emoji};
use mailwatch_proto::model::{ConnId, Event, EventKind, FaultClass, Phase, Verdict, WireDirection, WireLine};

impl Story {
    /// Takes in an event of the watch.
    pub fn record(&mut self, event: &Event) {
        let (ts, conn) = (event.ts, event.conn);
        match &event.kind {
            EventKind::Wire(line) => self.line(ts, conn, line),
            EventKind::Connected { tls, .. } => self.connected(ts, conn, *tls),
            EventKind::Phase { to, .. } => self.phase(ts, conn, *to),
            EventKind::DoneAcked { took } => {
                let beside = Beside { answers: None, text: format!("acked {}", show_span(*took)), late: false };
                if let Some(done) = self.connections.of(conn).done {
                    self.put_beside(done.number, beside);
                }
            }
            EventKind::DoneAnswered { took, late, .. } => self.answered(conn, &show_span(*took), *late),
            EventKind::Stalled { verdict, waited, .. } => {
                let text = format!("no answer in {}: {}", show_span(*waited), concluded(*verdict));
                self.note(ts, conn, Tone::Trouble, &text);
            }
            EventKind::Replaced { by, blind } => {
                let blind = if blind.is_zero() { String::new() } else { format!(", blind for {}", show_span(*blind)) };
                self.note(ts, conn, Tone::Calm, &format!("replaced by #{}{blind}", by.0));
            }
            // What follows for a connection that is being made says it all.
            EventKind::Bye { text } if self.connections.of(conn).opening.is_none() => {
                self.over(ts, conn, Tone::Trouble, &format!("ended by the server: BYE {text}"));
            }
            EventKind::Fault { class, message, .. } => self.fault(ts, conn, *class, message),
            // A session that lasted as long as the server lets it ends without a fault.
            EventKind::Verdict { verdict: Verdict::Closed, text, .. } => self.over(ts, conn, Tone::Calm, text),
            EventKind::Bye { .. }
            | EventKind::Verdict { .. }
            | EventKind::Capabilities { .. }
            | EventKind::Exists { .. }
            | EventKind::Expunge { .. }
            | EventKind::Flags { .. }
            | EventKind::NewMail(_)
            | EventKind::DoneSent { .. }
            | EventKind::Heartbeat { .. }
            | EventKind::Unparsed { .. }
            | EventKind::Alert { .. }
            | EventKind::Hint { .. }
            | EventKind::Contradiction { .. }
            | EventKind::Retry { .. }
            | EventKind::Retuned { .. }
            | EventKind::Slept { .. }
            | EventKind::Hook { .. }
            | EventKind::Canary { .. }
            | EventKind::Lost { .. } => {}
        }
        self.trim();
    }

    /// What comes is another engine's: its connections are no longer those of the same numbers.
    pub fn end_connections(&mut self) {
        for number in std::mem::take(&mut self.connections).openings() {
            self.change(number, |opening| opening.stage = Stage::Left);
        }
    }

    fn line(&mut self, ts: SystemTime, conn: Option<ConnId>, line: &WireLine) {
        let text = single_width_emoji(&line.text);
        let sent = line.direction == WireDirection::Client;
        // No line of IMAP begins so: it is the engine's remark.
        if let Some(remark) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).filter(|_| sent) {
            return self.over(ts, conn, Tone::Calm, remark);
        }
        let command = if sent { command(&text) } else { None };
        if command.as_ref().is_some_and(|(_, word)| word == "IDLE") {
            self.made(ts, conn);
        }
        let is_bye = !sent && text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("* BYE"));
        let (tag, is_done) = (tag_of_reply(&text).filter(|_| !sent).map(str::to_owned), sent && text == "DONE");
        let row = StoryRow { ts, conn, what: What::Line(line.direction), text, beside: None };
        let opening = self.connections.of(conn).opening;
        let number = match opening {
            Some(opening) => self.push_inner(opening, row, command.as_ref().map(|(_, word)| word.as_str())),
            None => self.push(row),
        };
        let connection = self.connections.of(conn);
        if is_done {
            connection.done = Some(Done { number, sent: ts, answer: None });
        }
        if let Some((tag, word)) = command {
            connection.sent(tag, word, ts);
        }
        // It answers our LOGOUT; not every server says more (RFC 3501 §6.1.3).
        if is_bye && connection.leaves() {
            self.over(ts, conn, Tone::Calm, "closed: logged out");
        }
        if let Some(tag) = tag {
            self.replied(ts, conn, number, &tag);
        }
    }

    /// A tagged reply came: which command it answers, and how late.
    fn replied(&mut self, ts: SystemTime, conn: Option<ConnId>, number: u64, tag: &str) {
        let connection = self.connections.of(conn);
        let command = connection.replied(tag);
        let of_done = match &command {
            Some((word, _)) => word == "IDLE",
            // Its IDLE was sent before this story began.
            None => connection.done.is_some_and(|done| done.answer.is_none()),
        };
        let done = connection.done.as_mut().filter(|done| of_done && done.answer.is_none());
        let (word, sent) = match (done, command) {
            (Some(done), _) => {
                done.answer = Some(number);
                ("DONE".to_owned(), done.sent)
            }
            (None, Some(command)) => command,
            (None, None) => return,
        };
        let took = ts.duration_since(sent).unwrap_or_default();
        self.put_beside(number, Beside { answers: Some(word.clone()), text: show_span(took), late: false });
        if word == "LOGOUT" {
            self.over(ts, conn, Tone::Calm, "closed: logged out");
        }
    }

    /// DONE was answered, as the engine measured it.
    fn answered(&mut self, conn: Option<ConnId>, took: &str, late: bool) {
        let Some(done) = self.connections.of(conn).done else { return };
        let text = if late { format!("late, {took}") } else { took.to_owned() };
        if let Some(answer) = done.answer {
            self.put_beside(answer, Beside { answers: Some("DONE".to_owned()), text, late });
        }
        if late && let Some(row) = self.get_mut(done.number) {
            // The answer may be far below.
            let acked = row.beside.take().map_or_else(String::new, |beside| format!("{}, ", beside.text));
            row.beside = Some(Beside { answers: None, text: format!("{acked}answered after {took}"), late });
        }
    }

    fn put_beside(&mut self, number: u64, beside: Beside) {
        if let Some(row) = self.get_mut(number) {
            row.beside = Some(beside);
        }
    }

    /// A connection is being made: its lines are one row.
    fn begin(&mut self, ts: SystemTime, conn: Option<ConnId>) -> u64 {
        let opening = Opening::new(ts);
        let row = StoryRow { ts, conn, text: opening.text(), what: What::Opening(Box::new(opening)), beside: None };
        let number = self.push(row);
        self.connections.of(conn).opening = Some(number);
        number
    }

    /// TCP, TLS and greeting are done. What a standby has said until then are its first lines.
    fn connected(&mut self, ts: SystemTime, conn: Option<ConnId>, tls: Option<&'static str>) {
        let number = match self.connections.of(conn).opening {
            Some(number) => number,
            None => self.begin_with_last(ts, conn),
        };
        self.change(number, |opening| {
            opening.tls = tls.map(|version| format!("TLS {version}"));
            opening.until = ts;
        });
    }

    /// An opening that takes in the last lines, as far as they are this connection's.
    fn begin_with_last(&mut self, ts: SystemTime, conn: Option<ConnId>) -> u64 {
        let is_line = |row: &&StoryRow| row.conn == conn && matches!(row.what, What::Line(_));
        let count = self.rows.iter().rev().map(|(_, row)| row).take_while(is_line).count();
        let lines: Vec<_> = (0..count).filter_map(|_| self.rows.pop_newest()).collect();
        self.lines -= lines.len();
        self.bytes -= lines.iter().map(|row| row.text.len()).sum::<usize>();
        let number = self.begin(lines.last().map_or(ts, |row| row.ts), conn);
        for row in lines.into_iter().rev() {
            let word = command(&row.text).map(|(_, word)| word);
            self.push_inner(number, row, word.as_deref());
        }
        number
    }

    fn phase(&mut self, ts: SystemTime, conn: Option<ConnId>, to: Phase) {
        match to {
            Phase::Connecting => {
                let is_new = !self.connections.knows(conn);
                if conn.is_some() && is_new {
                    self.begin(ts, conn);
                }
            }
            Phase::Requested | Phase::Idling | Phase::Polling => self.made(ts, conn),
            Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Finishing
            | Phase::Waiting
            | Phase::Paused
            | Phase::Failed
            | Phase::Ended => {}
        }
    }

    /// A connection watches: it is made.
    fn made(&mut self, ts: SystemTime, conn: Option<ConnId>) {
        let Some(number) = self.connections.of(conn).opening.take() else { return };
        self.change(number, |opening| {
            opening.stage = Stage::Made;
            opening.until = ts;
        });
    }

    fn fault(&mut self, ts: SystemTime, conn: Option<ConnId>, class: FaultClass, message: &str) {
        match class {
            FaultClass::Dns
            | FaultClass::Connect
            | FaultClass::Proxy
            | FaultClass::Tls
            | FaultClass::Auth
            | FaultClass::Secret
            | FaultClass::Mailbox
            | FaultClass::Limit
            | FaultClass::Protocol
            | FaultClass::Timeout
            | FaultClass::Closed => {}
            // Nothing on the wire.
            FaultClass::History | FaultClass::Hook | FaultClass::Config => return,
        }
        let mut message = first_sentence(message);
        if class == FaultClass::Closed && message.ends_with("closed the connection without BYE") {
            message.push_str(" (FIN)");
        }
        let connection = self.connections.of(conn);
        let Some(number) = connection.opening else {
            if !connection.ended {
                // Not every fault ends a connection; what does is the last that is said of it.
                let ends = matches!(class, FaultClass::Closed | FaultClass::Timeout);
                connection.ended = ends;
                self.note(ts, conn, Tone::Trouble, &message);
            }
            return;
        };
        let is_again = self.tells_of_such(number, &message);
        if is_again {
            return self.merge(number);
        }
        self.change(number, |opening| {
            opening.stage = Stage::Failed(message);
            opening.until = ts;
        });
    }

    /// Whether the row before an opening without lines is such a failure too.
    fn tells_of_such(&self, number: u64, message: &str) -> bool {
        let empty = |row: &StoryRow| match &row.what {
            What::Opening(opening) if opening.lines() == 0 => Some(opening.stage.clone()),
            What::Opening(_) | What::Line(_) | What::Note(_) => None,
        };
        let is_last = self.rows.end() == (number >> INNER) + 1;
        let before = number.checked_sub(1 << INNER).and_then(|before| self.get(before));
        let failed = before.and_then(empty) == Some(Stage::Failed(message.to_owned()));
        is_last && failed && self.get(number).and_then(empty).is_some()
    }

    /// The newest row has failed like the one before: that one tells of both.
    fn merge(&mut self, number: u64) {
        let Some(newest) = self.rows.pop_newest() else { return };
        self.count_out(&newest);
        let before = number - (1 << INNER);
        self.change(before, |opening| {
            opening.tries += 1;
            opening.until = newest.ts;
        });
        if let Some(row) = self.get_mut(before) {
            row.conn = newest.conn;
        }
        let connection = self.connections.of(newest.conn);
        (connection.opening, connection.ended) = (None, true);
    }

    /// Says that a connection is over, once.
    fn over(&mut self, ts: SystemTime, conn: Option<ConnId>, tone: Tone, text: &str) {
        let connection = self.connections.of(conn);
        if connection.opening.is_none() && !connection.ended {
            connection.ended = true;
            self.note(ts, conn, tone, text);
        }
    }

    fn note(&mut self, ts: SystemTime, conn: Option<ConnId>, tone: Tone, text: &str) {
        self.push(StoryRow { ts, conn, what: What::Note(tone), text: single_width_emoji(text), beside: None });
    }

    /// Adds a line to an opening; returns its number.
    fn push_inner(&mut self, number: u64, row: StoryRow, command: Option<&str>) -> u64 {
        let (size, ts) = (row.text.len(), row.ts);
        let mut row = Some(row);
        let inner = self.change(number, |opening| {
            if let Some(word) = command {
                opening.step(word);
            }
            // What was wrong with it did not end it.
            if let Stage::Failed(_) = opening.stage {
                opening.stage = Stage::Making;
            }
            opening.until = ts;
            opening.lines.extend(row.take());
            opening.lines() as u64
        });
        match (inner, row) {
            (Some(inner), None) => {
                self.lines += 1;
                self.bytes += size;
                number + inner
            }
            (_, Some(row)) => self.push(row),
            (None, None) => number,
        }
    }

    /// Changes an opening, and what its row says.
    fn change<T>(&mut self, number: u64, change: impl FnOnce(&mut Opening) -> T) -> Option<T> {
        let row = self.rows.get_mut(number >> INNER)?;
        let What::Opening(opening) = &mut row.what else { return None };
        let changed = change(opening);
        let text = opening.text();
        self.bytes = (self.bytes + text.len()).saturating_sub(row.text.len());
        row.text = text;
        Some(changed)
    }
}

/// What is concluded of a DONE that was not answered.
const fn concluded(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::ServerIgnoring => "the server ignores DONE",
        Verdict::PathDead => "the path is dead",
        Verdict::ServerNotReading => "the server does not read",
        Verdict::NotKnown
        | Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::NotPushing => "the reason is not known",
    }
}
