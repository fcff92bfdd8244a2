//! The folder that we work in.

use std::path::{Path, PathBuf};

const TEMPLATE: &str = "template.yaml";

/// The folder with `template.yaml`, `.env` and `.local`.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) template: PathBuf,
    folder: PathBuf,
}

impl Project {
    /// The nearest folder with a template, from `start` upwards; else `start` itself, with the
    /// template beside which this program was built.
    pub(crate) fn find(start: &Path, template: Option<PathBuf>) -> Self {
        let nearest = start.ancestors().find(|folder| folder.join(TEMPLATE).is_file());
        let folder = nearest.unwrap_or(start).to_owned();
        let template = template.unwrap_or_else(|| match nearest {
            Some(folder) => folder.join(TEMPLATE),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(TEMPLATE),
        });
        Self { template, folder }
    }

    /// The routes of a team's own functions.
    pub(crate) fn own_routes(&self) -> PathBuf {
        self.template.with_file_name("own-routes.json")
    }

    /// Settings that a developer keeps to themselves.
    pub(crate) fn dotenv(&self) -> PathBuf {
        self.folder.join(".env")
    }

    /// What the runner keeps from one start to the next; ignored by git.
    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.join(".local")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_template_marks_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(outer.path().join(TEMPLATE), "Resources:").unwrap();
        let project = Project::find(&inner, None);
        assert_eq!(project.cache(), outer.path().join(".local"));
        assert_eq!(fs::read_to_string(&project.template).unwrap(), "Resources:");
    }

    #[test]
    fn the_embedded_template_is_used_without_a_file() {
        let empty = tempfile::tempdir().unwrap();
        let project = Project::find(empty.path(), None);
        assert_eq!(project.dotenv(), empty.path().join(".env"));
        assert!(fs::read_to_string(&project.template).unwrap().contains("AWS::Serverless::Api"));
    }
}
