//! `[notify]`.

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use super::schema;
use mailwatch_proto::model::{Notifications, NotifyRules, Quiet, Rule, Sequence};
use toml::de::DeValue;

/// What `terminal` takes besides true and false.
const SEQUENCES: [&str; 2] = ["osc9", "osc777"];

/// Everything is off by default: unasked notifications would be a surprise.
pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Notifications {
    Notifications {
        desktop: section.flag("desktop", findings),
        bell: section.flag("bell", findings),
        terminal: terminal(section, findings),
        quiet: quiet(section, findings),
        rules: NotifyRules {
            only: rules(section, "only", findings),
            not: rules(section, "not", findings),
            ..NotifyRules::default()
        },
        ..Notifications::default()
    }
}

/// The rules under a key: tables, each with one pattern at least.
fn rules(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (table, span) in section.tables(key, findings).into_iter().flatten() {
        if table.is_empty() {
            findings
                .problem(ProblemKind::Empty { key, example: Some("for example { from = \"*@example.org\" }") }, span);
            continue;
        }
        let rule = Section::open(table, schema::NOTIFY_RULE, Some(span), findings);
        let mut pattern = |key| rule.string(key, findings).map(|(text, _)| text.to_owned());
        rules.push(Rule {
            from: pattern("from"),
            subject: pattern("subject"),
            account: pattern("account"),
            mailbox: pattern("mailbox"),
        });
    }
    rules
}

fn terminal(section: &Section<'_>, findings: &mut Findings) -> Option<Sequence> {
    const KEY: &str = "terminal";
    let entry = section.entry(KEY)?;
    match entry.value {
        DeValue::Boolean(on) => on.then_some(Sequence::Auto),
        DeValue::String(text) => match text.as_ref() {
            "osc9" => Some(Sequence::Osc9),
            "osc777" => Some(Sequence::Osc777),
            given => {
                let given = given.to_owned();
                findings.problem(ProblemKind::Choice { key: KEY, given, known: &SEQUENCES }, entry.at);
                None
            }
        },
        other => {
            findings.problem(section.wrong_type(KEY, "true, false, \"osc9\" or \"osc777\"", other), entry.at);
            None
        }
    }
}

fn quiet(section: &Section<'_>, findings: &mut Findings) -> Option<Quiet> {
    let (text, at) = section.string("quiet", findings)?;
    match Quiet::parse(text) {
        Ok(quiet) => Some(quiet),
        Err(error) => {
            findings.problem(ProblemKind::Quiet(error), at);
            None
        }
    }
}
