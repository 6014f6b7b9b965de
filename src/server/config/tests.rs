#![expect(clippy::result_large_err, reason = "figment's own error type, in its own test harness")]

use figment::Jail;

use super::*;

#[derive(Serialize)]
struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'static str>,
}

#[test]
fn flags_win_over_variables_win_over_the_file() {
    Jail::expect_with(|jail| {
        let load = |tenant| Settings::load(Flags { tenant }).unwrap();
        assert_eq!(load(None), Settings::default());
        jail.create_file(FILE, "tenant = \"file\"\nworkers = 5")?;
        assert_eq!((load(None).tenant.as_str(), load(None).workers), ("file", 5));
        jail.set_env("MUSTER_TENANT", "variable");
        assert_eq!((load(None).tenant.as_str(), load(None).workers), ("variable", 5));
        assert_eq!(load(Some("flag")).tenant, "flag");
        jail.set_env("MUSTER_PORT", "tcp://10.0.0.1:80");
        assert_eq!(load(None).tenant, "variable");
        Ok(())
    });
}

#[test]
fn processes_that_share_a_database_need_no_workers_and_secrets_are_not_shown() {
    Jail::expect_with(|jail| {
        jail.create_file(FILE, "workers = 0\nsample_workers = 0\nimport_workers = 0")?;
        jail.set_env("MUSTER_DATABASE_URL", "postgres://muster:hunter2@db/muster");
        jail.set_env("MUSTER_SECRETS_KEY", "a2V5");
        let settings = Settings::load(Flags { tenant: None }).unwrap();
        assert_eq!(settings.workers, 0);
        assert_eq!(settings.database_url.as_ref().unwrap().expose(), "postgres://muster:hunter2@db/muster");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("a2V5"), "{shown}");
        Ok(())
    });
}

#[test]
fn errors_say_where() {
    for (file, variable, part) in [
        ("addr = \"nowhere\"", None, "muster.toml: addr"),
        ("colour = 1", None, "colour"),
        ("tenant = \"a/b\"", None, "tenant \"a/b\""),
        ("trusted_proxies = [\"10.0.0.0\"]", None, "trusted_proxies"),
        ("import_max_bytes = 0", None, "import_max_bytes must be 1 to"),
        ("workers = 0", None, "workers must be 1 or more: with SQLite"),
        ("import_workers = 0", None, "import_workers must be 1 or more: with SQLite"),
        ("database_pool_size = 1", None, "database_pool_size must be 2 or more"),
        ("search_seconds = 30", None, "search_seconds must be 1 to 28"),
        ("secrets_key = \"a\"\nsecrets_key_file = \"b\"", None, "both set"),
        ("lease_seconds = 0\ndatabase_url = \"postgres://a\"", None, "lease_seconds must be 1 or more"),
        ("session_max_lifetime_seconds = 60", None, "session_max_lifetime_seconds (60) must not be below"),
        ("demo = true\naddr = \"0.0.0.0:80\"", None, "no loopback address"),
        ("public_url = \"ftp://x\"", None, "public_url"),
        ("files_url = \"s3://a:hunter2@files\"", None, "muster.toml: files_url: must not hold credentials"),
        ("files_url = \"s3://files?colour=red\"", None, "\"colour\" is unknown"),
        ("download_redirect = true", None, "download_redirect needs files_url"),
        ("files_url = \"s3://files\"\nupload_idle_seconds = 3600", None, "at most 1800 with files_url"),
        ("", Some(("MUSTER_FILES_URL", "s3://F")), "MUSTER_FILES_URL: a bucket's name"),
        ("log_format = \"xml\"", None, "log_format"),
        ("metrics_addr = \"9464\"", None, "muster.toml: metrics_addr"),
        ("otlp_endpoint = \"collector:4318\"", None, "otlp_endpoint must be like http://collector:4318"),
        ("otlp_endpoint = \"https://collector\"", None, "otlp_endpoint must be like http://collector:4318"),
        ("otlp_endpoint = \"http://me:secret@collector\"", None, "otlp_endpoint must be like"),
        ("", Some(("MUSTER_LOG_FORMAT", "yaml")), "MUSTER_LOG_FORMAT"),
        ("", Some(("MUSTER_WORKERS", "many")), "MUSTER_WORKERS"),
    ] {
        Jail::expect_with(|jail| {
            jail.create_file(FILE, file)?;
            if let Some((name, value)) = variable {
                jail.set_env(name, value);
            }
            let message = Settings::load(Flags { tenant: None }).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
            assert!(!message.contains('\n'), "{message}");
            Ok(())
        });
    }
}
