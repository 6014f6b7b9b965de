//! Moving the keyboard focus.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

/// Focuses the element with this id once the changes made so far are on the page. Browser only.
pub fn focus_soon(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element {
            // An element that refuses the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// Whether the element with this id has the focus. Browser only.
pub fn has_focus(id: &str) -> bool {
    document().active_element().is_some_and(|element| element.id() == id)
}
