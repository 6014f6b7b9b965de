//! A body whose bytes are counted as they go.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::body::{Frame, SizeHint};

use crate::server::metrics::Metrics;

/// Counts the bytes of an answer's body as they are handed to the connection, which they reach as they are.
pub fn counted(response: Response, metrics: &Metrics) -> Response {
    let metrics = metrics.clone();
    response.map(|body| Body::new(Counted { body, metrics }))
}

struct Counted {
    body: Body,
    metrics: Metrics,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.metrics.sent(data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
