/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inline C that Rust cannot call. bindgen reads this file as it stands, so it includes
 * nothing and knows no type of the kernel's.
 */
#ifndef SLOWPATH_HELPERS_H
#define SLOWPATH_HELPERS_H

void slowpath_preempt_disable(void);
void slowpath_preempt_enable(void);
/* Turns interrupts off on this CPU and returns what slowpath_irq_restore() puts back. */
unsigned long slowpath_irq_save(void);
void slowpath_irq_restore(unsigned long flags);

/* Moves the calling task to the CPU, where it stays; -EINVAL if that is not online. */
int slowpath_move_to(unsigned int cpu);

/* Halts the calling CPU while *word == value; any interrupt ends the halt. Interrupts are on. */
void slowpath_halt_while(const unsigned int *word, unsigned int value);
/* Ends a halt of the CPU: by hypercall where KVM offers it, else by a reschedule interrupt. */
void slowpath_kick(unsigned int cpu);
/* Gives the CPU to that of the number, by hypercall where KVM offers it; else pauses. */
void slowpath_yield_to(unsigned int cpu);
/* Whether the hypervisor says that it took the CPU away; false where it says nothing. */
_Bool slowpath_vcpu_is_preempted(unsigned int cpu);
/* Whether slowpath_kick() is a hypercall. */
_Bool slowpath_kick_is_hypercall(void);

/* Initialises the raw_spinlock_t at lock. */
void slowpath_raw_spin_init(void *lock);

/* What the kernel's contended spinlock is patched to call. */
enum slowpath_spin {
	SLOWPATH_SPIN_UNKNOWN,
	SLOWPATH_SPIN_NATIVE,
	SLOWPATH_SPIN_PV,
};
enum slowpath_spin slowpath_spin_target(void);

#endif
