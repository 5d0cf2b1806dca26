//! `--metrics` beside whichever front end there is.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::metrics::{Listener, Source};
use tokio::task::JoinSet;

use crate::cli::Global;
use crate::output::Output;

/// The listening socket, if `--metrics` is given.
#[derive(Clone, Debug)]
pub struct Metrics(Option<Arc<Listener>>);

/// Serves until dropped.
#[derive(Debug)]
pub struct Serving {
    _task: JoinSet<()>,
}

impl Metrics {
    /// Listens where `--metrics` says. `None` after an error message.
    pub async fn listen(global: &Global, output: &mut Output<'_>) -> io::Result<Option<Self>> {
        let Some(address) = global.metrics.address() else { return Ok(Some(Self(None))) };
        let listener = match Listener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                writeln!(
                    output.err,
                    "error: --metrics {address}: cannot listen there: {error}; name another port or address"
                )?;
                return Ok(None);
            }
        };
        writeln!(output.err, "metrics: {}", listener.url())?;
        if global.metrics.is_public() {
            writeln!(
                output.err,
                "warning: --metrics-public: whoever reaches {address} can read account names and how much mail comes"
            )?;
        }
        Ok(Some(Self(Some(Arc::new(listener)))))
    }

    /// Serves this front end's board.
    pub fn serve(&self, front_end: &FrontEnd) -> Serving {
        let mut task = JoinSet::new();
        if let Some(listener) = self.0.clone() {
            let source = Source::of(front_end, SystemTime::now());
            task.spawn(async move { match listener.serve(source).await {} });
        }
        Serving { _task: task }
    }
}
