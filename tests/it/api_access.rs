//! Who gets through to the Management API: every route with every scope, without a token, too often.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Program, answer},
    databases::on_every_database,
    support::{World, eventually},
};

on_every_database! {
    every_route_with_every_scope,
    the_description_is_that_of_what_is_served,
    who_asks_too_often_has_to_wait,
}

/// Method, route, an address of it, and the scopes any of which is enough; none: anyone.
const ROUTES: [(&str, &str, &str, &[&str]); 9] = [
    ("POST", "/jobs/users-exports", "/jobs/users-exports", &["read:users"]),
    ("POST", "/jobs/users-imports", "/jobs/users-imports", &["create:users"]),
    ("GET", "/jobs/{id}", "/jobs/job_0000000000000000", &["create:users", "read:users"]),
    ("GET", "/jobs/{id}/errors", "/jobs/job_0000000000000000/errors", &["create:users", "read:users"]),
    ("GET", "/connections", "/connections", &["read:connections"]),
    ("GET", "/connections/{id}", "/connections/con_0000000000000000", &["read:connections"]),
    ("GET", "/users", "/users", &["read:users"]),
    ("GET", "/users/{id}", "/users/nobody", &["read:users"]),
    ("GET", "/openapi.json", "/openapi.json", &[]),
];

async fn every_route_with_every_scope(world: World) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/http/api/mod.rs");
    let source = fs::read_to_string(source).unwrap();
    let of_clients = source.split("let by_address").next().unwrap();
    let routes = of_clients.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let table: BTreeSet<_> = ROUTES.iter().map(|(_, route, ..)| *route).collect();
    assert_eq!(routes.collect::<BTreeSet<_>>(), table, "each route is in the table");

    let server = world.serve().await;
    for scope in ["read:users", "create:users", "read:connections"] {
        let program = Program::new(&world, &server, scope, scope).await;
        for (method, _, path, scopes) in ROUTES {
            let request = program.request(Method::from_bytes(method.as_bytes()).unwrap(), &format!("/api/v2{path}"));
            let (status, body) = answer(request).await;
            if scopes.is_empty() || scopes.contains(&scope) {
                // An import has to bring a file.
                let fits = if path == "/jobs/users-imports" { status == 400 } else { [200, 404].contains(&status) };
                assert!(fits, "{scope} {method} {path}: {status} {body}");
                continue;
            }
            assert_eq!((status, &body["errorCode"]), (403, &json!("insufficient_scope")), "{scope} {method} {path}");
            let expected = format!("Insufficient scope, expected any of: {}", scopes.join(","));
            assert_eq!(body["message"], expected);
        }
    }
    let nobody = server.anonymous();
    for (method, _, path, scopes) in ROUTES.into_iter().filter(|(.., scopes)| !scopes.is_empty()) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (status, body) = answer(nobody.http.request(method, format!("{}/api/v2{path}", nobody.url))).await;
        assert_eq!((status, &body["message"]), (401, &json!("Missing authentication")), "{path} {scopes:?}");
        assert_eq!(body.get("errorCode"), None);
    }
    for path in ["/api", "/api/v1/users", "/api/v2/nothing", "/api/v2", "/api/v2/jobs"] {
        assert_eq!(answer(nobody.get(path)).await.0, 404, "{path}");
    }
    assert_eq!(answer(nobody.http.delete(format!("{}/api/v2/users", nobody.url))).await.0, 405);
    // Scopes come first; then that an id is none, however it is spelt.
    let reader = Program::new(&world, &server, "reader", "read:users").await;
    let other = Program::new(&world, &server, "other", "read:connections").await;
    for path in ["/jobs/%FF", "/jobs/%FF/errors", "/users/%FF"] {
        let path = format!("/api/v2{path}");
        let (status, body) = reader.get(&path).await;
        assert_eq!((status, &body["errorCode"]), (400, &json!("invalid_uri")), "{path}: {body}");
        assert_eq!(other.get(&path).await.0, 403, "{path}");
    }
    assert_eq!(other.get("/api/v2/connections/%FF").await.0, 400);
    // A token is nothing that a browser sends by itself, so other sites may use it.
    let from_elsewhere = reader.request(Method::GET, "/api/v2/users").header("origin", "https://elsewhere.example");
    assert_eq!(answer(from_elsewhere).await.0, 200);
    let from_elsewhere =
        reader.request(Method::POST, "/api/v2/jobs/users-exports").header("sec-fetch-site", "cross-site");
    assert_eq!(answer(from_elsewhere).await.0, 200);
    // A session of a member is no token.
    let admin = server.client("admin").await;
    assert_eq!(answer(admin.get("/api/v2/users")).await.0, 401);
    server.running.stop().await;
}

async fn who_asks_too_often_has_to_wait(mut world: World) {
    world.settings.api_burst = 5;
    world.settings.api_requests_per_second = 1;
    let server = world.serve().await;
    let program = Program::new(&world, &server, "eager", "read:users").await;
    let mut refused = None;
    for request in 0..20 {
        let response = program.request(Method::GET, "/api/v2/users").send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().parse::<u64>().unwrap();
        assert_eq!(header("x-ratelimit-limit"), 5);
        if response.status() == 429 {
            assert_eq!(header("x-ratelimit-remaining"), 0);
            assert!(header("retry-after") >= 1);
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["statusCode"], 429);
            refused = Some(request);
            break;
        }
        assert_eq!(header("x-ratelimit-reset"), 1_800_000_000 + 5 - header("x-ratelimit-remaining"));
    }
    assert!(refused.is_some_and(|request| request >= 5), "{refused:?}");
    let patient = Program::new(&world, &server, "patient", "read:users").await;
    // Tokens have OAuth's errors.
    let nobody = server.anonymous();
    let too_often = async || {
        let response = nobody.post("/oauth/token").body("{}").send().await.unwrap();
        (response.status() == 429).then_some(response)
    };
    let response = eventually(too_often).await;
    assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"], body["error_description"].is_string()), (&json!("too_many_requests"), true));
    // Others are not held up.
    assert_eq!(patient.get("/api/v2/users").await.0, 200);
    server.running.stop().await;
}

async fn the_description_is_that_of_what_is_served(world: World) {
    let server = world.serve().await;
    let served = server.anonymous().get("/api/v2/openapi.json").send().await.unwrap().text().await.unwrap();
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&served).unwrap()).unwrap() + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("MUSTER_UPDATE_OPENAPI").is_some() {
        fs::write(&file, &pretty).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == pretty, "docs/openapi.json is stale: run the tests once with MUSTER_UPDATE_OPENAPI=1");
    let document: Value = serde_json::from_str(&served).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for (method, route, _, scopes) in ROUTES.into_iter().filter(|(.., scopes)| !scopes.is_empty()) {
        let operation = &document["paths"][format!("/api/v2{route}")][method.to_lowercase()];
        let described: Vec<_> = operation["security"]
            .as_array()
            .unwrap_or_else(|| panic!("{method} {route} is not described"))
            .iter()
            .map(|security| security["bearer"][0].as_str().unwrap())
            .collect();
        assert_eq!(described, scopes, "{method} {route}");
    }
    let page = server.anonymous().get("/docs/api").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("script-src") && policy.starts_with("default-src 'none'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("/api/v2/jobs/users-exports") && !html.contains("<script"), "{html}");
    server.running.stop().await;
}
