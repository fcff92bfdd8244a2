//! A named check, and the run of a list of checks.

use std::sync::Arc;

use libtest_mimic::{Completion, Trial};

use crate::kind::{Ability, Kind};
use crate::target::Target;

/// One sentence about the service, and the code that verifies it.
pub(crate) struct Check {
    name: String,
    also: &'static [Kind],
    needs: &'static [Ability],
    run: fn(&Target),
}

impl Check {
    /// A check, named after its module and function.
    pub(crate) fn new(
        module: &str,
        name: &str,
        also: &'static [Kind],
        needs: &'static [Ability],
        run: fn(&Target),
    ) -> Self {
        let module = module.split_once("::").map_or(module, |(_, inner)| inner);
        Self { name: format!("{module}::{name}"), also, needs, run }
    }
}

/// Lists checks by their functions' names. Each runs on the local runner and on AWS; `also` names
/// more kinds of targets where the outcome may differ, `needs` what the check needs beyond HTTP.
macro_rules! checks {
    ($($name:ident $(also $($kind:ident),+)? $(needs $($ability:ident)+)?;)*) => {
        vec![$($crate::check::Check::new(
            module_path!(),
            stringify!($name),
            &[$($($crate::kind::Kind::$kind),+)?],
            &[$($($crate::kind::Ability::$ability),+)?],
            $name,
        )),*]
    };
}
pub(crate) use checks;

/// The checks as trials against `target`. A check that it can't serve is ignored, with the reason.
pub(crate) fn trials(target: &Arc<Target>, checks: Vec<Check>) -> Vec<Trial> {
    checks
        .into_iter()
        .map(|check| {
            let target = Arc::clone(target);
            Trial::ignorable_test(check.name, move || {
                let lacks = || check.needs.iter().find_map(|ability| target.lacks(*ability));
                if let Some(reason) = target.leaves_out(check.also).or_else(lacks) {
                    target.count_ignored(reason);
                    return Ok(Completion::ignored_with(reason));
                }
                (check.run)(&target);
                Ok(Completion::Completed)
            })
        })
        .collect()
}

/// The checks' names, for `--list`.
pub(crate) fn listed(checks: Vec<Check>) -> Vec<Trial> {
    checks.into_iter().map(|check| Trial::test(check.name, || Ok(()))).collect()
}
