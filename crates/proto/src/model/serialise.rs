//! What serde cannot derive: static names, and maps whose keys are no strings.

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

/// A map as a list of pairs: JSON's keys are strings.
pub(super) mod pairs {
    use std::collections::BTreeMap;

    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
