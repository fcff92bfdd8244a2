//! `docs/operate/faults.md` lists every test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names in backticks in the table's last column.
fn named() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/operate/faults.md");
    let rows =
        page.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 2);
    let cells = rows.filter_map(|row| row.rsplit(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.filter(|name| name.contains('_')).map(str::to_owned).collect()
}

/// The names of this crate's other tests.
fn tests() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let others = files.filter(|path| !path.ends_with("page.rs"));
    let texts = others.map(|path| fs::read_to_string(path).unwrap());
    let after = |text: String| -> Vec<String> {
        let parts = text.split("#[test]\nfn ").skip(1);
        parts.filter_map(|test| test.split('(').next()).map(str::to_owned).collect()
    };
    texts.flat_map(after).collect()
}

#[test]
fn it_names_every_test_and_no_other() {
    assert_eq!(named(), tests());
}
