//! Which file of a crate names what of which other, read from the text: `use`, and paths in code. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module's path from its crate's root.
type Module = Vec<String>;

/// A file of a crate: what it names, and what it only passes on.
#[derive(Debug, Default)]
struct Source {
    /// Paths from the crate's root.
    named: Vec<Module>,
    /// Names that it has from elsewhere, and where they are: others may have them through it.
    passed_on: BTreeMap<String, Module>,
}

/// The files of one crate, by their module.
#[derive(Debug)]
pub struct Imports(BTreeMap<Module, Source>);

impl Imports {
    /// Reads a crate from its folder of sources.
    pub fn of(folder: &Path) -> Self {
        let texts: BTreeMap<Module, String> = super::sources_below(folder)
            .into_iter()
            .map(|path| (module(folder, &path), bare(&fs::read_to_string(&path).expect("text"))))
            .collect();
        let of_tests: Vec<Module> = texts
            .iter()
            .flat_map(|(of, text)| modules_of_tests(text).map(|name| joined(of, &[name.to_owned()])))
            .collect();
        let is_test = |of: &Module| of_tests.iter().any(|test| of.starts_with(test));
        let modules: BTreeSet<Module> = texts.keys().filter(|of| !is_test(of)).cloned().collect();
        let read = |of: &Module| (of.clone(), source(of, &texts[of], &modules));
        Self(modules.iter().map(read).collect())
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.0.len()
    }

    /// The module whose file has what a path names.
    fn file(&self, path: &[String], hops: usize) -> Module {
        let mut at = Module::new();
        for (index, name) in path.iter().enumerate() {
            let inner = joined(&at, std::slice::from_ref(name));
            if self.0.contains_key(&inner) {
                at = inner;
            } else if let Some(elsewhere) = self.0[&at].passed_on.get(name).filter(|_| hops > 0) {
                return self.file(&joined(elsewhere, &path[index + 1..]), hops - 1);
            } else {
                break;
            }
        }
        at
    }

    /// Imports that lie on a circle: none where all go in one direction.
    pub fn circles(&self) -> Vec<String> {
        let arrows = |of: &Module| -> BTreeSet<Module> {
            let mut to: BTreeSet<Module> = self.0[of].named.iter().map(|path| self.file(path, 8)).collect();
            // What is inside a module may know it.
            to.retain(|to| !of.starts_with(to));
            to
        };
        let arrows: BTreeMap<&Module, BTreeSet<Module>> = self.0.keys().map(|of| (of, arrows(of))).collect();
        let leads_to = |from: &Module, to: &Module| {
            let (mut met, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(at) = open.pop() {
                if at == to {
                    return true;
                }
                open.extend(arrows[at].iter().filter(|next| met.insert(*next)));
            }
            false
        };
        let all = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (*from, to)));
        all.filter(|(from, to)| leads_to(to, from))
            .map(|(from, to)| format!("{} -> {}", from.join("::"), to.join("::")))
            .collect()
    }
}

fn joined(one: &[String], two: &[String]) -> Module {
    [one, two].concat()
}

fn module(folder: &Path, path: &Path) -> Module {
    let inner = path.strip_prefix(folder).expect("below").with_extension("");
    let mut names: Module = inner.iter().map(|name| name.to_str().expect("text").to_owned()).collect();
    if names.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
        names.pop();
    }
    names
}

/// A text without comments, strings and the modules of tests inside it.
fn bare(text: &str) -> String {
    let mut bare = String::new();
    for line in text.lines() {
        if line == "#[cfg(test)]" && text.contains("#[cfg(test)]\nmod tests {") {
            break;
        }
        let mut parts = line.split('"');
        let mut code = parts.next().unwrap_or_default().to_owned();
        code.extend(parts.skip(1).step_by(2));
        bare.push_str(code.split("//").next().unwrap_or_default());
        bare.push('\n');
    }
    bare
}

/// Names of modules in files of their own that are compiled for tests alone.
fn modules_of_tests(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]\n").skip(1).filter_map(|after| {
        let line = after.lines().next()?;
        line.split_once("mod ")?.1.strip_suffix(';')
    })
}

fn source(of: &Module, text: &str, modules: &BTreeSet<Module>) -> Source {
    let mut source = Source::default();
    let bytes = text.as_bytes();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    for (at, _) in text.match_indices("::") {
        let start = bytes[..at].iter().rposition(|byte| !is_name(*byte)).map_or(0, |before| before + 1);
        if text[..start].ends_with(':') {
            continue;
        }
        let first = &text[start..at];
        let Some(base) = base(of, first, modules) else { continue };
        let mut paths = Vec::new();
        tree(&base, &text[at + 2..], &mut paths);
        let statement = text[..start].rsplit([';', '{', '}', '\n']).next().unwrap_or_default().trim();
        let is_use = statement.ends_with("use");
        if !(is_use && statement.starts_with("pub")) {
            source.named.extend(paths.iter().map(|(_, path)| path.clone()));
        }
        if is_use {
            let last = |path: &Module| path.last().cloned().unwrap_or_default();
            source.passed_on.extend(paths.into_iter().map(|(name, path)| (name.unwrap_or_else(|| last(&path)), path)));
        }
    }
    source
}

/// What a path's first name stands for: the crate, the parent, a module below.
fn base(of: &Module, first: &str, modules: &BTreeSet<Module>) -> Option<Module> {
    match first {
        "crate" => Some(Module::new()),
        "self" => Some(of.clone()),
        "super" => Some(of[..of.len().saturating_sub(1)].to_vec()),
        name => Some(joined(of, &[name.to_owned()])).filter(|inner| modules.contains(inner)),
    }
}

/// All paths of a tree such as `a::{b, c::d as e}`, each with the name it is given; says how long it is.
fn tree(base: &Module, text: &str, paths: &mut Vec<(Option<String>, Module)>) -> usize {
    let rest = text.trim_start();
    let blank = text.len() - rest.len();
    if let Some(group) = rest.strip_prefix('{') {
        let mut at = 0;
        while !group[at..].trim_start().starts_with('}') {
            at += tree(base, &group[at..], paths);
            at += group[at..].len() - group[at..].trim_start_matches([',', ' ', '\n']).len();
        }
        return blank + 1 + at + group[at..].find('}').expect("it ends") + 1;
    }
    let name: String = rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let after = &rest[name.len()..];
    let inner = match name.as_str() {
        "super" => base[..base.len().saturating_sub(1)].to_vec(),
        "self" | "" => base.clone(),
        _ => joined(base, std::slice::from_ref(&name)),
    };
    if let Some(deeper) = after.strip_prefix("::") {
        return blank + name.len() + 2 + tree(&inner, deeper, paths);
    }
    let renamed = after
        .strip_prefix(" as ")
        .map(|rest| rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect::<String>());
    let alias = renamed.as_ref().map_or(0, |name| 4 + name.len());
    paths.push((renamed, inner));
    // A star, or whatever a group holds that is no path: never a group without end.
    blank + (name.len() + alias).max(usize::from(!after.starts_with(['}', ','])))
}
