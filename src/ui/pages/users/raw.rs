//! The user as JSON, to read and to copy.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::js_sys::{Function, Promise, Reflect, futures::JsFuture},
};

use crate::{
    domain::json_text::pretty,
    ui::{effect::effect, view},
};

/// The id of the heading.
pub const RAW_JSON: &str = "raw-json";

/// What an export of all attributes writes of this user, indented.
#[component]
pub fn RawJson(
    /// The object on one line.
    json: String,
) -> AnyView {
    let text = pretty(&json);
    let copied = RwSignal::new("");
    // The button needs JavaScript, so it is there only when that runs.
    let runs = RwSignal::new(false);
    effect(move || runs.set(true));
    let to_copy = StoredValue::new(text.clone());
    let on_click = move |_| {
        copied.set("");
        spawn_local(async move {
            let result = write_to_clipboard(&to_copy.try_get_value().unwrap_or_default()).await;
            // The page may have been left meanwhile.
            copied.try_set(match result {
                Ok(()) => "Copied",
                Err(_) => "The browser does not allow copying here: select the text and copy it.",
            });
        });
    };
    view! {
        <section class="card" aria-labelledby=RAW_JSON>
            <div class="card-head">
                <h2 class="card-title" id=RAW_JSON>"Raw JSON"</h2>
                <p class="announcement" role="status">{move || copied.get()}</p>
                {move || {
                    runs.get()
                        .then(|| {
                            view! {
                                <button class="button button-small" type="button" on:click=on_click>"Copy JSON"</button>
                            }
                        })
                }}
            </div>
            <pre class="raw-json" tabindex="0" role="group" aria-labelledby=RAW_JSON>{text}</pre>
        </section>
    }
}

/// Browsers have a clipboard only on pages that came by https or from this machine.
async fn write_to_clipboard(text: &str) -> Result<(), JsValue> {
    let navigator = Reflect::get(&window(), &"navigator".into())?;
    let clipboard = Reflect::get(&navigator, &"clipboard".into())?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    let promise: Promise = write.call1(&clipboard, &JsValue::from_str(text))?.dyn_into()?;
    JsFuture::from(promise).await.map(|_| ())
}
