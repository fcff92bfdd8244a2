//! Embeds the texts of `mail/<language>/`, and fails if one is missing or has an unknown variable.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use minijinja::Environment;

include!("src/kinds.rs");

const FOLDER: &str = "../../mail";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=src/kinds.rs");
    let mut languages = Vec::new();
    for folder in entries(Path::new(FOLDER))? {
        languages.push((name(&folder)?, read(&folder)?));
    }
    #[expect(clippy::disallowed_methods, reason = "Cargo sets it for build scripts")]
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(PathBuf::from(out).join("texts.rs"), code(&languages)?)?;
    Ok(())
}

/// The paths in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The language of a folder, as `de` or `pt-BR`, in lower case. `MailLanguage` in template.yaml has the same
/// rule.
fn name(folder: &Path) -> Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (first, rest) = name.split_once('-').map_or((name, None), |(it, rest)| (it, Some(rest)));
    let is_language =
        (2..=3).contains(&first.len()) && first.bytes().all(|it| it.is_ascii_lowercase());
    let is_subtag = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    if folder.is_dir() && is_language && rest.is_none_or(|rest| rest.split('-').all(is_subtag)) {
        Ok(name.to_ascii_lowercase())
    } else {
        let folder = folder.display();
        Err(format!("{folder} must be a folder named after a language, as de or pt-BR").into())
    }
}

/// The text and the HTML of each kind.
fn read(folder: &Path) -> Result<Vec<[String; 2]>> {
    let files = KINDS.iter().flat_map(|(kind, _)| ["txt", "html"].map(|it| format!("{kind}.{it}")));
    let files: Vec<_> = files.map(|file| folder.join(file)).collect();
    if let Some(other) = entries(folder)?.iter().find(|path| !files.contains(path)) {
        return Err(format!("{} is no kind of mail", other.display()).into());
    }
    let pairs = files.chunks(2).zip(KINDS).map(|(files, (_, variables))| {
        let [text, html] = files else { return Err("a kind without two files".into()) };
        Ok([checked(text, variables)?, checked(html, variables)?])
    });
    pairs.collect()
}

/// The content of a template that has only these variables.
fn checked(path: &Path, variables: &[&[&str]]) -> Result<String> {
    let file = path.display();
    let content = fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    let mut environment = Environment::new();
    environment.add_template("it", &content).map_err(|error| format!("{file}: {error:#}"))?;
    let used = environment.get_template("it")?.undeclared_variables(false);
    let mut unknown: Vec<_> =
        used.iter().filter(|it| !variables.concat().contains(&it.as_str())).collect();
    unknown.sort();
    if let Some(unknown) = unknown.first() {
        let known = variables.concat().join(", ");
        return Err(format!("{file}: {unknown} is no variable of it; it has {known}").into());
    }
    if path.extension().is_some_and(|it| it == "txt") && !content.starts_with("Subject: ") {
        return Err(format!("{file}: its first line must be `Subject: …`").into());
    }
    Ok(content)
}

/// `LANGUAGES` as Rust.
fn code(languages: &[(String, Vec<[String; 2]>)]) -> Result<String> {
    let mut code = String::from("[");
    for (language, texts) in languages {
        write!(code, "({language:?}, &[")?;
        for ((kind, _), [text, html]) in KINDS.iter().zip(texts) {
            write!(code, "({kind:?}, {text:?}, {html:?}),")?;
        }
        write!(code, "]),")?;
    }
    code.push(']');
    Ok(code)
}
