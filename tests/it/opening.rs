//! What a process finds out when it opens the store.

use std::fs;

use crate::{databases::on_every_database, support::World};

on_every_database! {
    a_database_is_opened_with_the_key_that_its_secrets_are_sealed_with,
    a_database_of_a_newer_version_is_left_alone,
}

async fn a_database_is_opened_with_the_key_that_its_secrets_are_sealed_with(world: World) {
    let file = world.settings.data_dir.join("secrets.key");
    let key = fs::read(&file).unwrap();
    world.open_store().await.unwrap();

    fs::write(&file, [7; 32]).unwrap();
    let refused = world.open_store().await.unwrap_err().to_string();
    assert!(refused.contains("is not the one that this database was first used with"), "{refused}");

    fs::remove_file(&file).unwrap();
    let refused = world.open_store().await.unwrap_err().to_string();
    assert!(refused.contains("sealed with a key that this process does not have"), "{refused}");
    assert!(!file.exists(), "a new key would hide that the old one is missing");

    fs::write(&file, key).unwrap();
    world.open_store().await.unwrap();
    // Who has lost it for good says so.
    world.execute("DELETE FROM secrets_key").await;
    fs::remove_file(&file).unwrap();
    world.open_store().await.unwrap();
    assert!(file.exists());
}

async fn a_database_of_a_newer_version_is_left_alone(world: World) {
    world
        .execute(
            "UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
        )
        .await;
    let refused = world.open_store().await.unwrap_err().to_string();
    assert!(refused.contains("newer version of Muster") && refused.contains("9999"), "{refused}");
}
