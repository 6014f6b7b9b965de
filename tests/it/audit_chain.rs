//! The audit log's hash chain: it holds, and damage to it is found.

use muster::{
    domain::{
        audit::{Actor, Event},
        timestamp::Timestamp,
    },
    server::{
        service::{Broken, Verified},
        store::audit::NewEntry,
    },
};
use sha2::{Digest, Sha256};

use crate::{
    databases::on_every_database,
    support::{NOW, World},
};

on_every_database! {
    appends_at_once_make_one_chain,
    the_database_refuses_changes,
    any_changed_column_is_found,
    entries_that_are_removed_inserted_reordered_or_replaced_are_found,
    a_cut_off_end_or_a_new_chain_is_found_with_a_noted_entry,
}

fn entry(event: &Event) -> NewEntry {
    NewEntry::new(NOW, Actor::System, event).unwrap()
}

async fn verify(world: &World, expect: Option<&str>) -> Result<Verified, Broken> {
    world.services.operator_verify_audit(expect.map(|text| text.parse().unwrap())).await.unwrap()
}

async fn append(world: &World, count: u64) {
    for sessions in 0..count {
        let email = "ann@acme.test".to_owned();
        world.store.append_audit(&entry(&Event::SessionsEnded { email, sessions })).await.unwrap();
    }
}

async fn appends_at_once_make_one_chain(world: World) {
    let other = world.store_of_another_process().await;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let store = if task % 2 == 0 { world.store.clone() } else { other.clone() };
            tokio::spawn(async move {
                for sessions in 0..10 {
                    let event = Event::SessionsEnded { email: format!("{task}@acme.test"), sessions };
                    store.append_audit(&entry(&event)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let verified = verify(&world, None).await.unwrap();
    assert_eq!((verified.entries, verified.gaps, verified.last.unwrap().seq), (160, 0, 160));
    let details: Vec<String> = world.column("SELECT details FROM audit_log ORDER BY seq").await;
    for task in 0..16 {
        let expected: Vec<_> =
            (0..10).map(|sessions| format!("{{\"email\":\"{task}@acme.test\",\"sessions\":{sessions}}}")).collect();
        let of_task: Vec<_> = details.iter().filter(|details| expected.contains(details)).cloned().collect();
        assert_eq!(of_task, expected, "each task's entries are there, in its order");
    }
}

async fn the_database_refuses_changes(world: World) {
    append(&world, 3).await;
    let copy = "at, actor, member_id, member_email, 'signed_out', job_id, address, user_agent, details, prev_hash, hash
                FROM audit_log WHERE seq = 2";
    let mut refused = vec![
        ("UPDATE audit_log SET address = '192.0.2.1' WHERE seq = 2".to_owned(), "can't be changed"),
        ("DELETE FROM audit_log WHERE seq = 3".to_owned(), "deleted"),
        ("DELETE FROM audit_log".to_owned(), "deleted"),
        (format!("INSERT INTO audit_log SELECT 9, {copy}"), "must follow the last"),
        // The right number, but after another entry than the last.
        (format!("INSERT INTO audit_log SELECT 4, {copy}"), "must follow the last"),
    ];
    refused.extend(match world.postgres {
        Some(_) => vec![("TRUNCATE audit_log".to_owned(), "deleted")],
        None => vec![
            ("UPDATE OR REPLACE audit_log SET seq = 1 WHERE seq = 2".to_owned(), "can't be changed"),
            (format!("INSERT OR REPLACE INTO audit_log SELECT 2, {copy}"), "must follow the last"),
            (format!("REPLACE INTO audit_log SELECT 2, {copy}"), "must follow the last"),
        ],
    });
    for (statement, why) in refused {
        let error = world.try_execute(&statement).await.unwrap_err().to_string();
        assert!(error.contains(why), "{statement}: {error}");
    }
    assert_eq!(verify(&world, None).await.unwrap().entries, 3);
}

/// A log of five entries, in which someone who knows about the triggers has done this. They must be off.
async fn tamper(world: &World, statements: &str) {
    world.execute("DELETE FROM audit_log").await;
    append(world, 5).await;
    world.execute(statements).await;
}

/// The hash of a row as `docs/AUDIT.md` has it, written anew.
fn documented_hash(columns: [Option<String>; 11]) -> String {
    let mut hash = Sha256::new();
    for column in columns {
        match column {
            Some(text) => hash.update(format!("{}:{text}\n", text.len())),
            None => hash.update("-\n"),
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives an entry the hash that fits its columns.
async fn rehash(world: &World, seq: i64) {
    type Text = Option<String>;
    type Row = (Text, i64, Text, Option<i64>, Text, Text, Text, Text, Text, Text);
    let columns = "prev_hash, at, actor, member_id, member_email, action, job_id, address, user_agent, details";
    let rows: Vec<Row> = world.rows(&format!("SELECT {columns} FROM audit_log WHERE seq = {seq}")).await;
    let (prev_hash, at, actor, member_id, email, action, job, address, user_agent, details) = rows[0].clone();
    let (seq_text, at) = (Some(seq.to_string()), Some(Timestamp(at).to_string()));
    let member_id = member_id.map(|id| id.to_string());
    let hash =
        documented_hash([prev_hash, seq_text, at, actor, member_id, email, action, job, address, user_agent, details]);
    world.execute(&format!("UPDATE audit_log SET hash = '{hash}' WHERE seq = {seq}")).await;
}

async fn any_changed_column_is_found(world: World) {
    world.unguard_audit_log().await;
    for change in [
        "at = at + 1",
        "actor = 'operator'",
        "member_id = 7",
        "member_email = ''",
        "action = 'signed_out'",
        "job_id = 'job_0000000000000000'",
        "address = '192.0.2.1'",
        "user_agent = 'curl'",
        "details = '{}'",
        "prev_hash = replace(prev_hash, 'a', 'b') || 'c'",
        "hash = 'c' || hash",
        // The same bytes, cut differently.
        "member_email = substr(action, 1, 1), action = substr(action, 2)",
    ] {
        tamper(&world, &format!("UPDATE audit_log SET {change} WHERE seq = 3")).await;
        assert_eq!(verify(&world, None).await, Err(Broken::Changed(3)), "{change}");
    }
}

async fn entries_that_are_removed_inserted_reordered_or_replaced_are_found(world: World) {
    world.unguard_audit_log().await;
    let out_of_order = |expected, found| Err(Broken::OutOfOrder { expected, found });
    let copy = "at, actor, member_id, member_email, action, job_id, address, user_agent, details, prev_hash, hash
                FROM audit_log";
    for (statements, rehashed, expected) in [
        ("DELETE FROM audit_log WHERE seq = 3".to_owned(), None, out_of_order(3, 4)),
        ("DELETE FROM audit_log WHERE seq = 1".to_owned(), None, out_of_order(1, 2)),
        // Closing the gap changes what was hashed; hashing it anew breaks the link to the one before.
        ("DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3".to_owned(), None, Err(Broken::Changed(3))),
        ("DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3".to_owned(), Some(3), Err(Broken::NotLinked(3))),
        // A changed entry with the right hash is not the one that the next follows.
        ("UPDATE audit_log SET address = '192.0.2.1' WHERE seq = 3".to_owned(), Some(3), Err(Broken::NotLinked(4))),
        ("UPDATE audit_log SET seq = 99 WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = 3; UPDATE audit_log SET seq = 3 WHERE seq = 99".to_owned(), None, Err(Broken::Changed(2))),
        (format!("INSERT INTO audit_log SELECT 6, {copy} WHERE seq = 5"), Some(6), Err(Broken::NotLinked(6))),
        (format!("INSERT INTO audit_log SELECT 7, {copy} WHERE seq = 5"), None, out_of_order(6, 7)),
    ] {
        tamper(&world, &statements).await;
        if let Some(seq) = rehashed {
            rehash(&world, seq).await;
        }
        assert_eq!(verify(&world, None).await, expected, "{statements}");
    }
}

async fn a_cut_off_end_or_a_new_chain_is_found_with_a_noted_entry(world: World) {
    append(&world, 5).await;
    let last = verify(&world, None).await.unwrap().last.unwrap();
    let noted = format!("{}:{}", last.seq, last.hash);
    assert!(verify(&world, Some(&noted)).await.is_ok());
    world.unguard_audit_log().await;
    world.execute("DELETE FROM audit_log WHERE seq = 5").await;
    assert_eq!(verify(&world, None).await.unwrap().entries, 4, "nothing else tells");
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Missing(5)));
    world.store.append_audit(&entry(&Event::SignedOut {})).await.unwrap();
    assert_eq!(verify(&world, None).await.unwrap().entries, 5);
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Replaced(5)));
    world.execute("DELETE FROM audit_log").await;
    assert_eq!(verify(&world, None).await.unwrap(), Verified { entries: 0, gaps: 0, last: None });
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Missing(5)));
}
