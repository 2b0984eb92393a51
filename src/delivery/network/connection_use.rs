//! Whether a request went over a new connection or over one that an earlier request had used.
//!
//! A receiver may close a kept connection just when the next request is written to it. The HTTP client then reports the same
//! error as for a receiver that closes every new connection, and does not say which it was. But a new connection is opened
//! within the future of the request that uses it, so a layer around the connector can note it there.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Whether the request of this future has opened its connection.
    static HAS_OPENED: Cell<bool>;
}

/// Which connection a request went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionUse {
    /// A new one, or none.
    First,
    /// One that an earlier request had used.
    Reused,
}

/// Runs a request of a client with the layer [`NoteOpened`], and says which connection it used.
pub(super) async fn observed<T>(request: impl Future<Output = T>) -> (T, ConnectionUse) {
    let noted = async {
        let answer = request.await;
        (answer, if HAS_OPENED.with(Cell::get) { ConnectionUse::First } else { ConnectionUse::Reused })
    };
    HAS_OPENED.scope(Cell::new(false), noted).await
}

/// Notes that a request opens a connection. If another connection becomes idle first, the request uses that one; a task of
/// the client continues to open the new one, which counts for no request.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteOpened;

impl<S> Layer<S> for NoteOpened {
    type Service = NotingConnector<S>;

    fn layer(&self, inner: S) -> NotingConnector<S> {
        NotingConnector(inner)
    }
}

/// A connector with the layer.
#[derive(Clone, Debug)]
pub(super) struct NotingConnector<S>(S);

impl<S, Target> Service<Target> for NotingConnector<S>
where
    S: Service<Target>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: Target) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            let connected = connecting.await;
            // An error means that a task of the client opens the connection. A failed one counts too: the request used no
            // other.
            let _in_request = HAS_OPENED.try_with(|opened| opened.set(true));
            connected
        })
    }
}
