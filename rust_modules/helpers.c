// SPDX-License-Identifier: GPL-2.0
/*
 * Functions for the inline C that Rust cannot call. Linked into each module, so it may use no
 * THIS_MODULE.
 */
#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/crc32c.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kernel_stat.h>
#include <linux/kvm_para.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu_counter.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>
#include <linux/topology.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include <asm/msr.h>
#include <asm/tsc.h>

#include "helpers.h"

void slowpath_preempt_disable(void)
{
	preempt_disable();
}

void slowpath_preempt_enable(void)
{
	preempt_enable();
}

bool slowpath_need_resched(void)
{
	return need_resched();
}

void slowpath_cond_resched(void)
{
	cond_resched();
}

bool slowpath_is_killed(void)
{
	return fatal_signal_pending(current);
}

void slowpath_rcu_read_lock(void)
{
	rcu_read_lock();
}

void slowpath_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

unsigned long slowpath_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void slowpath_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}

void slowpath_percpu_ref_get(void *ref)
{
	percpu_ref_get(ref);
}

void slowpath_percpu_ref_put(void *ref)
{
	percpu_ref_put(ref);
}

long long slowpath_percpu_ref_count(const void *ref)
{
	return atomic_long_read(&((const struct percpu_ref *)ref)->data->count);
}

void slowpath_refcount_set(void *refs, int n)
{
	refcount_set(refs, n);
}

void slowpath_refcount_inc(void *refs)
{
	refcount_inc(refs);
}

void slowpath_refcount_dec(void *refs)
{
	refcount_dec(refs);
}

int slowpath_move_to(unsigned int cpu)
{
	/*
	 * Also for a bound kthread: only sched_setaffinity() is forbidden. A CPU that goes offline
	 * does not get a task that runs, but may get one that does not: see slowpath_bind().
	 */
	return set_cpus_allowed_ptr(current, cpumask_of(cpu));
}

unsigned long long slowpath_queued_ns(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

void slowpath_yield_to(unsigned int cpu)
{
	if (slowpath_kvm_features() & BIT(KVM_FEATURE_PV_SCHED_YIELD))
		kvm_hypercall1(KVM_HC_SCHED_YIELD, per_cpu(x86_cpu_to_apicid, cpu));
	else if (!slowpath_xen_yield())
		cpu_relax();
}

bool slowpath_vcpu_is_preempted(unsigned int cpu)
{
	return vcpu_is_preempted(cpu);
}

unsigned long long slowpath_steal_ns(unsigned int cpu)
{
	return kcpustat_cpu(cpu).cpustat[CPUTIME_STEAL];
}

unsigned int slowpath_possible_cpus(void)
{
	return num_possible_cpus();
}

unsigned int slowpath_tsc_khz(void)
{
	return boot_cpu_has(X86_FEATURE_TSC) ? tsc_khz : 0;
}

bool slowpath_tsc_is_stable(void)
{
	return !check_tsc_unstable();
}

const void *slowpath_steal_record(void)
{
	u64 msr;

	/* The kernel's own record is static in kvm.c, but an MSR of its CPU holds the address. */
	if (!(slowpath_kvm_features() & BIT(KVM_FEATURE_STEAL_TIME)) ||
	    cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
	    rdmsrq_safe(MSR_KVM_STEAL_TIME, &msr) || !(msr & KVM_MSR_ENABLED))
		return slowpath_xen_steal_record();
	return __va(msr & KVM_STEAL_VALID_BITS);
}

unsigned long long slowpath_steal_record_ns(const void *record)
{
	const struct kvm_steal_time *st = record;
	u32 version;
	u64 steal;

	if (slowpath_xen_steal_ns(record, &steal))
		return steal;
	/* As kvm_steal_clock(): an odd version is being written. */
	do {
		version = READ_ONCE(st->version);
		virt_rmb();
		steal = READ_ONCE(st->steal);
		virt_rmb();
	} while ((version & 1) || version != READ_ONCE(st->version));
	return steal;
}

/* QEMU's isa-debugcon, of which a read returns the number of the port. */
#define PREEMPTION_PORT	0xe9

bool slowpath_can_inject_preemption(void)
{
	return inb(PREEMPTION_PORT) == PREEMPTION_PORT;
}

void slowpath_inject_preemption(unsigned char vcpu, unsigned char ms)
{
	outb(vcpu, PREEMPTION_PORT);
	outb(ms, PREEMPTION_PORT);
}

int slowpath_percpu_counter_init(void *counter)
{
	/* A macro, which holds the class that lockdep wants. */
	return percpu_counter_init((struct percpu_counter *)counter, 0, GFP_KERNEL | __GFP_NOWARN);
}

#if defined(CONFIG_PARAVIRT_SPINLOCKS) && LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
enum slowpath_spin slowpath_spin_target(void)
{
	/* The static call's key is not exported, but its trampoline is: one jmp rel32. */
	const u8 *jmp = (const u8 *)STATIC_CALL_TRAMP(queued_spin_lock_slowpath);
	const u8 *target;

	if (*jmp != 0xe9)
		return SLOWPATH_SPIN_UNKNOWN;
	target = jmp + 5 + *(const s32 *)(jmp + 1);
	if (target == (const u8 *)__pv_queued_spin_lock_slowpath)
		return SLOWPATH_SPIN_PV;
	if (target == (const u8 *)native_queued_spin_lock_slowpath)
		return SLOWPATH_SPIN_NATIVE;
	return SLOWPATH_SPIN_UNKNOWN;
}
#elif !defined(CONFIG_PARAVIRT_SPINLOCKS)
enum slowpath_spin slowpath_spin_target(void)
{
	return SLOWPATH_SPIN_NATIVE;
}
#else
/* Before 7.3 each caller was patched; there is no single place to read. */
enum slowpath_spin slowpath_spin_target(void)
{
	return SLOWPATH_SPIN_UNKNOWN;
}
#endif

bool slowpath_may_run_on(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, current->cpus_ptr);
}

int slowpath_bind(void *task, unsigned int cpu)
{
	int err;

	/*
	 * A kthread that is queued and does not run is migrated even to a CPU that goes offline and
	 * was emptied for the last time, unless hotplug is locked out. The caller must not wait for it.
	 */
	if (!cpus_read_trylock())
		return -EBUSY;
	err = set_cpus_allowed_ptr(task, cpumask_of(cpu));
	cpus_read_unlock();
	return err;
}

unsigned long long slowpath_cpu_time_ns(void)
{
	return READ_ONCE(current->se.sum_exec_runtime);
}

unsigned long long slowpath_cpu_time_now_ns(void)
{
	/* The scheduler updates the runtime of a task when that yields. */
	yield();
	return slowpath_cpu_time_ns();
}

int slowpath_node_of(unsigned int cpu)
{
	return cpu_to_node(cpu);
}

void slowpath_work_init(void *work, void *function)
{
	INIT_WORK((struct work_struct *)work, (work_func_t)function);
}

unsigned int slowpath_crc32c(unsigned int crc, const void *data, unsigned long length)
{
	return crc32c(crc, data, length);
}

#define MAY_FAIL (GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

void *slowpath_vmalloc(unsigned long bytes)
{
	return __vmalloc(bytes, MAY_FAIL);
}

void slowpath_vfree(void *memory)
{
	vfree(memory);
}

unsigned long slowpath_pages(unsigned int order)
{
	return __get_free_pages(MAY_FAIL, order);
}
