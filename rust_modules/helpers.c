// SPDX-License-Identifier: GPL-2.0
/*
 * The inline C that Rust cannot call. Linked into each module, so it may use no THIS_MODULE.
 */
#include <linux/cpumask.h>
#include <linux/kernel_stat.h>
#include <linux/kvm_para.h>
#include <linux/percpu-refcount.h>
#include <linux/refcount.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>
#include <linux/version.h>

#include "helpers.h"

void slowpath_preempt_disable(void)
{
	preempt_disable();
}

void slowpath_preempt_enable(void)
{
	preempt_enable();
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
	/* Also for a bound kthread: what is forbidden is sched_setaffinity(). */
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
	else
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

void slowpath_raw_spin_init(void *lock)
{
	raw_spin_lock_init((raw_spinlock_t *)lock);
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
/* Before 7.3 the call was patched into each caller; there is no one place to look at. */
enum slowpath_spin slowpath_spin_target(void)
{
	return SLOWPATH_SPIN_UNKNOWN;
}
#endif
