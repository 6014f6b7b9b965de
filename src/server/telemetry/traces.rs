//! Traces: spans of requests and jobs, sent to an OpenTelemetry collector as OTLP over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, Bytes, to_bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;
use tracing_subscriber::{Layer, Registry, filter::filter_fn};

/// How long the collector may take for an answer, and how long the process waits at its end for the last spans to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most bytes of an answer: it says little.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Sends spans in batches, from a thread of its own; what the collector does not take is dropped.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector with this address, such as `http://collector:4318`, on the runtime that it is called in.
    pub fn to(endpoint: &str) -> Result<Self, String> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector { client, runtime: Handle::current() })
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| format!("otlp_endpoint: {error}"))?;
        let program = Resource::builder()
            .with_service_name("muster")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self(SdkTracerProvider::builder().with_resource(program).with_batch_exporter(exporter).build()))
    }

    /// Muster's own spans, whatever is logged: libraries have spans too, which may tell addresses and statements. Events stay in
    /// the log.
    pub fn layer(&self) -> impl Layer<Registry> + Send + Sync + use<> {
        let own = filter_fn(|metadata| {
            metadata.is_span() && *metadata.level() <= tracing::Level::INFO && metadata.target().starts_with("muster")
        });
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("muster"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(own)
    }

    /// Sends what is left.
    pub async fn end(self) {
        // It waits for the thread that sends, which needs this runtime.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Speaks HTTP with the collector. The thread that sends is none of the runtime's, and hyper needs one of those.
#[derive(Debug)]
struct Collector {
    client: Client<HttpConnector, Body>,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let exchange = async move {
            let (head, body) = client.request(request.map(Body::from)).await?.into_parts();
            let body = to_bytes(Body::new(body), MAX_ANSWER_BYTES).await?;
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        // The timer too is of the runtime, so it is made there.
        self.runtime.spawn(async move { tokio::time::timeout(PATIENCE, exchange).await }).await??
    }
}
