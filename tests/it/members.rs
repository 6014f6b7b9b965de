//! Managing members: who may, what ends at once, and the last Admin.

use muster::{
    domain::{
        member::{MemberChange, MembersView},
        role::Role,
    },
    server::store::member_changes::Changed,
};

use crate::{
    databases::on_every_database,
    invitations::{accept, invite},
    support::{Client, NOW, PASSWORD, Server, World},
};

on_every_database! {
    only_admins_manage_members_and_everybody_their_own_sessions,
    wrong_input_is_told_in_words,
    the_last_active_admin_stays,
    ("multi_thread") admins_who_do_it_to_each_other_at_once_leave_one,
    disabling_ends_sessions_and_links_at_once_and_enabling_brings_none_back,
    removing_ends_everything_too,
    who_is_no_active_admin_any_more_leaves_no_open_invitation,
}

async fn members(client: &Client) -> MembersView {
    client.ask("list_members", &[]).await
}

async fn change(client: &Client, id: i64, change: &str, role: &str) -> (u16, String) {
    client.call("change_member", &[("id", &id.to_string()), ("change", change), ("role", role)]).await
}

/// The fields of a form.
type Form<'a> = &'a [(&'a str, &'a str)];

async fn only_admins_manage_members_and_everybody_their_own_sessions(world: World) {
    let server = world.serve().await;
    let viewer = world.member_id("viewer").await.to_string();
    let admin_only: [(&str, Form<'_>, u16); 8] = [
        ("list_members", &[], 200),
        ("change_member", &[("id", &viewer), ("change", "enable")], 200),
        ("invite_member", &[("email", "new@acme.test"), ("role", "viewer-users")], 200),
        ("revoke_invitation", &[("email", "new@acme.test")], 200),
        ("revoke_invitation", &[("email", "new@acme.test")], 404),
        ("member_sessions", &[("id", &viewer)], 200),
        ("end_member_session", &[("id", &viewer), ("key", "none")], 404),
        ("end_member_sessions", &[("id", &viewer)], 200),
    ];
    let own: [(&str, Form<'_>, u16); 3] =
        [("my_sessions", &[], 200), ("end_my_session", &[("key", "none")], 404), ("end_my_other_sessions", &[], 200)];
    for name in ["editor", "viewer", "config"] {
        let client = server.client(name).await;
        for (function, form, _) in admin_only {
            assert_eq!(client.call(function, form).await, (403, "\"Forbidden\"".to_owned()), "{name} {function}");
        }
        for (function, form, status) in own {
            assert_eq!(client.call(function, form).await.0, status, "{name} {function}");
        }
        assert_eq!(client.get("/settings/members").send().await.unwrap().status(), 403);
        assert_eq!(client.get(&format!("/settings/members/{viewer}")).send().await.unwrap().status(), 403);
        let form = [("email", "new@acme.test"), ("role", "admin")];
        let answer = client.post("/settings/members").form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert!(!answer.text().await.unwrap().contains("token="));
        assert_eq!(client.get("/profile/sessions").send().await.unwrap().status(), 200);
    }
    let nobody = server.anonymous();
    for (function, form, _) in admin_only.into_iter().chain(own) {
        assert_eq!(nobody.call(function, form).await, (401, "\"Unauthenticated\"".to_owned()), "{function}");
    }
    for path in ["/settings/members", "/settings/members/1", "/profile/sessions"] {
        let answer = nobody.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/sign-in?next="), "{path}");
    }
    let answer =
        nobody.post("/settings/members").form(&[("email", "a@b.test"), ("role", "admin")]).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let admin = server.client("admin").await;
    for (function, form, status) in admin_only.into_iter().chain(own) {
        assert_eq!(admin.call(function, form).await.0, status, "{function}");
    }
    assert_eq!(admin.get("/settings/members/99").send().await.unwrap().status(), 404);
    assert_eq!(admin.get("/settings/members/x").send().await.unwrap().status(), 404);
    server.running.stop().await;
}

async fn wrong_input_is_told_in_words(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let viewer = world.member_id("viewer").await;
    for (form, words) in [
        ([("email", "nobody"), ("role", "admin")], "is not an e-mail address"),
        ([("email", ""), ("role", "admin")], "is not an e-mail address"),
        ([("email", " Viewer@Acme.test"), ("role", "admin")], "viewer@acme.test is a member already."),
        ([("email", "new@acme.test"), ("role", "root")], "unknown role"),
    ] {
        let (status, text) = admin.call("invite_member", &form).await;
        assert!(status == 422 && text.contains(words), "{status} {text}");
        // The same without JavaScript: the page again, with what was typed.
        let answer = admin.post("/settings/members").form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 422);
        let page = answer.text().await.unwrap();
        assert!(page.contains(words) && page.contains(&format!("value=\"{}\"", form[0].1)), "{page}");
    }
    assert_eq!(change(&admin, viewer, "set_role", "root").await.0, 422);
    assert_eq!(change(&admin, viewer, "promote", "admin").await.0, 422);
    assert_eq!(change(&admin, 99, "set_role", "admin").await, (404, "\"NotFound\"".to_owned()));
    assert_eq!(change(&admin, 99, "remove", "").await.0, 404);
    assert!(members(&admin).await.invitations.is_empty());
    server.running.stop().await;
}

async fn the_last_active_admin_stays(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let (first, editor) = (world.member_id("admin").await, world.member_id("editor").await);
    let refused = async || {
        for (what, role) in [("set_role", "editor-users"), ("disable", ""), ("remove", "")] {
            let (status, text) = change(&admin, first, what, role).await;
            assert!(status == 409 && text.contains("admin@acme.test is the last active Admin"), "{what}: {text}");
        }
    };
    refused().await;
    assert_eq!(change(&admin, first, "set_role", "admin").await.0, 200, "no change is no harm");
    for what in [MemberChange::SetRole(Role::ViewerUsers), MemberChange::Disable, MemberChange::Remove] {
        let error = world.services.operator_change_member("Admin@acme.test", what).await.unwrap_err();
        assert!(error.to_string().contains("last active Admin"), "{error}");
    }
    // One who may not sign in does not count.
    assert_eq!(change(&admin, editor, "set_role", "admin").await.0, 200);
    assert_eq!(change(&admin, editor, "disable", "").await.0, 200);
    refused().await;
    assert_eq!(change(&admin, editor, "set_role", "viewer-users").await.0, 200, "nor is he kept");
    assert_eq!(change(&admin, editor, "enable", "").await.0, 200);
    refused().await;
    assert_eq!(change(&admin, editor, "set_role", "admin").await.0, 200);
    assert_eq!(change(&admin, first, "set_role", "viewer-config").await.0, 200, "there is another one now");
    assert_eq!(admin.call("list_members", &[]).await.0, 403, "and it works at once");
    server.running.stop().await;
}

async fn admins_who_do_it_to_each_other_at_once_leave_one(world: World) {
    let add = async |email: &str| {
        world.services.operator_add_member(email, Role::Admin, PASSWORD.to_owned()).await.unwrap().id
    };
    let (ann, bob) = (add("ann@acme.test").await, add("bob@acme.test").await);
    let store = &world.store;
    for round in 0..30 {
        let make = |id: i64, kind: usize| {
            let store = store.clone();
            tokio::spawn(async move {
                match kind {
                    0 => store.set_member_role(id, Role::ViewerUsers).await.unwrap(),
                    _ => store.disable_member(id, NOW).await.unwrap(),
                }
            })
        };
        // Also a demotion against a disabling.
        let (one, two) = (make(ann, round % 2), make(bob, round / 2 % 2));
        let results = [one.await.unwrap(), two.await.unwrap()];
        assert!(results.contains(&Changed::Yes) && results.contains(&Changed::LastAdmin), "{round}: {results:?}");
        for id in [ann, bob] {
            store.enable_member(id).await.unwrap();
            store.set_member_role(id, Role::Admin).await.unwrap();
        }
    }
    let (one, two) = tokio::join!(store.remove_member(ann), store.remove_member(bob));
    let results = [one.unwrap(), two.unwrap()];
    assert!(results.contains(&Changed::Yes) && results.contains(&Changed::LastAdmin), "{results:?}");
    assert_eq!(store.members(NOW).await.unwrap().len(), 1);
}

/// A viewer with a completed job and a link to its file, and an Admin.
async fn viewer_with_link(world: &World, server: &Server) -> (Client, String) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 10, 1);
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&[("form[format]", "csv"), ("form[include_defaults]", "true")]).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 200);
    (viewer, link)
}

async fn disabling_ends_sessions_and_links_at_once_and_enabling_brings_none_back(world: World) {
    let server = world.serve().await;
    let (viewer, link) = viewer_with_link(&world, &server).await;
    let admin = server.client("admin").await;
    let id = world.member_id("viewer").await;

    assert_eq!(change(&admin, id, "disable", "").await.0, 200);
    let row = members(&admin).await.members.into_iter().find(|view| view.member.id == id).unwrap();
    assert!(row.disabled && row.sessions == 0 && row.last_active_at.is_some() && !row.is_you);
    assert_eq!(viewer.call("list_users", &[]).await, (401, "\"Unauthenticated\"".to_owned()));
    assert_eq!(viewer.get("/users").send().await.unwrap().status(), 302, "the page Sign in");
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 404);
    let form = [("email", "viewer@acme.test"), ("password", PASSWORD)];
    assert_eq!(viewer.call("sign_in", &form).await, (401, "\"WrongCredentials\"".to_owned()));

    assert_eq!(change(&admin, id, "enable", "").await.0, 200);
    assert!(!viewer.is_signed_in().await);
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 404);
    assert!(server.client("viewer").await.is_signed_in().await);
    server.running.stop().await;
}

async fn removing_ends_everything_too(world: World) {
    let server = world.serve().await;
    let (viewer, link) = viewer_with_link(&world, &server).await;
    let admin = server.client("admin").await;
    let id = world.member_id("viewer").await;
    assert_eq!(change(&admin, id, "remove", "").await.0, 200);
    assert!(!viewer.is_signed_in().await);
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 404);
    assert_eq!(members(&admin).await.members.len(), 3);
    assert_eq!(change(&admin, id, "enable", "").await.0, 404);
    // The address is free again.
    let link = invite(&admin, "viewer@acme.test", "viewer-config").await.link;
    assert_eq!(accept(&viewer, &link).await.0, 200);
    server.running.stop().await;
}

async fn who_is_no_active_admin_any_more_leaves_no_open_invitation(any: World) {
    for (what, role) in [("set_role", "editor-users"), ("disable", ""), ("remove", "")] {
        let world = any.another().await;
        let server = world.serve().await;
        world.services.operator_set_role("editor@acme.test", Role::Admin).await.unwrap();
        let (admin, editor) = (server.client("admin").await, server.client("editor").await);
        let link = invite(&editor, "back-door@acme.test", "admin").await.link;
        let kept = invite(&admin, "ann@acme.test", "admin").await.link;
        assert_eq!(change(&admin, world.member_id("editor").await, what, role).await.0, 200);
        assert_eq!(accept(&server.anonymous(), &link).await.0, 404, "{what}");
        assert_eq!(accept(&server.anonymous(), &kept).await.0, 200, "{what}");
        server.running.stop().await;
    }
}
