//! The attributes of a user, and the identities.

use leptos::prelude::*;

use super::{json_tree::JsonTree, user::Members};
use crate::{
    domain::{
        json_text::Node,
        timestamp::Timestamp,
        user::{Attribute, AttributeType},
    },
    ui::{components::time::Time, format, view},
};

/// The attributes of the card Profile, in its order: all but those that have cards of their own.
const ATTRIBUTES: [Attribute; 20] = {
    use Attribute as A;
    [
        A::UserId,
        A::Name,
        A::GivenName,
        A::FamilyName,
        A::Nickname,
        A::Email,
        A::EmailVerified,
        A::Username,
        A::PhoneNumber,
        A::PhoneVerified,
        A::Blocked,
        A::LoginsCount,
        A::LastLogin,
        A::LastIp,
        A::LastPasswordReset,
        A::Multifactor,
        A::MultifactorLastModified,
        A::CreatedAt,
        A::UpdatedAt,
        A::Picture,
    ]
};

/// The text of a member.
pub fn text_of<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.iter().find(|(member, _)| member == name).and_then(|(_, node)| match node {
        Node::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Whether a member is there and `true`.
pub fn is_true(members: &Members, name: &str) -> bool {
    members.iter().any(|(member, node)| member == name && matches!(node, Node::Literal(literal) if literal == "true"))
}

/// The attributes that the user has.
#[component]
pub fn Profile(
    /// The user.
    members: Members,
    /// The connection's name.
    connection: String,
) -> AnyView {
    let facts: Vec<_> = ATTRIBUTES
        .into_iter()
        .filter_map(|attribute| {
            let (_, node) = members.iter().find(|(name, _)| name == attribute.name())?;
            let wide = matches!(attribute, Attribute::UserId | Attribute::Picture);
            Some(fact(title(attribute.name()), value(attribute, node), wide))
        })
        .collect();
    view! {
        <section class="card" aria-labelledby="profile">
            <h2 class="card-title" id="profile">"Profile"</h2>
            <dl class="facts">
                {fact("Connection".to_owned(), connection.into_any(), false)}
                {facts}
            </dl>
        </section>
    }
}

/// One line of a list of facts.
fn fact(label: String, value: AnyView, wide: bool) -> AnyView {
    view! { <div class="fact" class:fact-wide=wide><dt>{label}</dt> <dd>{value}</dd></div> }
}

/// `email_verified` as people read it: `Email verified`.
fn title(name: &str) -> String {
    let mut words = name.split('_').map(|word| match word {
        "id" => "ID",
        "ip" => "IP",
        word => word,
    });
    let first = words.next().unwrap_or_default();
    let mut title: String =
        first.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(first.chars().skip(1)).collect();
    for word in words {
        title.push(' ');
        title.push_str(word);
    }
    title
}

/// A value as its type is best read; what is not of its type stays as it is written.
fn value(attribute: Attribute, node: &Node) -> AnyView {
    let date = |text: &str| Timestamp::from_iso8601(text);
    match (attribute.kind(), node) {
        (AttributeType::Date, Node::Text(text)) if date(text).is_some() => {
            date(text).map(|at| view! { <Time at /> }).into_any()
        }
        (AttributeType::Boolean, Node::Literal(literal)) => yes_or_no(literal).into_any(),
        (AttributeType::Integer, Node::Literal(literal)) => {
            literal.parse().map_or_else(|_| literal.clone(), format::number).into_any()
        }
        (AttributeType::TextList, Node::Array(entries)) if entries.is_empty() => {
            view! { <span class="faint">"None"</span> }
        }
        (AttributeType::TextList, Node::Array(entries)) => {
            let chips: Vec<_> = entries.iter().map(|entry| view! { <li class="chip">{scalar(entry)}</li> }).collect();
            view! { <ul class="chips">{chips}</ul> }
        }
        // Never loaded: another site would learn who looks at whom.
        (_, Node::Text(url)) if attribute == Attribute::Picture && is_web_address(url) => {
            view! { <a href=url.clone() target="_blank" rel="external noreferrer noopener">{url.clone()}</a> }
        }
        (_, node) => view! { <span dir="auto">{scalar(node)}</span> },
    }
}

fn yes_or_no(literal: &str) -> &'static str {
    if literal == "true" { "Yes" } else { "No" }
}

/// Whether it is safe as a link: `javascript:` and the like are not.
fn is_web_address(url: &str) -> bool {
    ["https://", "http://"]
        .into_iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

fn scalar(node: &Node) -> String {
    match node {
        Node::Text(text) | Node::Literal(text) => text.clone(),
        Node::Array(_) | Node::Object(_) => String::new(),
    }
}

/// The accounts that the user signs in with.
#[component]
pub fn Identities(
    /// The array.
    identities: Option<Node>,
) -> AnyView {
    let entries = match identities {
        Some(Node::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let several = entries.len() > 1;
    let identity = |(index, entry): (usize, Node)| {
        let Node::Object(members) = entry else { return ().into_any() };
        let facts: Vec<_> = members
            .into_iter()
            .map(|(name, node)| match (name.as_str(), &node) {
                ("isSocial", Node::Literal(literal)) => fact("Social".to_owned(), yes_or_no(literal).into_any(), false),
                ("profileData", _) => fact("Profile data".to_owned(), view! { <JsonTree document=node /> }, true),
                (_, Node::Array(_) | Node::Object(_)) => fact(title(&name), view! { <JsonTree document=node /> }, true),
                _ => fact(title(&name), view! { <span dir="auto">{scalar(&node)}</span> }, false),
            })
            .collect();
        let heading = several.then(|| view! { <h3 class="identity-title">{format!("Identity {}", index + 1)}</h3> });
        view! { <div class="identity">{heading}<dl class="facts">{facts}</dl></div> }
    };
    view! {
        <section class="card" aria-labelledby="identities">
            <h2 class="card-title" id="identities">"Identities"</h2>
            {if entries.is_empty() {
                view! { <p class="faint">"None"</p> }
            } else {
                entries.into_iter().enumerate().map(identity).collect::<Vec<_>>().into_any()
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_shown_somewhere() {
        for attribute in Attribute::ALL {
            let has_a_card = attribute.is_metadata() || attribute == Attribute::Identities;
            assert!(ATTRIBUTES.contains(&attribute) != has_a_card, "{attribute:?}");
        }
    }

    #[test]
    fn titles() {
        for (name, expected) in
            [("email_verified", "Email verified"), ("user_id", "User ID"), ("last_ip", "Last IP"), ("name", "Name")]
        {
            assert_eq!(title(name), expected);
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        for (url, expected) in [
            ("https://a.example/x.png", true),
            ("HTTP://a.example", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("ä", false),
        ] {
            assert_eq!(is_web_address(url), expected, "{url}");
        }
    }
}
