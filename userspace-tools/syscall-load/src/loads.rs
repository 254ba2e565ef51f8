// SPDX-License-Identifier: GPL-2.0

//! The loads, one file each.

mod brk;
mod context_switch;
mod creat_unlink;
mod fork_exit;
mod futex;
mod index;
mod kv;
mod lseek;
mod mail;
mod mmap_munmap;
mod open_close;
mod page_fault;
mod pipe;
mod pread;
mod proc_stat;
mod pthread_mutex;
mod sched_yield;
mod socket;
mod stat_deep;
mod tcp_connect;
mod udp_echo;

use crate::load::Load;

/// All of them, in the order in which they are listed.
pub const ALL: &[Load] = &[
    open_close::SHARED,
    open_close::SEPARATE,
    creat_unlink::SHARED,
    creat_unlink::SEPARATE,
    stat_deep::STAT_DEEP,
    lseek::LSEEK,
    pread::PREAD,
    socket::SOCKET,
    pipe::PIPE,
    page_fault::PRIVATE,
    page_fault::SHARED,
    page_fault::FILE,
    mmap_munmap::MMAP_MUNMAP,
    brk::BRK,
    fork_exit::FORK_EXIT,
    fork_exit::FORK_TWICE,
    futex::FUTEX,
    pthread_mutex::PTHREAD_MUTEX,
    sched_yield::SCHED_YIELD,
    context_switch::CONTEXT_SWITCH,
    proc_stat::PROC_STAT,
    udp_echo::UDP_ECHO,
    tcp_connect::TCP_CONNECT,
    mail::MAIL,
    kv::SHARED,
    kv::PER_CORE,
    index::INDEX,
];

/// The load of that name.
pub fn named(name: &str) -> Option<&'static Load> {
    ALL.iter().find(|load| load.name == name)
}
