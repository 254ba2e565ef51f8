// SPDX-License-Identifier: GPL-2.0

//! Place of the guest image.

use std::path::{Path, PathBuf};

/// The folder named by an option, else by the environment, else the one beside this program's (`bin` and `image`
/// of a checkout's `build`), else `build/image`.
pub fn image_directory(named: Option<&Path>) -> PathBuf {
    let set = || std::env::var_os("SLOWPATH_IMAGE").map(PathBuf::from);
    let beside = || {
        let program = std::env::current_exe().ok()?;
        let image = program.parent()?.with_file_name("image");
        image.is_dir().then_some(image)
    };
    let named = named.map(Path::to_owned).or_else(set).or_else(beside);
    named.unwrap_or_else(|| "build/image".into())
}
