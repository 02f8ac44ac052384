/* check.h - assertions, and advice for the compiler.
 *
 * PTG_CHECK guards against our own mistakes and stays on in release builds;
 * PTG_CHECK_SLOW is for checks that walk a structure and is off in them.
 * Neither is for a caller's mistakes: those come back as a ptg_status.
 */
#ifndef PTG_CORE_CHECK_H
#define PTG_CORE_CHECK_H

_Noreturn void ptg__check_failed(const char *file, int line, const char *what);

#define PTG_CHECK(cond) \
  ((cond) ? (void)0 : ptg__check_failed(__FILE__, __LINE__, #cond))

#ifdef PTG_SLOW_CHECKS
#define PTG_CHECK_SLOW(cond) PTG_CHECK(cond)
#else
#define PTG_CHECK_SLOW(cond) ((void)sizeof(cond))
#endif

/* Keeps a function that few calls need out of those that every task goes
 * through: these are compiled in one piece. */
#define PTG__ASIDE __attribute__((noinline))

#endif
