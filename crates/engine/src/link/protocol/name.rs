//! Values of the vocabulary by their names, those of `watch --json`. A name that this version does not know becomes the value
//! that promises least; where none is safe, what holds it is not understood.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use crate::link::Ending;
use crate::requests::Keep;
use mailwatch_proto::model::check::StepKind;
use mailwatch_proto::model::{
    Auth, DoneReason, FaultClass, Flow, FoundBy, Origin, Phase, PhaseGroup, Served, Status, TIMERS, Timer, TlsMode,
    Verdict,
};

/// A value with a name.
pub trait Named: Copy + 'static {
    /// What it is, for an error.
    const WHAT: &'static str;

    /// What an unknown name becomes, where anything is safe.
    const UNKNOWN: Option<Self>;

    /// Every value.
    fn all() -> impl Iterator<Item = Self>;

    /// Its name.
    fn its_name(self) -> &'static str;

    /// The value of that name.
    #[must_use]
    fn known(name: &str) -> Option<Self> {
        Self::all().find(|value| value.its_name() == name)
    }
}

macro_rules! named {
    ($type:ty, $what:literal, $all:expr, $name:expr, $unknown:expr) => {
        impl Named for $type {
            const WHAT: &'static str = $what;
            const UNKNOWN: Option<Self> = $unknown;

            fn all() -> impl Iterator<Item = Self> {
                $all.into_iter()
            }

            fn its_name(self) -> &'static str {
                $name(self)
            }
        }
    };
}

// Never live: a front end must not show a watch as told of mail where it does not know it.
named!(Phase, "a phase", Self::ALL, Self::name, Some(Self::Connecting));
named!(PhaseGroup, "a standing", Self::ALL, Self::name, Some(Self::Down));
named!(Verdict, "a verdict", Self::ALL, Self::name, Some(Self::NotKnown));
named!(DoneReason, "a reason for DONE", Self::ALL, Self::name, Some(Self::Reissue));
named!(FaultClass, "a class of fault", Self::ALL, Self::name, Some(Self::Protocol));
named!(Status, "a status", Self::ALL, Self::name, Some(Self::Bad));
named!(Origin, "an origin", Self::ALL, Self::name, Some(Self::Config));
named!(Served, "a way to hear of mail", Self::ALL, served, Some(Self::Status));
named!(FoundBy, "a way to find mail", Self::ALL, Self::name, Some(Self::Connect));
named!(Ending, "a cause", Self::ALL, Self::name, Some(Self::Signal));
named!(Timer, "a timer", TIMERS.map(|spec| spec.timer), Self::name, None);
named!(StepKind, "a step", Self::ALL.into_iter().chain([Self::Proxy]), Self::name, None);
named!(TlsMode, "a way to encrypt", [Self::Implicit, Self::StartTls, Self::Off], tls_mode, None);
named!(Auth, "a way to authenticate", [Self::Password, Self::OAuth2], auth, None);
named!(Flow, "a flow", [Self::Browser, Self::Device], flow, None);
named!(Keep, "a place for a password", [Self::Keyring, Self::ThisRun], keep, None);

const fn served(served: Served) -> &'static str {
    match served.name() {
        Some(name) => name,
        None => "own",
    }
}

const fn tls_mode(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::Implicit => "implicit",
        TlsMode::StartTls => "starttls",
        TlsMode::Off => "off",
    }
}

const fn auth(auth: Auth) -> &'static str {
    match auth {
        Auth::Password => "password",
        Auth::OAuth2 => "oauth2",
    }
}

const fn flow(flow: Flow) -> &'static str {
    match flow {
        Flow::Browser => "browser",
        Flow::Device => "device",
    }
}

const fn keep(keep: Keep) -> &'static str {
    match keep {
        Keep::Keyring => "keyring",
        Keep::ThisRun => "this-run",
    }
}

pub(super) fn serialize<T: Named, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.its_name())
}

pub(super) fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(NameVisitor(PhantomData))
}

struct NameVisitor<T>(PhantomData<T>);

impl<T: Named> Visitor<'_> for NameVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of {}", T::WHAT)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
        let unknown = || E::custom(format_args!("`{name}` is not {} that this version knows", T::WHAT));
        T::known(name).or(T::UNKNOWN).ok_or_else(unknown)
    }
}

/// The same where there may be none: `null`.
pub(super) mod optional {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    use super::{NameVisitor, Named};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<T: Named, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(value.its_name()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(OptionalName(PhantomData))
    }

    struct OptionalName<T>(PhantomData<T>);

    impl<'de, T: Named> Visitor<'de> for OptionalName<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "the name of {}, or null", T::WHAT)
        }

        fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
            deserializer.deserialize_str(NameVisitor(PhantomData)).map(Some)
        }
    }
}
