//! The connection on trial: its steps as they end, and the result.

use super::fit::wrap;
use super::form_page::Page;
use super::row::Row;
use crate::tui::form::{Form, FormField, Trial};
use crate::tui::theme::Role;
use mailwatch_proto::model::check::{Outcome, Step, StepKind};
use mailwatch_proto::model::{LINE_LIMIT, TlsMode, sanitise};

/// The longest step's name, and a gap.
const NAME: usize = 13;

/// On narrower pages a step's finding stands below its name.
const NARROW: u16 = 46;

pub fn fill(page: &mut Page<'_>, form: &Form, trial: &Trial) {
    let tls = match form.inputs.tls {
        TlsMode::Implicit => "TLS",
        TlsMode::StartTls => "STARTTLS",
        TlsMode::Off => "no TLS",
    };
    let server = format!(
        "{} at {}:{}, {tls}",
        form.inputs.user.trimmed(),
        form.inputs.host.trimmed(),
        form.inputs.port.trimmed()
    );
    page.say(Role::Strong, &sanitise(&server, LINE_LIMIT), 0);
    page.rows.push(Row::new());
    for step in &trial.steps {
        step_rows(page, step);
    }
    if let Some(kind) = trial.doing() {
        let text = format!("{} {}{}", page.app.glyphs().state.busy, name(kind), page.app.glyphs().text.ellipsis);
        page.rows.push(vec![(Role::Busy, text)]);
    }
    if trial.end.is_none() {
        for kind in trial.ahead() {
            page.rows.push(vec![(Role::Dim, format!("  {}", name(kind)))]);
        }
    }
    let end = match trial.end {
        None => None,
        Some(true) => Some((Role::Live, "It works: the server answers DONE.")),
        Some(false) => Some((Role::Warn, "It does not work yet. Nothing was written.")),
    };
    page.rows.push(Row::new());
    if let Some((role, text)) = end {
        page.say(role, text, 0);
    }
    let all_the_same = if trial.end == Some(true) { "Add the account" } else { "Add it anyway" };
    let names = [
        (FormField::Stop, "Stop"),
        (FormField::Back, "Back to the form"),
        (FormField::Try, "Test again"),
        (FormField::Add, all_the_same),
    ];
    for field in form.fields() {
        if let Some((_, name)) = names.iter().find(|(known, _)| *known == field) {
            page.button(form, field, name);
        }
    }
    if trial.end.is_none() {
        // The step under way stays visible, not the button.
        let at = 1 + page.rows.iter().position(|row| row.iter().any(|(role, _)| *role == Role::Busy)).unwrap_or(0);
        page.marks.focus = at.saturating_sub(1)..at;
    }
}

const fn name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Dns => "DNS",
        StepKind::Tcp => "TCP",
        StepKind::Proxy => "proxy",
        StepKind::Tls => "TLS",
        StepKind::Greeting => "greeting",
        StepKind::Login => "login",
        StepKind::Capabilities => "capabilities",
        StepKind::Id => "ID",
        StepKind::Examine => "EXAMINE",
        StepKind::Idle => "IDLE",
        StepKind::Done => "DONE",
        StepKind::List => "LIST",
    }
}

fn step_rows(page: &mut Page<'_>, step: &Step) {
    let glyphs = page.app.glyphs();
    let (mark, role, text, text_role) = match &step.outcome {
        Outcome::Done(detail) => (glyphs.state.live, Role::Live, detail.as_str(), Role::Text),
        Outcome::LeftOut(why) => (glyphs.text.none, Role::Dim, why.as_str(), Role::Dim),
        Outcome::Failed(fault) => (glyphs.state.down, Role::Down, fault.message.as_str(), Role::Warn),
    };
    let text = sanitise(text, LINE_LIMIT);
    let took = format!("{} ms", step.took.as_millis());
    let head = vec![(role, format!("{mark} ")), (Role::Strong, format!("{:<NAME$}", name(step.kind)))];
    let failed = matches!(step.outcome, Outcome::Failed(_));
    if page.width < NARROW {
        let mut row = head;
        row.push((Role::Dim, took));
        page.rows.push(row);
        if failed {
            page.say(text_role, &text, 2);
        }
    } else {
        let indent = 2 + NAME + 9 + 2;
        let mut row = head;
        row.push((Role::Dim, format!("{took:>9}  ")));
        let room = page.width.saturating_sub(u16::try_from(indent).unwrap_or(0));
        let lines = wrap(&text, room);
        // A long list of capabilities would push the rest out of sight.
        let shown = if failed { lines.len() } else { 2 };
        let more = lines.len() > shown;
        for (index, line) in lines.into_iter().take(shown).enumerate() {
            let end = if more && index + 1 == shown { glyphs.text.ellipsis } else { "" };
            row.push((text_role, format!("{line}{end}")));
            page.rows.push(std::mem::replace(&mut row, vec![(Role::Text, " ".repeat(indent))]));
        }
    }
    if let Some(advice) = step.advice() {
        page.say(Role::Text, advice, 2);
    }
}
