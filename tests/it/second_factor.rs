//! Passwords and second factors, as members change and use them.

use std::{collections::BTreeSet, fs, path::Path};

use muster::domain::profile::{Profile, SecondFactorSetUp};
use totp_rs::{Builder, Secret};

use crate::{
    by_hand::contains,
    databases::on_every_database,
    support::{Client, NOW, PASSWORD, Server, World},
};

on_every_database! {
    signing_in_takes_a_code_that_works_once,
    a_recovery_code_stands_in_for_the_app_once,
    recovery_codes_that_nobody_saw_are_gone_after_a_while,
    without_the_code_nothing_can_be_reached,
    the_session_has_a_new_id_after_each_step,
    a_new_password_ends_the_other_sessions,
    turning_off_takes_the_password_and_an_admin_can_reset,
    setting_up_can_begin_anew_and_ends_in_time,
    without_javascript_no_secret_is_in_an_address,
    the_audit_log_tells_what_was_done_to_an_account,
    the_database_has_no_secret_in_plain_text,
}

const STEP_MILLIS: i64 = 30_000;

/// What the member's phone does.
struct App(String);

impl App {
    /// The code of this many steps after the test's beginning.
    fn code(&self, step: i64) -> String {
        let secret = Secret::try_from_base32(self.0.replace(' ', "")).unwrap();
        let seconds = u64::try_from((NOW.0 + step * STEP_MILLIS) / 1_000).unwrap();
        Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
    }
}

async fn ask<T: serde::de::DeserializeOwned>(client: &Client, name: &str) -> T {
    let response = client.rpc(name, &[]).await;
    assert_eq!(response.status(), 200, "{name}");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn answer(client: &Client, name: &str, form: &[(&str, &str)]) -> String {
    client.rpc(name, form).await.text().await.unwrap()
}

/// Turns the second factor on at step 0.
async fn turn_on(client: &Client) -> (App, Vec<String>) {
    assert_eq!(answer(client, "begin_second_factor", &[]).await, "null");
    let set_up: SecondFactorSetUp = ask(client, "get_second_factor_set_up").await;
    let app = App(set_up.secret);
    assert_eq!(answer(client, "confirm_second_factor", &[("code", &app.code(0))]).await, "null");
    (app, ask(client, "take_recovery_codes").await)
}

/// A client that has given the right password and no code yet.
async fn pending(server: &Server, name: &str) -> Client {
    let client = server.anonymous();
    let email = format!("{name}@acme.test");
    let form = [("email", email.as_str()), ("password", PASSWORD), ("next", "/users/import-export?a=b")];
    let response = client.post("/rpc/sign_in").header("accept", "text/html").form(&form).send().await.unwrap();
    assert_eq!(response.headers()["location"], "/sign-in/code?next=%2Fusers%2Fimport-export%3Fa%3Db");
    client
}

async fn signing_in_takes_a_code_that_works_once(world: World) {
    let server = world.serve().await;
    let (app, _) = turn_on(&server.client("viewer").await).await;
    world.clock.advance_millis(STEP_MILLIS);

    let client = pending(&server, "viewer").await;
    let response = client.rpc("sign_in_with_code", &[("code", &app.code(0))]).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (401, "\"WrongCode\""));
    assert!(answer(&client, "sign_in_with_code", &[("code", "12345")]).await.contains("six digits"));
    let form = [("code", app.code(1)), ("next", "/users/import-export?a=b".to_owned())];
    let response =
        client.post("/rpc/sign_in_with_code").header("accept", "text/html").form(&form).send().await.unwrap();
    assert_eq!(response.headers()["location"], "/users/import-export?a=b");
    assert!(client.is_signed_in().await);
    assert_eq!(answer(&client, "sign_in_with_code", &[("code", &app.code(2))]).await, "\"Unauthenticated\"");

    // The code of this step is used up, and so is every earlier one; the next is not.
    let again = pending(&server, "viewer").await;
    for step in [1, 0] {
        assert_eq!(answer(&again, "sign_in_with_code", &[("code", &app.code(step))]).await, "\"WrongCode\"");
    }
    assert_eq!(answer(&again, "sign_in_with_code", &[("code", &app.code(2))]).await, "null");
    server.running.stop().await;
}

async fn a_recovery_code_stands_in_for_the_app_once(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let (_, codes) = turn_on(&viewer).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(BTreeSet::from_iter(&codes).len(), 10);
    assert_eq!(answer(&viewer, "take_recovery_codes", &[]).await, "\"NotFound\"", "they are shown once");

    let code = codes[3].replace(' ', "");
    let client = pending(&server, "viewer").await;
    assert_eq!(answer(&client, "sign_in_with_code", &[("code", &code)]).await, "null");
    assert!(client.is_signed_in().await);
    let profile: Profile = ask(&client, "get_profile").await;
    assert_eq!(profile.second_factor.unwrap().recovery_codes_left, 9);
    let again = pending(&server, "viewer").await;
    assert_eq!(answer(&again, "sign_in_with_code", &[("code", &code)]).await, "\"WrongCode\"");

    // New ones replace the old, and take the password.
    assert_eq!(answer(&client, "new_recovery_codes", &[("password", "wrong")]).await, "\"WrongCredentials\"");
    assert_eq!(answer(&client, "new_recovery_codes", &[("password", PASSWORD)]).await, "null");
    assert_eq!(answer(&viewer, "take_recovery_codes", &[]).await, "\"NotFound\"", "another session sees none");
    let fresh: Vec<String> = ask(&client, "take_recovery_codes").await;
    assert_eq!(answer(&again, "sign_in_with_code", &[("code", &codes[0])]).await, "\"WrongCode\"");
    assert_eq!(answer(&again, "sign_in_with_code", &[("code", &fresh[0])]).await, "null");
    server.running.stop().await;
}

async fn recovery_codes_that_nobody_saw_are_gone_after_a_while(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    turn_on(&viewer).await;
    assert_eq!(answer(&viewer, "new_recovery_codes", &[("password", PASSWORD)]).await, "null");
    world.clock.advance_millis(10 * 60 * 1_000);
    assert_eq!(answer(&viewer, "take_recovery_codes", &[]).await, "\"NotFound\"");
    server.running.stop().await;
}

async fn without_the_code_nothing_can_be_reached(world: World) {
    let server = world.serve().await;
    let (app, _) = turn_on(&server.client("admin").await).await;
    let client = pending(&server, "admin").await;
    // Whatever a function asks for; it ignores the rest.
    let form = [
        ("id", "1"),
        ("key", "0"),
        ("change", "disable"),
        ("email", "eve@acme.test"),
        ("role", "admin"),
        ("form[format]", "csv"),
        ("form[include_defaults]", "true"),
        ("code", "000000"),
        ("password", PASSWORD),
        ("current_password", PASSWORD),
        ("new_password", PASSWORD),
        ("member_id", "1"),
        ("user_id", "auth0|1"),
    ];
    let sign_in = ["current_session", "sign_in", "sign_in_waits_for_code", "sign_in_with_code", "sign_out"];
    let by_link = ["accept_invitation", "open_invitation", "set_up"];
    let open = [&sign_in[..], &by_link].concat();
    let mut closed = 0;
    for name in server_functions() {
        if !open.contains(&name.as_str()) {
            assert_eq!(answer(&client, &name, &form).await, "\"Unauthenticated\"", "{name}");
            closed += 1;
        }
    }
    assert!(closed >= 13, "only {closed} server functions were found");
    assert!(answer(&client, "current_session", &[]).await.contains("\"member\":null"));
    for path in ["/users", "/profile", "/profile/second-factor", "/profile/recovery-codes"] {
        let response = client.get(path).send().await.unwrap();
        assert_eq!(response.status(), 302, "{path}");
        assert!(response.headers()["location"].to_str().unwrap().starts_with("/sign-in?next="), "{path}");
    }

    // The password is good for five minutes, also in another browser's hands for no more than its own cookie.
    assert_eq!(answer(&server.anonymous(), "sign_in_waits_for_code", &[]).await, "\"Unauthenticated\"");
    world.clock.advance_millis(5 * 60 * 1_000 - 1);
    assert_eq!(answer(&client, "sign_in_waits_for_code", &[]).await, "null");
    world.clock.advance_millis(1);
    assert_eq!(answer(&client, "sign_in_with_code", &[("code", &app.code(10))]).await, "\"Unauthenticated\"");
    server.running.stop().await;
}

/// The names of all server functions, as the source has them.
fn server_functions() -> Vec<String> {
    let rpc = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rpc");
    let texts = fs::read_dir(rpc).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let names = |text: String| -> Vec<String> {
        text.split("endpoint = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    texts.flat_map(names).collect()
}

async fn the_session_has_a_new_id_after_each_step(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let (app, _) = turn_on(&viewer).await;
    world.clock.advance_millis(STEP_MILLIS);
    let client = server.anonymous();
    let cookie = |response: &reqwest::Response| {
        let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    };
    let pending = cookie(&client.rpc("sign_in", &[("email", "viewer@acme.test"), ("password", PASSWORD)]).await);
    let session = cookie(&client.rpc("sign_in_with_code", &[("code", &app.code(1))]).await);
    assert_ne!(pending, session);
    let form = [("current_password", PASSWORD), ("new_password", "another horse")];
    let changed = cookie(&client.rpc("change_password", &form).await);
    assert_ne!(session, changed);
    for (cookie, works) in [(&pending, false), (&session, false), (&changed, true)] {
        let request = server.anonymous().post("/rpc/list_jobs").header("cookie", cookie).form(&[("a", "b")]);
        assert_eq!(request.send().await.unwrap().status().is_success(), works);
    }
    assert_eq!(world.value::<i64>("SELECT count(*) FROM pending_sign_ins").await, 0);
    server.running.stop().await;
}

async fn a_new_password_ends_the_other_sessions(world: World) {
    let server = world.serve().await;
    let (viewer, second, third) =
        (server.client("viewer").await, server.client("viewer").await, server.client("viewer").await);
    let other = server.client("editor").await;
    let change = async |current: &str, new: &str| {
        answer(&viewer, "change_password", &[("current_password", current), ("new_password", new)]).await
    };
    assert_eq!(change("wrong", "another horse").await, "\"WrongCredentials\"");
    assert!(change(PASSWORD, "short").await.contains("at least 8"));
    assert!(second.is_signed_in().await, "nothing has happened yet");
    assert_eq!(change(PASSWORD, "another horse").await, "2");
    for (client, signed_in) in [(&viewer, true), (&second, false), (&third, false), (&other, true)] {
        assert_eq!(client.is_signed_in().await, signed_in);
    }
    let sign_in = async |password: &str| {
        answer(&server.anonymous(), "sign_in", &[("email", "viewer@acme.test"), ("password", password)]).await
    };
    assert_eq!(sign_in(PASSWORD).await, "\"WrongCredentials\"");
    assert_eq!(sign_in("another horse").await, "null");
    server.running.stop().await;
}

async fn turning_off_takes_the_password_and_an_admin_can_reset(world: World) {
    let server = world.serve().await;
    let (admin, viewer) = (server.client("admin").await, server.client("viewer").await);
    let viewer_id = {
        let profile: Profile = ask(&viewer, "get_profile").await;
        assert_eq!(profile.second_factor, None);
        profile.member.id.to_string()
    };
    let reset = async |client: &Client| answer(client, "reset_second_factor", &[("member_id", &viewer_id)]).await;
    assert!(reset(&admin).await.contains("viewer@acme.test has no second factor"));

    turn_on(&viewer).await;
    assert!(answer(&viewer, "begin_second_factor", &[]).await.contains("set up already"));
    assert_eq!(answer(&viewer, "get_second_factor_set_up", &[]).await, "\"NotFound\"", "the secret is shown no more");
    let profile: Profile = ask(&viewer, "get_profile").await;
    assert_eq!(profile.second_factor.map(|factor| (factor.since, factor.recovery_codes_left)), Some((NOW, 10)));
    let off = async |password: &str| answer(&viewer, "turn_off_second_factor", &[("password", password)]).await;
    assert_eq!(off("wrong").await, "\"WrongCredentials\"");
    assert_eq!(off(PASSWORD).await, "null");
    server.client("viewer").await;

    turn_on(&viewer).await;
    let waiting = pending(&server, "viewer").await;
    assert_eq!(reset(&viewer).await, "\"Forbidden\"");
    assert_eq!(reset(&admin).await, "null");
    assert_eq!(answer(&waiting, "sign_in_waits_for_code", &[]).await, "\"Unauthenticated\"");
    assert!(viewer.is_signed_in().await);
    server.client("viewer").await;

    turn_on(&viewer).await;
    world.services.operator_reset_second_factor(" Viewer@acme.test").await.unwrap();
    let again = world.services.operator_reset_second_factor("viewer@acme.test").await.unwrap_err();
    assert!(again.to_string().contains("has no second factor"));
    let unknown = world.services.operator_reset_second_factor("nobody@acme.test").await.unwrap_err();
    assert!(unknown.to_string().contains("no member"));
    server.running.stop().await;
}

async fn setting_up_can_begin_anew_and_ends_in_time(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    assert_eq!(answer(&viewer, "get_second_factor_set_up", &[]).await, "\"NotFound\"");
    assert_eq!(answer(&viewer, "confirm_second_factor", &[("code", "123456")]).await, "\"NotFound\"");
    answer(&viewer, "begin_second_factor", &[]).await;
    let first: SecondFactorSetUp = ask(&viewer, "get_second_factor_set_up").await;
    let same: SecondFactorSetUp = ask(&viewer, "get_second_factor_set_up").await;
    assert!(first == same);
    answer(&viewer, "begin_second_factor", &[]).await;
    let second: SecondFactorSetUp = ask(&viewer, "get_second_factor_set_up").await;
    assert!(first.secret != second.secret);
    let (old, new) = (App(first.secret), App(second.secret));
    assert_eq!(answer(&viewer, "confirm_second_factor", &[("code", &old.code(0))]).await, "\"WrongCode\"");
    server.client("viewer").await;
    world.clock.advance_millis(60 * 60 * 1_000);
    assert_eq!(answer(&viewer, "confirm_second_factor", &[("code", &new.code(120))]).await, "\"NotFound\"");
    server.running.stop().await;
}

async fn the_database_has_no_secret_in_plain_text(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let (app, codes) = turn_on(&viewer).await;
    answer(&viewer, "new_recovery_codes", &[("password", PASSWORD)]).await;
    let secret = Secret::try_from_base32(app.0.replace(' ', "")).unwrap();
    server.running.stop().await;
    let stored = world.everything().await;
    assert!(contains(&stored, b"viewer@acme.test"), "this is where it would be");
    assert!(!contains(&stored, secret.as_bytes()));
    for text in [app.0.clone(), app.0.replace(' ', ""), codes[0].clone(), codes[0].replace(' ', "")] {
        assert!(!contains(&stored, text.as_bytes()));
    }
}

async fn without_javascript_no_secret_is_in_an_address(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let post = async |name: &str, form: &[(&str, &str)]| {
        let request = viewer.post(&format!("/rpc/{name}")).header("accept", "text/html");
        let response = request.header("referer", format!("{}/profile", viewer.url)).form(form).send().await.unwrap();
        assert_eq!(response.status(), 302, "{name}");
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(post("begin_second_factor", &[]).await, "/profile/second-factor");
    let page = viewer.get("/profile/second-factor").send().await.unwrap().text().await.unwrap();
    let set_up: SecondFactorSetUp = ask(&viewer, "get_second_factor_set_up").await;
    assert!(page.contains(&set_up.secret) && page.contains(&set_up.qr.path) && page.contains("otpauth://totp/"));
    assert!(!page.contains("style=\""), "a strict content security policy comes");
    let app = App(set_up.secret);
    assert_eq!(post("confirm_second_factor", &[("code", &app.code(0))]).await, "/profile/recovery-codes");
    let response = viewer.get("/profile/recovery-codes").send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.text().await.unwrap().matches("<li><code>").count(), 10);
    let response = viewer.get("/profile/recovery-codes").send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(response.text().await.unwrap().contains("shown once"));
    let address = post("turn_off_second_factor", &[("password", "not the password")]).await;
    assert!(address.contains("__err") && !address.contains("not"), "{address}");
    let form = [("current_password", PASSWORD), ("new_password", "another horse")];
    assert_eq!(post("change_password", &form).await, "/profile?ended=0");
    assert_eq!(post("turn_off_second_factor", &[("password", "another horse")]).await, "/profile?turned-off");
    server.running.stop().await;
}

async fn the_audit_log_tells_what_was_done_to_an_account(world: World) {
    let server = world.serve().await;
    let (viewer, other) = (server.client("viewer").await, server.client("viewer").await);
    let (app, codes) = turn_on(&viewer).await;
    world.clock.advance_millis(STEP_MILLIS);
    for code in [app.code(1), codes[0].clone(), "000000".to_owned()] {
        let client = pending(&server, "viewer").await;
        client.rpc("sign_in_with_code", &[("code", &code)]).await;
    }
    let form = [("current_password", PASSWORD), ("new_password", "another horse")];
    assert_eq!(answer(&viewer, "change_password", &form).await, "3");
    assert!(!other.is_signed_in().await);
    answer(&viewer, "new_recovery_codes", &[("password", "another horse")]).await;
    answer(&viewer, "turn_off_second_factor", &[("password", "another horse")]).await;
    for _ in 0..6 {
        answer(&server.anonymous(), "sign_in", &[("email", "viewer@acme.test"), ("password", "wrong")]).await;
    }
    let mut actions: Vec<String> = world.column("SELECT action || details FROM audit_log ORDER BY seq").await;
    actions.retain(|action| !action.starts_with("member_added"));
    let email = "{\"email\":\"viewer@acme.test\"}";
    let refused = "sign_in_refused{\"reason\":\"wrong_password\"}".to_owned();
    let mut expected = vec![
        "signed_in{\"second_factor\":false}".to_owned(),
        "signed_in{\"second_factor\":false}".to_owned(),
        format!("second_factor_enabled{email}"),
        "signed_in{\"second_factor\":true}".to_owned(),
        "recovery_code_used{}".to_owned(),
        "signed_in{\"second_factor\":true}".to_owned(),
        "sign_in_refused{\"reason\":\"wrong_code\"}".to_owned(),
        format!("password_changed{email}"),
        "sessions_ended{\"email\":\"viewer@acme.test\",\"sessions\":3}".to_owned(),
        "recovery_codes_renewed{}".to_owned(),
        format!("second_factor_disabled{email}"),
    ];
    expected.extend(std::iter::repeat_n(refused, 5));
    // Once, when it begins, and not for each attempt that is turned away.
    expected.push("sign_in_throttled{}".to_owned());
    assert_eq!(actions, expected);
    server.running.stop().await;
}
