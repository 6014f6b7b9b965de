//! A secret that the page shows once: to read, and to copy.

use crate::ui::{effect::effect, view};
use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{
        HtmlInputElement,
        js_sys::{Function, Reflect},
    },
};

/// A field that can't be changed, and a button that copies it where scripts run.
#[component]
pub fn ShownOnce(
    /// The field's id.
    id: &'static str,
    /// The field's name.
    label: &'static str,
    /// What it holds.
    value: String,
    /// The button's name.
    button: &'static str,
) -> AnyView {
    let runs = RwSignal::new(false);
    let outcome = RwSignal::new("");
    effect(move || runs.set(true));
    let on_click =
        move |_| outcome.set(if copy(id) { "Copied." } else { "It is selected: copy it with the keyboard." });
    let button = move || {
        runs.get().then(|| {
            view! { <button class="button" type="button" on:click=on_click>{button}</button> }
        })
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="made-line">
                <input id=id type="text" readonly value=value />
                {move || button()}
            </div>
        </div>
        <p class="hint">{move || outcome.get()}</p>
    }
}

/// Puts what a field holds on the clipboard; `false` if the browser does not let it. The field stays selected, so that
/// the keyboard can copy it too.
///
/// By the old way, which works on plain http too, where browsers don't have the new one.
fn copy(id: &str) -> bool {
    let document = document();
    let Some(input) = document.get_element_by_id(id).and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) else {
        return false;
    };
    input.select();
    let run = Reflect::get(&document, &"execCommand".into()).and_then(JsCast::dyn_into::<Function>);
    run.and_then(|run| run.call1(&document, &"copy".into())).is_ok_and(|copied| copied.as_bool() == Some(true))
}
