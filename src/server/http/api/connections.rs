//! Connections of the Management API.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::{
    api_client::Scope,
    connection::{Connection, ConnectionId},
    role::Permission,
};

use super::{
    super::router::AppState,
    auth::Client,
    error::{ApiError, ApiErrorBody},
    params::{Id, Params},
};

const SCOPES: &[Scope] = &[Scope::ReadConnections];

/// Connections of a page, unless the request says how many.
const PER_PAGE: u64 = 100;

/// The same for `take`.
const TAKE: u64 = 50;

/// Most connections of a page.
const MOST: u64 = 100;

/// A connection. `fields` may leave out any member.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiConnection {
    /// `con_` and 16 letters or digits.
    #[schema(required = false)]
    id: String,
    /// Unique within the tenant.
    #[schema(required = false)]
    name: String,
    /// Identity provider.
    #[schema(required = false)]
    strategy: String,
    /// The connection's name.
    #[schema(required = false)]
    realms: Vec<String>,
    /// Always `false`.
    #[schema(required = false)]
    is_domain_connection: bool,
}

impl From<Connection> for ApiConnection {
    fn from(connection: Connection) -> Self {
        let name: String = connection.name.into();
        Self {
            id: connection.id.into(),
            realms: vec![name.clone()],
            name,
            strategy: connection.strategy,
            is_domain_connection: false,
        }
    }
}

/// A list of connections, in the form that was asked for.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `list` builds")]
#[serde(untagged)]
pub enum Connections {
    /// By default.
    Plain(Vec<ApiConnection>),
    /// With `include_totals`.
    Page(ConnectionsPage),
    /// With `take` or `from`.
    Checkpoint(ConnectionsCheckpoint),
}

/// A page of connections.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `list` builds")]
#[serde(deny_unknown_fields)]
pub struct ConnectionsPage {
    /// Connections before the first one.
    start: u64,
    /// Most connections of a page.
    limit: u64,
    /// All that match.
    total: u64,
    /// The page.
    connections: Vec<ApiConnection>,
}

/// Connections from a place on.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `list` builds")]
#[serde(deny_unknown_fields)]
pub struct ConnectionsCheckpoint {
    /// The next ones.
    connections: Vec<ApiConnection>,
    /// What `from` has to be for those that follow; absent: none do.
    #[schema(required = false)]
    next: String,
}

/// List connections
#[utoipa::path(
    get,
    path = "/api/v2/connections",
    operation_id = "get_connections",
    tag = "Connections",
    security(("bearer" = ["read:connections"])),
    params(
        ("page" = Option<u32>, Query, description = "Number of the page, from 0."),
        ("per_page" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Connections of a page; absent: 100."),
        ("include_totals" = Option<bool>, Query, description = "Whether the answer says how many there are in all."),
        ("take" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Connections from `from` on; absent: 50."),
        ("from" = Option<String>, Query, description = "The `next` of the answer before."),
        ("name" = Option<String>, Query, description = "Only the connection of this name."),
        ("strategy" = Option<Vec<String>>, Query, description = "Only connections of these strategies."),
        ("fields" = Option<String>, Query, description = "Names of members, separated by commas."),
        ("include_fields" = Option<bool>, Query, description = "Whether `fields` are those that are wanted, or those that are not."),
    ),
    responses(
        (status = 200, description = "The connections, by name.", body = Connections),
        (status = 400, description = "A parameter is wrong.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: read:connections.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Client(caller): Client,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let all = state.services.list_connections(&caller).await;
    let all = all.map_err(|error| ApiError::from_app(error, SCOPES, "connection"))?;
    let (name, strategies) = (params.text("name").filter(|name| !name.is_empty()), params.list("strategy"));
    let matches = |connection: &Connection| {
        name.is_none_or(|name| connection.name.as_str() == name)
            && (strategies.is_empty() || strategies.contains(&connection.strategy.as_str()))
    };
    let found: Vec<_> = all.into_iter().filter(matches).collect();
    let per_page = params.integer("per_page", 1..=MOST)?.unwrap_or(PER_PAGE);
    let start = params.integer("page", 0..=u64::from(u32::MAX))?.unwrap_or(0) * per_page;
    let totals = params.boolean("include_totals")?.unwrap_or(false);
    let take = params.integer("take", 1..=MOST)?;
    let from = params.text("from").filter(|from| !from.is_empty());
    let fields = params.fields()?;
    let total = found.len();
    let shown = |start: u64, count: u64, found: Vec<Connection>| -> Vec<Value> {
        let skip = usize::try_from(start).unwrap_or(usize::MAX);
        let page = found.into_iter().skip(skip).take(usize::try_from(count).unwrap_or(usize::MAX));
        page.map(|connection| selected(connection.into(), fields.as_ref())).collect()
    };
    if take.is_some() || from.is_some() {
        // The id of the last one before.
        let start = match from {
            None => 0,
            Some(from) => match found.iter().position(|connection| connection.id.as_str() == from) {
                Some(at) => at + 1,
                None => return Err(ApiError::query("from", "This is no \"next\" of an answer")),
            },
        };
        let count = take.unwrap_or(TAKE);
        let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(total);
        let next = (end < total).then(|| found[end - 1].id.as_str().to_owned());
        let mut answer = Map::new();
        answer.insert("connections".to_owned(), shown(start as u64, count, found).into());
        answer.extend(next.map(|next| ("next".to_owned(), next.into())));
        return Ok(Json(answer.into()));
    }
    let connections = shown(start, per_page, found);
    Ok(Json(if totals {
        serde_json::json!({ "start": start, "limit": per_page, "total": total, "connections": connections })
    } else {
        connections.into()
    }))
}

/// Get a connection
#[utoipa::path(
    get,
    path = "/api/v2/connections/{id}",
    operation_id = "get_connections_by_id",
    tag = "Connections",
    security(("bearer" = ["read:connections"])),
    params(
        ("id" = String, Path, description = "The connection's id.", pattern = "^con_[A-Za-z0-9]{16}$"),
        ("fields" = Option<String>, Query, description = "Names of members, separated by commas."),
        ("include_fields" = Option<bool>, Query, description = "Whether `fields` are those that are wanted, or those that are not."),
    ),
    responses(
        (status = 200, description = "The connection.", body = ApiConnection),
        (status = 400, description = "That is no connection's id, or a parameter is wrong.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: read:connections.", body = ApiErrorBody),
        (status = 404, description = "There is no such connection.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Client(caller): Client,
    id: Id,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let error = |error| ApiError::from_app(error, SCOPES, "connection");
    state.services.allow(&caller, Permission::SeeConnections).await.map_err(error)?;
    let wrong = || ApiError::path("id", "String does not match pattern ^con_[A-Za-z0-9]{16}$");
    let id: ConnectionId = id.text()?.parse().map_err(|_| wrong())?;
    let fields = params.fields()?;
    let all = state.services.list_connections(&caller).await.map_err(error)?;
    let found = all.into_iter().find(|connection| connection.id == id);
    let found = found.ok_or_else(|| ApiError::inexistent("connection"))?;
    Ok(Json(selected(found.into(), fields.as_ref())))
}

/// The members of a connection that are wanted.
fn selected(connection: ApiConnection, fields: Option<&(Vec<&str>, bool)>) -> Value {
    // A struct of texts is always an object.
    let Ok(Value::Object(mut members)) = serde_json::to_value(connection) else { return Value::Null };
    if let Some((names, include)) = fields {
        members.retain(|name, _| names.contains(&name.as_str()) == *include);
    }
    Value::Object(members)
}
