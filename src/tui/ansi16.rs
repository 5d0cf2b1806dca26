//! The sixteen colours in aixterm's form. crossterm writes them in the form of xterm's 256 (`38;5;9`), which a terminal
//! of sixteen takes for blinking and concealed text; this rewrites them (`91`).

/// No sequence that sets colours is longer.
const LONGEST: usize = 64;

/// Rewrites a stream of bytes, however it is cut into pieces.
#[derive(Debug, Default)]
pub struct Ansi16 {
    /// A control sequence that has begun, from its ESC on.
    begun: Vec<u8>,
}

impl Ansi16 {
    /// Returns the bytes to send. A sequence cut at their end comes with the next call.
    pub fn rewrite(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            match (self.begun.len(), byte) {
                (_, 0x1b) => {
                    out.append(&mut self.begun);
                    self.begun.push(byte);
                }
                (0, _) => out.push(byte),
                (1, b'[') | (2..LONGEST, b'0'..=b'9' | b';' | b':' | b'?') => self.begun.push(byte),
                (2..LONGEST, b'm') => {
                    out.extend_from_slice(b"\x1b[");
                    out.extend(colours(&self.begun[2..]));
                    out.push(byte);
                    self.begun.clear();
                }
                (_, _) => {
                    out.append(&mut self.begun);
                    out.push(byte);
                }
            }
        }
        out
    }
}

/// Rewrites SGR's parameters (ECMA-48 §8.3.117, ISO 8613-6 for 38 and 48) to aixterm's: 30 to 37 and 90 to 97, 40 to 47
/// and 100 to 107. Drops an underline's colour, which no such terminal has.
fn colours(parameters: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(parameters);
    let mut rest = text.split(';').peekable();
    let mut out: Vec<String> = Vec::new();
    while let Some(parameter) = rest.next() {
        let base = match parameter {
            "38" => 30,
            "48" => 40,
            "59" => continue,
            other => {
                out.push(other.to_owned());
                continue;
            }
        };
        if rest.next_if_eq(&"5").is_none() {
            out.push(parameter.to_owned());
            continue;
        }
        match rest.next().and_then(|number| number.parse::<u8>().ok()) {
            Some(number @ 0..8) => out.push((base + number).to_string()),
            Some(number @ 8..16) => out.push((base + 60 + number - 8).to_string()),
            // Not one of the sixteen: the terminal's default.
            Some(16..) | None => out.push((base + 9).to_string()),
        }
    }
    // Without any parameter SGR would be a reset.
    if out.is_empty() { b"39".to_vec() } else { out.join(";").into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_sixteen_gets_its_own_number_and_the_rest_stays() {
        for (given, wanted) in [
            ("\x1b[38;5;9mx", "\x1b[91mx"),
            ("\x1b[38;5;2;48;5;12m", "\x1b[32;104m"),
            ("\x1b[38;5;15;49m", "\x1b[97;49m"),
            ("\x1b[1m\x1b[7m\x1b[0m", "\x1b[1m\x1b[7m\x1b[0m"),
            ("\x1b[m", "\x1b[m"),
            ("\x1b[59m", "\x1b[39m"),
            ("\x1b[38;5;200m", "\x1b[39m"),
            ("\x1b[?25l\x1b[3;4HÄ日", "\x1b[?25l\x1b[3;4HÄ日"),
            ("\x1b]2;title\x07", "\x1b]2;title\x07"),
        ] {
            assert_eq!(String::from_utf8_lossy(&Ansi16::default().rewrite(given.as_bytes())), wanted, "{given:?}");
        }
    }

    #[test]
    fn a_sequence_that_is_cut_anywhere_is_the_same() {
        let text = "a\x1b[38;5;9;48;5;4mb\x1b[0m\x1b[2;3Hc";
        for cut in 0..=text.len() {
            let mut sixteen = Ansi16::default();
            let mut out = sixteen.rewrite(&text.as_bytes()[..cut]);
            out.extend(sixteen.rewrite(&text.as_bytes()[cut..]));
            assert_eq!(String::from_utf8_lossy(&out), "a\x1b[91;44mb\x1b[0m\x1b[2;3Hc", "cut at {cut}");
        }
    }
}
