//! A value that changes on the server while the page shows it.

use std::{sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::failure::Failure;
use crate::{
    domain::error::AppError,
    rpc::question::{Answer, Asks, Question},
    ui::{effect::effect, reactive, view},
};

/// How often a value that still changes is fetched, and how often the server is asked that did not answer.
const OFTEN: Duration = Duration::from_secs(1);

/// How often a value is fetched that only changes when someone does something.
const SELDOM: Duration = Duration::from_secs(10);

/// The last good answer of the server, fetched again and again while the page is in sight.
pub struct Live<T: Send + Sync + 'static> {
    /// The last good answer.
    pub value: RwSignal<T>,
    /// All that is the same whatever the value is.
    pub fetching: Fetching,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: Send + Sync + 'static> std::ops::Deref for Live<T> {
    type Target = Fetching;

    fn deref(&self) -> &Fetching {
        &self.fetching
    }
}

impl<T: DeserializeOwned + PartialEq + Send + Sync + 'static> Live<T> {
    /// Begins with `initial`; in the browser, fetches every second while `is_settled` says no, and seldom otherwise. A
    /// page that is out of sight does not ask; it does as soon as it is seen again.
    pub fn new<S: Asks<Answer = T>>(
        initial: T,
        is_settled: fn(&T) -> bool,
        question: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self {
        let value = RwSignal::new(initial);
        let take = move |answer: Answer| {
            answer.read().map(|new| {
                // What has not changed stays as it is on the page, with the reader's selection in it.
                if value.try_with_untracked(|now| *now != new) == Some(true) {
                    value.try_set(new);
                }
            })
        };
        let fetching = Fetching::new(
            Arc::new(move || question().question()),
            Arc::new(take),
            Arc::new(move || value.with(is_settled)),
        );
        Self { value, fetching }
    }
}

/// What takes an answer.
type Take = Arc<dyn Fn(Answer) -> Result<(), AppError> + Send + Sync>;

/// How fetching a value stands.
#[derive(Clone, Copy)]
pub struct Fetching {
    /// Why the latest try failed; the next ones go on.
    pub trouble: RwSignal<Option<AppError>>,
    /// The answer that ends it: signed out, not allowed any more, or gone.
    pub ended: RwSignal<Option<AppError>>,
    /// Whether an answer is on its way that someone waits for.
    pub busy: RwSignal<bool>,
    in_flight: StoredValue<bool>,
    /// Counts the requests: only the answer to the last one counts, so that an old answer never replaces a newer one.
    asked: StoredValue<u32>,
    question: StoredValue<Arc<dyn Fn() -> Question + Send + Sync>>,
    take: StoredValue<Take>,
}

impl Fetching {
    fn new(
        question: Arc<dyn Fn() -> Question + Send + Sync>,
        take: Take,
        is_settled: Arc<dyn Fn() -> bool + Send + Sync>,
    ) -> Self {
        let fetching = Self {
            trouble: RwSignal::new(None),
            ended: RwSignal::new(None),
            busy: RwSignal::new(false),
            in_flight: StoredValue::new(false),
            asked: StoredValue::new(0),
            question: StoredValue::new(question),
            take: StoredValue::new(take),
        };
        let interval = Memo::new(move |_| {
            let rests = fetching.trouble.with(Option::is_none) && is_settled();
            fetching.ended.with(Option::is_none).then_some(if rests { SELDOM } else { OFTEN })
        });
        effect(move || {
            if let Some(interval) = interval.get()
                && let Ok(handle) = set_interval_with_handle(move || fetching.poll(), interval)
            {
                let seen = window_event_listener_untyped("visibilitychange", move |_| fetching.poll());
                on_cleanup(move || {
                    handle.clear();
                    seen.remove();
                });
            }
        });
        fetching
    }

    /// The page while there is something to fetch, and then why there is nothing any more; `gone`, if it does not exist.
    pub fn page(self, gone: &'static str, page: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
        reactive(move || match self.ended.get() {
            Some(error) => view! { <Failure error not_found=gone /> },
            None => page(),
        })
    }

    /// Fetches now, then runs `after` with the signals up to date. Browser only.
    pub fn refresh(self, after: impl FnOnce() + 'static) {
        self.busy.try_set(true);
        self.ask(Box::new(after));
    }

    fn ask(self, after: Box<dyn FnOnce()>) {
        let (Some(question), Some(before)) = (self.question.try_get_value(), self.asked.try_get_value()) else {
            return;
        };
        let number = before.wrapping_add(1);
        self.asked.try_set_value(number);
        self.in_flight.try_set_value(true);
        spawn_local(async move {
            let answer = question().ask().await;
            // The page may have been left meanwhile, or another request is on its way by now.
            let Some(take) = self.take.try_get_value().filter(|_| self.asked.try_get_value() == Some(number)) else {
                return;
            };
            self.in_flight.try_set_value(false);
            self.busy.try_set(false);
            match take(answer) {
                Ok(()) => {
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
            if !self.ended.is_disposed() {
                after();
            }
        });
    }

    fn poll(self) {
        if self.in_flight.try_get_value() == Some(false) && !document().hidden() {
            self.ask(Box::new(|| {}));
        }
    }
}

/// A quiet word that the server does not answer; the page goes on trying.
#[component]
pub fn Trouble(
    /// Why the latest try failed.
    #[prop(into)]
    error: Signal<Option<AppError>>,
) -> AnyView {
    view! {
        <p class="trouble" role="status">
            {move || error.with(Option::is_some).then_some("Can't reach the server, trying again…")}
        </p>
    }
}
