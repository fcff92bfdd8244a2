//! The name of a route in a template.

use shared::routes::Route;

/// The most characters of a function's name and an event's together: CloudFormation's limit of a
/// resource's name, less what SAM adds for the permission.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(crate) const MAX_NAMES: usize = 255 - "FunctionPermissionProd".len();

/// Letters and digits alone, as CloudFormation wants them: `GetReportsById` for `GET /reports/{id}`.
pub fn event_name(route: &Route) -> String {
    let (first, rest) = route.method.split_at(1);
    let mut name = first.to_owned() + &rest.to_lowercase();
    let mut starts_word = true;
    for character in route.path.chars() {
        name.push_str(match character {
            '{' => "By",
            '-' => "Dash",
            '.' => "Dot",
            '_' => "Low",
            _ => "",
        });
        if character.is_ascii_alphanumeric() {
            name.push(if starts_word { character.to_ascii_uppercase() } else { character });
        }
        starts_word = !character.is_ascii_alphanumeric();
    }
    name
}
