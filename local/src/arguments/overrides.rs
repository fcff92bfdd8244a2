//! The values of `--parameter-overrides`, in the forms that `sam` takes.

/// A value for one of the template's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Reads one argument: `Name=value` or `ParameterKey=Name,ParameterValue=value`, several in one
/// where each has a name.
pub(crate) fn parse(argument: &str) -> Result<Vec<Override>, &'static str> {
    let words: Vec<_> = argument.split_whitespace().collect();
    let each_is_named = words.iter().all(|word| word.contains('='));
    let parts = if each_is_named { words } else { vec![argument] };
    parts.into_iter().map(|part| named(part).ok_or("it must be Name=value")).collect()
}

fn named(part: &str) -> Option<Override> {
    let (name, value) = match part.strip_prefix("ParameterKey=") {
        Some(rest) => rest.split_once(",ParameterValue=")?,
        None => part.split_once('=')?,
    };
    let named = Override { name: name.to_owned(), value: value.to_owned() };
    (!name.trim().is_empty()).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_written_as_sam_takes_them() {
        let of = |name: &str, value: &str| Override { name: name.into(), value: value.into() };
        let two = vec![of("A", "1"), of("B", "x=y")];
        assert_eq!(parse("A=1 B=x=y"), Ok(two.clone()));
        let long = "ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=x=y";
        assert_eq!(parse(long), Ok(two));
        assert_eq!(parse("Name=two words"), Ok(vec![of("Name", "two words")]));
        assert!(parse("A").is_err() && parse("=1").is_err() && parse("ParameterKey=A").is_err());
    }
}
