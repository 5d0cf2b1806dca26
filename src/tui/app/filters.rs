//! The filters: typed into the pane that has the keys, kept until Esc; and the text last searched for.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;

use super::panes::Pane;

/// Longer than any line shown: a paste by mistake does not grow a filter beyond it.
const LIMIT: usize = 100;

/// What a filter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterTarget {
    /// A pane's list.
    Pane(Pane),
    /// The help.
    Help,
}

/// What a key did to the filter that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKey {
    /// It changed this filter's text.
    Changed(FilterTarget),
    /// It ended the typing, or changed nothing.
    Unchanged,
    /// It is not a key for text.
    NotText,
}

/// The filter of each list that has one.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    texts: BTreeMap<FilterTarget, String>,
    /// The filter that is being typed.
    pub typing: Option<FilterTarget>,
    /// The text last searched for in the log or the wire, in lower case.
    pub needle: String,
}

impl Filters {
    /// A filter's text; empty where there is none.
    #[must_use]
    pub fn of(&self, target: FilterTarget) -> &str {
        self.texts.get(&target).map_or("", String::as_str)
    }

    /// The text of a pane's filter; empty where there is none.
    #[must_use]
    pub fn of_pane(&self, pane: Pane) -> &str {
        self.of(FilterTarget::Pane(pane))
    }

    /// Whether a pane's filter is being typed.
    #[must_use]
    pub fn is_typing(&self, pane: Pane) -> bool {
        self.typing == Some(FilterTarget::Pane(pane))
    }

    /// Takes a key while a filter is typed.
    pub fn key(&mut self, code: KeyCode) -> FilterKey {
        match code {
            KeyCode::Char(c) => self.push(c).map_or(FilterKey::Unchanged, FilterKey::Changed),
            KeyCode::Backspace => match self.typing {
                Some(target) => {
                    let mut text = self.of(target).to_owned();
                    text.pop();
                    self.set(target, text);
                    FilterKey::Changed(target)
                }
                None => FilterKey::Unchanged,
            },
            KeyCode::Enter => {
                self.typing = None;
                FilterKey::Unchanged
            }
            KeyCode::Esc => match self.typing.take() {
                Some(target) => {
                    self.texts.remove(&target);
                    FilterKey::Changed(target)
                }
                None => FilterKey::Unchanged,
            },
            _ => FilterKey::NotText,
        }
    }

    /// Appends a character to the filter that is being typed; returns the filter if it changed.
    pub fn push(&mut self, c: char) -> Option<FilterTarget> {
        let target = self.typing?;
        let mut text = self.of(target).to_owned();
        if text.chars().count() >= LIMIT {
            return None;
        }
        text.push(c);
        self.set(target, text);
        Some(target)
    }

    /// Puts a text into a filter.
    pub fn put(&mut self, target: FilterTarget, text: String) {
        self.typing = None;
        self.set(target, text);
    }

    /// Removes a filter; returns whether there was one.
    pub fn clear(&mut self, target: FilterTarget) -> bool {
        self.texts.remove(&target).is_some()
    }

    /// Sets a filter's text. The log's, the wire's and the mails' is what `n` and `N` look for from then on.
    fn set(&mut self, target: FilterTarget, text: String) {
        if text.is_empty() {
            self.texts.remove(&target);
            return;
        }
        if matches!(target, FilterTarget::Pane(Pane::Log | Pane::Wire | Pane::Mail)) {
            self.needle = text.to_lowercase();
        }
        self.texts.insert(target, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: FilterTarget = FilterTarget::Pane(Pane::Log);

    fn typing(target: FilterTarget, text: &str) -> Filters {
        let mut filters = Filters { typing: Some(target), ..Filters::default() };
        for c in text.chars() {
            assert_eq!(filters.key(KeyCode::Char(c)), FilterKey::Changed(target));
        }
        filters
    }

    #[test]
    fn enter_keeps_a_filter_and_esc_ends_it() {
        let mut filters = typing(LOG, "Bye");
        assert_eq!(filters.key(KeyCode::Enter), FilterKey::Unchanged);
        assert_eq!((filters.of(LOG), filters.typing), ("Bye", None));
        filters.typing = Some(LOG);
        assert_eq!(filters.key(KeyCode::Esc), FilterKey::Changed(LOG));
        assert_eq!((filters.of(LOG), filters.typing), ("", None));
    }

    #[test]
    fn the_last_search_outlives_the_filter_and_is_that_of_log_and_wire_alone() {
        let mut filters = typing(LOG, "BYE");
        filters.key(KeyCode::Esc);
        assert_eq!(filters.needle, "bye");
        filters.typing = Some(FilterTarget::Help);
        filters.key(KeyCode::Char('x'));
        assert_eq!(filters.needle, "bye");
    }

    #[test]
    fn a_filter_does_not_grow_beyond_its_limit() {
        let mut filters = typing(LOG, &"x".repeat(LIMIT));
        assert_eq!(filters.key(KeyCode::Char('x')), FilterKey::Unchanged);
        assert_eq!(filters.of(LOG).len(), LIMIT);
        assert_eq!(filters.key(KeyCode::Tab), FilterKey::NotText);
    }
}
