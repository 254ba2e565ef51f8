// SPDX-License-Identifier: GPL-2.0

//! Circles among imports: groups of files each of which reaches all others of its group.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::imports::Imports;

/// The circles, each as its files in their order.
pub fn cycles(imports: &Imports) -> Vec<BTreeSet<PathBuf>> {
    let reach: BTreeMap<_, _> = imports.keys().map(|f| (f, reached(imports, f))).collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (file, ahead) in &reach {
        let back = |other: &&PathBuf| reach.get(*other).is_some_and(|r| r.contains(*file));
        let circle: BTreeSet<PathBuf> = ahead.iter().filter(back).cloned().collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// Every file that `from` imports from, directly or through others.
fn reached(imports: &Imports, from: &PathBuf) -> BTreeSet<PathBuf> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        for target in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(target.clone()) {
                next.push(target);
            }
        }
    }
    seen
}
