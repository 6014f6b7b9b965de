//! Where the browser's files are: style, script and WebAssembly.

use std::path::{Path, PathBuf};

use leptos::config::{Env, LeptosOptions};

use crate::server::config::Settings;

/// The directory of the browser's files, and how the pages name them.
#[derive(Debug, Clone)]
pub struct Site {
    /// What leptos needs to render links to the files.
    pub options: LeptosOptions,
    /// The directory.
    pub root: PathBuf,
}

impl Site {
    /// Finds the files: in the directory of the settings, else beside the program (`target/release/../site`, as the
    /// build leaves them), else in `target/site`.
    pub fn find(settings: &Settings) -> Self {
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(Path::parent).and_then(Path::parent).map(|dir| dir.join("site"));
        let root = settings
            .site_root
            .clone()
            .or_else(|| beside.filter(|dir| dir.is_dir()))
            .unwrap_or_else(|| PathBuf::from("target/site"));
        // The build writes the hashes of the files' names beside the program.
        let hashes = program.as_deref().and_then(Path::parent).map(|dir| dir.join("hash.txt"));
        // They count unless a later build left files without.
        let hashed = hashes.as_deref().is_some_and(Path::is_file) && !root.join("pkg/muster.wasm").is_file();
        // The variable is set by `cargo leptos watch`, which reloads the page after each build.
        let watched = std::env::var_os("LEPTOS_WATCH").is_some();
        let options = LeptosOptions::builder()
            .output_name("muster")
            .site_root(root.to_string_lossy().into_owned())
            .site_addr(settings.addr)
            .hash_files(hashed)
            .env(if watched { Env::DEV } else { Env::PROD })
            .build();
        Self { options, root }
    }
}
