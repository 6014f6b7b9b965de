//! The page Activity: who may see and export the log, filters, paging.

use std::process::Output;

use muster::{
    domain::{
        activity::{ActivityForm, ActivityPage, DetailValue, FilterPlace},
        audit::{Action, Actor, Event},
        cursor::Cursor,
        member::Member,
        role::Role,
    },
    server::store::audit::NewEntry,
};
use reqwest::header;

use crate::{
    databases::on_every_database,
    support::{Client, NOW, Server, World},
};

on_every_database! {
    only_admins_see_and_export_the_log,
    filters_keep_what_they_say,
    pages_follow_one_another_without_gaps_in_both_directions,
    entries_say_who_and_what_in_words,
    an_export_can_be_checked_by_itself,
}

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Ann, who signs in once a day, from the instant of [`NOW`] on; Bob, who signs out at the same instants.
async fn days(world: &World, days: i64) {
    for (id, email, event) in
        [(901, "ann@acme.test", Event::SignedIn { second_factor: false }), (902, "bob@acme.test", Event::SignedOut {})]
    {
        let member = Member { id, email: email.to_owned(), role: Role::Admin };
        for day in 0..days {
            let entry = NewEntry::new(NOW.plus_millis(day * DAY), Actor::Member(&member), &event).unwrap();
            world.store.append_audit(&entry).await.unwrap();
        }
    }
}

async fn served(world: World) -> (World, Server, Client) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    (world, server, admin)
}

async fn list(client: &Client, form: &[(&str, &str)]) -> ActivityPage {
    let response = client.rpc("list_activity", form).await;
    assert!(response.status().is_success(), "{}", response.status());
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn only_admins_see_and_export_the_log(world: World) {
    let (_world, server, admin) = served(world).await;
    assert_eq!(admin.get("/activity").send().await.unwrap().status(), 200);
    assert_eq!(admin.post("/activity/export").form(&[("member", "")]).send().await.unwrap().status(), 200);
    for name in ["editor", "viewer", "config"] {
        let client = server.client(name).await;
        let page = client.get("/activity").send().await.unwrap();
        assert_eq!(page.status(), 403, "{name}");
        assert!(!page.text().await.unwrap().contains("Signed in"), "{name}");
        assert_eq!(client.rpc("list_activity", &[]).await.status(), 403, "{name}");
        let export = client.post("/activity/export").form(&[("member", "")]).send().await.unwrap();
        assert_eq!(export.status(), 403, "{name}");
        assert!(!client.get("/users").send().await.unwrap().text().await.unwrap().contains("/activity"), "{name}");
    }
    let nobody = server.anonymous();
    let page = nobody.get("/activity?member=a").send().await.unwrap();
    assert_eq!(page.status(), 302);
    assert!(page.headers()["location"].to_str().unwrap().contains("activity"));
    assert_eq!(nobody.rpc("list_activity", &[]).await.status(), 401);
    let export = nobody.post("/activity/export").form(&[("member", "")]).send().await.unwrap();
    assert_eq!(
        (export.status().as_u16(), &export.headers()["location"]),
        (303, &"/sign-in?next=/activity".parse().unwrap())
    );
    // Not by a link, and not from another site.
    assert_eq!(admin.get("/activity/export").send().await.unwrap().status(), 405);
    let other = admin.post("/activity/export").header("sec-fetch-site", "cross-site").form(&[("member", "")]);
    assert_eq!(other.send().await.unwrap().status(), 403);
    server.running.stop().await;
}

async fn filters_keep_what_they_say(world: World) {
    let (world, server, admin) = served(world).await;
    days(&world, 5).await;
    // NOW is 2027-01-15T08:00:00Z.
    for (member, action, from, to, expected) in [
        ("ann@acme.test", "", "", "", 5),
        (" Ann@Acme.TEST ", "signed_in", "", "", 5),
        ("ann@acme.test", "signed_out", "", "", 0),
        ("ann@acme.test", "", "2027-01-15", "2027-01-15", 1),
        ("ann@acme.test", "", "2027-01-16", "", 4),
        ("ann@acme.test", "", "", "2027-01-16", 2),
        ("ann@acme.test", "", "2027-01-14", "2027-01-14", 0),
        ("", "signed_out", "2027-01-17", "2027-01-18", 2),
        ("", "", "2027-01-16", "2027-01-17", 4),
        ("nn@acme.test", "", "", "", 0),
        ("%", "", "", "", 0),
    ] {
        let form = [("form[member]", member), ("form[action]", action), ("form[from]", from), ("form[to]", to)];
        let page = list(&admin, &form).await;
        assert_eq!(page.entries.len(), expected, "{form:?}");
        assert_eq!((page.errors.len(), page.newer, page.older), (0, None, None), "{form:?}");
    }
    let page = list(&admin, &[("form[action]", "nothing"), ("form[from]", "2027-02-29"), ("form[to]", "1")]).await;
    let places: Vec<_> = page.errors.iter().map(|error| error.place).collect();
    assert_eq!(places, [FilterPlace::Action, FilterPlace::From, FilterPlace::To]);
    assert_eq!((page.entries, page.members.len()), (vec![], 4));
    let shown = admin.get("/activity?from=2027-02-29").send().await.unwrap();
    assert_eq!(shown.status(), 422);
    let text = shown.text().await.unwrap();
    assert!(text.contains("Write a day of the calendar") && text.contains("filter-from-error"), "{text}");
    assert!(!text.contains("Export as NDJSON"));
    server.running.stop().await;
}

async fn pages_follow_one_another_without_gaps_in_both_directions(world: World) {
    let (world, server, admin) = served(world).await;
    days(&world, 120).await;
    let filters = ("form[member]", "ann@acme.test");
    let first = list(&admin, &[filters]).await;
    assert_eq!((first.entries.len(), first.newer), (50, None));
    let mut seqs: Vec<_> = first.entries.iter().map(|entry| entry.seq).collect();
    let mut page = first.clone();
    while let Some(older) = page.older {
        page = list(&admin, &[filters, ("page", &older.to_string())]).await;
        seqs.extend(page.entries.iter().map(|entry| entry.seq));
    }
    assert_eq!(seqs.len(), 120);
    assert!(seqs.is_sorted_by(|a, b| a > b), "the newest first, none twice");
    let middle = list(&admin, &[filters, ("page", &page.newer.unwrap().to_string())]).await;
    let back = list(&admin, &[filters, ("page", &middle.newer.unwrap().to_string())]).await;
    assert_eq!((middle.entries[0].seq, &back.entries, back.newer), (seqs[50], &first.entries, None));
    assert_eq!(middle.older, Some(Cursor::OlderThan(seqs[99])));
    for wrong in ["x", "older-", "older-9999999999999999999"] {
        assert_eq!(admin.rpc("list_activity", &[("page", wrong)]).await.status(), 404, "{wrong}");
    }
    for edge in [format!("older-{}", i64::MIN), format!("newer-{}", i64::MAX)] {
        assert_eq!(list(&admin, &[("page", &edge)]).await.entries, [], "{edge}");
    }
    server.running.stop().await;
}

async fn entries_say_who_and_what_in_words(world: World) {
    let (world, server, admin) = served(world).await;
    server.anonymous().rpc("sign_in", &[("email", "viewer@acme.test"), ("password", "wrong")]).await;
    world.services.operator_set_role("viewer@acme.test", Role::EditorUsers).await.unwrap();
    world.store.append_audit(&NewEntry::new(NOW, Actor::System, &Event::JobCancelled {}).unwrap()).await.unwrap();
    let entries = list(&admin, &[]).await.entries;
    let text = |label: &str, text: &str| (label.to_owned(), DetailValue::Text(text.to_owned()));
    for (entry, who, action, address, details) in [
        (&entries[0], "System", "Job cancelled", None, vec![]),
        (
            &entries[1],
            "Command line",
            "Role changed",
            None,
            vec![
                text("Member", "viewer@acme.test"),
                text("From", "Dashboard Viewer - Users"),
                text("To", "Editor - Users"),
            ],
        ),
        (
            &entries[2],
            "Nobody signed in",
            "Sign-in refused",
            Some("127.0.0.1"),
            vec![text("Account", "viewer@acme.test"), text("Reason", "Wrong password")],
        ),
        (&entries[3], "admin@acme.test", "Signed in", Some("127.0.0.1"), vec![]),
    ] {
        assert_eq!((entry.who.as_str(), entry.action.as_str(), entry.address.as_deref()), (who, action, address));
        let shown: Vec<_> = entry.details.iter().map(|detail| (detail.label.clone(), detail.value.clone())).collect();
        assert_eq!(shown, details, "{action}");
    }
    assert_eq!(list(&admin, &[("form[member]", "viewer@acme.test")]).await.entries.len(), 1, "attempts on an account");

    // The page shows even what someone has tampered with.
    world.unguard_audit_log().await;
    let last = "(SELECT max(seq) FROM audit_log)";
    world.execute(&format!("UPDATE audit_log SET action = 'flown', details = '<b>' WHERE seq = {last}")).await;
    let page = admin.get("/activity").send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("flown") && page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
    server.running.stop().await;
}

fn verify(world: &World, args: &[&str]) -> Output {
    world.muster(&[&["audit", "verify"], args].concat()).output().unwrap()
}

/// What a check that must fail says.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr.clone()).unwrap()
}

async fn an_export_can_be_checked_by_itself(world: World) {
    let (world, server, admin) = served(world).await;
    // More than one batch.
    days(&world, 600).await;
    let export = async |form: &[(&str, &str)]| {
        let response = admin.post("/activity/export").form(form).send().await.unwrap();
        for (name, value) in [
            (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"activity.ndjson\""),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        response.text().await.unwrap()
    };
    let all = export(&[("member", ""), ("action", ""), ("from", ""), ("to", "")]).await;
    let count = all.lines().count();
    // Members, a sign-in, the days, and the export itself, with which the file ends.
    assert_eq!(count, 4 + 1 + 1_200 + 1);
    let last: serde_json::Value = serde_json::from_str(all.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["action"], &last["member_email"]),
        (&Action::ActivityExported.slug().into(), &"admin@acme.test".into())
    );
    let file = |name: &str, text: &str| {
        let path = world.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = file("all.ndjson", &all);
    let output = verify(&world, &[&whole]);
    let expected = format!("{count} entries, chain intact, last {count}:{}\n", last["hash"].as_str().unwrap());
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap()), (Some(0), expected.clone()));
    assert_eq!(String::from_utf8(verify(&world, &[]).stdout).unwrap(), expected, "the database says the same");
    let noted = expected.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(verify(&world, &["--expect", &noted]).status.success());

    let lines: Vec<_> = all.lines().collect();
    let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().join("\n");
    let mut swapped = lines.clone();
    swapped.swap(7, 8);
    for (name, text, args, words) in [
        ("changed", all.replacen("2027-01-18", "2027-01-19", 1), vec![], "was changed"),
        ("removed", without(9), vec![], "entry 11 comes where entry 10 must be"),
        ("swapped", swapped.join("\n"), vec![], "entry 9 comes where entry 8 must be"),
        ("swapped", swapped.join("\n"), vec!["--filtered"], "entry 8 comes where entry 10 must be"),
        ("twice", format!("{}\n{}", lines[0], lines[0]), vec![], "entry 1 comes where entry 2 must be"),
        ("cut", without(count - 1), vec!["--expect", &noted], "which was expected, is not there"),
        ("more", all.replacen("{\"seq\":1,", "{\"seq\":1,\"note\":\"x\",", 1), vec![], "line 1: no entry"),
        ("other", "not JSON".to_owned(), vec![], "line 1: no entry"),
    ] {
        let path = file(name, &text);
        let said = complaint(&verify(&world, &[&[path.as_str()][..], &args].concat()));
        assert!(said.contains(words), "{name}: {said}");
    }

    let filtered = export(&[("member", "ann@acme.test"), ("action", ""), ("from", "2027-01-16"), ("to", "")]).await;
    assert_eq!(filtered.lines().count(), 599);
    let path = file("filtered", &filtered);
    assert!(complaint(&verify(&world, &[&path])).contains("entry 7 comes where entry 1 must be"));
    let output = verify(&world, &[&path, "--filtered"]);
    assert!(
        String::from_utf8(output.stdout).unwrap().starts_with("599 entries, each intact, 1 gap"),
        "they follow one another"
    );
    let recorded = list(&admin, &[("form[action]", "activity_exported")]).await;
    let filters: Vec<_> = recorded.entries[0].details.iter().map(|detail| detail.label.as_str()).collect();
    assert_eq!(filters, ["Member", "From"]);

    // What was typed may be a secret: it is not recorded unless it is in the log already.
    export(&[("member", "hunter2"), ("action", ""), ("from", ""), ("to", "")]).await;
    let again = export(&[]).await;
    assert!(again.contains("nobody in the log") && !again.contains("hunter2"));
    let wrong = admin.post("/activity/export").form(&[("from", "x")]).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    server.running.stop().await;

    let path = world.dir.path().join("cli.ndjson");
    let path = path.to_str().unwrap();
    let run = || world.muster(&["audit", "export", "--out", path]).output().unwrap();
    assert!(run().status.success());
    assert!(verify(&world, &[path]).status.success());
    assert_eq!(run().status.code(), Some(1), "no file is written over");
    world.unguard_audit_log().await;
    world.execute("DELETE FROM audit_log WHERE seq = 700").await;
    assert!(complaint(&verify(&world, &[])).contains("entry 701 comes where entry 700 must be"));
}

#[test]
fn forms_are_what_addresses_hold() {
    let form: ActivityForm = serde_qs::from_str("member=a%40b.example&from=2027-01-15").unwrap();
    assert_eq!((form.member.as_str(), form.action.as_str(), form.from.as_str()), ("a@b.example", "", "2027-01-15"));
}
