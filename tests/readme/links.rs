//! Every link within the repository leads to a file, and to a heading where it names one.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{ROOT, documents};

/// The texts between `](` and `)`, outside of code.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// The names by which headings are linked to, as GitHub makes them: lower case, hyphens for blanks, no punctuation.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = text.split("```").step_by(2).flat_map(str::lines);
    let headings = prose.filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// `docs/../README.md` without the way round.
fn straight(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(parts.pop(), "{} leads out of the repository", path.display()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => parts.push(part),
        }
    }
    parts
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    let mut followed = 0;
    let mut dead = Vec::new();
    for (path, text) in &documents {
        for link in links(text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let beside = path.parent().expect("a folder").join(file);
            let target = if file.is_empty() { path.clone() } else { straight(&beside) };
            let known = documents.iter().find(|(other, _)| *other == target);
            let there = Path::new(ROOT).join(&target).exists();
            let headed = heading.is_none_or(|name| known.is_some_and(|(_, text)| anchors(text).contains(name)));
            if !there || !headed {
                dead.push(format!("{}: {link}", path.display()));
            }
            followed += 1;
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
    assert!(followed > 50, "only {followed} links were found");
}

#[test]
fn the_readme_leads_to_every_document() {
    let documents = documents();
    let (_, readme) = documents.iter().find(|(path, _)| path == Path::new("README.md")).expect("the README");
    let linked: BTreeSet<_> = links(readme).into_iter().filter_map(|link| link.split('#').next()).collect();
    let missing = documents.iter().filter_map(|(path, _)| path.to_str());
    let missing: Vec<_> = missing.filter(|path| path.starts_with("docs/") && !linked.contains(path)).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

#[test]
fn a_heading_is_named_as_readers_of_markdown_name_it() {
    let names = anchors("# What `it` does: a list\n```sh\n# no heading\n```\n## DONE, now\n");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["done-now", "what-it-does-a-list"]);
}

/// The files of the repository that the Debian package has beside its documents, by their paths there, which are the same.
fn packaged() -> BTreeSet<PathBuf> {
    /// Where they lie in the package.
    const THERE: &str = "usr/share/doc/mailwatch-tui/";
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("the manifest");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().expect("a list").iter();
    let assets = assets.map(|asset| [0, 1].map(|at| asset[at].as_str().expect("a path")));
    let mut all = BTreeSet::new();
    for [pattern, target] in assets {
        let Some(there) = target.strip_prefix(THERE).filter(|_| !pattern.starts_with("target/")) else { continue };
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        if !there.is_empty() && !there.ends_with('/') {
            // Another name than here: nothing leads there.
            continue;
        }
        assert_eq!(folder, there.trim_end_matches('/'), "{pattern} lies elsewhere in the package");
        let Some((begin, end)) = name.split_once('*') else {
            all.insert(PathBuf::from(pattern));
            continue;
        };
        for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder") {
            let found = entry.expect("an entry").file_name().into_string().expect("a name");
            if found.starts_with(begin) && found.ends_with(end) {
                all.insert(Path::new(folder).join(found));
            }
        }
    }
    all
}

#[test]
fn every_link_of_a_packaged_document_leads_to_something_that_is_packaged() {
    let packaged = packaged();
    let mut dead = Vec::new();
    let mut followed = 0;
    let changelog = std::fs::read_to_string(Path::new(ROOT).join("CHANGELOG.md")).expect("the changelog");
    let documents = documents().into_iter().chain([(PathBuf::from("CHANGELOG.md"), changelog)]);
    for (path, text) in documents.filter(|(path, _)| packaged.contains(path)) {
        let files = links(&text).into_iter().filter_map(|link| link.split('#').next());
        let files = files.filter(|file| !file.is_empty() && !file.contains("://") && !file.starts_with("mailto:"));
        for file in files {
            let target = straight(&path.parent().expect("a folder").join(file));
            // The whole folder has more than the package.
            if target.as_os_str().is_empty() || !packaged.iter().any(|there| there.starts_with(&target)) {
                dead.push(format!("{}: {file}", path.display()));
            }
            followed += 1;
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere in the package:\n{}", dead.join("\n"));
    assert!(followed > 50, "only {followed} links were found");
}
