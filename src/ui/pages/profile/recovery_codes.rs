//! Recovery codes, shown once.

use leptos::prelude::*;
use leptos_meta::Title;

use super::PROFILE;
use crate::{
    rpc::profile::TakeRecoveryCodes,
    ui::{
        components::{
            asked::{Asked, answered},
            copy::CopyButton,
            failure::Failure,
        },
        view,
    },
};

const SHOWN: &str = "Recovery codes are shown once, right after they are made. If you did not store them, make new ones \
                     on the page Profile.";

/// The codes that were made a moment ago.
#[component]
pub fn RecoveryCodesPage() -> AnyView {
    let codes = Asked::new(|| TakeRecoveryCodes {});
    let content = answered(codes, |codes| match codes {
        Ok(codes) => view! { <Loaded codes /> },
        Err(error) => view! {
            <a class="back" href=PROFILE>"Back to Profile"</a>
            <Failure error not_found=SHOWN />
        },
    });
    view! {
        <Title text="Recovery codes" />
        {content}
    }
}

#[component]
fn Loaded(codes: Vec<String>) -> AnyView {
    let text = codes.join("\n");
    let items: Vec<_> = codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect();
    view! {
        <h1>"Recovery codes"</h1>
        <p class="lead">
            "The second factor is on. When you don't have your phone, sign in with one of these codes instead. "
            "Each works once."
        </p>
        <section class="card stack" aria-labelledby="codes-title">
            <h2 class="card-title" id="codes-title">"Your codes"</h2>
            <ol class="codes">{items}</ol>
            <CopyButton label="Copy codes" text />
            <p class="note">"Store them now, apart from your phone: nobody can show them to you again."</p>
            <p><a class="button button-primary" href=PROFILE>"I have stored them"</a></p>
        </section>
    }
}
