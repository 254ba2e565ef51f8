// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own locks. Those whose waiters sleep hold their own addresses, or per-CPU memory, so
 * they are static, and are free again when a run is over. Linked into each module.
 */
#include <linux/bit_spinlock.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rcupdate.h>
#include <linux/rtmutex.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <asm/rqspinlock.h>

#include "helpers.h"

#define EACH(one) one(0), one(1), one(2), one(3), one(4), one(5), one(6), one(7), \
	one(8), one(9), one(10), one(11), one(12), one(13), one(14), one(15)
#define LOCKS 16

/* Each on cache lines of its own. */
#define MUTEX(i) { .lock = __MUTEX_INITIALIZER(mutexes[i].lock) }
static struct {
	struct mutex lock;
} ____cacheline_aligned mutexes[LOCKS] = { EACH(MUTEX) };

#define RWSEM(i) { .lock = __RWSEM_INITIALIZER(rwsems[i].lock) }
static struct {
	struct rw_semaphore lock;
} ____cacheline_aligned rwsems[LOCKS] = { EACH(RWSEM) };

static DEFINE_PER_CPU(unsigned int [LOCKS], readers);
#define PERCPU_RWSEM(i) { .lock = {						\
	.rss = __RCU_SYNC_INITIALIZER(percpu_rwsems[i].lock.rss),		\
	.read_count = &readers[i],						\
	.writer = __RCUWAIT_INITIALIZER(percpu_rwsems[i].lock.writer),		\
	.waiters = __WAIT_QUEUE_HEAD_INITIALIZER(percpu_rwsems[i].lock.waiters), \
	.block = ATOMIC_INIT(0),						\
	__PERCPU_RWSEM_DEP_MAP_INIT(percpu_rwsems[i].lock) } }
static struct {
	struct percpu_rw_semaphore lock;
} ____cacheline_aligned percpu_rwsems[LOCKS] = { EACH(PERCPU_RWSEM) };

#define RT_MUTEX(i) { .lock = __RT_MUTEX_INITIALIZER(rt_mutexes[i].lock) }
static struct {
	struct rt_mutex lock;
} ____cacheline_aligned rt_mutexes[LOCKS] = { EACH(RT_MUTEX) };

/* A run needs less than LOCKS of a kind, and allocates them before its threads start. */
static unsigned int next(void)
{
	static atomic_t allocated;

	return (unsigned int)atomic_inc_return(&allocated) % LOCKS;
}

/*
 * Gives `lock` the class of its level. The locks of one run are taken in order of level; by address,
 * those of two runs would be taken in both orders, which lockdep takes for a deadlock.
 */
#define classify(lock, level) do {						\
	static struct lock_class_key keys[SLOWPATH_LEVELS];			\
	lockdep_set_class(lock, &keys[(level) % SLOWPATH_LEVELS]);		\
} while (0)

void slowpath_raw_spin_init(void *lock, unsigned int level)
{
	raw_spin_lock_init((raw_spinlock_t *)lock);
	classify((raw_spinlock_t *)lock, level);
}

void slowpath_rwlock_init(void *lock, unsigned int level)
{
	rwlock_init((rwlock_t *)lock);
	classify((rwlock_t *)lock, level);
}

void *slowpath_mutex(unsigned int level)
{
	struct mutex *lock = &mutexes[next()].lock;

	classify(lock, level);
	return lock;
}

void *slowpath_rwsem(unsigned int level)
{
	struct rw_semaphore *lock = &rwsems[next()].lock;

	classify(lock, level);
	return lock;
}

void *slowpath_percpu_rwsem(unsigned int level)
{
	struct percpu_rw_semaphore *lock = &percpu_rwsems[next()].lock;

	classify(lock, level);
	return lock;
}

/* A macro with lockdep, a function without: so all three are called from here. */
void *slowpath_rt_mutex(unsigned int level)
{
	struct rt_mutex *lock = &rt_mutexes[next()].lock;

	classify(lock, level);
	return lock;
}

void slowpath_rt_mutex_lock(void *lock)
{
	rt_mutex_lock(lock);
}

void slowpath_rt_mutex_unlock(void *lock)
{
	rt_mutex_unlock(lock);
}

int slowpath_rt_mutex_trylock(void *lock)
{
	return rt_mutex_trylock(lock);
}

/* Inline in the kernel, and unknown to lockdep. */
void slowpath_bit_spin_lock(unsigned long *word)
{
	bit_spin_lock(0, word);
}

void slowpath_bit_spin_unlock(unsigned long *word)
{
	bit_spin_unlock(0, word);
}

int slowpath_bit_spin_trylock(unsigned long *word)
{
	return bit_spin_trylock(0, word);
}

/*
 * An acquisition fails after a quarter of a second, or if it takes the lock for part of a deadlock. There
 * is none here, so it is tried again. The load has turned preemption off.
 */
void slowpath_rqspin_lock(unsigned int *lock)
{
	while (res_spin_lock((rqspinlock_t *)lock))
		cpu_relax();
}

void slowpath_rqspin_unlock(unsigned int *lock)
{
	res_spin_unlock((rqspinlock_t *)lock);
}

/* Inline in the kernel. */
void slowpath_percpu_down_read(void *lock)
{
	percpu_down_read((struct percpu_rw_semaphore *)lock);
}

void slowpath_percpu_up_read(void *lock)
{
	percpu_up_read((struct percpu_rw_semaphore *)lock);
}

void slowpath_percpu_rwsem_settle(void)
{
	/*
	 * percpu_up_write() leaves a callback, which queues itself once more if the semaphore was
	 * taken in its grace period (rcu_sync_func()). rcu_sync_dtor() is not exported.
	 */
	rcu_barrier();
	rcu_barrier();
}
