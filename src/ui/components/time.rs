//! Points in time: relative for the eye, exact for everybody who needs it.

use std::time::Duration;

use leptos::{prelude::*, web_sys::js_sys};

use crate::{domain::timestamp::Timestamp, ui::format};

/// How often relative times are renewed.
const TICK: Duration = Duration::from_secs(20);

/// Notifies that relative times are to be renewed; `false` until the page is taken over, so that it begins with what
/// the server rendered.
#[derive(Clone, Copy)]
struct Clock(RwSignal<bool>);

/// The browser's time.
fn now() -> Timestamp {
    // Milliseconds since 1970 fit an i64 for as long as calendars matter.
    Timestamp(js_sys::Date::now() as i64)
}

/// Starts the one clock that every [`Time`] reads.
pub fn provide_clock() {
    let runs = RwSignal::new(false);
    provide_context(Clock(runs));
    Effect::new(move |_| {
        let tick = move || _ = runs.try_set(true);
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || handle.clear());
        }
    });
}

/// A point in time: `3 minutes ago`, with the exact UTC time in its title.
#[component]
pub fn Time(
    /// The instant.
    at: Timestamp,
) -> impl IntoView {
    let clock = use_context::<Clock>();
    let text = move || match clock {
        Some(Clock(runs)) if runs.get() => format::relative(at, now()),
        _ => format::minute(at),
    };
    view! {
        <time datetime=at.to_string() title=format::second(at)>
            {text}
        </time>
    }
}
