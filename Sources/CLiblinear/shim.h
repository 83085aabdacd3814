#include <linear.h>

// The library itself is loaded when it is needed (LiblinearLibrary.swift), so nothing is linked here.

// What `-s 2` trains with: L2 regularisation, squared hinge loss, in the primal; no classes weighted.
static inline struct parameter mcl_squared_hinge(double cost, double tolerance) {
  struct parameter parameter = {0};
  parameter.solver_type = L2R_L2LOSS_SVC;
  parameter.C = cost;
  parameter.eps = tolerance;
  // Not used by this solver, but checked.
  parameter.p = 0.1;
#if LIBLINEAR_VERSION >= 240
  parameter.nu = 0.5;
  parameter.regularize_bias = 1;
#endif
  return parameter;
}
