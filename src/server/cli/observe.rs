//! What a process that runs for long tells about itself: logs, traces, and a listener for monitoring.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::server::{config::Settings, http, service::Services};

use super::{CliError, print};

/// What monitoring may take: it asks now and then.
const LIMITS: http::Limits = http::Limits { head: Duration::from_secs(30), connections: 64 };

/// How long an answer may go on when the process ends.
const GRACE: Duration = Duration::from_secs(1);

/// Flags of every command that runs until it is stopped.
#[derive(Debug, Default, Args, Serialize)]
pub struct ObserveFlags {
    /// Address and port of a listener for monitoring alone: /metrics, /healthz and /readyz [default: none]
    #[arg(long, value_name = "ADDR:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_addr: Option<SocketAddr>,
    /// How log lines are written [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<String>,
    /// OpenTelemetry collector to send traces to: http://collector:4318 [default: none]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    otlp_endpoint: Option<String>,
}

/// The listener for monitoring, if the settings want one.
pub struct Monitoring {
    stop: CancellationToken,
    served: Option<JoinHandle<()>>,
}

impl Monitoring {
    /// Listens, and prints where.
    pub async fn start(settings: &Settings, services: &Services) -> Result<Self, CliError> {
        let stop = CancellationToken::new();
        let Some(addr) = settings.metrics_addr else { return Ok(Self { stop, served: None }) };
        let listener = TcpListener::bind(addr)
            .await
            .map_err(|error| CliError::Message(format!("metrics_addr: can't listen on {addr}: {error}")))?;
        print(format_args!("Metrics are on http://{}/metrics", listener.local_addr()?))?;
        let served = http::serve(listener, http::operations(services.clone()), LIMITS, stop.clone(), GRACE);
        let served = tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "the listener for metrics failed");
            }
        });
        Ok(Self { stop, served: Some(served) })
    }

    /// Ends it, last of all: as long as anything goes on, there is something to be seen.
    pub async fn end(self) {
        self.stop.cancel();
        if let Some(served) = self.served {
            // A panic of it was logged.
            let _ = served.await;
        }
    }
}
