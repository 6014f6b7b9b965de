//! A value that changes on the server while the page shows it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::domain::error::AppError;

/// How often a value that still changes is fetched, and how often the server is asked that did not answer.
const OFTEN: Duration = Duration::from_secs(1);

/// How often a value is fetched that only changes when someone does something.
const SELDOM: Duration = Duration::from_secs(10);

type Fetched<T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send>>;

/// The last good answer of the server, fetched again and again while the page is in sight.
pub struct Live<T: Send + Sync + 'static> {
    /// The last good answer.
    pub value: RwSignal<T>,
    /// Why the latest try failed; the next ones go on.
    pub trouble: RwSignal<Option<AppError>>,
    /// The answer that ends it: signed out, not allowed any more, or gone.
    pub ended: RwSignal<Option<AppError>>,
    /// Whether an answer is on its way that someone waits for.
    pub busy: RwSignal<bool>,
    in_flight: StoredValue<bool>,
    /// Counts the requests: only the answer to the last one counts, so that an old answer never replaces a newer one.
    asked: StoredValue<u32>,
    fetch: StoredValue<Arc<dyn Fn() -> Fetched<T> + Send + Sync>>,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: PartialEq + Send + Sync + 'static> Live<T> {
    /// Begins with `initial`; in the browser, fetches every second while `is_settled` says no, and seldom otherwise. A
    /// page that is out of sight does not ask; it does as soon as it is seen again.
    pub fn new<F>(initial: T, is_settled: fn(&T) -> bool, fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let live = Self {
            value: RwSignal::new(initial),
            trouble: RwSignal::new(None),
            ended: RwSignal::new(None),
            busy: RwSignal::new(false),
            in_flight: StoredValue::new(false),
            asked: StoredValue::new(0),
            fetch: StoredValue::new(Arc::new(move || Box::pin(fetch()))),
        };
        let interval = Memo::new(move |_| {
            let rests = live.trouble.with(Option::is_none) && live.value.with(is_settled);
            live.ended.with(Option::is_none).then_some(if rests { SELDOM } else { OFTEN })
        });
        Effect::new(move |_| {
            if let Some(interval) = interval.get()
                && let Ok(handle) = set_interval_with_handle(move || live.poll(), interval)
            {
                let seen = window_event_listener_untyped("visibilitychange", move |_| live.poll());
                on_cleanup(move || {
                    handle.clear();
                    seen.remove();
                });
            }
        });
        live
    }

    /// Fetches now, then runs `after` with the signals up to date. Browser only.
    pub fn refresh(self, after: impl FnOnce() + 'static) {
        self.busy.try_set(true);
        self.ask(after);
    }

    fn ask(self, after: impl FnOnce() + 'static) {
        let (Some(fetch), Some(before)) = (self.fetch.try_get_value(), self.asked.try_get_value()) else { return };
        let number = before.wrapping_add(1);
        self.asked.try_set_value(number);
        self.in_flight.try_set_value(true);
        spawn_local(async move {
            let answer = fetch().await;
            // The page may have been left meanwhile, or another request is on its way by now.
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            self.in_flight.try_set_value(false);
            self.busy.try_set(false);
            match answer {
                Ok(value) => {
                    // What has not changed stays as it is on the page, with the reader's selection in it.
                    if self.value.try_with_untracked(|now| *now != value) == Some(true) {
                        self.value.try_set(value);
                    }
                    if self.trouble.try_with_untracked(Option::is_some) == Some(true) {
                        self.trouble.try_set(None);
                    }
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
        if self.in_flight.try_get_value() == Some(false) && !document().hidden() {
            self.ask(|| {});
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
