//! The direction of dependencies, as `docs/ARCHITECTURE.md` has it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A part of the source, and what of this crate it may name.
const RULES: [(&str, &[&str]); 20] = [
    ("domain", &["domain"]),
    ("ui", &["domain", "rpc", "ui"]),
    ("rpc", &["domain", "rpc", "server::service"]),
    ("server/clock.rs", &["domain"]),
    ("server/config.rs", &["server::bucket_url"]),
    ("server/config", &[]),
    ("server/bucket_url.rs", &[]),
    ("server/data_dir.rs", &[]),
    ("server/metrics.rs", &["domain"]),
    ("server/telemetry", &["server::config", "server::telemetry"]),
    ("server/random.rs", &["domain"]),
    ("server/compact_json.rs", &[]),
    ("server/generate", &["server::generate"]),
    ("server/export", &["domain", "server::export", "server::compact_json", "server::random"]),
    (
        "server/files",
        &[
            "domain",
            "server::files",
            "server::bucket_url",
            "server::data_dir",
            "server::export::checkpoint",
            "server::export::sink",
            "server::random",
        ],
    ),
    (
        "server/store",
        &["domain", "server::store", "server::data_dir", "server::export", "server::import", "server::random"],
    ),
    ("server/import", &["domain", "server::import", "server::compact_json", "server::random"]),
    (
        "server/jobs",
        &[
            "domain",
            "server::jobs",
            "server::clock",
            "server::config",
            "server::export",
            "server::files",
            "server::import",
            "server::metrics",
            "server::random",
            "server::store",
        ],
    ),
    (
        "server/service",
        &[
            "domain",
            "server::service",
            "server::clock",
            "server::config",
            "server::files",
            "server::generate",
            "server::import",
            "server::metrics",
            "server::random",
            "server::store",
        ],
    ),
    ("server/http", &["domain", "ui", "server::http", "server::config", "server::metrics", "server::service"]),
];

/// Crates that a part may not name.
const BANNED_CRATES: [(&str, &[&str]); 5] = [
    ("domain", &["axum", "sqlx", "rusqlite", "tokio", "std::fs", "std::net", "SystemTime"]),
    ("server/store", &["axum", "leptos"]),
    ("server/export", &["axum", "leptos", "sqlx", "rusqlite"]),
    ("server/import", &["axum", "leptos", "sqlx", "rusqlite"]),
    ("server/service", &["axum", "leptos", "sqlx", "rusqlite"]),
];

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries
        .flat_map(|entry| files(&entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The paths into this crate that a file names, as `server::store::users`.
fn crate_paths(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    // A file's own tests may name what they like.
    let text = text.split("#[cfg(test)]").next().unwrap();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    // `super::` of a file in server/ names its siblings.
    let here = file.strip_prefix(source()).unwrap();
    let depth = here.components().count() - usize::from(here.ends_with("mod.rs"));
    let mut paths: Vec<_> = code.split("crate::").skip(1).flat_map(expand).collect();
    if here.starts_with("server") && depth == 1 + usize::from(!here.ends_with("mod.rs")) {
        let siblings = code.split("super::").skip(1).flat_map(expand);
        paths.extend(siblings.map(|path| format!("server::{path}")));
    }
    paths
}

/// The paths that begin with what is before: `a::b`, or each of `{a::b, c}`.
fn expand(after: &str) -> Vec<String> {
    let end = after.find(|char: char| !char.is_alphanumeric() && !"_:".contains(char)).unwrap_or(after.len());
    let path = &after[..end];
    let Some(inner) = after[end..].strip_prefix('{') else { return vec![path.to_owned()] };
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for char in inner.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(char);
    }
    parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .flat_map(expand)
        .map(|part| format!("{path}{part}"))
        .collect()
}

#[test]
fn imports_are_expanded() {
    let code = "domain::{a::B, c::{d, E}}, server::store; rest";
    assert_eq!(expand(code), ["domain::a::B", "domain::c::d", "domain::c::E"]);
    assert_eq!(expand("rpc::users::List>"), ["rpc::users::List"]);
}

#[test]
fn every_part_names_only_what_it_may() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (part, allowed) in RULES {
        for file in files(&source().join(part)) {
            checked += 1;
            for path in crate_paths(&file) {
                if !allowed.iter().any(|allowed| path == *allowed || path.starts_with(&format!("{allowed}::"))) {
                    wrong.push(format!("{}: {path}", file.display()));
                }
            }
        }
    }
    assert!(checked > 60, "only {checked} files were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_of_the_server_has_a_rule() {
    // Only the command line wires everything together.
    for file in files(&source().join("server")) {
        let file = file.strip_prefix(source()).unwrap();
        let free = file.starts_with("server/cli") || file == Path::new("server/mod.rs");
        assert!(free || RULES.iter().any(|(part, _)| file.starts_with(part)), "{}", file.display());
    }
}

#[test]
fn nothing_that_the_browser_shows_is_formatted_for_debugging() {
    // There it would be empty: a release build leaves such formatting out.
    for part in ["domain", "rpc", "ui"] {
        for file in files(&source().join(part)) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            assert!(!code.contains(":?}") && !code.contains(":#?}"), "{}", file.display());
        }
    }
}

#[test]
fn crates_stay_where_they_belong() {
    for (part, banned) in BANNED_CRATES {
        for file in files(&source().join(part)) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for name in banned {
                    let named = line.contains(&format!("{name}::")) || line.trim() == format!("use {name};");
                    assert!(!named, "{}: {line}", file.display());
                }
            }
        }
    }
}
