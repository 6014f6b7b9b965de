//! Logs: one line an event on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged unless `MUSTER_LOG` says otherwise. The session layer calls a cookie whose session has ended suspicious,
/// but sessions end every day: by their age, and because they are ended elsewhere.
const DEFAULT_FILTER: &str = "info,tower_sessions_core::session=error";

/// What is never logged, whatever `MUSTER_LOG` says: these would tell addresses and session ids, which are secrets here.
const SILENCED: [&str; 1] = ["tower_http::csrf=off"];

/// Sends events to standard error; `MUSTER_LOG` filters them, as in `MUSTER_LOG=muster=debug`.
///
/// Nothing that is logged holds a secret, a token or a user's data.
pub fn init() {
    let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let filter = SILENCED
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, |filter, directive| filter.add_directive(directive));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
