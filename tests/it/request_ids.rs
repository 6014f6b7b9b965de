//! A request's id: in its answer, and a proxy's own only from a proxy that is trusted.

use crate::support::{Client, World};

async fn id(client: &Client, sent: Option<&str>) -> String {
    let request = client.get("/sign-in");
    let request = if let Some(sent) = sent { request.header("x-request-id", sent) } else { request };
    let response = request.send().await.unwrap();
    let ids: Vec<_> = response.headers().get_all("x-request-id").into_iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids[0].to_str().unwrap().to_owned()
}

fn is_made(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[tokio::test]
async fn of_a_client_it_is_not_believed() {
    let world = World::new().await;
    let server = world.serve().await;
    let client = server.anonymous();
    let (first, second) = (id(&client, None).await, id(&client, Some("mine")).await);
    assert!(is_made(&first) && is_made(&second) && first != second, "{first} {second}");
    for path in ["/nothing", "/api/v2/users", "/downloads/unknown/acme.csv", "/healthz", "/pkg/none.js"] {
        let response = client.get(path).send().await.unwrap();
        assert!(is_made(response.headers()["x-request-id"].to_str().unwrap()), "{path}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn of_a_trusted_proxy_it_is_kept_if_it_is_one() {
    let mut world = World::new().await;
    world.settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let server = world.serve().await;
    let client = server.anonymous();
    assert_eq!(id(&client, Some("edge-7.1_a")).await, "edge-7.1_a");
    for broken in ["two words", "{\"json\":1}", &"x".repeat(65)] {
        let made = id(&client, Some(broken)).await;
        assert!(is_made(&made), "{broken}: {made}");
    }
    let twice = client.get("/sign-in").header("x-request-id", "one").header("x-request-id", "two");
    let response = twice.send().await.unwrap();
    assert!(is_made(response.headers()["x-request-id"].to_str().unwrap()));
    server.running.stop().await;
}
