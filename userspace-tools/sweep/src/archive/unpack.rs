// SPDX-License-Identifier: GPL-2.0

//! Unpacking of a bundle: only what its manifest names, only below one directory, only as long as it says.

use std::{
    fs,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{bail, ensure, Context};
use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use crate::{
    archive::manifest::{self, Manifest, MAX_BYTES, MAX_MANIFEST},
    console::{interrupt, usage::Usage},
    store::{directory, sha256},
};

/// The most bytes of an archive: the files, the manifest, and a header and padding for each.
const MAX_ARCHIVE: u64 = MAX_BYTES + MAX_MANIFEST + (1 << 27);

type Input = GzDecoder<BufReader<fs::File>>;

/// Unpacks the bundle into a new directory in `root`. `accept` sees the manifest first and may refuse it.
pub fn unpack(
    bundle: &Path,
    root: &Path,
    accept: impl FnOnce(&Manifest) -> Result<(), String>,
) -> anyhow::Result<PathBuf> {
    let cannot = |why: String| {
        let bundle = bundle.display();
        Usage(format!(
            "cannot unpack {bundle}: {why}. Try: a file that `sweep bundle` wrote"
        ))
    };
    let file = fs::File::open(bundle).map_err(|error| cannot(error.to_string()))?;
    fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
    let place = tempfile::Builder::new().prefix(".bundle-").tempdir_in(root);
    let place = place.with_context(|| format!("cannot write into {}", root.display()))?;
    let input = GzDecoder::new(BufReader::new(file));
    interrupt::look_for();
    let extracted = extract(input, place.path(), accept);
    interrupt::check().with_context(|| format!("cannot unpack {}", bundle.display()))?;
    let manifest = extracted.map_err(|why| cannot(format!("{why:#}")))?;
    let dir = directory::fresh(root, &manifest.name)?;
    fs::rename(place.keep(), &dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// Writes the files of `input` into `place`.
fn extract(
    input: Input,
    place: &Path,
    accept: impl FnOnce(&Manifest) -> Result<(), String>,
) -> anyhow::Result<Manifest> {
    let mut archive = Archive::new(input.take(MAX_ARCHIVE));
    let mut entries = archive.entries()?.raw(true);
    let first = entries.next().context("it is empty")??;
    let is_manifest = first.path_bytes().ends_with(manifest::FILE.as_bytes());
    ensure!(is_manifest, "it does not begin with {}", manifest::FILE);
    let mut text = Vec::new();
    first.take(MAX_MANIFEST).read_to_end(&mut text)?;
    let manifest = Manifest::parse(&text).map_err(anyhow::Error::msg)?;
    accept(&manifest).map_err(anyhow::Error::msg)?;
    for file in &manifest.files {
        interrupt::check()?;
        let path = &file.path;
        let entry = entries
            .next()
            .with_context(|| format!("{path} is missing"))?;
        let entry = entry.with_context(|| path.clone())?;
        let due = format!("{}/{path}", manifest.name);
        let is_due = *entry.path_bytes() == *due.as_bytes();
        let is_file = entry.header().entry_type() == EntryType::Regular;
        if !is_due || !is_file || entry.size() != file.bytes {
            bail!("{path} is not as {} has it", manifest::FILE);
        }
        store(entry, &place.join(path)).with_context(|| path.clone())?;
        let hash = sha256::of_file(&place.join(path))?;
        ensure!(
            hash == file.sha256,
            "{path} was changed: its SHA-256 differs"
        );
    }
    ensure!(
        entries.next().is_none(),
        "it holds more than {} names",
        manifest::FILE
    );
    end(archive.into_inner().into_inner())?;
    Ok(manifest)
}

/// Writes one file.
fn store(mut from: impl Read, to: &Path) -> anyhow::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::File::create_new(to)?;
    io::copy(&mut from, &mut file)?;
    Ok(())
}

/// Reads to the end: there the checksum of gzip is checked, and nothing may follow.
fn end(mut input: Input) -> anyhow::Result<()> {
    let mut rest = (&mut input).take(1 << 20);
    let more = io::copy(&mut rest, &mut io::sink())?;
    ensure!(more < 1 << 20, "it is longer than its files");
    let mut file = input.into_inner();
    let after = file.read(&mut [0])?;
    ensure!(after == 0, "something follows its end");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{write::GzEncoder, Compression};
    use tar::{Builder, Header};

    use super::*;
    use crate::archive::manifest::{File, Kind};

    /// A bundle of the directory `r`, whose manifest has the file `a`, and whose archive has `entry` for it.
    fn refused(entry: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> String {
        let root = tempfile::tempdir().unwrap();
        let a = File {
            path: "a".into(),
            bytes: 3,
            sha256: sha256::of("abc".as_bytes()).unwrap(),
        };
        let manifest = Manifest::new("r".into(), Kind::Result, "PASS".into(), vec![a]);
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let text = serde_json::to_vec(&manifest).unwrap();
        append(&mut tar, "r/bundle.json", EntryType::Regular, &text);
        entry(&mut tar);
        let bundle = root.path().join("b");
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        fs::File::create(&bundle)
            .unwrap()
            .write_all(&bytes)
            .unwrap();
        let results = root.path().join("results");
        let unpacked = unpack(&bundle, &results, |_| Ok(()));
        let left = fs::read_dir(&results).unwrap().count();
        match unpacked {
            Ok(dir) => {
                assert_eq!(
                    (fs::read(dir.join("a")).unwrap(), left),
                    (b"abc".to_vec(), 1)
                );
                String::new()
            }
            Err(error) => {
                assert_eq!(left, 0, "{error}");
                error.to_string()
            }
        }
    }

    fn append(tar: &mut Builder<impl Write>, path: &str, kind: EntryType, text: &[u8]) {
        let mut header = Header::new_ustar();
        // The library itself refuses to write some of these paths.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        if kind == EntryType::Symlink {
            header.set_link_name("/etc").unwrap();
        }
        header.set_cksum();
        tar.append(&header, text).unwrap();
    }

    #[test]
    fn only_what_the_manifest_names_is_unpacked() {
        let one = |path: &'static str, kind, text: &'static str| {
            refused(|tar| append(tar, path, kind, text.as_bytes()))
        };
        assert_eq!(one("r/a", EntryType::Regular, "abc"), "");
        for (path, kind, text, why) in [
            (
                "r/../../a",
                EntryType::Regular,
                "abc",
                "a is not as bundle.json has it",
            ),
            (
                "/tmp/a",
                EntryType::Regular,
                "abc",
                "a is not as bundle.json has it",
            ),
            (
                "r/a",
                EntryType::Symlink,
                "",
                "a is not as bundle.json has it",
            ),
            (
                "r/a",
                EntryType::GNULongName,
                "abc",
                "a is not as bundle.json has it",
            ),
            (
                "r/a",
                EntryType::Regular,
                "abcd",
                "a is not as bundle.json has it",
            ),
            (
                "r/a",
                EntryType::Regular,
                "abd",
                "a was changed: its SHA-256 differs",
            ),
        ] {
            let error = one(path, kind, text);
            assert!(error.contains(why), "{path} {kind:?} {text}: {error}");
        }
        assert!(refused(|_| {}).contains("a is missing"));
        let two = refused(|tar| {
            append(tar, "r/a", EntryType::Regular, b"abc");
            append(tar, "r/b", EntryType::Regular, b"abc");
        });
        assert!(
            two.contains("it holds more than bundle.json names"),
            "{two}"
        );
    }
}
