//! Every command line of the program in the documents is one that the program understands.

use mailwatch_tui::cli::Cli;

use super::documents;

const PROGRAM: &str = "mailwatch-tui";

/// The words of a command as a shell takes them, up to a comment, a pipe or the next command.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '|' | '&' | ';' | ')' | '>') => break,
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// What the documents write in capitals for the reader's own, as a value that fits.
fn example(word: String) -> String {
    match word.as_str() {
        "SHELL" => "bash".to_owned(),
        _ => word,
    }
}

/// The command lines in blocks of `sh` and between backquotes, each with where it is.
fn lines() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (path, text) in documents() {
        let mut parts = text.split("```");
        while let Some(prose) = parts.next() {
            let quoted = prose.split('`').skip(1).step_by(2).map(|line| line.replace('\n', " "));
            let block = parts.next().and_then(|block| block.strip_prefix("sh\n")).unwrap_or_default();
            for line in quoted.chain(block.lines().map(str::to_owned)) {
                // `$(…)`, `sudo …`, `exec …`: from the program's name on.
                let starts = line.match_indices("mailwatch-tui ").map(|(at, _)| at);
                let starts = starts.filter(|at| *at == 0 || line[..*at].ends_with([' ', '(', '=']));
                for at in starts.take(1).filter(|at| !line[..*at].contains(['#', '|', '"'])) {
                    let words = words(&line[at..]).into_iter().map(example).collect();
                    found.push((format!("{}: {line}", path.display()), words));
                }
            }
        }
    }
    found
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let lines = lines();
    assert!(lines.len() > 60, "only {} commands were found", lines.len());
    let mut wrong = Vec::new();
    for (place, words) in lines {
        // Several words that follow the program's name, at least: its name alone is no command line.
        if words.first().is_none_or(|word| word != PROGRAM) || words.len() < 2 {
            continue;
        }
        if let Err(error) = Cli::read(&words)
            && error.exit_code() != 0
        {
            wrong.push(format!("{place}\n    {}", error.to_string().lines().next().unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "commands that the program does not understand:\n{}", wrong.join("\n"));
}

#[test]
fn a_line_is_taken_apart_as_a_shell_does() {
    assert_eq!(words("mailwatch-tui ctl retune '*/INBOX'  # all"), ["mailwatch-tui", "ctl", "retune", "*/INBOX"]);
    assert_eq!(words(r#"a --format "{unseen} x" | jq"#), ["a", "--format", "{unseen} x"]);
}
