//! Logs: one line an event on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Sends events to standard error; `MUSTER_LOG` filters them, as in `MUSTER_LOG=muster=debug`.
///
/// Nothing that is logged holds a secret, a token or a user's data.
pub fn init() {
    let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
