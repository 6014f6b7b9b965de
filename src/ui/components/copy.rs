//! Copying text.

use crate::ui::{effect::effect, view};
use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::js_sys::{Function, Promise, Reflect},
};

/// A button that copies `text`, where scripts run and the browser lets pages copy; elsewhere there is none.
#[component]
pub fn CopyButton(
    /// The button's name.
    label: &'static str,
    /// What it copies.
    text: String,
) -> AnyView {
    let can_copy = RwSignal::new(false);
    let copied = RwSignal::new(false);
    effect(move || can_copy.set(clipboard().is_some()));
    let text = StoredValue::new(text);
    let copy = move |_| {
        copied.set(false);
        text.with_value(|text| write(text, move || _ = copied.try_set(true)));
    };
    let button = move || {
        can_copy
            .get()
            .then(|| view! { <button class="button button-small" type="button" on:click=copy>{label}</button> })
    };
    view! {
        <p class="copy">
            {move || button()}
            <span class="announcement" role="status">{move || copied.get().then_some("Copied.")}</span>
        </p>
    }
}

/// The browser's clipboard, which it only gives to pages that came by https or from this machine.
fn clipboard() -> Option<JsValue> {
    let navigator = Reflect::get(&window(), &"navigator".into()).ok()?;
    Reflect::get(&navigator, &"clipboard".into()).ok().filter(|clipboard| clipboard.is_object())
}

/// Writes to the clipboard, and calls `done` once it is there.
fn write(text: &str, done: impl FnOnce() + 'static) {
    let Some(clipboard) = clipboard() else { return };
    let write = Reflect::get(&clipboard, &"writeText".into()).and_then(|write| write.dyn_into::<Function>());
    let written = write.and_then(|write| write.call1(&clipboard, &text.into()));
    if let Ok(written) = written.and_then(|written| written.dyn_into::<Promise>()) {
        let done: Closure<dyn FnMut(JsValue)> = Closure::once(move |_: JsValue| done());
        // A browser that refuses leaves the text where it is to be read.
        let _ = written.then(&done);
        done.forget();
    }
}
