// SPDX-License-Identifier: GPL-2.0

//! Which file of a crate imports from which, by the paths in its code.
//!
//! A re-export (`pub use`) is an outline and no import: who uses the name imports from the file that
//! defines it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use syn::{
    visit::{self, Visit},
    Item, Visibility,
};

use crate::modules::{modules, Module, ModulePath};

/// Re-exports of re-exports that are followed; more is a circle among them.
const DEPTH: usize = 16;

/// The files that each file imports from, with one path as an example.
pub type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, String>>;

/// The imports among the files of the crate with this root.
pub fn imports(root: &Path) -> Imports {
    let tree = Tree(modules(root));
    let mut found = Imports::new();
    for (at, module) in &tree.0 {
        let mut paths = Paths::default();
        module.items.iter().for_each(|item| paths.visit_item(item));
        for path in paths.0 {
            let Some(target) = tree.file(at, &path, DEPTH) else {
                continue;
            };
            if target != module.file {
                let from = found.entry(module.file.clone()).or_default();
                from.entry(target).or_insert_with(|| path.join("::"));
            }
        }
    }
    found
}

/// Every path in code that is no test and no re-export.
#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl<'a> Visit<'a> for Paths {
    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Use(import) if matches!(import.vis, Visibility::Inherited) => {
                let mut module = Module::default();
                crate::modules::flatten(&import.tree, Vec::new(), &mut module);
                self.0.extend(module.uses.into_values());
                self.0.extend(module.globs);
            }
            Item::Use(_) => {}
            _ => visit::visit_item(self, item),
        }
    }

    /// `pub(crate)` and `pub(super)` import nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments = path.segments.iter().map(|s| s.ident.to_string());
        self.0.insert(segments.collect());
        visit::visit_path(self, path);
    }
}

/// The modules of one crate, by path.
struct Tree(BTreeMap<ModulePath, Module>);

impl Tree {
    /// The file that defines what `path`, written in the module `at`, stands for.
    fn file(&self, at: &ModulePath, path: &[String], depth: usize) -> Option<PathBuf> {
        let depth = depth.checked_sub(1)?;
        let (mut module, mut rest) = self.start(at, path)?;
        while let Some((name, further)) = rest.split_first() {
            let below = [module.clone(), vec![name.clone()]].concat();
            if self.0.contains_key(&below) {
                (module, rest) = (below, further);
                continue;
            }
            let here = &self.0[&module];
            if here.defines.contains(name) {
                return Some(here.file.clone());
            }
            if let Some(written) = here.uses.get(name).filter(|_| module != *at) {
                return self.file(&module, written, depth);
            }
            let through = here.globs.iter().filter(|_| module != *at);
            let mut through = through.filter_map(|glob| {
                let path = [glob.clone(), vec![name.clone()]].concat();
                self.file(&module, &path, depth)
            });
            // What a macro defines has no name here.
            return through.next().or(Some(here.file.clone()));
        }
        Some(self.0[&module].file.clone())
    }

    /// The module from which to read on, and what is left of the path; nothing for other crates.
    fn start<'p>(&self, at: &ModulePath, path: &'p [String]) -> Option<(ModulePath, &'p [String])> {
        let (first, mut rest) = path.split_first()?;
        let mut module = at.clone();
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => {
                module.pop()?;
                while let Some(("super", further)) =
                    rest.split_first().map(|(f, r)| (f.as_str(), r))
                {
                    module.pop()?;
                    rest = further;
                }
            }
            name => {
                module.push(name.to_string());
                self.0.contains_key(&module).then_some(())?;
            }
        }
        Some((module, rest))
    }
}
