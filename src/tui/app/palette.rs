//! The list of commands while it is open: what is typed, and which command is chosen. The session's commands.

/// Longer than any command: a paste by mistake does not grow it further.
const LIMIT: usize = 200;

/// How many commands of the session are remembered.
const REMEMBERED: usize = 50;

/// The list of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// What is typed.
    pub text: String,
    /// Which of the commands found is chosen.
    pub chosen: usize,
}

/// The commands of the session, the last first, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(Vec<String>);

impl Palette {
    /// Types a character; what is no text is passed over.
    pub fn push(&mut self, c: char) {
        if !c.is_control() && self.text.len() < LIMIT {
            self.text.push(c);
            self.chosen = 0;
        }
    }

    /// Takes the last character away; returns whether there was one.
    pub fn pop(&mut self) -> bool {
        self.chosen = 0;
        self.text.pop().is_some()
    }

    /// Takes the last word away.
    pub fn pop_word(&mut self) {
        let text = self.text.trim_end();
        let end = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        self.text.truncate(end);
        self.chosen = 0;
    }

    /// Puts another text in place of what is typed.
    pub fn put(&mut self, text: String) {
        (self.text, self.chosen) = (text, 0);
    }

    /// Chooses another of `count` commands; up is negative.
    pub fn choose(&mut self, by: i64, count: usize) {
        let last = count.saturating_sub(1) as u64;
        self.chosen = usize::try_from((self.chosen as u64).saturating_add_signed(by).min(last)).unwrap_or(0);
    }
}

impl Said {
    /// Remembers a command.
    pub fn remember(&mut self, command: String) {
        self.0.retain(|known| *known != command);
        self.0.insert(0, command);
        self.0.truncate(REMEMBERED);
    }

    /// How long ago it was, in commands; `None` if it was not in this session.
    #[must_use]
    pub fn age(&self, command: &str) -> Option<usize> {
        self.0.iter().position(|known| known == command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_said_again_is_the_last_and_stands_once() {
        let mut said = Said::default();
        for command in ["reload", "quit", "reload"] {
            said.remember(command.to_owned());
        }
        assert_eq!((said.age("reload"), said.age("quit"), said.age("help")), (Some(0), Some(1), None));
    }

    #[test]
    fn typing_chooses_the_first_again_and_takes_words_and_characters_away() {
        let mut palette = Palette { text: "theme lig".to_owned(), chosen: 3 };
        palette.push('\u{9b}');
        assert_eq!(palette.chosen, 3, "no text");
        palette.push('h');
        assert_eq!((palette.text.as_str(), palette.chosen), ("theme ligh", 0));
        palette.pop_word();
        assert_eq!(palette.text, "theme ");
        palette.pop_word();
        assert!(palette.text.is_empty() && !palette.pop());
    }
}
