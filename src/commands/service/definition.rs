//! The text of the service: what is shipped, with the program's path and options in it, and a seal by which `install` and
//! `remove` tell what nobody has changed since.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

use super::launch::Launch;

/// The unit, as packages have it.
pub const UNIT: &str = include_str!("../../../assets/systemd/mailwatch-tui.service");

/// The agent, its paths to be filled in.
pub const AGENT: &str = include_str!("../../../assets/launchd/mailwatch-tui.plist");

/// The line of the unit that says what is started.
const STARTS: &str = "ExecStart=";

/// What the agent's text has in place of the program with its arguments.
const ARGUMENTS: &str = "        <string>mailwatch-tui</string>\n        <string>watch</string>\n";

/// What the comment begins with.
const WRITTEN: &str = "Written by mailwatch-tui ";

/// Before the digest.
const SEAL: &str = "sha256 ";

/// The settings of version 0.1.0's unit, by their digest: all lines but comments and `ExecStart`.
const OLDER: &str = "b839404fcb2ebb04f2b4421ea331a1e0d733b86ca607c6635a4c9975deecfeb1";

/// The unit that starts this.
#[must_use]
pub fn unit(launch: &Launch) -> String {
    let mut text = String::with_capacity(UNIT.len());
    for line in UNIT.lines() {
        if line.starts_with(STARTS) {
            text.push_str(STARTS);
            text.push_str(&quoted(&launch.program, false));
            for argument in &launch.arguments {
                text.push(' ');
                text.push_str(&quoted(argument, true));
            }
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// The agent that starts this, with its log in this home.
#[must_use]
pub fn agent(launch: &Launch, home: &str) -> String {
    let mut arguments = String::new();
    for part in std::iter::once(&launch.program).chain(&launch.arguments) {
        arguments.push_str("        <string>");
        arguments.push_str(&in_xml(part));
        arguments.push_str("</string>\n");
    }
    let log = format!("<string>{}/", in_xml(home));
    // The home first: an argument may hold anything.
    AGENT.replace("<string>HOME/", &log).replace(ARGUMENTS, &arguments)
}

/// A part of a command line by systemd's rules. Its specifiers begin with `%` everywhere, its variables with `$` behind
/// the program.
fn quoted(part: &str, variables: bool) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@+=:,./-[]".contains(c);
    let mut text = String::with_capacity(part.len() + 2);
    for c in part.chars() {
        match c {
            '%' => text.push_str("%%"),
            '$' if variables => text.push_str("$$"),
            '"' | '\\' => text.extend(['\\', c]),
            _other => text.push(c),
        }
    }
    if !part.is_empty() && part.chars().all(plain) { text } else { format!("\"{text}\"") }
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text with a seal below it; `comment` is how a comment begins and ends.
#[must_use]
pub fn sealed(text: &str, comment: (&str, &str)) -> String {
    let (begin, end) = comment;
    let version = env!("CARGO_PKG_VERSION");
    let note = "Once changed it is yours: then it is neither replaced nor removed without your word.";
    let whole = format!("{text}{begin}{WRITTEN}{version}, service install. {note}{end}\n");
    let seal = hex(&whole);
    format!("{whole}{begin}{SEAL}{seal}{end}\n")
}

/// The text without what a seal adds to it.
pub(super) fn unsealed(text: &str) -> &str {
    let Some((before, _)) = text.rsplit_once(WRITTEN) else { return text };
    before.rfind('\n').map_or("", |end| &before[..=end])
}

/// Whether the text is as it was sealed.
pub(super) fn is_sealed(text: &str) -> bool {
    let Some((before, seal)) = text.rsplit_once(SEAL) else { return false };
    // The beginning of the comment that holds the seal is no part of what is sealed.
    let whole = before.rfind('\n').map_or("", |end| &before[..=end]);
    let rest = seal.get(64..).map_or("", str::trim);
    seal.get(..64) == Some(hex(whole).as_str()) && ["", "-->"].contains(&rest)
}

/// Whether it is a unit that was shipped, now or with version 0.1.0, with whatever program and comments.
pub(super) fn is_shipped(text: &str) -> bool {
    let its = settings(text);
    its == OLDER || its == settings(UNIT)
}

/// The digest of a unit's settings.
fn settings(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with(['#', ';']) && !line.starts_with(STARTS) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    hex(&kept)
}

fn hex(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Into memory.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
