// SPDX-License-Identifier: GPL-2.0

//! `sweep bundle`: a result directory as one file, byte for byte the same for the same result.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{anyhow, bail, Context};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::{
    archive::{
        forms::Forms,
        manifest::{self, Manifest},
    },
    console::{interrupt, stderr, stdout::print_line},
    judge::verdict::Verdict,
    store::{directory, sha256},
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory: of an experiment, or of verdicts on claims.
    #[arg(default_value = directory::LATEST)]
    pub dir: PathBuf,
    /// Output file; by default the directory's name with `.tar.gz`, beside it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Where a file's content comes from.
enum Content {
    Kept(PathBuf),
    Made(Vec<u8>),
}

/// The files of a bundle, by their path in it.
type Contents = BTreeMap<String, Content>;

/// Writes the bundle, and prints its path.
pub fn bundle(args: &Args) -> anyhow::Result<Verdict> {
    let path = write(&args.dir, args.out.as_deref())?;
    print_line(format_args!("bundle: {}", path.display()))?;
    Ok(Verdict::Pass)
}

/// The same after a command that made the result, if it is `asked` to; returns that command's verdict.
pub fn after((verdict, dir): (Verdict, PathBuf), asked: bool) -> anyhow::Result<Verdict> {
    if asked {
        let path = write(&dir, None)?;
        stderr::print_line(format_args!("bundle: {}", path.display()));
    }
    Ok(verdict)
}

/// Writes the bundle of the result in `dir`; returns its path.
fn write(dir: &Path, out: Option<&Path>) -> anyhow::Result<PathBuf> {
    let cannot = || format!("cannot bundle {}", dir.display());
    interrupt::look_for();
    // A symlink and its target give the same bundle.
    let dir = &fs::canonicalize(dir).with_context(cannot)?;
    let name = dir.file_name().with_context(cannot)?;
    let name = name.to_string_lossy().into_owned();
    let out = match out {
        Some(out) => out.to_path_buf(),
        None => dir.with_file_name(format!("{name}.tar.gz")),
    };
    let forms = Forms::of(dir, &name)?;
    let mut contents = Contents::new();
    collect(dir, "", &mut contents).with_context(cannot)?;
    let made = forms.files.into_iter();
    contents.extend(made.map(|(name, text)| (name, Content::Made(text))));
    let files = contents.iter().map(|(path, content)| {
        interrupt::check()?;
        describe(path, content)
    });
    let files = files.collect::<anyhow::Result<_>>().with_context(cannot)?;
    let manifest = Manifest::new(name, forms.kind, forms.verdict, files);
    if let Some(why) = manifest.fault() {
        bail!("{}: {why}", cannot());
    }
    save(&manifest, &contents, &out).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(out)
}

/// Adds every file below `dir` but those that say who writes into it. A symlink, as `latest`, names a file that
/// is there anyway, or one that is elsewhere.
fn collect(dir: &Path, below: &str, contents: &mut Contents) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        let name = name.map_err(|name| anyhow!("{} is no UTF-8", name.to_string_lossy()))?;
        let (path, kind) = (format!("{below}{name}"), entry.file_type()?);
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), contents)?;
        } else if kind.is_file() && name != dir_owner::OWNER_FILE {
            contents.insert(path, Content::Kept(entry.path()));
        }
    }
    Ok(())
}

fn describe(path: &str, content: &Content) -> anyhow::Result<manifest::File> {
    let (bytes, sha256) = match content {
        Content::Made(text) => (text.len() as u64, sha256::of(text.as_slice())?),
        Content::Kept(from) => (fs::metadata(from)?.len(), sha256::of_file(from)?),
    };
    Ok(manifest::File {
        path: path.into(),
        bytes,
        sha256,
    })
}

/// Writes the file whole or not at all.
fn save(manifest: &Manifest, contents: &Contents, out: &Path) -> anyhow::Result<()> {
    let parent = out.parent().filter(|parent| *parent != Path::new(""));
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(parent.unwrap_or(Path::new(".")))?;
    let gzip = GzBuilder::new().mtime(0);
    let mut tar = Builder::new(gzip.write(file.as_file_mut(), Compression::default()));
    let text = serde_json::to_vec_pretty(manifest)?;
    append(&mut tar, &manifest.name, manifest::FILE, &text)?;
    for (path, content) in contents {
        interrupt::check()?;
        match content {
            Content::Made(text) => append(&mut tar, &manifest.name, path, text)?,
            Content::Kept(from) => append(&mut tar, &manifest.name, path, &fs::read(from)?)?,
        }
    }
    tar.into_inner()?.finish()?.flush()?;
    interrupt::check()?;
    file.persist(out)?;
    Ok(())
}

/// Adds a file without owner and time.
fn append(
    tar: &mut Builder<impl Write>,
    name: &str,
    path: &str,
    content: &[u8],
) -> anyhow::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(format!("{name}/{path}"))?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    Ok(tar.append(&header, content)?)
}
