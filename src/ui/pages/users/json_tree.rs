//! A JSON document as a tree that opens and closes, without JavaScript too.

use leptos::prelude::*;

use crate::{
    domain::json_text::Node,
    ui::{format, pages::users::raw::RAW_JSON, view},
};

/// Values that are in sight at first.
const OPEN_VALUES: usize = 60;

/// Values of one object or array that the tree has.
const MOST_CHILDREN: usize = 100;

/// Values that a tree has in all, open or not: more make a page slow.
const MOST_VALUES: usize = 1_500;

/// Deepest level of a tree.
const MOST_DEPTH: usize = 16;

/// Characters of a text.
const MOST_CHARS: usize = 2_000;

/// The tree. What is too large for it is in the raw JSON, to which it then points.
#[component]
pub fn JsonTree(
    /// An object or an array; anything else is shown as it is.
    document: Node,
) -> AnyView {
    let mut room = MOST_VALUES;
    let open_depth = open_depth(&document);
    if document.is_empty() {
        return view! { <p class="json">{value(&document)}</p> };
    }
    view! { <div class="json">{children(&document, 0, open_depth, &mut room)}</div> }
}

/// The depth down to which objects and arrays are open at first: as many levels as have few values together.
fn open_depth(document: &Node) -> usize {
    let mut level = vec![document];
    let mut values = 0;
    for depth in 0..MOST_DEPTH {
        level = level.into_iter().flat_map(children_of).collect();
        values += level.len();
        if level.is_empty() || values > OPEN_VALUES {
            return depth;
        }
    }
    MOST_DEPTH
}

fn children_of(node: &Node) -> Vec<&Node> {
    match node {
        Node::Array(entries) => entries.iter().collect(),
        Node::Object(members) => members.iter().map(|(_, node)| node).collect(),
        Node::Text(_) | Node::Literal(_) => Vec::new(),
    }
}

fn children(node: &Node, depth: usize, open_depth: usize, room: &mut usize) -> AnyView {
    let mut items = Vec::new();
    let all = node.children();
    let count = all.len();
    for (name, child) in all.into_iter().take(MOST_CHILDREN) {
        if *room == 0 {
            break;
        }
        *room -= 1;
        items.push(item(name, child, depth + 1, open_depth, room));
    }
    let more = count - items.len();
    let rest = (more > 0).then(|| {
        let text = if items.is_empty() { format::counted(more as u64, "value") } else { format!("{} more", format::number(more as u64)) };
        view! { <li class="json-more">{text} ": see " <a href=format!("#{RAW_JSON}") rel="external">"Raw JSON"</a></li> }
    });
    view! { <ul class="json-list">{items}{rest}</ul> }
}

fn item(name: String, node: &Node, depth: usize, open_depth: usize, room: &mut usize) -> AnyView {
    let key = view! { <span class="json-key" dir="auto">{name}</span> };
    if node.is_empty() {
        return view! { <li>{key} ": " {value(node)}</li> };
    }
    if depth >= MOST_DEPTH {
        let link = view! { <a href=format!("#{RAW_JSON}") rel="external">"Raw JSON"</a> };
        return view! { <li>{key} " " <span class="json-size">{size(node)}</span> ": see " {link}</li> };
    }
    let is_open = depth < open_depth;
    view! {
        <li>
            <details open=is_open>
                <summary>{key} " " <span class="json-size">{size(node)}</span></summary>
                {children(node, depth, open_depth, room)}
            </details>
        </li>
    }
}

/// What kind of value it is, and how much is in it.
fn size(node: &Node) -> String {
    match node {
        Node::Array(entries) if entries.len() == 1 => "[1 entry]".to_owned(),
        Node::Array(entries) => format!("[{} entries]", format::number(entries.len() as u64)),
        _ => format!("{{{}}}", format::counted(node.len() as u64, "member")),
    }
}

/// A value that nothing is in.
fn value(node: &Node) -> AnyView {
    match node {
        Node::Array(_) => view! { <span class="json-size">"[]"</span> },
        Node::Object(_) => view! { <span class="json-size">"{}"</span> },
        Node::Literal(literal) => view! { <span class="json-literal">{literal.clone()}</span> },
        Node::Text(text) => {
            let mut shown: String = text.chars().take(MOST_CHARS).collect();
            let more = (shown.len() < text.len()).then(|| {
                shown.push('…');
                view! { " " <a href=format!("#{RAW_JSON}") rel="external">"Raw JSON has all of it"</a> }
            });
            view! { <span class="json-text" dir="auto">{shown}</span> {more} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(document: &str) -> Node {
        Node::parse(document).unwrap()
    }

    #[test]
    fn few_values_are_open_at_first() {
        let wide = format!("{{\"a\": [{}]}}", vec!["1"; 500].join(","));
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        for (document, depth) in [("{}", 0), ("[1]", 1), ("[[1, [2]], 3]", 3), (&wide, 1), (&deep, MOST_DEPTH)] {
            assert_eq!(open_depth(&parse(document)), depth, "{document}");
        }
    }

    #[test]
    fn huge_documents_stay_small_trees() {
        let entry = format!("{{{}}}", (0..50).map(|n| format!("\"k{n}\": {n}")).collect::<Vec<_>>().join(","));
        let document = parse(&format!("[{}]", vec![entry; 1_000].join(",")));
        let html = view! { <JsonTree document /> }.to_html();
        assert!(html.len() < 400_000, "{}", html.len());
        assert!(html.contains("Raw JSON"));
        assert_eq!(html.matches("<details open").count(), 0);
    }
}
