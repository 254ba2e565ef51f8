// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor under this kernel, and what of Xen the other helpers need. Linked into each module, so
 * it may use no THIS_MODULE.
 */
#include <linux/percpu.h>
#include <linux/smp.h>

#include <asm/cpufeature.h>
#include <asm/hypervisor.h>

#ifdef CONFIG_XEN
#include <asm/xen/hypercall.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>
#include <xen/xen-ops.h>
#else
#define xen_domain() false
#endif

#include "helpers.h"

enum slowpath_hypervisor slowpath_hypervisor(void)
{
#ifdef CONFIG_HYPERVISOR_GUEST
	switch (x86_hyper_type) {
	case X86_HYPER_KVM:
		return SLOWPATH_HYPERVISOR_KVM;
	case X86_HYPER_XEN_PV:
		return SLOWPATH_HYPERVISOR_XEN_PV;
	case X86_HYPER_XEN_HVM:
		return SLOWPATH_HYPERVISOR_XEN_HVM;
	case X86_HYPER_MS_HYPERV:
		return SLOWPATH_HYPERVISOR_HYPER_V;
	case X86_HYPER_NATIVE:
		break;
	default:
		return SLOWPATH_HYPERVISOR_OTHER;
	}
#endif
	return boot_cpu_has(X86_FEATURE_HYPERVISOR) ? SLOWPATH_HYPERVISOR_OTHER :
						      SLOWPATH_HYPERVISOR_NONE;
}

bool slowpath_is_xen(void)
{
	return xen_domain();
}

#ifdef CONFIG_XEN
bool slowpath_xen_yield(void)
{
	return xen_domain() && !HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

/* The area that the kernel registers for its own steal clock is static, so each look is a hypercall. */
static bool runstate(u32 vcpu, struct vcpu_runstate_info *info)
{
	return !HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, vcpu, info);
}

const void *slowpath_xen_steal_record(void)
{
	const u32 *vcpu = raw_cpu_ptr(&xen_vcpu_id);
	struct vcpu_runstate_info info;

	/* Xen as KVM emulates it has no such hypercall. */
	return xen_domain() && runstate(*vcpu, &info) ? vcpu : NULL;
}

bool slowpath_xen_steal_ns(const void *record, u64 *ns)
{
	struct vcpu_runstate_info info;

	if (!xen_domain())
		return false;
	*ns = runstate(*(const u32 *)record, &info) ?
	      info.time[RUNSTATE_runnable] + info.time[RUNSTATE_offline] : 0;
	return true;
}
#else
bool slowpath_xen_yield(void) { return false; }
const void *slowpath_xen_steal_record(void) { return NULL; }
bool slowpath_xen_steal_ns(const void *record, u64 *ns) { return false; }
#endif
