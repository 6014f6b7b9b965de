//! A value that changes on the server while the page shows it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::domain::error::AppError;

/// How often a value that still changes is fetched.
const INTERVAL: Duration = Duration::from_secs(1);

type Fetched<T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send>>;

/// The last good answer of the server, fetched again and again until it is settled.
pub struct Live<T: Send + Sync + 'static> {
    /// The last good answer.
    pub value: RwSignal<T>,
    /// Why the latest try failed; the next ones go on.
    pub trouble: RwSignal<Option<AppError>>,
    /// The answer that ends it: signed out, not allowed any more, or gone.
    pub ended: RwSignal<Option<AppError>>,
    in_flight: StoredValue<bool>,
    fetch: StoredValue<Arc<dyn Fn() -> Fetched<T> + Send + Sync>>,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: Send + Sync + 'static> Live<T> {
    /// Begins with `initial`; in the browser, fetches every second while `is_settled` says no.
    pub fn new<F>(initial: T, is_settled: fn(&T) -> bool, fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let live = Self {
            value: RwSignal::new(initial),
            trouble: RwSignal::new(None),
            ended: RwSignal::new(None),
            in_flight: StoredValue::new(false),
            fetch: StoredValue::new(Arc::new(move || Box::pin(fetch()))),
        };
        let goes_on = Memo::new(move |_| live.ended.with(Option::is_none) && !live.value.with(is_settled));
        Effect::new(move |_| {
            if goes_on.get()
                && let Ok(handle) = set_interval_with_handle(move || live.poll(), INTERVAL)
            {
                on_cleanup(move || handle.clear());
            }
        });
        live
    }

    /// Fetches now, then runs `after` with the signals up to date. Browser only.
    pub fn refresh(self, after: impl FnOnce() + 'static) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        self.in_flight.try_set_value(true);
        spawn_local(async move {
            let answer = fetch().await;
            // The page may have been left meanwhile: then there is nothing to set any more.
            self.in_flight.try_set_value(false);
            match answer {
                Ok(value) => {
                    self.value.try_set(value);
                    self.trouble.try_set(None);
                }
                Err(error @ (AppError::Unauthenticated | AppError::Forbidden | AppError::NotFound)) => {
                    self.ended.try_set(Some(error));
                }
                Err(error) => {
                    self.trouble.try_set(Some(error));
                }
            }
            if !self.value.is_disposed() {
                after();
            }
        });
    }

    fn poll(self) {
        if self.in_flight.try_get_value() == Some(false) {
            self.refresh(|| {});
        }
    }
}

/// A quiet word that the server does not answer; the page goes on trying.
#[component]
pub fn Trouble(
    /// Why the latest try failed.
    #[prop(into)]
    error: Signal<Option<AppError>>,
) -> impl IntoView {
    view! {
        <p class="trouble" role="status">
            {move || error.with(Option::is_some).then_some("Can't reach the server, trying again…")}
        </p>
    }
}
