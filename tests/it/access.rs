//! Every way into the server, with every role, signed out and from another site, against one table. A way that is not in
//! the table fails.

use std::{collections::BTreeSet, fs, path::Path};

use muster::{
    domain::role::{Permission, Role},
    ui::app::App,
};
use reqwest::Method;

use crate::{
    databases::on_every_database,
    support::{Client, PASSWORD, Server, World},
};

/// Who may go through.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anyone,
    SignedIn,
    Can(Permission),
    /// A browser that gave the right password a moment ago and whose code is still to come, which none here is.
    HalfSignedIn,
}
use Permission::{ExportUsers, ImportUsers, ManageClients, ManageMembers, SeeActivity, SeeFailedUsers, SeeUsers};
use Who::{Anyone, Can, HalfSignedIn, SignedIn};

on_every_database! {
    pages_and_routes,
    server_functions,
}

impl Who {
    fn includes(self, role: Option<Role>) -> bool {
        match (self, role) {
            (Anyone, _) | (SignedIn, Some(_)) => true,
            (Can(permission), Some(role)) => role.allows(permission),
            (HalfSignedIn, _) | (_, None) => false,
        }
    }
}

/// Pages, with an address of each and who may see it.
const PAGES: [(&str, &str, Who); 19] = [
    ("/", "/", Anyone),
    ("/sign-in", "/sign-in", Anyone),
    ("/sign-in/code", "/sign-in/code", HalfSignedIn),
    ("/set-up", "/set-up?token=x", Anyone),
    ("/invitation", "/invitation?token=x", Anyone),
    ("/users", "/users", Can(SeeUsers)),
    ("/users/{user_id}", "/users/auth0%7Cnobody", Can(SeeUsers)),
    ("/users/import-export", "/users/import-export", Can(SeeUsers)),
    ("/users/import-export/export", "/users/import-export/export", Can(SeeUsers)),
    ("/users/import-export/import", "/users/import-export/import", Can(ImportUsers)),
    ("/users/import-export/jobs/{job_id}", "/users/import-export/jobs/job_0000000000000000", Can(SeeUsers)),
    ("/activity", "/activity", Can(SeeActivity)),
    ("/settings/members", "/settings/members", Can(ManageMembers)),
    ("/settings/members/{member_id}", "/settings/members/1", Can(ManageMembers)),
    ("/settings/clients", "/settings/clients", Can(ManageClients)),
    ("/profile", "/profile", SignedIn),
    ("/profile/second-factor", "/profile/second-factor", SignedIn),
    ("/profile/recovery-codes", "/profile/recovery-codes", SignedIn),
    ("/profile/sessions", "/profile/sessions", SignedIn),
];

/// Routes that are no pages: method, route, an address of it and who may go through.
const ROUTES: [(&str, &str, &str, Who); 15] = [
    ("POST", "/settings/members", "/settings/members", Can(ManageMembers)),
    ("POST", "/settings/clients", "/settings/clients", Can(ManageClients)),
    ("POST", "/activity/export", "/activity/export", Can(SeeActivity)),
    (
        "POST",
        "/users/import-export/jobs/{id}/download",
        "/users/import-export/jobs/job_0000000000000000/download",
        Can(ExportUsers),
    ),
    (
        "POST",
        "/users/import-export/jobs/{id}/failures",
        "/users/import-export/jobs/job_0000000000000000/failures",
        Can(SeeFailedUsers),
    ),
    ("POST", "/users/import-export/import", "/users/import-export/import", Can(ImportUsers)),
    ("POST", "/uploads", "/uploads", Can(ImportUsers)),
    ("HEAD", "/uploads/{id}", "/uploads/upl_0000000000000000", Can(ImportUsers)),
    ("PATCH", "/uploads/{id}", "/uploads/upl_0000000000000000", Can(ImportUsers)),
    ("DELETE", "/uploads/{id}", "/uploads/upl_0000000000000000", Can(ImportUsers)),
    // A link is a bearer; this one is unknown.
    ("GET", "/downloads/{token}/{file}", "/downloads/unknown/acme.csv", Anyone),
    // For load balancers and supervisors, which have no session.
    ("GET", "/healthz", "/healthz", Anyone),
    ("GET", "/readyz", "/readyz", Anyone),
    ("GET", "/favicon.svg", "/favicon.svg", Anyone),
    ("GET", "/pkg", "/pkg/none.js", Anyone),
];

/// Server functions and who may call them. `sign_out` is last: it ends the session.
const FUNCTIONS: [(&str, Who); 45] = [
    ("current_session", Anyone),
    ("sign_in", Anyone),
    ("sign_in_waits_for_code", HalfSignedIn),
    ("set_up", Anyone),
    ("open_invitation", Anyone),
    ("accept_invitation", Anyone),
    ("list_users", Can(SeeUsers)),
    ("count_users", Can(SeeUsers)),
    ("get_user", Can(SeeUsers)),
    ("list_connections", Can(SeeUsers)),
    ("submit_export", Can(ExportUsers)),
    ("list_jobs", Can(SeeUsers)),
    ("get_job", Can(SeeUsers)),
    ("show_job", Can(SeeUsers)),
    ("cancel_job", Can(ExportUsers)),
    ("get_import_options", Can(ImportUsers)),
    ("submit_import", Can(ImportUsers)),
    ("import_checked", Can(ImportUsers)),
    ("import_failures", Can(SeeFailedUsers)),
    ("list_activity", Can(SeeActivity)),
    ("list_members", Can(ManageMembers)),
    ("change_member", Can(ManageMembers)),
    ("invite_member", Can(ManageMembers)),
    ("revoke_invitation", Can(ManageMembers)),
    ("member_sessions", Can(ManageMembers)),
    ("end_member_session", Can(ManageMembers)),
    ("end_member_sessions", Can(ManageMembers)),
    ("reset_second_factor", Can(ManageMembers)),
    ("list_clients", Can(ManageClients)),
    ("add_client", Can(ManageClients)),
    ("rotate_client", Can(ManageClients)),
    ("revoke_client", Can(ManageClients)),
    ("my_sessions", SignedIn),
    ("end_my_session", SignedIn),
    ("end_my_other_sessions", SignedIn),
    ("get_profile", SignedIn),
    ("change_password", SignedIn),
    ("begin_second_factor", SignedIn),
    ("get_second_factor_set_up", SignedIn),
    ("confirm_second_factor", SignedIn),
    ("new_recovery_codes", SignedIn),
    ("take_recovery_codes", SignedIn),
    ("turn_off_second_factor", SignedIn),
    ("sign_in_with_code", HalfSignedIn),
    ("sign_out", Anyone),
];

/// Whatever the functions ask for, so that nothing lasting happens; each ignores the rest.
const FORM: [(&str, &str); 16] = [
    ("id", "999"),
    ("member_id", "999"),
    ("user_id", "auth0|nobody"),
    ("key", "none"),
    ("change", "enable"),
    ("email", "nobody@acme.test"),
    ("role", "admin"),
    ("token", "unknown"),
    ("code", "000000"),
    ("password", PASSWORD),
    ("current_password", PASSWORD),
    ("new_password", "short"),
    ("name", ""),
    ("rotate", "unknown"),
    ("form[format]", "csv"),
    ("form[include_defaults]", "true"),
];

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];

const ROLES: [Option<Role>; 5] =
    [None, Some(Role::Admin), Some(Role::EditorUsers), Some(Role::ViewerUsers), Some(Role::ViewerConfig)];

async fn client(server: &Server, role: Option<Role>) -> Client {
    match role {
        None => server.anonymous(),
        Some(Role::Admin) => server.client("admin").await,
        Some(Role::EditorUsers) => server.client("editor").await,
        Some(Role::ViewerUsers) => server.client("viewer").await,
        Some(Role::ViewerConfig) => server.client("config").await,
    }
}

/// The answer's status, where it leads, and its text.
async fn send(client: &Client, method: &str, path: &str, site: &str) -> (u16, String, String) {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = client.http.request(method.clone(), format!("{}{path}", client.url)).header("accept", "text/html");
    let request = if method == Method::GET { request } else { request.form(&FORM) };
    let response = request.header("sec-fetch-site", site).send().await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), location.unwrap_or_default(), response.text().await.unwrap())
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

async fn pages_and_routes(world: World) {
    let pages = leptos_axum::generate_route_list(App);
    let actual = sorted(pages.iter().map(|page| page.path()));
    assert_eq!(actual, sorted(PAGES.map(|(route, ..)| route)), "each page is in the table");
    let http = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/http");
    let source: String = ["router.rs", "health.rs"].map(|file| fs::read_to_string(http.join(file)).unwrap()).concat();
    let own = source.matches(".route(").count() + source.matches(".route_service(").count();
    let routes = sorted(ROUTES.map(|(_, route, ..)| route));
    // All of the table but the files under /pkg, and the server functions.
    assert_eq!(own + source.matches(".nest(").count(), routes.len() + 1, "each route is in the table");

    let server = world.serve().await;
    let pages = PAGES.map(|(_, path, who)| ("GET", path, who));
    let routes = ROUTES.map(|(method, _, path, who)| (method, path, who));
    let ways: Vec<_> = pages.into_iter().chain(routes).collect();
    for role in ROLES {
        let client = client(&server, role).await;
        for &(_, path, _) in &ways {
            // A page answers HEAD as it does GET.
            let head = ways.iter().any(|way| (way.0, way.1) == ("HEAD", path)).then_some("HEAD");
            for method in METHODS.into_iter().chain(head) {
                let name = format!("{role:?} {method} {path}");
                let (status, location, text) = send(&client, method, path, "same-origin").await;
                let Some((.., who)) = ways.iter().find(|way| (way.0, way.1) == (method, path)) else {
                    assert!([404, 405].contains(&status), "{name}: {status}");
                    continue;
                };
                let sign_in = location.starts_with("/sign-in");
                // A script asks, not a person: it follows no redirect to a page, and has to say by which protocol it speaks.
                let is_upload = path.starts_with("/uploads");
                match (who, role) {
                    _ if who.includes(role) && is_upload => assert_eq!(status, 412, "{name}"),
                    (_, None) if is_upload => assert_eq!(status, 401, "{name}"),
                    _ if who.includes(role) => {
                        assert!(!sign_in && [200, 302, 303, 404, 422].contains(&status), "{name}: {status} {text}");
                    }
                    (HalfSignedIn, _) | (_, None) => {
                        assert!([302, 303].contains(&status) && sign_in, "{name}: {status} {location}")
                    }
                    (_, Some(_)) => assert_eq!(status, 403, "{name}"),
                }
                if !["GET", "HEAD"].contains(&method) {
                    assert_eq!(send(&client, method, path, "cross-site").await.0, 403, "{name} from another site");
                }
            }
        }
    }
    server.running.stop().await;
}

async fn server_functions(world: World) {
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    let actual = sorted(paths.iter().map(|(path, _)| path.strip_prefix("/rpc/").unwrap()));
    assert_eq!(actual, sorted(FUNCTIONS.map(|(name, _)| name)), "each server function is in the table");
    assert!(paths.iter().all(|(_, method)| *method == Method::POST), "none can be called by a link");

    let server = world.serve().await;
    for role in ROLES {
        let client = client(&server, role).await;
        for (name, who) in FUNCTIONS {
            let path = format!("/rpc/{name}");
            for method in METHODS.into_iter().filter(|method| *method != "POST") {
                let (status, ..) = send(&client, method, &path, "same-origin").await;
                assert!([404, 405].contains(&status), "{role:?} {method} {name}: {status}");
            }
            assert_eq!(send(&client, "POST", &path, "cross-site").await.0, 403, "{role:?} {name} from another site");
            let (status, text) = client.call(name, &FORM).await;
            let closed = ["\"Unauthenticated\"", "\"Forbidden\""].contains(&text.as_str());
            match (who, role) {
                _ if who.includes(role) => assert!(!closed && status < 500, "{role:?} {name}: {status} {text}"),
                (HalfSignedIn, _) | (_, None) => {
                    assert_eq!((status, text.as_str()), (401, "\"Unauthenticated\""), "{role:?} {name}");
                }
                (_, Some(_)) => assert_eq!((status, text.as_str()), (403, "\"Forbidden\""), "{role:?} {name}"),
            }
        }
    }
    server.running.stop().await;
}
