// SPDX-License-Identifier: GPL-2.0

//! Places of the guest images.

use std::path::{Path, PathBuf};

use crate::TierChoice;

/// The image of a tier: its folder in `build`, the environment variable that names another, and what makes it.
const IMAGE: [&str; 3] = ["image", "SLOWPATH_IMAGE", "make image"];
/// The same with Xen, the kernel that runs as its first domain, and the modules of that kernel.
const XEN_IMAGE: [&str; 3] = ["image-xen", "SLOWPATH_IMAGE_XEN", "make image-xen"];

fn words(tier: TierChoice) -> [&'static str; 3] {
    match tier {
        TierChoice::Xen => XEN_IMAGE,
        _ => IMAGE,
    }
}

/// The folder named by an option, else by the environment, else the one beside this program's (`bin` and `image`
/// of a checkout's `build`), else the one in `build`.
pub fn image_directory(tier: TierChoice, named: Option<&Path>) -> PathBuf {
    let [folder, variable, _] = words(tier);
    let set = || std::env::var_os(variable).map(PathBuf::from);
    let beside = || {
        let program = std::env::current_exe().ok()?;
        let image = program.parent()?.with_file_name(folder);
        image.is_dir().then_some(image)
    };
    let named = named.map(Path::to_owned).or_else(set).or_else(beside);
    named.unwrap_or_else(|| Path::new("build").join(folder))
}

/// What makes the image, and what names another.
pub fn image_advice(tier: TierChoice) -> String {
    let [_, variable, command] = words(tier);
    format!("`{command}`, or name an image by --image or {variable}")
}
