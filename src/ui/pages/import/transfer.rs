//! How far the upload has come.

use leptos::prelude::*;

use super::upload::{Progress, Sent};
use crate::ui::{format, reactive, view};

/// The id of the button that cancels it.
pub const CANCEL: &str = "cancel-upload";

/// A bar of the bytes that the server has acknowledged, and a way out; nothing while nothing is uploaded.
#[component]
pub fn Transfer(
    /// How far it has come.
    progress: Progress,
    /// Cancels it.
    on_cancel: Callback<()>,
) -> AnyView {
    let runs = Memo::new(move |_| progress.sent.with(Option::is_some));
    let percent = Memo::new(move |_| progress.sent.with(|sent| sent.as_ref().map_or(0, percent)).to_string());
    let waits = Memo::new(move |_| progress.waiting.with(Option::is_some));
    reactive(move || {
        runs.get().then(|| {
            view! {
                <div class="form-section transfer">
                    <div class="progress">
                        <progress max="100" value=move || percent.get() aria-label="Upload"></progress>
                        <p class="progress-text">
                            <strong>{move || format!("{}%", percent.get())}</strong>
                            " "
                            {move || progress.sent.get().map(words).unwrap_or_default()}
                        </p>
                    </div>
                    <p class="trouble">
                        // Said once, not with every second that passes.
                        <span role="status">
                            {move || waits.get().then_some("Can't reach the server, trying again…")}
                        </span>
                        {move || progress.waiting.get().map(|seconds| format!(" in {seconds} s")).unwrap_or_default()}
                    </p>
                    <p class="hint">
                        "Keep this page open. If it closes, choose the same file again, and the upload goes on where it \
                         stopped."
                    </p>
                    <div hidden=move || progress.sent.with(|sent| sent.is_some_and(|sent| sent.bytes == sent.total))>
                        <button class="button" type="button" id=CANCEL on:click=move |_| on_cancel.run(())>
                            "Cancel upload"
                        </button>
                    </div>
                </div>
            }
        })
    })
}

/// Whole percent, 100 only where nothing is missing.
fn percent(sent: &Sent) -> u64 {
    let percent = u128::from(sent.bytes) * 100;
    percent.checked_div(u128::from(sent.total)).and_then(|percent| u64::try_from(percent).ok()).unwrap_or(100)
}

fn words(sent: Sent) -> String {
    let Sent { bytes, total, seconds_left } = sent;
    let so_far = format!("{} of {}", format::bytes(bytes), format::bytes(total));
    match seconds_left {
        _ if bytes == total => format!("{so_far}, submitting"),
        Some(seconds) => format!("{so_far}, about {} left", format::duration(seconds.max(1))),
        None => so_far,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_in_words() {
        for (bytes, total, seconds_left, expected_percent, text) in [
            (0, 2_000_000, None, 0, "0 bytes of 2.0 MB"),
            (1_999_999, 2_000_000, Some(0), 99, "2.0 MB of 2.0 MB, about 1 second left"),
            (500_000, 2_000_000, Some(90), 25, "500.0 kB of 2.0 MB, about 1 minute 30 seconds left"),
            (2_000_000, 2_000_000, Some(0), 100, "2.0 MB of 2.0 MB, submitting"),
        ] {
            let sent = Sent { bytes, total, seconds_left };
            assert_eq!(percent(&sent), expected_percent);
            assert_eq!(words(sent), text);
        }
    }
}
