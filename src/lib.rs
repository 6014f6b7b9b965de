//! Muster: bulk export and import of user profiles, as a web app and on the command line.
//!
//! The library compiles twice: natively with the feature `ssr`, and to WebAssembly for the browser with the feature
//! `hydrate`. `docs/ARCHITECTURE.md` tells where everything is.

#![recursion_limit = "256"]

pub mod domain;
pub mod rpc;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // A release build panics without words (script/lib.sh).
    #[cfg(not(feature = "split"))]
    console_error_panic_hook::set_once();
    #[cfg(feature = "split")]
    ui::common::keep();
    leptos::mount::hydrate_lazy(ui::app::App);
}
