//! Random texts that come near to being a configuration.

use proptest::prelude::*;

use crate::parse;

/// Pieces of a configuration, so that random texts come near to being one.
fn pieces() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "[[account]]",
        "[timers]",
        "[ui.keys]",
        "account",
        "name",
        "password",
        "host",
        "port",
        "mailboxes",
        "timers",
        " = ",
        "\"",
        "'''",
        "\"\"\"",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "#",
        ".",
        ",",
        "work",
        "4m",
        "off",
        "9999999999999999999",
        "-1",
        "0x",
        "\u{202e}",
        "ü",
        "\\u0000",
        "\r\n",
        "\u{feff}",
        "1979-05-27",
        "nan",
        "password_command",
        "ca_file",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_is_beyond_a_message(text in ".*") {
        if let Err(error) = parse(&text) {
            prop_assert!(!error.render(80, false).is_empty());
        }
    }

    #[test]
    fn no_mixture_of_pieces_is_beyond_a_message(text in pieces()) {
        if let Err(error) = parse(&text) {
            prop_assert!(!error.render(80, true).is_empty());
        }
    }

    #[test]
    fn a_password_is_never_shown_whatever_stands_around_it(before in pieces(), after in pieces()) {
        let text = format!("{before}\npassword = \"hunter2\"\n{after}");
        if let Err(error) = parse(&text) {
            prop_assert!(!error.render(80, false).contains("hunter2"));
        }
    }
}
