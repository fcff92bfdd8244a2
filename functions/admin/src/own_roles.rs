//! The roles of `own-routes.json` that the database lacks: nobody can have one.

use std::collections::BTreeMap;

use own_routes::OwnRoutes;
use shared::{Role, db};
use tokio_postgres::Client;

/// A line for each role that no row has. A database without tables will have the built-in roles.
pub(crate) async fn missing(
    client: &Client,
    own_routes: &OwnRoutes,
) -> Result<Vec<String>, db::Error> {
    let mut routes = BTreeMap::<&str, Vec<String>>::new();
    for (role, route) in own_routes.roles() {
        routes.entry(role.name()).or_default().push(route.to_string());
    }
    for name in names(client).await? {
        routes.remove(name.as_str());
    }
    let line = |(role, routes): (&str, Vec<String>)| {
        let routes = routes.join(", ");
        format!(
            "No row of roles is named {role}, so it opens nothing to anybody: own-routes.json, {routes}"
        )
    };
    Ok(routes.into_iter().map(line).collect())
}

async fn names(client: &Client) -> Result<Vec<String>, db::Error> {
    let there = "SELECT to_regclass('roles') IS NOT NULL";
    if !client.query_one(there, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(Role::BUILT_IN.iter().map(|role| role.name().to_owned()).collect());
    }
    let rows = client.query("SELECT name::text FROM roles WHERE name IS NOT NULL", &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
