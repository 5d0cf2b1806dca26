//! Static names through serde, which cannot derive them.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// A version of TLS by name.
pub(super) fn tls_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    named(&String::deserialize(deserializer)?)
}

/// The same where there may be none.
pub(super) fn optional_tls_version<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'static str>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|name| named(&name)).transpose()
}

fn named<E: Error>(name: &str) -> Result<&'static str, E> {
    match name {
        "1.2" => Ok("1.2"),
        "1.3" => Ok("1.3"),
        other => Err(E::invalid_value(Unexpected::Str(other), &"a version of TLS, 1.2 or 1.3")),
    }
}
