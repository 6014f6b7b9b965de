//! The Management API: what its answers are.

use std::io::Read;

use muster::domain::{api_client::Scopes, job::JobId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    databases::on_every_database,
    support::{Client, Server, World, eventually},
};

on_every_database! {
    an_export_from_the_request_to_the_file,
    jobs_of_pages_and_of_programs_are_the_same,
    bodies_that_break_a_rule_are_answered_with_the_place,
    lists_of_connections,
    lists_of_users,
    an_export_has_exactly_the_users_that_the_search_finds,
}

/// A program with a token.
pub struct Program {
    http: reqwest::Client,
    url: String,
    pub token: String,
    pub id: String,
    pub secret: String,
}

impl Program {
    /// Adds a client with these scopes and gets its token.
    pub async fn new(world: &World, server: &Server, name: &str, scopes: &str) -> Self {
        let scopes: Scopes = scopes.parse().unwrap();
        let made = world.services.operator_add_client(name.parse().unwrap(), scopes).await.unwrap();
        let Client { http, url } = server.anonymous();
        let mut program = Self { http, url, token: String::new(), id: made.client.id.to_string(), secret: made.secret };
        let (status, body) = program.ask_token(&[]).await;
        assert_eq!(status, 200, "{body}");
        program.token = body["access_token"].as_str().unwrap().to_owned();
        program
    }

    /// Asks for a token by a form, with these fields besides or instead of the usual ones.
    pub async fn ask_token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut form =
            vec![("grant_type", "client_credentials"), ("client_id", &self.id), ("client_secret", &self.secret)];
        form.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        form.extend_from_slice(fields);
        let response = self.http.post(format!("{}/oauth/token", self.url)).form(&form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// The status and the body, `null` where there is none.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn export(&self, body: Value) -> (u16, Value) {
        let request =
            self.request(Method::POST, "/api/v2/jobs/users-exports").header("content-type", "application/json");
        answer(request.body(body.to_string())).await
    }

    /// The lines of the file of an export that has to succeed.
    pub async fn exported(&self, body: Value) -> String {
        let (status, job) = self.export(body).await;
        assert_eq!(status, 200, "{job}");
        let job = self.ended(job["id"].as_str().unwrap()).await;
        assert_eq!(job["status"], "completed", "{job}");
        self.download(job["location"].as_str().unwrap()).await
    }

    pub async fn ended(&self, id: &str) -> Value {
        let path = format!("/api/v2/jobs/{id}");
        eventually(async || {
            let (status, job) = self.get(&path).await;
            assert_eq!(status, 200, "{job}");
            Some(job).filter(|job| job["status"] != "pending")
        })
        .await
    }

    /// What a link leads to, which needs no token.
    pub async fn download(&self, location: &str) -> String {
        let response = self.http.get(location).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(response.status(), 200, "{location}");
        assert!(!response.headers().contains_key("content-encoding"));
        let bytes = response.bytes().await.unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        text
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        let value = response.headers().get(name).unwrap_or_else(|| panic!("{name} of {status}"));
        assert!(value.to_str().unwrap().parse::<u64>().is_ok());
    }
    let text = response.text().await.unwrap();
    if status == StatusCode::NO_CONTENT {
        assert_eq!(text, "");
        return (204, Value::Null);
    }
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    if status.is_client_error() {
        assert_eq!(body["statusCode"], status.as_u16(), "{body}");
        assert_eq!(body["error"], status.canonical_reason().unwrap(), "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
    (status.as_u16(), body)
}

/// A server with so many users, a program that may read them, and their connection.
async fn with_users(world: &World, users: u64) -> (Server, Program, String) {
    let (seq, id) = world.connection("Db").await;
    world.connection("Other").await;
    world.generate(seq, users, 1);
    let server = world.serve().await;
    let program = Program::new(world, &server, "nightly", "read:users read:connections").await;
    (server, program, id.to_string())
}

async fn an_export_from_the_request_to_the_file(world: World) {
    let (server, program, connection) = with_users(&world, 25).await;
    let fields = json!([{ "name": "user_id" }, { "name": "email", "export_as": "E-mail" }]);
    let body = json!({ "connection_id": connection, "format": "csv", "limit": 20, "fields": fields });
    let (status, job) = program.export(body).await;
    assert_eq!(status, 200, "{job}");
    assert!(job["id"].as_str().unwrap().parse::<JobId>().is_ok());
    for (name, value) in [
        ("type", json!("users_export")),
        ("status", json!("pending")),
        ("connection_id", json!(connection)),
        ("connection", json!("Db")),
        ("format", json!("csv")),
        ("limit", json!(20)),
        ("fields", fields),
        ("created_at", json!("2027-01-15T08:00:00.000Z")),
    ] {
        assert_eq!(job[name], value, "{name}");
    }
    let job = program.ended(job["id"].as_str().unwrap()).await;
    assert_eq!((&job["status"], &job["percentage_done"]), (&json!("completed"), &json!(100)));
    let location = job["location"].as_str().unwrap();
    assert!(location.starts_with(&server.url) && location.ends_with("/acme.csv.gz"), "{location}");
    let text = program.download(location).await;
    assert!(text.starts_with("\"user_id\",\"E-mail\"\r\n"), "{text}");
    assert_eq!(text.lines().count(), 21);
    // Each time another link.
    let again = program.get(&format!("/api/v2/jobs/{}", job["id"].as_str().unwrap())).await.1;
    assert_ne!(again["location"], job["location"]);
    let errors = program.get(&format!("/api/v2/jobs/{}/errors", job["id"].as_str().unwrap())).await;
    assert_eq!(errors, (204, Value::Null));

    // Nothing but defaults: what was not asked for is not in the answer.
    let (_, job) = program.export(json!({})).await;
    assert_eq!(job["format"], "csv");
    for absent in ["limit", "fields", "connection_id", "q", "location"] {
        assert_eq!(job.get(absent), None, "{job}");
    }
    assert_eq!(program.exported(json!({ "format": "json" })).await.lines().count(), 25);
    server.running.stop().await;
}

async fn jobs_of_pages_and_of_programs_are_the_same(world: World) {
    let (server, program, _) = with_users(&world, 3).await;
    let (_, job) = program.export(json!({})).await;
    let id: JobId = job["id"].as_str().unwrap().parse().unwrap();
    let viewer = server.client("viewer").await;
    let view = viewer.ended(&id).await;
    assert_eq!(view.created_by, "nightly (API client)");
    assert!(!view.can_cancel);
    assert!(viewer.mint(&id).await.starts_with("/downloads/"));
    let of_page = viewer.submit(&[("form[format]", "json"), ("form[include_defaults]", "true")]).await;
    assert_eq!(program.ended(of_page.as_str()).await["status"], "completed");
    // Recorded as what it is.
    let actors: Vec<(String, Option<String>)> =
        world.rows("SELECT actor, member_email FROM audit_log WHERE action = 'export_submitted' ORDER BY seq").await;
    let expected = [("client", "nightly (API client)"), ("member", "viewer@acme.test")];
    assert_eq!(actors, expected.map(|(actor, name)| (actor.to_owned(), Some(name.to_owned()))));
    // A failed job is one of its own errors.
    world.execute(&format!("UPDATE jobs SET status = 'failed', status_details = 'Broken.' WHERE id = '{id}'")).await;
    let (status, errors) = program.get(&format!("/api/v2/jobs/{id}/errors")).await;
    assert_eq!((status, &errors["status"], &errors["status_details"]), (200, &json!("failed"), &json!("Broken.")));
    server.running.stop().await;
}

async fn bodies_that_break_a_rule_are_answered_with_the_place(world: World) {
    let (server, program, _) = with_users(&world, 0).await;
    let many: Vec<_> = (0..31).map(|index| json!({ "name": format!("user_metadata.a{index}") })).collect();
    for (body, place) in [
        (json!({ "format": "xml" }), "format"),
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": "5" }), "limit"),
        (json!({ "connection_id": "con_1" }), "connection_id"),
        (json!({ "connection_id": "con_0000000000000000" }), "connection_id"),
        (json!({ "fields": [{ "name": "email" }, { "name": "nope" }] }), "fields[1].name"),
        (json!({ "fields": [{ "name": "email", "export_as": "x".repeat(101) }] }), "fields[0].export_as"),
        (json!({ "fields": many }), "fields"),
        (json!({ "fields": [{ "name": "user_metadata" }] }), "fields[0].name"),
        (json!({ "q": "email:(" }), "q"),
        (json!({ "colour": "red" }), "colour"),
        (json!([]), "object"),
    ] {
        let (status, error) = program.export(body.clone()).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_body")), "{body}");
        assert!(error["message"].as_str().unwrap().contains(place), "{body}: {error}");
    }
    let broken = program.request(Method::POST, "/api/v2/jobs/users-exports").body("{");
    assert_eq!(answer(broken).await.0, 400);
    let large = program.request(Method::POST, "/api/v2/jobs/users-exports").body(" ".repeat(600_000));
    assert_eq!(answer(large).await.0, 413);
    server.running.stop().await;
}

async fn lists_of_connections(world: World) {
    let (server, program, id) = with_users(&world, 0).await;
    let (status, list) = program.get("/api/v2/connections").await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 2));
    assert_eq!(
        list[0],
        json!({ "id": id, "name": "Db", "strategy": "auth0", "realms": ["Db"], "is_domain_connection": false })
    );
    let names = |body: &Value| -> Vec<String> {
        body.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        ("?name=Other", vec!["Other"]),
        ("?name=None", vec![]),
        ("?strategy=auth0&strategy=sms", vec!["Db", "Other"]),
        ("?strategy[0]=sms", vec![]),
        ("?per_page=1&page=1", vec!["Other"]),
        ("?per_page=1&page=9", vec![]),
        ("?fields=id&include_fields=false", vec!["Db", "Other"]),
        ("?telemetry=x", vec!["Db", "Other"]),
    ] {
        assert_eq!(names(&program.get(&format!("/api/v2/connections{query}")).await.1), expected, "{query}");
    }
    assert_eq!(program.get("/api/v2/connections?fields=name").await.1, json!([{ "name": "Db" }, { "name": "Other" }]));
    let (_, page) = program.get("/api/v2/connections?include_totals=true&per_page=1").await;
    assert_eq!((&page["start"], &page["limit"], &page["total"]), (&json!(0), &json!(1), &json!(2)));
    assert_eq!(names(&page["connections"]), ["Db"]);
    // `take` wins over `include_totals`.
    let (_, first) = program.get("/api/v2/connections?take=1&include_totals=true").await;
    assert_eq!((names(&first["connections"]), first.get("total")), (vec!["Db".to_owned()], None));
    let (_, last) = program.get(&format!("/api/v2/connections?take=1&from={}", first["next"].as_str().unwrap())).await;
    assert_eq!((names(&last["connections"]), last.get("next")), (vec!["Other".to_owned()], None));
    for wrong in ["per_page=0", "per_page=101", "page=-1", "take=x", "include_totals=maybe", "from=nothing"] {
        let (status, error) = program.get(&format!("/api/v2/connections?{wrong}")).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_query_string")), "{wrong}");
        assert!(error["message"].as_str().unwrap().contains(wrong.split('=').next().unwrap()), "{error}");
    }
    assert_eq!(program.get(&format!("/api/v2/connections/{id}")).await.1["name"], "Db");
    assert_eq!(program.get("/api/v2/connections/con_0000000000000000").await.0, 404);
    assert_eq!(program.get("/api/v2/connections/nope").await.0, 400);
    server.running.stop().await;
}

async fn lists_of_users(world: World) {
    let (server, program, _) = with_users(&world, 120).await;
    let (status, all) = program.get("/api/v2/users").await;
    assert_eq!((status, all.as_array().unwrap().len()), (200, 50));
    let user = &all[0];
    let id = user["user_id"].as_str().unwrap();
    // The same as in an export.
    let every: Vec<_> = user.as_object().unwrap().keys().map(|name| json!({ "name": name })).collect();
    let exported = program.exported(json!({ "format": "json", "limit": 1, "fields": every })).await;
    assert_eq!(&serde_json::from_str::<Value>(&exported).unwrap(), user);
    for path in [id.replace('|', "%7C"), id.to_owned()] {
        assert_eq!(&program.get(&format!("/api/v2/users/{path}?include_fields=true")).await.1, user);
    }
    let narrow = program.get(&format!("/api/v2/users/{id}?fields=user_id,email_verified")).await.1;
    assert_eq!(narrow.as_object().unwrap().len(), 2);
    assert_eq!(program.get("/api/v2/users/auth0%7Cnobody").await.0, 404);

    // Page by page everyone once, and then an empty page.
    let mut seen = Vec::new();
    for page in 0..4 {
        let (_, body) = program.get(&format!("/api/v2/users?page={page}&per_page=50&include_totals=true")).await;
        let users = body["users"].as_array().unwrap();
        assert_eq!((&body["start"], &body["limit"], &body["total"]), (&json!(page * 50), &json!(50), &json!(120)));
        assert_eq!(body["length"], users.len());
        seen.extend(users.iter().map(|user| user["user_id"].as_str().unwrap().to_owned()));
    }
    let mut from = String::new();
    let mut checkpoints = Vec::new();
    loop {
        let (_, body) = program.get(&format!("/api/v2/users?take=50{from}")).await;
        let users = body["users"].as_array().unwrap();
        checkpoints.extend(users.iter().map(|user| user["user_id"].as_str().unwrap().to_owned()));
        match body["next"].as_str() {
            Some(next) => from = format!("&from={next}"),
            None => break,
        }
    }
    assert_eq!(checkpoints, seen);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120);

    let (_, sorted) = program.get("/api/v2/users?sort=created_at:-1&fields=created_at&per_page=100").await;
    let dates: Vec<_> = sorted.as_array().unwrap().iter().map(|user| user["created_at"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    let email = all.as_array().unwrap().iter().find_map(|user| user["email"].as_str()).unwrap();
    let query = |q: &str| {
        format!(
            "/api/v2/users?{}",
            url::form_urlencoded::Serializer::new(String::new())
                .append_pair("q", q)
                .append_pair("search_engine", "v3")
                .finish()
        )
    };
    let (_, found) = program.get(&query(&format!("email:\"{email}\""))).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(program.get("/api/v2/users?connection=Other").await.1, json!([]));
    assert_eq!(program.get("/api/v2/users?per_page=0&include_totals=true").await.1["total"], 120);
    for wrong in ["per_page=101", "page=x", "sort=password:1", "take=0", "from=x", "q=email:(", "q=nope:1"] {
        let (status, error) = program.get(&format!("/api/v2/users?{wrong}")).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_query_string")), "{wrong}: {error}");
        assert!(error["message"].as_str().unwrap().contains(wrong.split('=').next().unwrap()), "{error}");
    }
    server.running.stop().await;
}

async fn an_export_has_exactly_the_users_that_the_search_finds(world: World) {
    let (server, program, _) = with_users(&world, 3_000).await;
    for q in
        ["email_verified:true AND logins_count:>3", "name:a*", "an", "NOT _exists_:last_login", "logins_count:>999999"]
    {
        let query = url::form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>();
        let (_, page) = program.get(&format!("/api/v2/users?include_totals=true&q={query}")).await;
        let text = program.exported(json!({ "format": "json", "q": q, "fields": [{ "name": "user_id" }] })).await;
        assert_eq!(page["total"], text.lines().count(), "{q}");
        let viewer = server.client("viewer").await;
        let counted: Value = viewer.ask("count_users", &[("query[q]", q), ("exact", "true")]).await;
        assert_eq!(counted["users"], page["total"], "{q}");
    }
    let (_, job) = program.export(json!({ "q": "name:a*", "limit": 7 })).await;
    assert_eq!(job["q"], "name:a*");
    let job = program.ended(job["id"].as_str().unwrap()).await;
    assert_eq!(program.download(job["location"].as_str().unwrap()).await.lines().count(), 8);
    server.running.stop().await;
}
