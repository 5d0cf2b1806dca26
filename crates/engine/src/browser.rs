//! What opens an address in the user's browser, or with the program that the desktop has for it. Starts nothing itself.

/// The program and its arguments. The address is one argument, which no shell reads.
#[must_use]
pub fn opener(address: String) -> Vec<String> {
    let begin: &[&str] = if cfg!(target_os = "macos") {
        &["open"]
    } else if cfg!(windows) {
        // `start` is cmd's, to which an address's `&` is the next command.
        &["rundll32", "url.dll,FileProtocolHandler"]
    } else {
        &["xdg-open"]
    };
    begin.iter().map(|part| (*part).to_owned()).chain([address]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_last_argument_and_whole() {
        let address = "https://issuer.invalid/login?a=b&c=d%20e";
        let command = opener(address.to_owned());
        assert_eq!(command.last().map(String::as_str), Some(address));
        assert!(command.len() >= 2);
    }
}
