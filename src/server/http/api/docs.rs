//! The page about the Management API: its description, for people. No script runs in it.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;
use serde_json::Value;

use crate::{server::http::router::AppState, ui::components::logo::Logo};

use super::openapi;

/// The page's own files, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Methods in the order of the page.
const METHODS: [&str; 2] = ["get", "post"];

/// `GET /docs/api`
pub async fn serve(State(state): State<AppState>) -> Response {
    // The description is text and numbers, which always have a JSON form.
    let description = serde_json::to_value(openapi::document()).unwrap_or_default();
    let html = Owner::new().with(|| page(&description, state.site.options.clone()).to_html());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, html).into_response()
}

fn page(description: &Value, options: LeptosOptions) -> AnyView {
    let tags = description["tags"].as_array().cloned().unwrap_or_default();
    let sections: Vec<_> = tags.iter().map(|tag| section(tag, description)).collect();
    let schemas: Vec<_> = description["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema["properties"].is_object())
        .map(|(name, schema)| self::schema(name, schema))
        .collect();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>"Management API · Muster"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options id="muster" />
            </head>
            <body>
                <main class="api">
                    <a class="brand" href="/"><Logo /><span class="brand-name">"Muster"</span></a>
                    <h1>"Management API"</h1>
                    <p class="lead">{text(&description["info"]["description"])}</p>
                    <section class="card" aria-labelledby="first-steps">
                        <h2 class="card-title" id="first-steps">"From a client to a file"</h2>
                        <p>
                            "An Admin makes a client on the page " <a href="/settings/clients">"API Clients"</a>
                            ". With its id and secret a program gets a token, submits an export, asks for the job until its status is \
                             no longer pending, and downloads the gzipped file from location."
                        </p>
                        <pre tabindex="0"><code>{EXAMPLE}</code></pre>
                        <p><a href="/api/v2/openapi.json">"The same as OpenAPI 3.1"</a></p>
                    </section>
                    {sections}
                    <section aria-labelledby="schemas">
                        <h2 class="section-title" id="schemas">"Bodies"</h2>
                        {schemas}
                    </section>
                </main>
            </body>
        </html>
    }
    .into_any()
}

const EXAMPLE: &str = r#"token=$(curl -s $MUSTER_URL/oauth/token -d grant_type=client_credentials \
  -d client_id=$MUSTER_CLIENT_ID -d client_secret=$MUSTER_CLIENT_SECRET | jq -r .access_token)
job=$(curl -s $MUSTER_URL/api/v2/jobs/users-exports -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json' -d '{"format":"csv"}' | jq -r .id)
curl -s $MUSTER_URL/api/v2/jobs/$job -H "Authorization: Bearer $token"
"#;

/// The operations of a tag.
fn section(tag: &Value, description: &Value) -> AnyView {
    let name = text(&tag["name"]);
    let id = format!("tag-{}", name.to_lowercase());
    let labelled_by = id.clone();
    let operations: Vec<_> = description["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| METHODS.map(|method| (path, method, &item[method])))
        .filter(|(.., operation)| operation["tags"][0] == tag["name"])
        .map(|(path, method, operation)| self::operation(path, method, operation))
        .collect();
    view! {
        <section aria-labelledby=labelled_by>
            <h2 class="section-title" id=id>{name}</h2>
            <p>{text(&tag["description"])}</p>
            {operations}
        </section>
    }
    .into_any()
}

fn operation(path: &str, method: &str, operation: &Value) -> AnyView {
    let id = text(&operation["operationId"]);
    let labelled_by = id.clone();
    let scopes: Vec<_> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|security| security["bearer"].as_array().cloned().unwrap_or_default())
        .map(|scope| text(&scope))
        .collect();
    let scopes = (!scopes.is_empty()).then(|| {
        view! { <p>"Scope: " <code>{scopes.join(", ")}</code></p> }
    });
    let parameters: Vec<_> = operation["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    let parameters = (!parameters.is_empty()).then(|| table("Parameters", parameters));
    let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
    let bodies: Vec<_> = bodies.map(|(kind, content)| row(kind, &schema_name(&content["schema"]), "")).collect();
    let bodies = (!bodies.is_empty()).then(|| table("Body", bodies));
    let responses = operation["responses"].as_object().into_iter().flatten();
    let responses = responses
        .map(|(status, response)| {
            let schema = schema_name(&response["content"]["application/json"]["schema"]);
            row(status, &schema, &text(&response["description"]))
        })
        .collect();
    view! {
        <article class="card api-operation" aria-labelledby=labelled_by>
            <h3 id=id>
                <code>{method.to_uppercase()} " " {path.to_owned()}</code>
            </h3>
            <p>{text(&operation["summary"])}</p>
            {scopes}
            {parameters}
            {bodies}
            {table("Answers", responses)}
        </article>
    }
    .into_any()
}

fn parameter(parameter: &Value) -> AnyView {
    row(&text(&parameter["name"]), &schema_name(&parameter["schema"]), &text(&parameter["description"]))
}

fn schema(name: &str, schema: &Value) -> AnyView {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    let rows = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(property, schema)| {
            let optional = if required.iter().any(|name| *name == property) { "" } else { " (optional)" };
            row(property, &format!("{}{optional}", schema_name(schema)), &text(&schema["description"]))
        })
        .collect();
    let id = format!("schema-{name}");
    let labelled_by = id.clone();
    view! {
        <article class="card api-operation" aria-labelledby=labelled_by>
            <h3 id=id><code>{name.to_owned()}</code></h3>
            <p>{text(&schema["description"])}</p>
            {table("Members", rows)}
        </article>
    }
    .into_any()
}

fn table(caption: &'static str, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="api-table">
            <caption>{caption}</caption>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(name: &str, kind: &str, words: &str) -> AnyView {
    let kind = (!kind.is_empty()).then(|| view! { <code>{kind.to_owned()}</code> });
    view! {
        <tr>
            <th scope="row"><code>{name.to_owned()}</code></th>
            <td>{kind}" "{words.to_owned()}</td>
        </tr>
    }
    .into_any()
}

/// What a schema is, in a word or two.
fn schema_name(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).filter(|kind| kind != "null").collect::<Vec<_>>().join(" | "),
        kind => text(kind),
    };
    if kinds == "array" { format!("list of {}", schema_name(&schema["items"])) } else { kinds }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
