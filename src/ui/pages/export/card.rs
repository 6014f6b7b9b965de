//! The form as a whole: submitting and resetting it.

use std::time::Duration;

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    html,
    leptos_dom::helpers::debounce,
    prelude::*,
    web_sys::FormData,
};

use super::{
    address::FormAddress,
    errors::{ErrorSummary, SUMMARY},
    fields::FieldsSection,
    settings::SettingsSection,
    state::FormState,
    summary::{SENTENCES, SummarySection},
};
use crate::{
    domain::{
        connection::Connection,
        error::AppError,
        export_form::{ExportQuery, PATH},
        job::JobId,
    },
    rpc::exports::SubmitExport,
    ui::{
        components::{focus::focus_soon, submit::Submit},
        effect::{effect, on_change},
        view,
    },
};

/// How long someone must stop typing before the address follows: browsers allow only so many changes a minute.
const PAUSE: Duration = Duration::from_millis(300);

/// The form, beginning with `query`. With JavaScript it is checked before it is sent; without, the server checks it.
#[component]
pub fn FormCard(
    /// What the address says.
    query: ExportQuery,
    /// The connections to choose from.
    connections: Vec<Connection>,
    /// The tenant's name, which the file has.
    tenant: String,
    /// Sends the form.
    submit: Submit<JobId>,
    /// The page's address, which follows the form.
    address: FormAddress,
) -> AnyView {
    let focus = query.focus();
    let is_checked = query.check;
    let state = FormState::new(query, connections.clone());
    let found = RwSignal::new(if is_checked { state.found(&state.check()) } else { Vec::new() });
    let form = NodeRef::<html::Form>::new();

    effect(move || {
        if let Some(form) = form.get()
            && let Ok(data) = FormData::new_with_form(&form)
        {
            state.read_controls(&data);
        }
    });
    // The address follows, so that the browser comes back to the form as it was: by its back button, or a reload.
    let remember = move || {
        if let Some(form) = state.form.try_get_untracked() {
            address.write(&form);
        }
    };
    let mut remember_after_pause = debounce(PAUSE, move |()| remember());
    on_change(move || state.form.get(), move |_, _| remember_after_pause(()));
    effect(move || {
        if is_checked && found.with_untracked(|found| !found.is_empty()) {
            focus_soon(SUMMARY);
        }
    });
    // The answer to another form, which was there before, is none of this one's.
    submit.after_each(move || {
        if let Some(Err(AppError::InvalidExport(violations))) = submit.answer_untracked() {
            state.reject(violations);
            found.set(state.found(&state.check()));
            focus_soon(SUMMARY);
        }
    });

    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let violations = state.check();
        if violations.is_empty() {
            found.set(Vec::new());
            remember();
            if !untrack(|| submit.pending()) {
                submit.send(SubmitExport { form: state.form.get_untracked() });
            }
        } else {
            found.set(state.found(&violations));
            focus_soon(SUMMARY);
        }
    };
    let reset = address.resetter();
    let on_reset = move |event: MouseEvent| {
        event.prevent_default();
        submit.clear();
        reset();
        focus_soon("connection");
    };
    view! {
        <form
            class="card form"
            method="post"
            action=submit.path()
            novalidate
            node_ref=form
            on:submit=on_submit
            on:change=move |_| remember()
        >
            <ErrorSummary state found />
            // The button that Enter presses: the first of the form, which would be another one otherwise.
            <button class="default-submit" type="submit" tabindex="-1" aria-hidden="true"></button>
            <SettingsSection state connections=connections.clone() />
            <FieldsSection state focus />
            <SummarySection state connections tenant />
            <div class="form-foot">
                <p class="form-news" role="status">{move || submit.pending().then_some("Submitting…")}</p>
                <button class="button" type="submit" form="reset-form" on:click=on_reset>"Reset Form"</button>
                <button
                    class="button button-primary"
                    type="submit"
                    aria-describedby=SENTENCES
                    aria-busy=move || submit.pending().then_some("true")
                >
                    "Export Users"
                </button>
            </div>
        </form>
        <form id="reset-form" method="get" action=PATH></form>
    }
}
