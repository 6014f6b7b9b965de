//! The listening server's life.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, middleware::AddExtension};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioTimer, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
#[cfg(target_os = "linux")]
use tower::Layer;
use tower::Service;

#[cfg(target_os = "linux")]
use super::send_file;

/// How long to wait after the system refused a connection, for instance because too many files are open.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// What clients may take of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a client may take for a request's head, and how long an idle connection is kept for its next one.
    pub head: Duration,
    /// Connections at once; further ones wait in the system's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), connections: 1_024 }
    }
}

/// The router, told who is at the other end.
type App = AddExtension<Router, ConnectInfo<SocketAddr>>;

/// Serves until `stop` is cancelled; requests that are under way then have `grace` to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    grace: Duration,
) -> io::Result<()> {
    let mut apps = router.into_make_service_with_connect_info::<SocketAddr>();
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let next = async {
            // The semaphore is never closed, so this only waits.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let app = match apps.call(client).await {
            Ok(app) => app,
            Err(impossible) => match impossible {},
        };
        let stopping = stop.clone();
        connections.spawn(async move {
            let _place = place;
            converse(stream, app, limits, stopping).await;
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(grace, connections.wait()).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
    }
    Ok(())
}

/// Answers the requests of one connection, the last of them when the server stops.
async fn converse(stream: TcpStream, app: App, limits: Limits, stop: CancellationToken) {
    #[cfg(target_os = "linux")]
    let (stream, app) = {
        let stand_ins = send_file::StandIns::default();
        (send_file::FileIo::new(stream, stand_ins.clone()), axum::Extension(stand_ins).layer(app))
    };
    #[cfg(not(target_os = "linux"))]
    let stream = hyper_util::rt::TokioIo::new(stream);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(stream, TowerToHyperService::new(app));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients go away, and some are slow: that is their affair.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A client that went away before it was let in is forgotten; anything else is the system's trouble, and passes.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "a connection could not be accepted");
        tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
    }
}
