// SPDX-License-Identifier: GPL-2.0
/*
 * The inline C that Rust cannot call. Linked into each module, so it may use no THIS_MODULE.
 */
#include <linux/cpumask.h>
#include <linux/kvm_para.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>
#include <linux/version.h>

#include <asm/cpuid/api.h>
#include <asm/irqflags.h>

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

int slowpath_move_to(unsigned int cpu)
{
	/* Also for a bound kthread: what is forbidden is sched_setaffinity(). */
	return set_cpus_allowed_ptr(current, cpumask_of(cpu));
}

void slowpath_halt_while(const unsigned int *word, unsigned int value)
{
	/* An interrupt that comes between the look and the halt stays pending and ends the halt. */
	local_irq_disable();
	if (READ_ONCE(*word) == value)
		raw_safe_halt();
	else
		local_irq_enable();
}

/* CPUID traps in a guest: ask once. Two CPUs that ask at once get the same answer. */
static bool kvm_offers(unsigned int feature)
{
	static u64 answer;
	u64 known = READ_ONCE(answer);

	if (!known) {
		u32 base = boot_cpu_has(X86_FEATURE_HYPERVISOR) ?
			   cpuid_base_hypervisor(KVM_SIGNATURE, 0) : 0;

		known = BIT_ULL(32) | (base ? cpuid_eax(base | KVM_CPUID_FEATURES) : 0);
		WRITE_ONCE(answer, known);
	}
	return known & BIT_ULL(feature);
}

bool slowpath_kick_is_hypercall(void)
{
	return kvm_offers(KVM_FEATURE_PV_UNHALT);
}

void slowpath_yield_to(unsigned int cpu)
{
	if (kvm_offers(KVM_FEATURE_PV_SCHED_YIELD))
		kvm_hypercall1(KVM_HC_SCHED_YIELD, per_cpu(x86_cpu_to_apicid, cpu));
	else
		cpu_relax();
}

bool slowpath_vcpu_is_preempted(unsigned int cpu)
{
	return vcpu_is_preempted(cpu);
}

void slowpath_kick(unsigned int cpu)
{
	if (slowpath_kick_is_hypercall())
		kvm_hypercall2(KVM_HC_KICK_CPU, 0, per_cpu(x86_cpu_to_apicid, cpu));
	else
		arch_smp_send_reschedule(cpu);
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
