// SPDX-License-Identifier: GPL-2.0
// What a load is held against: the same call in a bare loop, per second of CPU time. The call is the instruction
// itself, as in a load: the C library's function around it takes 7 % of an lseek.
// cc -O2 -DCALL="call(SYS_lseek, fd, 0, SEEK_END, 0)" loop.c && ./a.out 0.5
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static inline long call(long of, long a, long b, long c, long d)
{
	register long fourth asm("r10") = d;
	asm volatile("syscall" : "+a"(of) : "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
	return of;
}
static double now(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec / 1e9; }
int main(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY); char page[4096]; long n = 0; double s = argc > 1 ? atof(argv[1]) : 1, from = now(), to;
	do for (int i = 0; i < 500; i++, n++) if (CALL < 0) return 1; while ((to = now()) - from < s);
	printf("%.0f\n", n / (to - from)); (void)page; (void)fd;
}
