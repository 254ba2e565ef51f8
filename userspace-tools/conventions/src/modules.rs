// SPDX-License-Identifier: GPL-2.0

//! The modules of a crate: which file each is in, what it defines, and what it re-exports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, UseTree};

/// The path of a module from its crate's root, as `["judge", "rule"]`.
pub type ModulePath = Vec<String>;

/// One module.
#[derive(Default)]
pub struct Module {
    /// The file that it stands in; an inline module shares that of its parent.
    pub file: PathBuf,
    /// Its items, without those of submodules.
    pub items: Vec<Item>,
    /// The names that it defines itself.
    pub defines: BTreeSet<String>,
    /// What each `use` of it brings in: the name, and the path written for it.
    pub uses: BTreeMap<String, Vec<String>>,
    /// The paths of its `use PATH::*`.
    pub globs: Vec<Vec<String>>,
}

/// All modules of the crate whose root module is the file `root`, without its tests.
pub fn modules(root: &Path) -> BTreeMap<ModulePath, Module> {
    let mut all = BTreeMap::new();
    let dir = root.parent().unwrap_or(Path::new("")).to_path_buf();
    load(&mut all, Vec::new(), root.to_path_buf(), &dir);
    all
}

fn load(all: &mut BTreeMap<ModulePath, Module>, path: ModulePath, file: PathBuf, dir: &Path) {
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    add(all, path, file, dir, parsed.items);
}

fn add(
    all: &mut BTreeMap<ModulePath, Module>,
    path: ModulePath,
    file: PathBuf,
    dir: &Path,
    items: Vec<Item>,
) {
    let mut module = Module {
        file: file.clone(),
        ..Module::default()
    };
    for item in items {
        match item {
            Item::Mod(inner) => {
                if is_test(&inner.attrs) {
                    continue;
                }
                let name = inner.ident.to_string();
                let below = [path.clone(), vec![name.clone()]].concat();
                let inner_dir = dir.join(&name);
                match inner.content {
                    Some((_, items)) => add(all, below, file.clone(), &inner_dir, items),
                    None => {
                        let flat = dir.join(format!("{name}.rs"));
                        let folder = inner_dir.join("mod.rs");
                        let file = if flat.is_file() { flat } else { folder };
                        // Made by the build, as `bindings` are.
                        if file.is_file() {
                            load(all, below, file, &inner_dir);
                        }
                    }
                }
            }
            Item::Use(import) => {
                flatten(&import.tree, Vec::new(), &mut module);
                module.items.push(Item::Use(import));
            }
            other => {
                module.defines.extend(name_of(&other));
                module.items.push(other);
            }
        }
    }
    all.insert(path, module);
}

/// Whether an item is only there under `cfg(test)`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|ident| ident == "test")
    })
}

/// Every path of a `use`, with the name it is known by.
pub(crate) fn flatten(tree: &UseTree, mut before: Vec<String>, to: &mut Module) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, to);
        }
        UseTree::Name(name) if name.ident == "self" => {
            if let Some(last) = before.last().cloned() {
                to.uses.insert(last, before);
            }
        }
        UseTree::Name(name) => {
            before.push(name.ident.to_string());
            to.uses.insert(name.ident.to_string(), before);
        }
        UseTree::Rename(rename) => {
            before.push(rename.ident.to_string());
            to.uses.insert(rename.rename.to_string(), before);
        }
        UseTree::Glob(_) => to.globs.push(before),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before.clone(), to);
            }
        }
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::Type(i) => &i.ident,
        Item::Union(i) => &i.ident,
        Item::Macro(i) => i.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}
