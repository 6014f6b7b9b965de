//! Invitations: one link, one member, once.

use muster::{
    domain::{invitation::NewInvitation, member::MembersView, role::Role},
    server::{clock::Clock, jobs::Sweeper},
};

use crate::{
    databases::on_every_database,
    support::{Client, NOW, PASSWORD, World},
};

on_every_database! {
    an_invitation_makes_one_member_once,
    an_invitation_ends_by_time_by_revoking_and_by_a_new_one,
    two_who_accept_at_once_are_one_member,
    a_form_without_javascript_shows_the_link_once_and_nowhere_else,
}

const DAY: i64 = 24 * 60 * 60 * 1_000;

pub async fn invite(client: &Client, email: &str, role: &str) -> NewInvitation {
    client.ask("invite_member", &[("email", email), ("role", role)]).await
}

pub async fn accept(client: &Client, link: &str) -> (u16, String) {
    client.call("accept_invitation", &[("token", token(link)), ("password", PASSWORD)]).await
}

pub fn token(link: &str) -> &str {
    link.split("token=").nth(1).unwrap()
}

async fn members(client: &Client) -> MembersView {
    client.ask("list_members", &[]).await
}

async fn an_invitation_makes_one_member_once(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let made = invite(&admin, " Ann@Acme.test", "editor-users").await;
    assert_eq!((made.email.as_str(), made.role), ("ann@acme.test", Role::EditorUsers));
    assert_eq!(made.expires_at.millis_since(NOW), 7 * DAY);
    assert!(made.link.starts_with(&format!("{}/invitation?token=", server.url)), "{}", made.link);
    assert_eq!(token(&made.link).len(), 64, "256 bits");
    let stored: String = world.value("SELECT token_hash FROM invitations").await;
    assert_ne!(stored, token(&made.link));
    let open = members(&admin).await.invitations;
    assert_eq!(
        (open.len(), open[0].email.as_str(), open[0].invited_by.as_str()),
        (1, "ann@acme.test", "admin@acme.test")
    );

    let ann = server.anonymous();
    let path = format!("/invitation?token={}", token(&made.link));
    let answer = ann.get(&path).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["referrer-policy"].to_str().unwrap()), (200, "same-origin"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("ann@acme.test") && page.contains("acme"), "{page}");
    let (status, text) = ann.call("accept_invitation", &[("token", token(&made.link)), ("password", "short")]).await;
    assert!(status == 422 && text.contains("at least 8"), "{text}: and the link is not used up");
    assert_eq!(accept(&ann, &made.link).await.0, 200);
    let session = ann.call("current_session", &[]).await.1;
    assert!(session.contains("ann@acme.test") && session.contains("editor-users"), "{session}");

    let mallory = server.anonymous();
    assert_eq!(accept(&mallory, &made.link).await, (404, "\"NotFound\"".to_owned()), "it is used up");
    assert_eq!(mallory.get(&path).send().await.unwrap().status(), 404);
    assert_eq!(mallory.get("/invitation?token=guessed").send().await.unwrap().status(), 404);
    assert_eq!(mallory.get("/invitation").send().await.unwrap().status(), 404);
    assert!(members(&admin).await.invitations.is_empty());
    server.running.stop().await;
}

async fn an_invitation_ends_by_time_by_revoking_and_by_a_new_one(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let nobody = server.anonymous();
    let opens = async |link: &str| nobody.call("open_invitation", &[("token", token(link))]).await.0;

    let revoked = invite(&admin, "ann@acme.test", "viewer-users").await.link;
    assert_eq!(opens(&revoked).await, 200);
    let replaced = invite(&admin, "ann@acme.test", "admin").await.link;
    assert_eq!((opens(&revoked).await, opens(&replaced).await), (404, 200), "a new one replaces it");
    assert_eq!(members(&admin).await.invitations.len(), 1);
    admin.ask::<()>("revoke_invitation", &[("email", "ann@acme.test")]).await;
    assert_eq!((opens(&replaced).await, accept(&nobody, &replaced).await.0), (404, 404));

    let link = invite(&admin, "ann@acme.test", "viewer-users").await.link;
    world.clock.advance_millis(7 * DAY - 1);
    assert_eq!(opens(&link).await, 200, "until its last millisecond");
    world.clock.advance_millis(1);
    assert_eq!((opens(&link).await, accept(&nobody, &link).await.0), (404, 404));
    let admin = server.client("admin").await;
    assert!(members(&admin).await.invitations.is_empty(), "an expired one is not open");
    let sweeper = Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()));
    sweeper.sweep().await.unwrap();
    assert_eq!(world.value::<i64>("SELECT count(*) FROM invitations").await, 0);

    // Somebody else made such a member meanwhile.
    let link = invite(&admin, "ann@acme.test", "viewer-users").await.link;
    world.services.operator_add_member("ann@acme.test", Role::ViewerUsers, PASSWORD.to_owned()).await.unwrap();
    let (status, text) = accept(&nobody, &link).await;
    assert!(status == 409 && text.contains("sign in"), "{text}");
    server.running.stop().await;
}

async fn two_who_accept_at_once_are_one_member(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let link = invite(&admin, "ann@acme.test", "viewer-users").await.link;
    let (one, two) = (server.anonymous(), server.anonymous());
    let (first, second) = tokio::join!(accept(&one, &link), accept(&two, &link));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    assert_eq!(members(&admin).await.members.len(), 5);
    server.running.stop().await;
}

async fn a_form_without_javascript_shows_the_link_once_and_nowhere_else(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let form = [("email", "ann@acme.test"), ("role", "viewer-users")];
    let answer = admin.post("/settings/members").header("accept", "text/html").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200, "no redirect");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.unwrap();
    let link = page.split("value=\"").find(|rest| rest.starts_with("http")).unwrap().split('"').next().unwrap();
    assert!(link.starts_with(&format!("{}/invitation?token=", server.url)), "{link}");
    let again = admin.get("/settings/members").send().await.unwrap().text().await.unwrap();
    assert!(again.contains("ann@acme.test") && !again.contains("token="));
    assert_eq!(accept(&server.anonymous(), link).await.0, 200);
    // From another site it is refused like everything that changes something.
    let evil = admin.post("/settings/members").header("sec-fetch-site", "cross-site").form(&form).send().await.unwrap();
    assert_eq!(evil.status(), 403);
    server.running.stop().await;
}
