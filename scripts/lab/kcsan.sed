# SPDX-License-Identifier: GPL-2.0
# scripts/generate_rust_target.rs: the runtime of KCSAN serves Rust too; without this, rustc refuses to instrument for it.
/"supported-sanitizers"/{/"thread"/!s/"kernel-address"/&, "thread"/}
