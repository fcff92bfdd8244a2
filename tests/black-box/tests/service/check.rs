//! A named check, and how a list of them becomes a run.

use std::sync::Arc;

use libtest_mimic::{Completion, Trial};

use crate::target::{Ability, Target};

/// One sentence about the service, and the code that holds it to that.
pub(crate) struct Check {
    name: String,
    needs: &'static [Ability],
    run: fn(&Target),
}

impl Check {
    /// A check named by its module and its function.
    pub(crate) fn new(
        module: &str,
        name: &str,
        needs: &'static [Ability],
        run: fn(&Target),
    ) -> Self {
        let module = module.split_once("::").map_or(module, |(_, inner)| inner);
        Self { name: format!("{module}::{name}"), needs, run }
    }
}

/// Lists checks by their functions' names, each with what it needs of a target beyond plain HTTP.
macro_rules! checks {
    ($($name:ident $(needs $($ability:ident)+)?;)*) => {
        vec![$($crate::check::Check::new(
            module_path!(),
            stringify!($name),
            &[$($($crate::target::Ability::$ability),+)?],
            $name,
        )),*]
    };
}
pub(crate) use checks;

/// The checks as trials against `target`; what it can't serve is reported as ignored, with the
/// reason.
pub(crate) fn trials(target: &Arc<Target>, checks: Vec<Check>) -> Vec<Trial> {
    checks
        .into_iter()
        .map(|check| {
            let target = Arc::clone(target);
            Trial::ignorable_test(check.name, move || {
                for ability in check.needs {
                    if let Some(reason) = target.lacks(*ability) {
                        target.count_ignored(reason);
                        return Ok(Completion::ignored_with(reason));
                    }
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
