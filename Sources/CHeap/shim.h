#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// Gives the system back what was allocated and is free again, where the C library can.
static inline void mcl_give_back_freed(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
