//! The forms that change a member.

use leptos::prelude::*;

use crate::{
    domain::role::Role,
    ui::{
        components::submit::{Form, SubmitForm},
        view,
    },
};

/// Options of a select with all roles.
pub fn role_options(selected: Role) -> Vec<AnyView> {
    let option = |role: Role| view! { <option value=role.slug() selected=role == selected>{role.title()}</option> };
    Role::ALL.into_iter().map(option).collect()
}

/// Chooses another role.
#[component]
pub fn RoleForm(
    /// The member's key.
    id: i64,
    /// The member's e-mail address.
    email: String,
    /// The role they have.
    role: Memo<Role>,
    /// Counts the changes that were refused: the role is then shown as it still is.
    refusals: RwSignal<usize>,
    /// Sends the form.
    change: Form,
) -> AnyView {
    // Read with the refusals, so that it is set again after each.
    let slug = move |_: usize| role.get().slug();
    view! {
        <SubmitForm form=change class="role-form">
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="change" value="set_role" />
            <select name="role" aria-label=format!("Role of {email}") prop:value=move || slug(refusals.get())>
                {role_options(role.get_untracked())}
            </select>
            <button class="button button-small" type="submit">"Save role"</button>
        </SubmitForm>
    }
}

/// A change that asks first: a disclosure, so that it does so without JavaScript too.
#[component]
pub fn Confirm(
    /// The member's key.
    id: i64,
    /// What opens it: `Disable`.
    summary: &'static str,
    /// What will happen.
    #[prop(into)]
    question: String,
    /// The change's name.
    name: &'static str,
    /// The button: `Disable member`.
    button: &'static str,
    /// Sends the form.
    change: Form,
) -> AnyView {
    view! {
        <details class="confirm">
            <summary class="button button-small">{summary}</summary>
            <div class="confirm-box">
                <p>{question}</p>
                <SubmitForm form=change>
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="change" value=name />
                    <button class="button button-small button-danger" type="submit">{button}</button>
                </SubmitForm>
            </div>
        </details>
    }
}

/// Lets a disabled member sign in again.
#[component]
pub fn Enable(
    /// The member's key.
    id: i64,
    /// Sends the form.
    change: Form,
) -> AnyView {
    view! {
        <SubmitForm form=change>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="change" value="enable" />
            <button class="button button-small" type="submit">"Enable"</button>
        </SubmitForm>
    }
}
