//! The files in deploy/ and the documentation name only settings that there are.

use std::{collections::BTreeSet, fs, path::Path};

use muster::server::config::Settings;

/// What is read elsewhere than from the settings.
const OTHERS: [&str; 6] = [
    // The log's filter.
    "MUSTER_LOG",
    // Where this project's own checks find the program, and how they write docs/openapi.json anew.
    "MUSTER_BIN",
    "MUSTER_UPDATE_OPENAPI",
    // Of the programs in docs/API.md, which use the API.
    "MUSTER_CLIENT_ID",
    "MUSTER_CLIENT_SECRET",
    "MUSTER_URL",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of variables in a text. `MUSTER_*` means any, and is none.
fn variables(text: &str) -> BTreeSet<String> {
    let is_name = |char: char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_';
    let rests = text.match_indices("MUSTER_").map(|(at, _)| &text[at..]);
    let names = rests.map(|rest| rest.split(|char| !is_name(char)).next().unwrap());
    names.filter(|name| !name.ends_with('_')).map(str::to_owned).collect()
}

fn settings() -> BTreeSet<String> {
    let settings = serde_json::to_value(Settings::default()).unwrap();
    settings.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_variable_is_a_setting() {
    let known: BTreeSet<_> = settings().iter().map(|name| format!("MUSTER_{}", name.to_uppercase())).collect();
    let mut named = 0;
    for dir in ["deploy", "docs", "."] {
        for file in fs::read_dir(root().join(dir)).unwrap().map(|entry| entry.unwrap().path()) {
            // Folders, and pictures.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for name in variables(&text) {
                named += 1;
                assert!(known.contains(&name) || OTHERS.contains(&&*name), "{}: {name}", file.display());
            }
        }
    }
    assert!(named > 20, "only {named} were found");
}

#[test]
fn every_setting_is_described() {
    let text = fs::read_to_string(root().join("docs/SETTINGS.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let described: BTreeSet<_> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(described, settings());
}

/// The numbers that follow a name in a text.
fn after(text: &str, name: &str) -> Vec<u32> {
    let values = text.split(name).skip(1).map(|rest| rest.trim_start_matches(['"', ' ']));
    values.filter_map(|rest| rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()).collect()
}

fn deploy(file: &str) -> String {
    fs::read_to_string(root().join("deploy").join(file)).unwrap()
}

#[test]
fn all_processes_together_take_no_more_connections_than_postgresql_has() {
    // Unless it is told otherwise, and without those for superusers.
    const MOST: u32 = 100 - 3;
    let settings = Settings::default();
    let (compose, kubernetes) = (deploy("compose.yaml"), deploy("kubernetes.yaml"));
    let servers = after(&compose, "replicas:").iter().sum::<u32>();
    // While a new version takes over there is one more of each.
    let pods = after(&kubernetes, "replicas:").iter().map(|replicas| replicas + 1).sum();
    for (text, processes) in [(&compose, servers + 1), (&kubernetes, pods)] {
        let set = |name: &str| after(text, &format!("{name}:")).first().copied();
        let threads = set("MUSTER_EXPORT_THREADS").expect("else it is the number of cores");
        let pool = set("MUSTER_DATABASE_POOL_SIZE").unwrap_or(settings.database_pool_size);
        let bulk = u32::from(settings.workers) * threads;
        let each = pool + bulk + u32::from(settings.sample_workers) + u32::from(settings.import_workers);
        assert!(processes > 2 && processes * each <= MOST, "{processes} processes with {each} connections each");
    }
}

#[test]
fn who_supervises_it_waits_long_enough_and_asks_what_there_is() {
    let (unit, compose, kubernetes) = (deploy("muster.service"), deploy("compose.yaml"), deploy("kubernetes.yaml"));
    let shutdown = Settings::default().shutdown_seconds;
    for (patience, drain) in [
        (after(&unit, "TimeoutStopSec="), Vec::new()),
        (after(&compose, "stop_grace_period:"), after(&compose, "MUSTER_DRAIN_SECONDS:")),
        (after(&kubernetes, "terminationGracePeriodSeconds:"), after(&kubernetes, "MUSTER_DRAIN_SECONDS:")),
    ] {
        let longest = drain.iter().max().unwrap_or(&0) + shutdown + 30;
        assert!(!patience.is_empty() && patience.iter().all(|seconds| *seconds >= longest), "{patience:?} {longest}");
    }
    // Of those that serve and of those that work: whether it has started and lives, and whether it is ready.
    for (path, probes) in [("/healthz", 4), ("/readyz", 2)] {
        assert_eq!(
            kubernetes.matches(&format!("httpGet: {{ path: {path}, port: metrics }}")).count(),
            probes,
            "{path}"
        );
    }
}
