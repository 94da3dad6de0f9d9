/**
 * Flags of V8 for processes that simulate. An event passes through some forty small functions. By
 * default V8 puts few of them into their callers, and a number that a function takes or returns is
 * then allocated.
 */
export const COMPILER_FLAGS: readonly string[] = ['--max-inlined-bytecode-size-cumulative=3000']

/** Of Node. Every core has a process: further threads of V8 would take time from another. */
export const SIMULATION_FLAGS = ['--single-threaded-gc', ...COMPILER_FLAGS]
