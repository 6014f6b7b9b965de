//! The form as a whole: submitting and resetting it.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    html,
    prelude::*,
    server_fn::ServerFn,
    web_sys::FormData,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    errors::{ErrorSummary, SUMMARY},
    fields::FieldsSection,
    settings::SettingsSection,
    state::FormState,
};
use crate::{
    domain::{
        connection::Connection,
        error::AppError,
        export_form::{ExportQuery, PATH},
    },
    rpc::exports::SubmitExport,
    ui::components::focus::focus_soon,
};

/// The form, beginning with `query`. With JavaScript it is checked before it is sent; without, the server checks it.
#[component]
pub fn FormCard(
    /// What the address says.
    query: ExportQuery,
    /// The connections to choose from.
    connections: Vec<Connection>,
    /// Sends the form.
    submit: ServerAction<SubmitExport>,
    /// A change begins with a new form.
    version: RwSignal<u32>,
) -> AnyView {
    let row_was_added = query.add_field.is_some();
    let has_query = query != ExportQuery::default();
    let is_checked = query.check;
    let state = FormState::new(query, connections.clone());
    let found = RwSignal::new(if is_checked { state.check() } else { Vec::new() });
    let form = NodeRef::<html::Form>::new();

    Effect::new(move |_| {
        if let Some(form) = form.get()
            && let Ok(data) = FormData::new_with_form(&form)
        {
            state.read_controls(&data);
        }
    });
    Effect::new(move |_| {
        if is_checked && found.with_untracked(|found| !found.is_empty()) {
            focus_soon(SUMMARY);
        }
    });
    let answer = submit.value();
    Effect::new(move |before: Option<usize>| {
        let version = submit.version().get();
        // The answer to another form is none of this one's.
        if before.is_some_and(|before| before != version)
            && let Some(Err(AppError::InvalidExport(violations))) = answer.get_untracked()
        {
            state.reject(violations);
            found.set(state.check());
            focus_soon(SUMMARY);
        }
        version
    });

    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let violations = state.check();
        if violations.is_empty() {
            found.set(Vec::new());
            if !submit.pending().get_untracked() {
                submit.dispatch(SubmitExport { form: state.form.get_untracked() });
            }
        } else {
            found.set(violations);
            focus_soon(SUMMARY);
        }
    };
    let navigate = use_navigate();
    let on_reset = move |event: MouseEvent| {
        event.prevent_default();
        submit.clear();
        if has_query {
            navigate(PATH, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        } else {
            version.update(|version| *version += 1);
        }
        focus_soon("connection");
    };
    view! {
        <form class="card form" method="post" action=SubmitExport::url() novalidate node_ref=form on:submit=on_submit>
            <ErrorSummary state found />
            // The button that Enter presses: the first of the form, which would be another one otherwise.
            <button class="default-submit" type="submit" tabindex="-1" aria-hidden="true"></button>
            <SettingsSection state connections />
            <FieldsSection state focus_last=row_was_added />
            <div class="form-foot">
                <button class="button" type="submit" form="reset-form" on:click=on_reset>"Reset Form"</button>
                <button
                    class="button button-primary"
                    type="submit"
                    aria-busy=move || submit.pending().get().then_some("true")
                >
                    "Export Users"
                </button>
            </div>
        </form>
        <form id="reset-form" method="get" action=PATH></form>
    }
    .into_any()
}
