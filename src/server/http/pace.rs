//! How slowly a body may come: uploads may take as long as they need, but not as long as someone likes who only wants to hold the
//! connection.

use std::time::{Duration, Instant};

use tokio::time::timeout;

/// Bytes that have to come within each period: any line that is good enough for a page brings more.
const BYTES_PER_PERIOD: usize = 32 * 1024;

/// Watches a body.
#[derive(Debug)]
pub struct Pace {
    period: Duration,
    /// What is left of this period, but for the time that was not spent waiting for the client.
    left: Duration,
    bytes: usize,
}

/// The body comes too slowly, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooSlow;

impl Pace {
    /// A body of which something has to come within each `period`.
    pub fn new(period: Duration) -> Self {
        Self { period, left: period, bytes: 0 }
    }

    /// Waits for what comes next.
    ///
    /// # Errors
    /// [`TooSlow`] when the period is over.
    pub async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Result<T, TooSlow> {
        let began = Instant::now();
        let next = timeout(self.left, next).await.map_err(|_| TooSlow)?;
        self.left = self.left.saturating_sub(began.elapsed());
        Ok(next)
    }

    /// So much has come.
    pub fn arrived(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= BYTES_PER_PERIOD {
            (self.bytes, self.left) = (0, self.period);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn nothing_comes() {
        let mut pace = Pace::new(Duration::from_millis(20));
        assert_eq!(pace.wait(ready(1)).await, Ok(1));
        assert_eq!(pace.wait(pending::<()>()).await, Err(TooSlow));
    }

    #[tokio::test]
    async fn drops_do_not_help_but_pieces_do() {
        let mut pace = Pace::new(Duration::from_secs(60));
        pace.left = Duration::ZERO;
        pace.arrived(BYTES_PER_PERIOD - 1);
        assert_eq!(pace.wait(pending::<()>()).await, Err(TooSlow));
        pace.arrived(1);
        assert_eq!(pace.left, pace.period);
    }
}
