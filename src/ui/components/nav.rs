//! The way to each page.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    domain::{
        activity, local_path,
        role::{Permission, Role},
    },
    ui::view,
};

/// Pages that belong together.
struct Section {
    /// Its name, with the id of the element that has it; absent where the only page says it all.
    heading: Option<(&'static str, &'static str)>,
    /// Each page's name, its address, and what the member must be allowed to find it here; absent: nothing.
    pages: &'static [(&'static str, &'static str, Option<Permission>)],
}

const SECTIONS: &[Section] = &[
    Section { heading: Some(("User Management", "nav-user-management")), pages: &[("Users", "/users", None)] },
    Section { heading: None, pages: &[("Activity", activity::PATH, Some(Permission::SeeActivity))] },
    Section {
        heading: Some(("Settings", "nav-settings")),
        pages: &[
            ("Members", local_path::MEMBERS, Some(Permission::ManageMembers)),
            ("API Clients", local_path::CLIENTS, Some(Permission::ManageClients)),
        ],
    },
];

/// Links to the pages that the role may open.
#[component]
pub fn Nav(
    /// The signed-in member's role; absent when nobody is.
    role: Option<Role>,
) -> AnyView {
    let allows = |permission: &Option<Permission>| {
        permission.is_none_or(|permission| role.is_some_and(|role| role.allows(permission)))
    };
    let section = |section: &Section| {
        let links: Vec<_> = section
            .pages
            .iter()
            .filter(|(.., permission)| allows(permission))
            .map(|&(title, href, _)| view! { <li><A href=href attr:class="nav-link">{title}</A></li> })
            .collect();
        (!links.is_empty()).then(|| {
            view! {
                <div class="nav-section">
                    {section.heading.map(|(text, id)| view! { <p class="nav-heading" id=id>{text}</p> })}
                    <ul class="nav-list" aria-labelledby=section.heading.map(|(_, id)| id)>{links}</ul>
                </div>
            }
        })
    };
    view! { <nav aria-label="Main">{SECTIONS.iter().map(section).collect::<Vec<_>>()}</nav> }
}
