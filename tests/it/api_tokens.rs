//! Access tokens of the Management API, honest ones and others.

use jsonwebtoken::{Algorithm, EncodingKey, Header, decode_header, jwk::JwkSet};
use muster::domain::api_client::ClientName;
use serde_json::{Value, json};

use crate::{
    api::Program,
    databases::on_every_database,
    support::{Server, World},
};

on_every_database! {
    tokens_are_got_by_form_and_by_json,
    keys_rotate,
    only_what_the_server_signed_is_a_token,
    tokens_die_with_their_client,
}

/// A day.
const LIFETIME: i64 = 24 * 60 * 60 * 1_000;

async fn program(world: World) -> (World, Server, Program) {
    let server = world.serve().await;
    let program = Program::new(&world, &server, "nightly", "read:users read:connections").await;
    (world, server, program)
}

fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims
}

async fn tokens_are_got_by_form_and_by_json(world: World) {
    let (world, server, program) = program(world).await;
    let (status, body) = program.ask_token(&[]).await;
    assert_eq!(status, 200);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(86_400)));
    assert_eq!(body["scope"], "read:users read:connections");
    let host = server.url.strip_prefix("http://").unwrap();
    let audience = format!("https://{host}/api/v2/");
    let json = json!({
        "client_id": program.id, "audience": audience, "grant_type": "client_credentials", "organization": null,
        "client_secret": program.secret,
    });
    let post = server.anonymous().post("/oauth/token").header("content-type", "application/json");
    let response = post.body(json.to_string()).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let claims = claims(body["access_token"].as_str().unwrap());
    assert_eq!((&claims["aud"], &claims["gty"]), (&json!(audience), &json!("client-credentials")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);

    // As Go's clients do it.
    let basic = server.anonymous().post("/oauth/token").basic_auth(&program.id, Some(&program.secret));
    let basic = basic.form(&[("grant_type", "client_credentials"), ("audience", &audience)]).send().await.unwrap();
    assert_eq!(basic.status(), 200);

    let large = server.anonymous().post("/oauth/token").body(" ".repeat(600_000)).send().await.unwrap();
    assert_eq!(large.status(), 413);
    assert_eq!(large.json::<Value>().await.unwrap()["error"], "invalid_request");

    for (fields, status, error) in [
        (&[("client_secret", "wrong")][..], 401, "access_denied"),
        (&[("client_id", "unknown")], 401, "access_denied"),
        (&[("grant_type", "password")], 400, "unsupported_grant_type"),
        (&[("audience", "https://elsewhere.example/api/v2/")], 403, "access_denied"),
        (&[("scope", "create:users")], 400, "invalid_scope"),
        (&[("scope", "delete:users")], 400, "invalid_scope"),
    ] {
        let (found, body) = program.ask_token(fields).await;
        assert_eq!((found, body["error"].as_str()), (status, Some(error)), "{fields:?}");
        assert!(body["error_description"].is_string());
    }
    let refused: i64 = world.value("SELECT count(*) FROM audit_log WHERE action = 'token_refused'").await;
    assert_eq!(refused, 1, "the one for a client that there is");
    // A token may be for less than the client has.
    let (_, narrow) = program.ask_token(&[("scope", "read:connections")]).await;
    let request = server.anonymous().get("/api/v2/users").bearer_auth(narrow["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 403);
    server.running.stop().await;
}

async fn only_what_the_server_signed_is_a_token(world: World) {
    let (world, server, program) = program(world).await;
    let status = async |token: &str| {
        server.anonymous().get("/api/v2/users").bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&program.token).await, 200);

    let claims = claims(&program.token);
    let kid = decode_header(&program.token).unwrap().kid;
    let sign = |algorithm, kid: Option<String>, key: &EncodingKey, claims: &Value| {
        jsonwebtoken::encode(&Header { kid, ..Header::new(algorithm) }, claims, key).unwrap()
    };
    let ed25519 = |seed: u8| {
        let prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        EncodingKey::from_ed_der(&[prefix.as_slice(), &[seed; 32]].concat())
    };
    // The public key as the secret of an HMAC, the classic confusion.
    let keys: JwkSet = server
        .anonymous()
        .get("/.well-known/jwks.json")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .map(|text| serde_json::from_str(&text).unwrap())
        .unwrap();
    assert_eq!(keys.keys.len(), 1);
    let public = serde_json::to_value(&keys.keys[0]).unwrap();
    assert_eq!((&public["kty"], &public["crv"], &public["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
    assert_eq!(public.get("d"), None, "the private half stays where it is");
    let hmac = EncodingKey::from_secret(public["x"].as_str().unwrap().as_bytes());
    let parts: Vec<_> = program.token.split('.').collect();
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        let forged = sign(Algorithm::EdDSA, kid.clone(), &ed25519(1), &claims);
        format!("{}.{}.{}", parts[0], forged.split('.').nth(1).unwrap(), parts[2])
    };
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    for (what, token) in [
        ("nothing", String::new()),
        ("no token", "x".to_owned()),
        ("three dots", "...".to_owned()),
        ("alg none", none),
        ("another key", sign(Algorithm::EdDSA, kid.clone(), &ed25519(7), &claims)),
        ("an unknown key", sign(Algorithm::EdDSA, Some("x".into()), &ed25519(7), &claims)),
        ("no kid", sign(Algorithm::EdDSA, None, &ed25519(7), &claims)),
        ("HMAC by the public key", sign(Algorithm::HS256, kid.clone(), &hmac, &claims)),
        ("changed scope", changed("scope", json!("read:users create:users"))),
        ("changed audience", changed("aud", json!("https://elsewhere.example/api/v2/"))),
        ("changed expiry", changed("exp", json!(i64::MAX))),
        ("without signature", format!("{}.{}.", parts[0], parts[1])),
        ("cut", program.token[..program.token.len() - 2].to_owned()),
    ] {
        assert_eq!(status(&token).await, 401, "{what}");
    }
    // Signed by the server, but for another one, by whose name this one was then called.
    let client = server.anonymous();
    let elsewhere = client.post("/oauth/token").header("host", "other.example").form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &program.id),
        ("client_secret", &program.secret),
    ]);
    let body: Value = serde_json::from_str(&elsewhere.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(status(body["access_token"].as_str().unwrap()).await, 401, "another audience");

    world.clock.advance_millis(LIFETIME - 1_000);
    assert_eq!(status(&program.token).await, 200);
    world.clock.advance_millis(1_000);
    assert_eq!(status(&program.token).await, 401, "expired");
    server.running.stop().await;
}

async fn tokens_die_with_their_client(world: World) {
    let (world, server, program) = program(world).await;
    let name: ClientName = "nightly".parse().unwrap();
    let rotated = world.services.operator_rotate_client_secret(name.as_str()).await.unwrap();
    assert_eq!(program.ask_token(&[]).await.0, 401, "the old secret");
    assert_eq!(program.ask_token(&[("client_secret", &rotated.secret)]).await.0, 200);
    assert_eq!(program.get("/api/v2/users").await.0, 200, "tokens go on");
    let (_, job) = program.export(json!({})).await;
    let location = program.ended(job["id"].as_str().unwrap()).await["location"].as_str().unwrap().to_owned();
    world.services.operator_revoke_client(&program.id).await.unwrap();
    assert_eq!(program.get("/api/v2/users").await.0, 401);
    assert_eq!(server.anonymous().http.get(location).send().await.unwrap().status(), 404, "and its links");
    assert_eq!(program.ask_token(&[("client_secret", &rotated.secret)]).await.0, 401);
    server.running.stop().await;
}

async fn keys_rotate(world: World) {
    let (world, server, program) = program(world).await;
    let count = async || {
        let text = server.anonymous().get("/.well-known/jwks.json").send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<JwkSet>(&text).unwrap().keys.len()
    };
    let kid = |token: &str| decode_header(token).unwrap().kid.unwrap();
    world.clock.advance_millis(1_000);
    let second = world.services.operator_rotate_signing_key().await.unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(program.get("/api/v2/users").await.0, 200, "what the first has signed goes on");
    let (_, body) = program.ask_token(&[]).await;
    assert_eq!(kid(body["access_token"].as_str().unwrap()), second);
    // The first key is of no use a day after the second one took over, and goes at the next rotation.
    world.clock.advance_millis(LIFETIME);
    world.services.operator_rotate_signing_key().await.unwrap();
    assert_eq!(count().await, 2);
    let keys: Vec<String> = world.column("SELECT id FROM signing_keys").await;
    assert!(keys.contains(&second));
    server.running.stop().await;
}
