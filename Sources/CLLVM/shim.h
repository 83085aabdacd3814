#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

// LLVM's target initialisers are static inline functions over macros that Swift's importer skips.
static inline int mcl_llvm_initialize_native(void) {
  return LLVMInitializeNativeTarget() | LLVMInitializeNativeAsmPrinter() |
         LLVMInitializeNativeAsmParser();
}
