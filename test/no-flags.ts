// Processes that a test starts are bundles, and need none of the flags that load the tests.
process.execArgv.length = 0
