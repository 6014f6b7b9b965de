//! `muster serve`

use std::{net::SocketAddr, num::NonZeroUsize, process::ExitCode, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::server::{
    clock::Clock,
    config::Settings,
    data_dir,
    export::default_threads,
    files::FileStore,
    http,
    jobs::{Sweeper, Workers},
    service::{DEMO_USERS, DemoMembers, Services},
    store::Store,
    telemetry::Telemetry,
};

use super::{
    CliError, DataFlags,
    observe::{Monitoring, ObserveFlags},
    print,
    stop::{drain, stop_on_signal},
};

/// Start the web server.
///
/// Settings come from these flags, else from MUSTER_* variables such as MUSTER_DATA_DIR, else from muster.toml.
#[derive(Debug, Default, Args, Serialize)]
pub struct Serve {
    /// Serve a demo tenant with 10,000 made-up users, to try things out
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    addr: Option<SocketAddr>,
    /// The tenant's name: the pages show it and export files have it [default: acme]
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// The address that browsers use, if it is another one: https://muster.example.com
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// Keep export files and uploads in a bucket: s3://bucket/prefix?endpoint=https://host:port&region=REGION.
    ///
    /// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what else AWS_* variables say.
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    files_url: Option<String>,
    /// Send whoever downloads a file to the bucket itself, with an address that works for a minute
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    download_redirect: bool,
    #[command(flatten)]
    #[serde(flatten)]
    observe: ObserveFlags,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataFlags,
}

impl Serve {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        let settings = Settings::load(&self)?;
        let telemetry = Telemetry::start(&settings).map_err(CliError::Message)?;
        let served = Self::serve(settings).await;
        telemetry.end().await;
        served
    }

    async fn serve(settings: Settings) -> Result<ExitCode, CliError> {
        // Before anything else, so that no signal is missed.
        let stop = stop_on_signal()?;
        let in_data_dir = |error| CliError::Message(format!("{}: {error}", settings.data_dir.display()));
        let _lock = data_dir::lock(&settings.data_dir).map_err(in_data_dir)?.ok_or_else(|| {
            CliError::Message(format!(
                "another muster serve is using {}; stop it first, or choose another --data-dir",
                settings.data_dir.display()
            ))
        })?;
        let store = Store::open(&settings.data_dir).await?;
        let in_files = |error| match settings.files_url {
            None => in_data_dir(error),
            Some(_) => CliError::Message(format!("files_url: {error}")),
        };
        let files = FileStore::open(&settings.data_dir, settings.files_url.as_ref()).map_err(in_files)?;
        files.check().await.map_err(in_files)?;
        let listener = TcpListener::bind(settings.addr)
            .await
            .map_err(|error| CliError::Message(format!("can't listen on {}: {error}", settings.addr)))?;
        // Port 0 asks for any free port; people need to know which it is.
        let settings = Settings { addr: listener.local_addr()?, ..settings };
        let services = Services::new(store.clone(), files.clone(), Clock::System, settings.clone());
        greet(&services, &settings).await?;
        let monitoring = Monitoring::start(&settings, &services).await?;
        let drained = drain(services.clone(), stop.clone(), Duration::from_secs(settings.drain_seconds.into()));

        let tasks = TaskTracker::new();
        let sweeper = Sweeper::new(store.clone(), files.clone(), Clock::System);
        tasks.spawn(sweeper.run(stop.clone()));
        let workers = Workers {
            store: store.clone(),
            files,
            clock: Clock::System,
            new_jobs: services.new_jobs(),
            export_threads: NonZeroUsize::new(settings.export_threads.into()).unwrap_or_else(default_threads),
            metrics: services.metrics().clone(),
        };
        workers.start(&settings, &tasks, &stop).await?;
        let router = http::router(services, http::Site::find(&settings), &settings).map_err(CliError::Message)?;
        let grace = Duration::from_secs(settings.shutdown_seconds.into());
        let served = http::serve(listener, router, http::Limits::default(), drained, grace).await;

        stop.cancel();
        tasks.close();
        tasks.wait().await;
        monitoring.end().await;
        store.close().await;
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what someone needs to sign in.
async fn greet(services: &Services, settings: &Settings) -> Result<(), CliError> {
    let url = settings.url();
    if settings.demo {
        let DemoMembers { members, password } = services.operator_make_demo().await?;
        let lines: Vec<_> =
            members.into_iter().map(|(email, role)| format!("    {email:<20} {}", role.title())).collect();
        print(format_args!(
            "Muster serves the demo tenant \"{}\" with {DEMO_USERS} made-up users:\n\n    {url}\n\n\
             Sign in with the password {password} as\n{}\n\nCtrl-C stops it.",
            settings.tenant,
            lines.join("\n")
        ))
    } else {
        print(format_args!("Muster serves the tenant \"{}\" on {url}", settings.tenant))?;
        match services.operator_set_up_link().await? {
            Some(link) => print(format_args!(
                "\nSet up the first Admin with this link. It works once, for 24 hours:\n\n    {link}\n"
            )),
            None => Ok(()),
        }
    }
}
