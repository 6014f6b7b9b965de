//! Ending in good order.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::server::service::Services;

use super::CliError;

/// Cancelled by the first SIGTERM or SIGINT; a second one ends the process at once.
pub fn stop_on_signal() -> Result<CancellationToken, CliError> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let cancelled = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if cancelled.is_cancelled() {
                std::process::exit(1);
            }
            cancelled.cancel();
        }
    });
    Ok(stop)
}

/// Has the server say that it is not ready once `stop` is cancelled; what comes back is cancelled `time` later, so that load
/// balancers have noticed before it takes no more requests.
pub fn drain(services: Services, stop: CancellationToken, time: Duration) -> CancellationToken {
    let drained = CancellationToken::new();
    let done = drained.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        services.stops();
        tokio::time::sleep(time).await;
        done.cancel();
    });
    drained
}
