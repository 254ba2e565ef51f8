// SPDX-License-Identifier: GPL-2.0
/*
 * Locks whose waiters sleep. They hold their own addresses, or per-CPU memory, so they are static,
 * and are free again when a run is over. Linked into each module.
 */
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

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

/* A run needs less than LOCKS of a kind, and allocates them before its threads start. */
static unsigned int next(void)
{
	static atomic_t allocated;

	return (unsigned int)atomic_inc_return(&allocated) % LOCKS;
}

void *slowpath_mutex(void)
{
	return &mutexes[next()].lock;
}

void *slowpath_rwsem(void)
{
	return &rwsems[next()].lock;
}

void *slowpath_percpu_rwsem(void)
{
	return &percpu_rwsems[next()].lock;
}

void slowpath_rwlock_init(void *lock)
{
	rwlock_init((rwlock_t *)lock);
}
