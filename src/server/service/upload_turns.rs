//! Whose turn it is with an upload: one request at a time writes to its file, and the newest one wins. A browser that goes on after a
//! broken connection must not wait until the server finds out that the old one is dead.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, OwnedMutexGuard};

use crate::domain::import_form::UploadId;

/// The queues of all uploads. Those that nobody waits in are forgotten.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<UploadId, Weak<Queue>>>>);

#[derive(Debug, Default)]
struct Queue {
    holder: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicUsize,
    newcomer: Notify,
}

impl Turns {
    /// Waits for the turn, which whoever has it gives up soon.
    pub(super) async fn take(&self, id: &UploadId) -> Turn {
        let queue = self.queue(id);
        let waiting = Waiting::new(&queue);
        let guard = Arc::clone(&queue.holder).lock_owned().await;
        drop(waiting);
        Turn { queue, _guard: guard }
    }

    fn queue(&self, id: &UploadId) -> Arc<Queue> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(id).and_then(Weak::upgrade) {
            return queue;
        }
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        queues.insert(id.clone(), Arc::downgrade(&queue));
        queue
    }
}

/// Someone who waits, for as long as this lives.
struct Waiting<'a>(&'a Queue);

impl<'a> Waiting<'a> {
    fn new(queue: &'a Queue) -> Self {
        queue.waiting.fetch_add(1, Ordering::SeqCst);
        queue.newcomer.notify_waiters();
        Self(queue)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    queue: Arc<Queue>,
    _guard: OwnedMutexGuard<()>,
}

impl Turn {
    /// Waits until someone else wants it.
    pub(super) async fn wanted(&self) {
        loop {
            // Listening before looking, so that nobody comes in between.
            let newcomer = self.queue.newcomer.notified();
            if self.queue.waiting.load(Ordering::SeqCst) > 0 {
                return;
            }
            newcomer.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn the_newest_wins() {
        let turns = Turns::default();
        let id = UploadId::from_random([0; 16]);
        let first = turns.take(&id).await;
        let mut wanted = Box::pin(first.wanted());
        assert!(poll_fn(|context| Poll::Ready(wanted.as_mut().poll(context).is_pending())).await, "nobody wants it");
        let others = turns.clone();
        let second = tokio::spawn({
            let id = id.clone();
            async move { others.take(&id).await }
        });
        wanted.await;
        drop(first);
        let second = second.await.unwrap();
        drop(second);
        // Another upload is another matter.
        let other = turns.take(&UploadId::from_random([1; 16])).await;
        turns.take(&id).await;
        drop(other);
    }
}
