//! `muster serve`

use std::{fs::File, net::SocketAddr, process::ExitCode, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::server::{
    clock::Clock,
    config::Settings,
    data_dir, http,
    service::{DEMO_USERS, DemoMembers, Services},
    telemetry::Telemetry,
};

use super::{
    CliError,
    engine::{self, EngineFlags},
    files::open_files,
    observe::Monitoring,
    open::open_store,
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
    /// Send whoever downloads a file to the bucket itself, with an address that works for a minute
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    download_redirect: bool,
    #[command(flatten)]
    #[serde(flatten)]
    engine: EngineFlags,
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
        let _lock = lock(&settings)?;
        let store = open_store(&settings).await?;
        let files = open_files(&settings).await?;
        let listener = TcpListener::bind(settings.addr)
            .await
            .map_err(|error| CliError::Message(format!("can't listen on {}: {error}", settings.addr)))?;
        // Port 0 asks for any free port; people need to know which it is.
        let settings = Settings { addr: listener.local_addr()?, ..settings };
        let services = Services::new(store.clone(), files.clone(), Clock::System, settings.clone());
        greet(&services, &settings).await?;
        let monitoring = Monitoring::start(&settings, &services).await?;
        let drained = drain(services.clone(), stop.clone(), Duration::from_secs(settings.drain_seconds.into()));

        let tasks = engine::start(&settings, &store, &files, &services, &stop).await?;
        let router = http::router(services, http::Site::find(&settings), &settings).map_err(CliError::Message)?;
        let grace = Duration::from_secs(settings.shutdown_seconds.into());
        let served = http::serve(listener, router, http::Limits::default(), drained, grace).await;

        stop.cancel();
        engine::end(tasks, &settings).await;
        monitoring.end().await;
        engine::close(&store, &settings).await;
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

/// With SQLite, makes this process the only server on the data directory; a PostgreSQL database is there for any number of them.
fn lock(settings: &Settings) -> Result<Option<File>, CliError> {
    if settings.database_url.is_some() {
        return Ok(None);
    }
    let dir = settings.data_dir.display();
    let lock = data_dir::lock(&settings.data_dir).map_err(|error| CliError::Message(format!("{dir}: {error}")))?;
    lock.map(Some).ok_or_else(|| {
        CliError::Message(format!("another muster serve is using {dir}; stop it first, or choose another --data-dir"))
    })
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
