//! What the browser does when signals change.

use leptos::prelude::*;

/// Runs `run` once the page is shown, and after each change of the signals that it reads. Browser only.
pub fn effect(run: impl FnMut() + 'static) {
    // Of one type: each type of effect weighs half a kilobyte in the browser.
    fn boxed(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_| run());
    }
    boxed(Box::new(run));
}

/// After each change of `value`, tells `changed` what it was before and what it is now. Browser only.
pub fn on_change<T: PartialEq + 'static>(value: impl Fn() -> T + 'static, mut changed: impl FnMut(&T, &T) + 'static) {
    let mut before = None;
    effect(move || {
        let now = value();
        if let Some(before) = before.as_ref().filter(|before| **before != now) {
            untrack(|| changed(before, &now));
        }
        before = Some(now);
    });
}
