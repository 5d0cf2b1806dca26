//! The evidence on the selected watch's server: how DONE was answered by IDLE age, its heartbeat, the learned ceiling.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::tui::app::App;
use crate::tui::draw::answers;
use crate::tui::draw::fit::{cells, wrap};
use crate::tui::draw::plot::MIN_HEIGHT;
use crate::tui::draw::row::{Piece, Row};
use crate::tui::theme::Role;
use mailwatch_proto::model::{Ages, Snapshot, show_clock};

/// A higher plot says no more.
const PLOT_MAX: u16 = 14;

/// The table's first column, and each further one.
const NAMES: u16 = 10;
const COLUMN: u16 = 7;

pub fn rows(app: &App, snapshot: &Snapshot, width: u16, plot: u16) -> Vec<Row> {
    let account = mailwatch_proto::model::sanitise(&snapshot.id.account, 20);
    let ages = answers::of(app, snapshot);
    let mut rows = Vec::new();
    let mut heading =
        vec![(Role::TitleFocused, "DONE by IDLE age".to_owned()), (Role::Dim, format!("  {account}, up to 30 days"))];
    if let Some(ages) = ages {
        let (role, counted) = answers::counted(ages);
        let taken: u16 = heading.iter().map(|(_, text)| cells(text)).sum();
        if taken + 2 + cells(&counted) <= width {
            heading.extend([(Role::Dim, ": ".to_owned()), (role, counted)]);
            rows.push(heading);
        } else {
            rows.extend([heading, vec![(role, counted)]]);
        }
    } else {
        rows.push(heading);
    }
    let (role, text) = ages
        .map_or_else(|| (Role::Dim, "No IDLE of this account has ended yet: d ends one now.".to_owned()), conclusion);
    rows.extend(wrap(&text, width).into_iter().map(|line| vec![(role, line.to_owned())]));
    rows.extend(facts(snapshot));
    let Some(ages) = ages else { return rows };
    rows.extend(answers::plot(app, snapshot, ages, width, plot.clamp(MIN_HEIGHT + 1, PLOT_MAX)));
    rows.extend(table(ages, width));
    rows
}

/// What the counts show, in a sentence.
fn conclusion(ages: &Ages) -> Piece {
    let (answered, failed) = ages.totals();
    match (ages.cliff(), failed) {
        (Some(cliff), _) => {
            let safe = cliff.safe.map_or_else(
                || "; nothing younger was answered".to_owned(),
                |safe| {
                    let count = answered - cliff.answered;
                    format!("; up to {} {count} {} answered", show_clock(safe), was(count))
                },
            );
            let of = cliff.failed + cliff.answered;
            let text = format!("From {} on {} of {of} went unanswered{safe}.", show_clock(cliff.from), cliff.failed);
            (Role::Warn, text)
        }
        (None, 0) if answered == 0 => (Role::Text, "The dots are DONEs for other reasons.".to_owned()),
        (None, 0) => (Role::Live, format!("{answered} {} answered, none failed.", was(answered))),
        (None, _) => {
            let text = format!(
                "{answered} {} answered, {failed} failed: there is no age above which most fail.",
                was(answered)
            );
            (Role::Text, text)
        }
    }
}

const fn was(count: u32) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// Heartbeat and ceiling; nothing where none was learned, nor is to be.
fn facts(snapshot: &Snapshot) -> Option<Row> {
    if (snapshot.connection.heartbeat, snapshot.learning.ceiling, snapshot.learning.origin) == (None, None, None) {
        return None;
    }
    let heartbeat = snapshot.connection.heartbeat.map_or_else(|| "none learned".to_owned(), show_clock);
    let ceiling = match (snapshot.learning.ceiling, snapshot.learning.origin) {
        (Some(ceiling), _) => show_clock(ceiling),
        (None, Some(_)) => "none found".to_owned(),
        (None, None) => "none; only auto learns it".to_owned(),
    };
    Some(vec![
        (Role::Title, "heartbeat ".to_owned()),
        (Role::Strong, heartbeat),
        (Role::Title, "   ceiling ".to_owned()),
        (Role::Strong, ceiling),
    ])
}

/// Answered and failed, by age, as finely as the room allows.
fn table(ages: &Ages, width: u16) -> Vec<Row> {
    const STEPS: [u64; 9] = [1, 5, 10, 30, 60, 120, 300, 600, 1800];
    let fit = usize::from(width.saturating_sub(NAMES) / COLUMN).max(1);
    let coarse = |step: u64| {
        let mut counts: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
        for (age, one) in ages.steps().filter(|(_, one)| one.answered + one.failed > 0) {
            let count = counts.entry(age.as_secs() / step * step).or_default();
            *count = (count.0.saturating_add(one.answered), count.1.saturating_add(one.failed));
        }
        counts
    };
    let Some((step, counts)) =
        STEPS.into_iter().map(|step| (step, coarse(step))).find(|(_, counts)| counts.len() <= fit)
    else {
        return Vec::new();
    };
    if counts.is_empty() {
        return Vec::new();
    }
    // A column is named by its beginning: what failed at 5:02 failed at 5:00 and beyond.
    let plus = if step > 1 { "+" } else { "" };
    let column = usize::from(COLUMN);
    let names = |name: &str| format!("{name:<names$}", names = usize::from(NAMES));
    let mut rows = [
        vec![(Role::Header, names("age"))],
        vec![(Role::Title, names("answered"))],
        vec![(Role::Title, names("failed"))],
    ];
    for (age, (answered, failed)) in counts {
        let clock = format!("{}{plus}", show_clock(Duration::from_secs(age)));
        rows[0].push((Role::Header, format!("{clock:>column$}")));
        rows[1].push((if answered > 0 { Role::Live } else { Role::Dim }, format!("{answered:>column$}")));
        rows[2].push((if failed > 0 { Role::Warn } else { Role::Dim }, format!("{failed:>column$}")));
    }
    rows.into()
}
