// SPDX-License-Identifier: GPL-2.0
/*
 * Halt of a CPU, and its kick by another. Linked into each module, so it may use no THIS_MODULE.
 *
 * After kvm_wait() and kvm_kick_cpu() of arch/x86/kernel/kvm.c, and the pv_wait() and pv_kick()
 * that the kernel's own paravirt queue lock calls.
 */
#include <linux/cpumask.h>
#include <linux/hardirq.h>
#include <linux/hrtimer.h>
#include <linux/kvm_para.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/cpuid/api.h>
#include <asm/irqflags.h>
#include <asm/paravirt.h>

#include "helpers.h"

static enum slowpath_kick kick_by;
/* Xen never serves the event of a kick, so what can be counted is that it was sent. */
static DEFINE_PER_CPU(atomic_t, xen_kicks_sent);
static slowpath_halt_fn halt_hook;
static slowpath_scan_fn scan_hook;

u32 slowpath_kvm_features(void)
{
	/* CPUID traps in a guest, so it is read once. Two CPUs that read at once find the same. */
	static u64 cached;
	u64 known = READ_ONCE(cached);

	if (!known) {
		u32 base = boot_cpu_has(X86_FEATURE_HYPERVISOR) ?
			   cpuid_base_hypervisor(KVM_SIGNATURE, 0) : 0;

		known = BIT_ULL(32) | (base ? cpuid_eax(base | KVM_CPUID_FEATURES) : 0);
		WRITE_ONCE(cached, known);
	}
	return known;
}

bool slowpath_kvm_dedicated(void)
{
	return slowpath_kvm_features() && kvm_para_has_hint(KVM_HINTS_REALTIME);
}

#ifndef CONFIG_PARAVIRT_SPINLOCKS
static bool pv_ops_wait(void) { return false; }
static void pv_wait(u8 *byte, u8 value) { }
static void pv_kick(int cpu) { }
#else
static bool pv_ops_wait(void)
{
#if __has_include(<asm/paravirt-spinlock.h>)
	const struct pv_lock_ops *ops = &pv_ops_lock;
#else
	const struct pv_lock_ops *ops = &pv_ops.lock;
#endif
	/* The nop that both default to is not exported; two functions that do something differ. */
	return (unsigned long)READ_ONCE(ops->wait) != (unsigned long)READ_ONCE(ops->kick);
}
#endif

bool slowpath_kick_offered(enum slowpath_kick kick)
{
	switch (kick) {
	case SLOWPATH_KICK_IPI:
		return true;
	case SLOWPATH_KICK_HYPERCALL:
		return slowpath_kvm_features() & BIT(KVM_FEATURE_PV_UNHALT);
	case SLOWPATH_KICK_PV_OPS:
		return pv_ops_wait();
	}
	return false;
}

void slowpath_set_kick(enum slowpath_kick kick)
{
	WRITE_ONCE(kick_by, kick);
}

/* Apart, so that the other ways to kick save no registers for it. */
static noinline void kick_by_pv_ops(unsigned int cpu)
{
	if (slowpath_is_xen())
		atomic_inc(per_cpu_ptr(&xen_kicks_sent, cpu));
	pv_kick(cpu);
}

void slowpath_kick(unsigned int cpu)
{
	switch (READ_ONCE(kick_by)) {
	case SLOWPATH_KICK_HYPERCALL:
		kvm_hypercall2(KVM_HC_KICK_CPU, 0, per_cpu(x86_cpu_to_apicid, cpu));
		break;
	case SLOWPATH_KICK_PV_OPS:
		kick_by_pv_ops(cpu);
		break;
	default:
		/* The caller has preemption off, so that the CPU does not go offline in between. */
		if (cpu_online(cpu))
			arch_smp_send_reschedule(cpu);
	}
}

void slowpath_rescue(unsigned int cpu)
{
	if (slowpath_kick_offered(SLOWPATH_KICK_HYPERCALL))
		kvm_hypercall2(KVM_HC_KICK_CPU, 0, per_cpu(x86_cpu_to_apicid, cpu));
	else
		slowpath_kick(cpu);
}

/*
 * Halt limit: a timer on each CPU, since a CPU of nohz_full has no tick that would end a halt which
 * no kick ends. Where interrupts are off during the halt, the timer of another CPU scans for it.
 */
struct halt_limit {
	struct hrtimer timer;
	unsigned int cpu;
	bool armed;
};
static DEFINE_PER_CPU(struct halt_limit, halt_limits);
static bool halts_limited;

static enum hrtimer_restart halt_limit_expired(struct hrtimer *timer)
{
	struct halt_limit *limit = container_of(timer, struct halt_limit, timer);
	slowpath_scan_fn scan = READ_ONCE(scan_hook);

	if (scan)
		scan();
	if (limit->cpu == smp_processor_id()) {
		hrtimer_forward_now(timer, ns_to_ktime(SLOWPATH_HALT_LIMIT_NS));
		return HRTIMER_RESTART;
	}
	/* Its CPU went offline. If it is back and halted, it arms the timer anew once it is kicked. */
	WRITE_ONCE(limit->armed, false);
	slowpath_rescue(limit->cpu);
	return HRTIMER_NORESTART;
}

/* Interrupts are off. */
static void arm_halt_limit(void *unused)
{
	struct halt_limit *limit = this_cpu_ptr(&halt_limits);

	if (READ_ONCE(limit->armed) || !READ_ONCE(halts_limited))
		return;
	WRITE_ONCE(limit->armed, true);
	hrtimer_start(&limit->timer, ns_to_ktime(SLOWPATH_HALT_LIMIT_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void slowpath_limit_halts(bool limited)
{
	unsigned int cpu;

	WRITE_ONCE(halts_limited, limited);
	for_each_possible_cpu(cpu) {
		struct halt_limit *limit = per_cpu_ptr(&halt_limits, cpu);

		if (!limited) {
			hrtimer_cancel(&limit->timer);
			continue;
		}
		limit->cpu = cpu;
		limit->armed = false;
		hrtimer_setup(&limit->timer, halt_limit_expired, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_HARD);
	}
	if (limited)
		on_each_cpu(arm_halt_limit, NULL, 1);
}

void slowpath_halt_irqs_on(void)
{
	arm_halt_limit(NULL);
	raw_safe_halt();
	raw_local_irq_disable();
}

void slowpath_halt_irqs_off(const unsigned int *word, unsigned int value)
{
	/*
	 * pv_wait() tests one byte. If only the others have changed since the caller's test, the kick
	 * ends the halt: one that comes before the halt stays pending.
	 */
	arm_halt_limit(NULL);
	if (READ_ONCE(kick_by) == SLOWPATH_KICK_PV_OPS)
		pv_wait((u8 *)word, value);
	else
		halt();
}

void slowpath_halt_event(const unsigned int *word, unsigned int value)
{
	/*
	 * With interrupts off only the kick may end it: an event that is pending then is not delivered,
	 * and Xen wakes no vCPU for another one.
	 */
	arm_halt_limit(NULL);
	raw_local_irq_enable();
	pv_wait((u8 *)word, value);
	raw_local_irq_disable();
}

void slowpath_halt_while(const unsigned int *word, unsigned int value)
{
	slowpath_halt_fn hook = READ_ONCE(halt_hook);
	unsigned long flags;

	if (hook) {
		hook(word, value);
		return;
	}
	local_irq_save(flags);
	/* A kick that comes between the test and the halt stays pending and ends the halt. */
	arm_halt_limit(NULL);
	if (READ_ONCE(*word) != value) {
		local_irq_restore(flags);
	} else if (!irqs_disabled_flags(flags)) {
		if (READ_ONCE(kick_by) == SLOWPATH_KICK_PV_OPS) {
			local_irq_restore(flags);
			/* Turns interrupts off itself, and tests again. */
			pv_wait((u8 *)word, value);
		} else {
			raw_safe_halt();
		}
	} else {
		/* As kvm_wait() does. An interrupt would not end it, so where those are the kicks: no halt. */
		if (READ_ONCE(kick_by) == SLOWPATH_KICK_IPI)
			cpu_relax();
		else
			slowpath_halt_irqs_off(word, value);
		local_irq_restore(flags);
	}
}

void slowpath_set_halt_hooks(slowpath_halt_fn halt, slowpath_scan_fn scan)
{
	WRITE_ONCE(halt_hook, halt);
	WRITE_ONCE(scan_hook, scan);
}

unsigned int slowpath_xen_kicks_sent(unsigned int cpu)
{
	return atomic_read(per_cpu_ptr(&xen_kicks_sent, cpu));
}

unsigned int slowpath_kicks_served(unsigned int cpu)
{
#ifdef SLOWPATH_IRQ_COUNTS
	return READ_ONCE(per_cpu(irq_stat, cpu).counts[IRQ_COUNT_RESCHEDULE]);
#else
	return READ_ONCE(per_cpu(irq_stat, cpu).irq_resched_count);
#endif
}
