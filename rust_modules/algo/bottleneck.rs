// SPDX-License-Identifier: GPL-2.0

//! Bottlenecks that were found in the kernel, each as it was, as it was mended, and as it is today.
//!
//! From Piggin, "Scaling the Linux VFS", LinuxCon 2009; Kleen and Chen, "Linux kernel scaling",
//! 2011; and Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010.
//!
//! | case | what is fought over | variants, from the original to the fix |
//! |---|---|---|
//! | `file_list` | the list of a file system's open files | one, percpu |
