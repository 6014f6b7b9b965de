//! Logs, one line an event on standard error, and traces.

mod traces;

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

use super::config::{LogFormat, Settings};

use self::traces::Traces;

/// What is logged unless `MUSTER_LOG` says otherwise. The session layer calls a cookie whose session has ended suspicious,
/// but sessions end every day: by their age, and because they are ended elsewhere. The client of object stores tells every request that it
/// makes again, many a second while one is away.
const DEFAULT_FILTER: &str = "info,tower_sessions_core::session=error,object_store=warn";

/// What is never logged, whatever `MUSTER_LOG` says: these would tell addresses and session ids, which are secrets here.
const SILENCED: [&str; 1] = ["tower_http::csrf=off"];

/// What has to be ended in good order.
#[derive(Debug)]
#[must_use = "spans that were not sent are lost unless it is ended"]
pub struct Telemetry(Option<Traces>);

impl Telemetry {
    /// Sends events to standard error, as `log_format` says; `MUSTER_LOG` filters them, as in `MUSTER_LOG=muster=debug`. With
    /// `otlp_endpoint` it sends spans of requests and jobs there, on the runtime that it is called in.
    ///
    /// Nothing that is logged or sent holds a secret, a token or a user's data.
    ///
    /// # Errors
    /// When `otlp_endpoint` is no address, in words for the operator.
    pub fn start(settings: &Settings) -> Result<Self, String> {
        let traces = settings.otlp_endpoint.as_deref().map(Traces::to).transpose()?;
        log(settings.log_format, traces.as_ref().map(Traces::layer));
        Ok(Self(traces))
    }

    /// Sends what is left, for a few seconds at most.
    pub async fn end(self) {
        if let Some(traces) = self.0 {
            traces.end().await;
        }
    }
}

/// Logs, and nothing else: for a command that ends soon.
pub fn log_only(settings: &Settings) {
    log(settings.log_format, None::<tracing_subscriber::layer::Identity>);
}

fn log<L>(format: LogFormat, traces: Option<L>)
where
    L: Layer<Registry> + Send + Sync,
{
    let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let filter = SILENCED
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, |filter, directive| filter.add_directive(directive));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        // All spans around an event, the outermost first, are in `spans`.
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    tracing_subscriber::registry().with(traces).with(lines.with_filter(filter)).init();
}
