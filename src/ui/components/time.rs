//! Points in time: relative for the eye, exact for everybody who needs it.

use std::time::Duration;

use leptos::{prelude::*, web_sys::js_sys};

use crate::{
    domain::timestamp::Timestamp,
    ui::{effect::effect, format, view},
};

/// How often the clock ticks.
const SECOND: Duration = Duration::from_secs(1);

/// How often relative times are renewed, in milliseconds.
const RENEWAL: i64 = 20_000;

/// How long before its end a countdown begins to follow every tick, in milliseconds: more than its last minute by more
/// than a renewal takes.
const CLOSE: i64 = 60_000 + 2 * RENEWAL;

/// The one clock of all times on a page.
#[derive(Clone, Copy)]
struct Clock {
    /// Notifies every second.
    second: Trigger,
    /// Notifies that relative times are to be renewed; `false` until the page is taken over, so that it begins with
    /// what the server rendered.
    runs: RwSignal<bool>,
}

/// The browser's time.
fn now() -> Timestamp {
    // Milliseconds since 1970 fit an i64 for as long as calendars matter.
    Timestamp(js_sys::Date::now() as i64)
}

/// Starts the one clock that every [`Time`] and [`Countdown`] reads.
pub fn provide_clock() {
    let clock = Clock { second: Trigger::new(), runs: RwSignal::new(false) };
    provide_context(clock);
    effect(move || {
        // Not by counting ticks: they come late in a tab out of sight, and not at all while the machine sleeps.
        let renewed = StoredValue::new(Timestamp::MIN);
        let tick = move || {
            let now = now();
            if renewed.try_get_value().is_some_and(|renewed| now.millis_since(renewed) >= RENEWAL) {
                renewed.try_set_value(now);
                clock.runs.try_set(true);
            }
            clock.second.notify();
        };
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, SECOND) {
            on_cleanup(move || handle.clear());
        }
    });
}

/// A point in time: `3 minutes ago`, with the exact UTC time in its title.
#[component]
pub fn Time(
    /// The instant.
    at: Timestamp,
) -> AnyView {
    shown(at, move |_| format::relative(at, now()))
}

/// When something expires: `in 23 hours`, and every second of its last minute, with the exact UTC time in its title.
#[component]
pub fn Countdown(
    /// The instant.
    at: Timestamp,
) -> AnyView {
    shown(at, move |clock| {
        let now = now();
        if (1..CLOSE).contains(&at.millis_since(now)) {
            clock.second.track();
        }
        format::expiry(at, now)
    })
}

/// The instant in the words of `text`, once there is a browser that knows what time it is.
fn shown(at: Timestamp, text: impl Fn(Clock) -> String + Send + Sync + 'static) -> AnyView {
    let clock = use_context::<Clock>();
    let text = Memo::new(move |_| match clock {
        Some(clock) if clock.runs.get() => text(clock),
        _ => format::minute(at),
    });
    view! {
        <time datetime=at.to_string() title=format::second(at)>
            {move || text.get()}
        </time>
    }
}
