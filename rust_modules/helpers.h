/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inline C that Rust cannot call. bindgen reads this file as it stands, so it includes
 * nothing and knows no type of the kernel's.
 */
#ifndef SLOWPATH_HELPERS_H
#define SLOWPATH_HELPERS_H

void slowpath_preempt_disable(void);
void slowpath_preempt_enable(void);
void slowpath_rcu_read_lock(void);
void slowpath_rcu_read_unlock(void);
/* Turns interrupts off on this CPU and returns what slowpath_irq_restore() puts back. */
unsigned long slowpath_irq_save(void);
void slowpath_irq_restore(unsigned long flags);

/* The inline halves of <linux/percpu-refcount.h> and <linux/refcount.h>. */
void slowpath_percpu_ref_get(void *ref);
void slowpath_percpu_ref_put(void *ref);
/* What an atomic percpu_ref counts. */
long long slowpath_percpu_ref_count(const void *ref);
void slowpath_refcount_set(void *refs, int n);
void slowpath_refcount_inc(void *refs);
void slowpath_refcount_dec(void *refs);

/* Moves the calling task to the CPU, where it stays; -EINVAL if that is not online. */
int slowpath_move_to(unsigned int cpu);
/* For how long the calling task, ready to run, has waited for its CPU so far, in nanoseconds. */
unsigned long long slowpath_queued_ns(void);

/* The features that KVM offers, bit for bit as CPUID has them; 0 elsewhere. */
unsigned int slowpath_kvm_features(void);
/* Whether the host says that no vCPU shares its CPU. */
_Bool slowpath_kvm_dedicated(void);
/* The time that the hypervisor says it took from the CPU; 0 where it says nothing. */
unsigned long long slowpath_steal_ns(unsigned int cpu);
/* CPUs that there can ever be. */
unsigned int slowpath_possible_cpus(void);

/* What ends the halt of another CPU. */
enum slowpath_kick {
	SLOWPATH_KICK_IPI,		/* a reschedule interrupt, which ends sti; hlt */
	SLOWPATH_KICK_HYPERCALL,	/* KVM_HC_KICK_CPU, which also ends a halt with interrupts off */
	SLOWPATH_KICK_PV_OPS,		/* what the kernel's own queue lock waits and kicks by */
};
_Bool slowpath_kick_offered(enum slowpath_kick kick);
/* Kicks and halts by this from now on; nobody may be halted. */
void slowpath_set_kick(enum slowpath_kick kick);
void slowpath_kick(unsigned int cpu);

/*
 * Halts the calling CPU while *word == value; may return early. With interrupts on any interrupt
 * ends the halt. With interrupts off it only pauses, unless there is a watch.
 */
void slowpath_halt_while(const unsigned int *word, unsigned int value);
/* Lets `watch` do what slowpath_halt_while() is to do; NULL ends that. */
typedef void (*slowpath_halt_fn)(const unsigned int *word, unsigned int value);
void slowpath_set_halt_hook(slowpath_halt_fn watch);

/* Interrupts are off when these are called, and when they return. */
void slowpath_halt_irqs_on(void);	/* any interrupt ends it, and is served */
void slowpath_halt_irqs_off(const unsigned int *word, unsigned int value); /* only a kick does */
/* Reschedule interrupts that the CPU has served. */
unsigned int slowpath_kicks_served(unsigned int cpu);

/* Gives the CPU to that of the number, by hypercall where KVM offers it; else pauses. */
void slowpath_yield_to(unsigned int cpu);
/* Whether the hypervisor says that it took the CPU away; false where it says nothing. */
_Bool slowpath_vcpu_is_preempted(unsigned int cpu);

/* How fast the time stamp counter runs, in kHz; 0 if it does not tell the time. */
unsigned int slowpath_tsc_khz(void);

/* Where the hypervisor says how long it kept this CPU from running; NULL if it does not. */
const void *slowpath_steal_record(void);
/* What stands there, in nanoseconds. */
unsigned long long slowpath_steal_record_ns(const void *record);

/* Whether the machine has the port by which the host is asked to stop a vCPU. */
_Bool slowpath_can_inject_preemption(void);
/* Asks it to stop that vCPU for so long; one caller at a time. */
void slowpath_inject_preemption(unsigned char vcpu, unsigned char ms);

/* Initialises the raw_spinlock_t at lock. */
void slowpath_raw_spin_init(void *lock);

/* Initialises the rwlock_t at lock. */
void slowpath_rwlock_init(void *lock);
/* A free struct mutex, rw_semaphore, percpu_rw_semaphore; not the same one 16 times in a row. */
void *slowpath_mutex(void);
void *slowpath_rwsem(void);
void *slowpath_percpu_rwsem(void);

/* What the kernel's contended spinlock is patched to call. */
enum slowpath_spin {
	SLOWPATH_SPIN_UNKNOWN,
	SLOWPATH_SPIN_NATIVE,
	SLOWPATH_SPIN_PV,
};
enum slowpath_spin slowpath_spin_target(void);

/* Whether the calling task may run on the CPU: by its affinity, and by its cpuset. */
_Bool slowpath_may_run_on(unsigned int cpu);
/* Lets the task run on the CPU alone; -EINVAL if that is not online. */
int slowpath_bind(void *task, unsigned int cpu);
/* CPU time of the calling task, as of its last tick, sleep or yield, in nanoseconds. */
unsigned long long slowpath_cpu_time_ns(void);
/* Yields first. */
unsigned long long slowpath_cpu_time_now_ns(void);
int slowpath_node_of(unsigned int cpu);
/* Initialises the work_struct at work; function is a work_func_t. */
void slowpath_work_init(void *work, void *function);
/* Zeroed memory, or NULL where the kernel would have to kill somebody for it. May sleep. */
void *slowpath_vmalloc(unsigned long bytes);
void slowpath_vfree(void *memory);
/* The same, 1 << order pages in a row; free_pages() takes them back. */
unsigned long slowpath_pages(unsigned int order);
unsigned int slowpath_crc32c(unsigned int crc, const void *data, unsigned long length);

#endif
