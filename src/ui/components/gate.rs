//! The frame of pages for people who are not signed in, and the fields of their forms.

use leptos::prelude::*;
use leptos_meta::Title;

use super::logo::Logo;
use crate::{
    domain::member::PASSWORD_MIN_CHARS,
    ui::{effect::effect, view},
};

/// A card in the middle of the page, with the product's name and the page's heading.
#[component]
pub fn Gate(
    /// The heading, and the title of the browser's tab.
    title: &'static str,
    /// What is below it.
    children: Children,
) -> AnyView {
    view! {
        <Title text=title />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>{title}</h1>
                {children()}
            </div>
        </main>
    }
}

/// The e-mail address that somebody signs in with.
#[component]
pub fn EmailField() -> AnyView {
    view! {
        <div class="field">
            <label for="email">"Email"</label>
            <input
                id="email"
                name="email"
                type="email"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                required
                autofocus
            />
        </div>
    }
}

/// A password to choose. With JavaScript it can be shown, which is better than typing it twice.
#[component]
pub fn NewPasswordField() -> AnyView {
    let runs = RwSignal::new(false);
    let shown = RwSignal::new(false);
    effect(move || runs.set(true));
    let show = move || {
        runs.get().then(|| {
            view! {
                <button
                    class="button button-small show-password"
                    type="button"
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    "Show password"
                </button>
            }
        })
    };
    view! {
        <div class="field">
            <label for="password">"Password"</label>
            <input
                id="password"
                name="password"
                type=move || Some(if shown.get() { "text" } else { "password" })
                autocomplete="new-password"
                autocapitalize="none"
                spellcheck="false"
                minlength=PASSWORD_MIN_CHARS.to_string()
                aria-describedby="password-hint"
                required
            />
            <p class="hint" id="password-hint">{format!("At least {PASSWORD_MIN_CHARS} characters.")}</p>
            {move || show()}
        </div>
    }
}
