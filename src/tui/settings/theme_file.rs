//! The tables of a theme file.

use toml::de::DeValue;

use super::roles::{ANSI, Colour, Look, MODIFIERS, ROLES, Role, ansi};
use super::tables::{LOOK, ROLE_TABLE};
use mailwatch_engine::config::{Findings, ProblemKind, Section, nearest};
use mailwatch_proto::model::sanitise;

/// The modifiers' names.
const MODIFIER_NAMES: [&str; 5] = ["bold", "dim", "italic", "underlined", "reversed"];

/// How many characters of a mistaken colour a message repeats.
const SHOWN: usize = 60;

/// The looks that a theme may start from.
#[derive(Clone, Copy)]
pub(super) struct Inherited<'a> {
    /// The names of the themes that can be inherited.
    pub(super) known: &'static [&'static str],
    /// The looks of a theme, by its name.
    pub(super) by_name: &'a dyn Fn(&str) -> Option<[Look; ROLES.len()]>,
    /// The looks without `inherits`.
    pub(super) usual: &'a [Look; ROLES.len()],
}

/// Reads the tables. A role that the file does not name is inherited.
pub(super) fn read_looks(file: &Section<'_>, inherited: Inherited<'_>, findings: &mut Findings) -> [Look; ROLES.len()] {
    let from = file.string("inherits", findings).and_then(|(name, at)| {
        let looks = (inherited.by_name)(name);
        if looks.is_none() {
            let kind = ProblemKind::Choice { key: "inherits", given: name.to_owned(), known: inherited.known };
            findings.problem(kind, at);
        }
        looks
    });
    let mut looks = from.unwrap_or(*inherited.usual);
    if let Some(roles) = file.table("roles", ROLE_TABLE, findings) {
        for (role, name) in ROLES {
            if let Some(section) = roles.table(name, LOOK, findings) {
                looks[role as usize] = look(&section, findings);
            }
        }
        // One that was chosen for another row may not be read on this.
        if roles.entry("selected").is_some() && roles.entry("selected-text").is_none() {
            looks[Role::SelectedText as usize] = Look::default();
        }
    }
    looks
}

fn look(section: &Section<'_>, findings: &mut Findings) -> Look {
    let mut look = Look {
        fg: colour(section, "fg", findings),
        bg: colour(section, "bg", findings),
        fg16: one_of_16(section, "fg16", findings),
        bg16: one_of_16(section, "bg16", findings),
        ..Look::default()
    };
    let none_given = section
        .entry("modifiers")
        .is_some_and(|entry| matches!(entry.value, DeValue::Array(items) if items.is_empty()));
    let modifiers = if none_given { None } else { section.list("modifiers", findings) };
    for (name, at) in modifiers.into_iter().flat_map(|(list, _)| list) {
        if let Some((modifier, _)) = MODIFIERS.iter().find(|(_, known)| *known == name) {
            look.modifiers.insert(*modifier);
        } else {
            let kind = ProblemKind::Choice { key: "modifiers", given: name.to_owned(), known: &MODIFIER_NAMES };
            findings.problem(kind, at);
        }
    }
    look
}

fn colour(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Option<Colour> {
    let entry = section.entry(key)?;
    let given = match entry.value {
        DeValue::String(text) => text.as_ref().to_owned(),
        DeValue::Integer(number) => number.to_string(),
        other => {
            findings.problem(section.wrong_type(key, "a colour", other), entry.at);
            return None;
        }
    };
    let colour = Colour::parse(&given);
    if colour.is_none() {
        findings.problem(no_colour(key, &given), entry.at);
    }
    colour
}

fn one_of_16(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Option<u8> {
    let (name, at) = section.string(key, findings)?;
    let number = ansi(name);
    if number.is_none() {
        findings.problem(no_colour(key, name), at);
    }
    number
}

fn no_colour(key: &str, given: &str) -> ProblemKind {
    let help = match nearest(given, ANSI) {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None if key.ends_with("16") => format!("write one of {}", ANSI.join(", ")),
        None => format!("write \"#rrggbb\", a number from 0 to 255, or one of {}", ANSI.join(", ")),
    };
    let message = format!("`{key} = \"{}\"` is no colour", sanitise(given, SHOWN));
    ProblemKind::FrontEnd { message, label: "not a colour", help }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modifiers_names_are_the_tables() {
        assert_eq!(MODIFIERS.map(|(_, name)| name), MODIFIER_NAMES);
    }
}
