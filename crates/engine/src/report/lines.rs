//! Rows for scripts: JSON lines, and CSV after RFC 4180.

use std::fmt::Write as _;

use serde_json::Value;

use super::rows::{Kind, Row, columns};
use crate::json::escape_controls;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// One JSON object a line.
#[must_use]
pub fn json(kind: Kind, rows: &[Row]) -> String {
    rows.iter().map(|row| json_line(kind, row)).collect()
}

/// A row as a JSON object, with its line end.
pub(super) fn json_line(kind: Kind, row: &Row) -> String {
    object(columns(kind).iter().copied().zip(row.fields())) + "\n"
}

/// The fields as one JSON object in their order, which `serde_json::Map` would not keep. No control passes it raw.
pub(super) fn object(fields: impl Iterator<Item = (&'static str, Value)>) -> String {
    let mut line = String::from("{");
    for (index, (name, value)) in fields.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(line, "{comma}\"{name}\":{value}");
    }
    line.push('}');
    escape_controls(line)
}

/// A header and one record a row. A text that a spreadsheet would take for a formula has a `'` before it.
#[must_use]
pub fn csv(kind: Kind, rows: &[Row]) -> String {
    rows.iter().fold(csv_head(kind), |text, row| text + &csv_line(row))
}

pub(super) fn csv_head(kind: Kind) -> String {
    columns(kind).join(",") + "\r\n"
}

pub(super) fn csv_line(row: &Row) -> String {
    let fields: Vec<String> = row.fields().iter().map(field).collect();
    fields.join(",") + "\r\n"
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(&disarmed(text)),
        Value::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            quoted(&disarmed(&texts.join(" ")))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// What a spreadsheet would compute instead of show.
fn disarmed(text: &str) -> String {
    let text_itself = sanitise(text, LINE_LIMIT);
    let armed = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if armed { format!("'{text_itself}") } else { text_itself }
}

/// RFC 4180 §2.6 and §2.7.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_where_it_must_be_and_never_computed() {
        for (text, written) in [
            ("INBOX", "INBOX"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "' =1"),
            ("a\r\n=1", "a  =1"),
            ("\u{1b}[2J", "\u{fffd}[2J"),
        ] {
            assert_eq!(field(&text.into()), written, "{text:?}");
        }
        assert_eq!(
            (field(&Value::Null), field(&true.into()), field(&7.into())),
            (String::new(), "true".into(), "7".into())
        );
    }

    #[test]
    fn a_json_object_keeps_its_order_and_no_control() {
        let line = object([("z", "a\u{9b}b\n".into()), ("a", Value::Null)].into_iter());
        assert_eq!(line, "{\"z\":\"a\\u009bb\\n\",\"a\":null}");
        let read: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["z"], "a\u{9b}b\n");
    }
}
