//! A team's own routes: their paths and their access. The team describes the bodies.

use own_routes::{OwnRoutes, event_name};
use shared::routes::{Access, Route};
use utoipa::openapi::schema::Type;

use super::answer::Response;
use super::operation::{Operation, Tag};

pub(super) fn described(
    own: &'static OwnRoutes,
) -> impl Iterator<Item = (&'static Route, Operation)> {
    own.of_functions().iter().map(|route| (route, operation(route)))
}

fn operation(route: &'static Route) -> Operation {
    let access = match route.access {
        Access::Public | Access::SignedIn => String::new(),
        Access::AnyOf(roles) => {
            let roles: Vec<_> = roles.iter().map(|role| format!("`{role}`")).collect();
            format!(" It needs {}.", roles.join(" or "))
        }
    };
    let id = route.function.to_owned() + &event_name(route);
    let operation = Operation::new(Tag::Own, id.leak(), route.to_string().leak())
        .described(format!("Served by `{}`.{access}", route.function).leak())
        .answers(200, Response::new("The function's own answer."));
    route.parameters().fold(operation, |operation, name| {
        operation.path_parameter(name, Type::String, "A segment of the path.")
    })
}
