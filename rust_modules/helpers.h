/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions for the inline C that Rust cannot call. bindgen reads this file as it is, so it
 * includes nothing and uses no type of the kernel's.
 */
#ifndef SLOWPATH_HELPERS_H
#define SLOWPATH_HELPERS_H

void slowpath_preempt_disable(void);
void slowpath_preempt_enable(void);
/* Whether the scheduler wants the CPU for another task. */
_Bool slowpath_need_resched(void);
/* Lets other tasks run where the kernel preempts none by itself. */
void slowpath_cond_resched(void);
/* Whether the calling task is about to die by a signal. */
_Bool slowpath_is_killed(void);
void slowpath_rcu_read_lock(void);
void slowpath_rcu_read_unlock(void);
/* Turns interrupts off on this CPU, and returns the flags that slowpath_irq_restore() restores. */
unsigned long slowpath_irq_save(void);
void slowpath_irq_restore(unsigned long flags);

/* The inline halves of <linux/percpu-refcount.h> and <linux/refcount.h>. */
void slowpath_percpu_ref_get(void *ref);
void slowpath_percpu_ref_put(void *ref);
/* The count of an atomic percpu_ref. */
long long slowpath_percpu_ref_count(const void *ref);
void slowpath_refcount_set(void *refs, int n);
void slowpath_refcount_inc(void *refs);
void slowpath_refcount_dec(void *refs);

/* Migrates the calling task to the CPU, where it stays; -EINVAL if that is not online. */
int slowpath_move_to(unsigned int cpu);
/* Time for which the calling task was ready to run and not running, in nanoseconds. */
unsigned long long slowpath_queued_ns(void);

/* Hypervisor under this kernel, as the kernel detected it. */
enum slowpath_hypervisor {
	SLOWPATH_HYPERVISOR_NONE,	/* no hypervisor bit in CPUID */
	SLOWPATH_HYPERVISOR_KVM,
	SLOWPATH_HYPERVISOR_XEN_PV,
	SLOWPATH_HYPERVISOR_XEN_HVM,	/* or PVH */
	SLOWPATH_HYPERVISOR_HYPER_V,
	SLOWPATH_HYPERVISOR_OTHER,
};
enum slowpath_hypervisor slowpath_hypervisor(void);

/* Features of KVM, as in CPUID; 0 elsewhere. */
unsigned int slowpath_kvm_features(void);
/* Whether the host reports that no vCPU shares its CPU. */
_Bool slowpath_kvm_dedicated(void);
/* Steal time of the CPU as of its last tick; 0 where the hypervisor reports none. */
unsigned long long slowpath_steal_ns(unsigned int cpu);
/* Number of possible CPUs. */
unsigned int slowpath_possible_cpus(void);

/* Kick: what ends the halt of another CPU. */
enum slowpath_kick {
	SLOWPATH_KICK_IPI,		/* a reschedule interrupt, which ends sti; hlt */
	SLOWPATH_KICK_HYPERCALL,	/* KVM_HC_KICK_CPU, which also ends a halt with interrupts off */
	SLOWPATH_KICK_PV_OPS,		/* what the kernel's own queue lock waits and kicks by */
};
_Bool slowpath_kick_offered(enum slowpath_kick kick);
/* Makes this the way to kick and halt; no CPU may be halted. */
void slowpath_set_kick(enum slowpath_kick kick);
void slowpath_kick(unsigned int cpu);
/* Ends a halt by the hypercall where there is one, whatever the kick: a kick under test may be broken. */
void slowpath_rescue(unsigned int cpu);

/*
 * Halts the calling CPU while *word == value; may return early. With interrupts on any interrupt
 * ends the halt. With interrupts off it only pauses, unless there is a hook.
 */
void slowpath_halt_while(const unsigned int *word, unsigned int value);
/*
 * Makes slowpath_halt_while() call `halt` instead, and the timers of the halt limit call `scan`, with
 * interrupts off; NULL ends either.
 */
typedef void (*slowpath_halt_fn)(const unsigned int *word, unsigned int value);
typedef void (*slowpath_scan_fn)(void);
void slowpath_set_halt_hooks(slowpath_halt_fn halt, slowpath_scan_fn scan);
/*
 * While halts are limited, a timer interrupts each CPU so often, and with it a halt with interrupts
 * on. No CPU may be halted when this is called; it may sleep.
 */
#define SLOWPATH_HALT_LIMIT_NS 10000000
void slowpath_limit_halts(_Bool limited);

/* Interrupts are off when these are called, and when they return. */
void slowpath_halt_irqs_on(void);	/* any interrupt ends it, and is served */
/* Only a kick ends it. pv_wait() does not halt unless the first byte of *word is that of value. */
void slowpath_halt_irqs_off(const unsigned int *word, unsigned int value);
/* The same with interrupts on during the halt, so that under Xen any event ends it. */
void slowpath_halt_event(const unsigned int *word, unsigned int value);
/* Kicks of the CPU by pv_kick() under Xen. */
unsigned int slowpath_xen_kicks_sent(unsigned int cpu);
/* Reschedule interrupts that the CPU has served. */
unsigned int slowpath_kicks_served(unsigned int cpu);

/* Yields, by hypercall: to the CPU of the number where KVM offers that, under Xen to any; else pauses. */
void slowpath_yield_to(unsigned int cpu);
/* Whether the hypervisor reports that it preempted the CPU; false where it reports nothing. */
_Bool slowpath_vcpu_is_preempted(unsigned int cpu);

/* Frequency of the time stamp counter, in kHz; 0 if it is no clock. */
unsigned int slowpath_tsc_khz(void);
/* Whether the time stamp counters of all CPUs agree, as far as the kernel knows. */
_Bool slowpath_tsc_is_stable(void);

/* Steal time record of this CPU, which KVM writes, or the number by which Xen is asked; NULL where neither is. */
const void *slowpath_steal_record(void);
/* Steal time of the record's CPU, in nanoseconds. */
unsigned long long slowpath_steal_record_ns(const void *record);
/* The same under Xen, for helpers.c: NULL and false where it is not Xen, or reports nothing. */
const void *slowpath_xen_steal_record(void);
_Bool slowpath_xen_steal_ns(const void *record, unsigned long long *ns);
/* Whether this is Xen. */
_Bool slowpath_is_xen(void);
/* Yields to any CPU by a hypercall of Xen; false where it is not Xen. */
_Bool slowpath_xen_yield(void);

/* Whether the machine has the port for requests to preempt a vCPU. */
_Bool slowpath_can_inject_preemption(void);
/* Requests that the host preempt the vCPU for so long; one caller at a time. */
void slowpath_inject_preemption(unsigned char vcpu, unsigned char ms);

/*
 * Locks. A lock of a level is acquired while locks of lower levels are held, and of level 0 last;
 * each level is a class of its own for lockdep.
 */
#define SLOWPATH_LEVELS 8
/* Initialises the raw_spinlock_t, or the rwlock_t, at lock. */
void slowpath_raw_spin_init(void *lock, unsigned int level);
void slowpath_rwlock_init(void *lock, unsigned int level);
/* Allocates one of 16 struct mutex, rw_semaphore, percpu_rw_semaphore, rt_mutex in turn; it is free. */
void *slowpath_mutex(unsigned int level);
void *slowpath_rwsem(unsigned int level);
void *slowpath_percpu_rwsem(unsigned int level);
void *slowpath_rt_mutex(unsigned int level);
void slowpath_rt_mutex_lock(void *lock);
void slowpath_rt_mutex_unlock(void *lock);
int slowpath_rt_mutex_trylock(void *lock);
/* Bit 0 of the word is the lock; it is free at 0. */
void slowpath_bit_spin_lock(unsigned long *word);
void slowpath_bit_spin_unlock(unsigned long *word);
int slowpath_bit_spin_trylock(unsigned long *word);
/* An rqspinlock_t, which is free at 0. Tries again where the kernel's own would return an error. */
void slowpath_rqspin_lock(unsigned int *lock);
void slowpath_rqspin_unlock(unsigned int *lock);
/* The read side of a percpu_rw_semaphore. */
void slowpath_percpu_down_read(void *lock);
void slowpath_percpu_up_read(void *lock);
/* Waits for the RCU callbacks of a percpu_rw_semaphore that has no users any more. */
void slowpath_percpu_rwsem_settle(void);

/* Initialises the struct percpu_counter at counter, at 0. */
int slowpath_percpu_counter_init(void *counter);

/* The slow path that the kernel's spinlock is patched to call. */
enum slowpath_spin {
	SLOWPATH_SPIN_UNKNOWN,
	SLOWPATH_SPIN_NATIVE,
	SLOWPATH_SPIN_PV,
};
enum slowpath_spin slowpath_spin_target(void);

/* Whether the calling task may run on the CPU: by its affinity, and by its cpuset. */
_Bool slowpath_may_run_on(unsigned int cpu);
/* Binds the task to the CPU; -EINVAL if that is not online, -EBUSY during CPU hotplug. */
int slowpath_bind(void *task, unsigned int cpu);
/* CPU time of the calling task, as of its last tick, sleep or yield, in nanoseconds. */
unsigned long long slowpath_cpu_time_ns(void);
/* The same as of now; it yields first. */
unsigned long long slowpath_cpu_time_now_ns(void);
int slowpath_node_of(unsigned int cpu);
/* Initialises the work_struct at work; function is a work_func_t. */
void slowpath_work_init(void *work, void *function);
/* Zeroed memory, or NULL where the kernel would have to kill a process for it. May sleep. */
void *slowpath_vmalloc(unsigned long bytes);
void slowpath_vfree(void *memory);
/* The same, 1 << order contiguous pages; free_pages() frees them. */
unsigned long slowpath_pages(unsigned int order);
unsigned int slowpath_crc32c(unsigned int crc, const void *data, unsigned long length);

#endif
