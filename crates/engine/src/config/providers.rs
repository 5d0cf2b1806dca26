//! The providers: how a mail provider's server is reached and what is peculiar to it, from a table in the program and
//! from the user's own. Found by an address's domain or by a server's host; asks no network.

mod provider;
mod read;

pub use self::provider::{LoginName, Provider};

use std::path::Path;

use self::provider::GENERIC;
use super::error::ConfigError;
use super::files::read_file;
use super::server::is_loopback;

/// The user's own table, beside the configuration.
pub const FILE: &str = "providers.toml";

/// All known providers, the user's own first.
#[derive(Clone, Debug, PartialEq)]
pub struct Providers {
    own: Vec<Provider>,
    built_in: Vec<Provider>,
    /// The entry for all other servers.
    generic: Provider,
}

impl Providers {
    /// Those of a program's own table. `None` where it lacks the entry for all others.
    ///
    /// # Errors
    /// With all problems of the text; `path` stands in them.
    pub fn parse(text: &str, path: &Path) -> Result<Option<Self>, ConfigError> {
        Ok(Self::new(Vec::new(), read::parse(text, path)?))
    }

    fn new(own: Vec<Provider>, built_in: Vec<Provider>) -> Option<Self> {
        let generic = own.iter().chain(&built_in).find(|provider| provider.name == GENERIC)?.clone();
        Some(Self { own, built_in, generic })
    }

    /// With the user's own before them, read from `text`, which stands at `path`.
    ///
    /// # Errors
    /// With all problems of the text.
    pub fn with_own(&self, text: &str, path: &Path) -> Result<Self, ConfigError> {
        let own = read::parse(text, path)?;
        Ok(Self::new(own, self.built_in.clone()).unwrap_or_else(|| self.clone()))
    }

    /// The providers that go with the configuration at this path: these, and those of a [`FILE`] beside it.
    ///
    /// # Errors
    /// Where that file is there and cannot be read, or has problems.
    pub fn beside(&self, config: &Path) -> Result<Self, ConfigError> {
        let path = config.with_file_name(FILE);
        match read_file(&path) {
            Ok((text, _)) => self.with_own(&text, &path),
            Err(ConfigError::Missing { .. }) => Ok(self.clone()),
            Err(error) => Err(error),
        }
    }

    /// The provider of a mail address, by its domain.
    #[must_use]
    pub fn for_address(&self, address: &str) -> Option<&Provider> {
        let (_, domain) = address.trim().rsplit_once('@')?;
        let domain = domain.trim_end_matches('.').to_lowercase();
        let exact = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain(&domain));
        let like = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain_like(&domain));
        self.layers().into_iter().find_map(|layer| exact(layer).or_else(|| like(layer)).map(|at| &layer[at]))
    }

    /// The provider of a server. A server on this machine has none: it may be a tunnel to anywhere.
    #[must_use]
    pub fn for_host(&self, host: &str) -> Option<&Provider> {
        let mut all = self.layers().into_iter().flatten();
        if is_loopback(host) { None } else { all.find(|provider| provider.has_host(host)) }
    }

    /// What an account is treated by: its server's provider; on this machine that of its address, where it runs here
    /// (Proton's bridge); else the entry for all others.
    #[must_use]
    pub fn for_account(&self, host: &str, user: &str) -> &Provider {
        let here = || self.for_address(user).filter(|provider| is_loopback(host) && provider.has_host(host));
        self.for_host(host).or_else(here).unwrap_or(&self.generic)
    }

    fn layers(&self) -> [&[Provider]; 2] {
        [&self.own, &self.built_in]
    }
}

#[cfg(test)]
mod tests;
