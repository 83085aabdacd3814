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

// Every target of this LLVM, for code that another machine is to run.
static inline int mcl_llvm_initialize_all(void) {
  LLVMInitializeAllTargetInfos();
  LLVMInitializeAllTargets();
  LLVMInitializeAllTargetMCs();
  LLVMInitializeAllAsmPrinters();
  return 0;
}

#include <llvm/Config/llvm-config.h>

// A string macro with a suffix would not be imported under a stable name.
static inline const char *mcl_llvm_version(void) { return LLVM_VERSION_STRING; }
