//! The way to each page.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::domain::role::{Permission, Role};

/// Pages that belong together.
struct Section {
    /// Its name, and the id of the element that has it.
    heading: &'static str,
    id: &'static str,
    /// Each page's name, its address, and what the member must be allowed to find it here; absent: nothing.
    pages: &'static [(&'static str, &'static str, Option<Permission>)],
}

const SECTIONS: &[Section] =
    &[Section { heading: "User Management", id: "nav-user-management", pages: &[("Users", "/users", None)] }];

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
                    <p class="nav-heading" id=section.id>{section.heading}</p>
                    <ul class="nav-list" aria-labelledby=section.id>{links}</ul>
                </div>
            }
        })
    };
    view! { <nav aria-label="Main">{SECTIONS.iter().map(section).collect::<Vec<_>>()}</nav> }.into_any()
}
