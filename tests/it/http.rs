//! A real server on a free port: sign-in, roles, submitting, links and downloads.

use muster::domain::{job::JobStatus, role::Role};
use reqwest::header;

use crate::{
    databases::on_every_database,
    support::{PASSWORD, Server, World, gunzip},
};

on_every_database! {
    the_path_from_sign_in_to_the_downloaded_file,
    a_link_is_dead_after_its_life_and_minting_brings_a_new_one,
    a_role_taken_away_works_at_once_also_for_a_link_minted_before,
    every_server_function_asks_for_the_role,
    broken_rules_are_refused_by_the_server_too,
    without_javascript_a_broken_form_comes_back_with_its_errors,
    sign_in_and_out,
    mutations_from_other_sites_are_refused,
    a_vanished_file_fails_the_job_in_words_for_a_person,
    the_first_admin_is_set_up_once,
    pages_answer_with_the_right_status_and_headers,
}

const FORM: [(&str, &str); 3] = [("form[connection]", ""), ("form[format]", "csv"), ("form[include_defaults]", "true")];

/// A server with so many users.
async fn with_users(world: &World, users: u64) -> Server {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, users, 1);
    world.serve().await
}

async fn the_path_from_sign_in_to_the_downloaded_file(world: World) {
    let server = with_users(&world, 500).await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    let job = viewer.ended(&id).await;
    assert_eq!((job.status, job.progress.rows, job.file_name.as_str()), (JobStatus::Completed, 500, "acme.csv"));

    let link = viewer.mint(&id).await;
    assert!(link.ends_with("/acme.csv"), "{link}");
    // A link needs no session: it is a bearer.
    let browser = server.anonymous();
    let response = browser.get(&link).header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-disposition", "attachment; filename=\"acme.csv\""),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("content-type", "text/csv; charset=utf-8; header=present"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let gzipped = response.bytes().await.unwrap();
    assert_eq!(muster::server::random::sha256_hex(&gzipped), job.sha256.unwrap());
    let plain = gunzip(&gzipped);
    assert_eq!(csv::Reader::from_reader(&*plain).records().filter(Result::is_ok).count(), 500);

    let response = browser.get(&link).header("accept-encoding", "identity").send().await.unwrap();
    assert!(response.headers().get("content-encoding").is_none());
    assert_eq!(response.bytes().await.unwrap(), plain, "decompressed on the way");

    let response = browser.get(&format!("{link}.gz")).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(response.headers().get("content-encoding").is_none());
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"acme.csv.gz\"");
    assert_eq!(response.headers()["content-length"], gzipped.len().to_string().as_str());
    assert_eq!(response.bytes().await.unwrap(), gzipped, "as it is");
    let response = browser.get(&format!("{link}.gz")).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(response.bytes().await.unwrap(), gzipped[10..20]);

    let compressed = format!("/users/import-export/jobs/{id}/download?compressed=true");
    let minted = viewer.post(&compressed).send().await.unwrap();
    assert!(minted.headers()["location"].to_str().unwrap().ends_with("/acme.csv.gz"));

    let token = link.split('/').nth(2).unwrap();
    assert_eq!(token.len(), 64, "256 bits");
    let stored: Vec<String> = world.column("SELECT token_hash FROM download_links").await;
    assert!(stored.len() == 2 && !stored.iter().any(|hash| hash == token), "{stored:?}");
    assert_eq!(browser.get(&format!("/downloads/{token}/other.csv")).send().await.unwrap().status(), 404);
    assert_eq!(browser.get(&format!("/downloads/{}/acme.csv", "0".repeat(64))).send().await.unwrap().status(), 404);
    server.running.stop().await;
}

async fn a_link_is_dead_after_its_life_and_minting_brings_a_new_one(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    let status = async |link: &str| viewer.get(link).send().await.unwrap().status();
    world.clock.advance_millis(59_999);
    assert_eq!(status(&link).await, 200);
    world.clock.advance_millis(1);
    assert_eq!(status(&link).await, 404);
    let fresh = viewer.mint(&id).await;
    assert_ne!(fresh, link);
    assert_eq!(status(&fresh).await, 200);
    // The job itself lives for 24 hours, to the millisecond.
    world.clock.advance_millis(24 * 60 * 60 * 1_000 - 60_000);
    assert_eq!(status(&fresh).await, 404);
    let viewer = server.client("viewer").await;
    let response = viewer.rpc("get_job", &[("id", id.as_str())]).await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.text().await.unwrap(), "\"NotFound\"");
    server.running.stop().await;
}

async fn a_role_taken_away_works_at_once_also_for_a_link_minted_before(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 200);
    world.services.operator_set_role("viewer@acme.test", Role::ViewerConfig).await.unwrap();
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 403);
    let mint = viewer.post(&format!("/users/import-export/jobs/{id}/download")).send().await.unwrap();
    assert_eq!(mint.status(), 403);
    let submit = viewer.rpc("submit_export", &FORM).await;
    assert_eq!(submit.text().await.unwrap(), "\"Forbidden\"");
    server.running.stop().await;
}

async fn every_server_function_asks_for_the_role(world: World) {
    let server = with_users(&world, 10).await;
    let seeing: [(&str, &[(&str, &str)]); 6] = [
        ("list_users", &[]),
        ("list_connections", &[]),
        ("list_jobs", &[]),
        ("get_job", &[("id", "job_0000000000000000")]),
        ("cancel_job", &[("id", "job_0000000000000000")]),
        ("submit_export", &FORM),
    ];
    for (name, form) in seeing {
        let answer = async |client: crate::support::Client| client.rpc(name, form).await.text().await.unwrap();
        assert_eq!(answer(server.anonymous()).await, "\"Unauthenticated\"", "{name}");
        assert_eq!(answer(server.client("config").await).await, "\"Forbidden\"", "{name}");
        for allowed in ["admin", "editor", "viewer"] {
            let answer = answer(server.client(allowed).await).await;
            assert!(!answer.contains("Forbidden") && !answer.contains("Unauthenticated"), "{name} {allowed} {answer}");
        }
    }
    server.running.stop().await;
}

async fn broken_rules_are_refused_by_the_server_too(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    let names: Vec<_> = (0..31).map(|n| (format!("form[fields][{n}][name]"), format!("user_metadata.a{n}"))).collect();
    let mut many: Vec<(&str, &str)> = vec![("form[format]", "csv")];
    many.extend(names.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let whole = [("form[format]", "csv"), ("form[fields][0][name]", "app_metadata")];
    let gone =
        [("form[format]", "csv"), ("form[include_defaults]", "true"), ("form[connection]", "con_0000000000000000")];
    for (form, place, words) in [
        (&many[..], "Fields", "at most 30 fields"),
        (&whole[..], "FieldName", "as a whole"),
        (&gone[..], "Connection", "no such connection"),
    ] {
        let response = viewer.rpc("submit_export", form).await;
        assert_eq!(response.status(), 422);
        let text = response.text().await.unwrap();
        assert!(text.contains("InvalidExport") && text.contains(place) && text.contains(words), "{text}");
    }
    assert!(viewer.jobs(&[]).await.jobs.is_empty(), "no job was made");
    server.running.stop().await;
}

async fn without_javascript_a_broken_form_comes_back_with_its_errors(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    let form = [("form[format]", "csv"), ("form[fields][0][name]", "app_metadata")];
    let response = viewer
        .post("/rpc/submit_export")
        .header("accept", "text/html,application/xhtml+xml")
        .header("referer", format!("{}/users/import-export/export", viewer.url))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let page = viewer.get(&location).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("name its members"), "{page}");
    assert!(page.contains("value=\"app_metadata\""));
    server.running.stop().await;
}

async fn sign_in_and_out(world: World) {
    let server = with_users(&world, 10).await;
    let client = server.anonymous();
    for (email, password) in [("viewer@acme.test", "wrong"), ("nobody@acme.test", PASSWORD), ("", "")] {
        let response = client.rpc("sign_in", &[("email", email), ("password", password)]).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.text().await.unwrap(), "\"WrongCredentials\"", "{email}");
    }
    let form = [("email", " Viewer@Acme.Test "), ("password", PASSWORD), ("next", "/users/import-export")];
    let response = client.post("/rpc/sign_in").header("accept", "text/html").form(&form).send().await.unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], "/users/import-export");
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let id = cookie.split(['=', ';']).nth(1).unwrap();
    let stored: String = world.value("SELECT id_hash FROM sessions").await;
    assert!(stored.len() == 64 && stored != id);

    assert_eq!(client.get("/users").send().await.unwrap().status(), 200);
    // Signing in again begins another session: nobody can have planted this one.
    let response = client.rpc("sign_in", &[("email", "viewer@acme.test"), ("password", PASSWORD)]).await;
    assert!(!response.headers()["set-cookie"].to_str().unwrap().contains(id));

    let evil = [("email", "viewer@acme.test"), ("password", PASSWORD), ("next", "//evil.example")];
    let response = client.post("/rpc/sign_in").header("accept", "text/html").form(&evil).send().await.unwrap();
    assert_eq!(response.headers()["location"], "/users");

    client.rpc("sign_out", &[]).await;
    let response = client.get("/users").send().await.unwrap();
    assert_eq!(response.status(), 302);
    assert!(response.headers()["location"].to_str().unwrap().starts_with("/sign-in"));

    // A session that is not used ends.
    let client = server.client("viewer").await;
    world.clock.advance_millis(i64::from(world.settings.session_lifetime_seconds) * 1_000);
    assert_eq!(client.rpc("list_jobs", &[]).await.text().await.unwrap(), "\"Unauthenticated\"");
    server.running.stop().await;
}

async fn mutations_from_other_sites_are_refused(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    for (name, value, refused) in [
        ("sec-fetch-site", "cross-site", true),
        ("sec-fetch-site", "same-site", true),
        ("sec-fetch-site", "same-origin", false),
        ("origin", "https://evil.example", true),
        ("origin", "null", true),
    ] {
        for path in ["/rpc/submit_export", "/users/import-export/jobs/job_0000000000000000/download"] {
            let response = viewer.post(path).header(name, value).form(&FORM).send().await.unwrap();
            assert_eq!(response.status() == 403, refused, "{path} {name}: {value} {}", response.status());
        }
    }
    for path in ["/rpc/submit_export", "/rpc/sign_out"] {
        assert_eq!(viewer.get(path).send().await.unwrap().status(), 405, "only POST changes anything");
    }
    server.running.stop().await;
}

async fn a_vanished_file_fails_the_job_in_words_for_a_person(world: World) {
    let server = with_users(&world, 10).await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    for name in world.export_files() {
        std::fs::remove_file(world.exports_dir().join(name)).unwrap();
    }
    let response = viewer.get(&link).send().await.unwrap();
    assert_eq!(response.status(), 409);
    assert!(response.text().await.unwrap().contains("vanished"));
    let job = viewer.job(&id).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.status_details.unwrap().contains("Export again"));
    server.running.stop().await;
}

async fn the_first_admin_is_set_up_once(world: World) {
    let link = world.services.operator_set_up_link().await.unwrap().unwrap();
    let token = link.split("token=").nth(1).unwrap().to_owned();
    let running = world.start_workers().await;
    drop(running);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let site = muster::server::http::Site::find(&world.settings);
    let router = muster::server::http::router(world.services.clone(), site, &world.settings).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = crate::support::Client { http: reqwest::Client::builder().cookie_store(true).build().unwrap(), url };
    let set_up = async |token: &str, password: &str| {
        let form = [("token", token), ("email", "Ann@Acme.Test"), ("password", password)];
        client.rpc("set_up", &form).await.text().await.unwrap()
    };
    assert!(set_up(&token, "short").await.contains("at least 8"), "and the link is not used up");
    assert!(set_up("wrong", PASSWORD).await.contains("expired"));
    assert_eq!(set_up(&token, PASSWORD).await, "null");
    let session = client.rpc("current_session", &[]).await.text().await.unwrap();
    assert!(session.contains("ann@acme.test") && session.contains("admin"), "{session}");
    assert!(set_up(&token, PASSWORD).await.contains("has been used"));
    assert_eq!(world.services.operator_set_up_link().await.unwrap(), None);
}

async fn pages_answer_with_the_right_status_and_headers(world: World) {
    let server = with_users(&world, 10).await;
    let (viewer, config, nobody) = (server.client("viewer").await, server.client("config").await, server.anonymous());
    for (client, path, status) in [
        (&viewer, "/users", 200),
        (&viewer, "/users/import-export", 200),
        (&viewer, "/users/import-export/export", 200),
        (&viewer, "/users/import-export/jobs/job_0000000000000000", 404),
        (&viewer, "/nowhere", 404),
        (&config, "/users", 403),
        (&config, "/users/import-export", 403),
        (&config, "/users/import-export/export", 403),
        (&nobody, "/users", 302),
        (&nobody, "/users/import-export", 302),
        (&nobody, "/users/import-export/export", 302),
        (&nobody, "/users/import-export/jobs/job_0000000000000000", 302),
        (&config, "/profile", 200),
        (&config, "/profile/second-factor", 302),
        (&config, "/profile/recovery-codes", 404),
        (&nobody, "/profile", 302),
        (&nobody, "/sign-in", 200),
        (&nobody, "/sign-in/code", 302),
    ] {
        let response = client.get(path).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
    server.running.stop().await;
}
