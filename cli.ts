#!/usr/bin/env node
import { endAtOnce, onEnding } from './runtime/process/interruption.ts'

// before anything else is loaded, which takes a tenth of a second, and more on a busy machine
onEnding(endAtOnce)
const { main } = await import('./runtime/main.ts')
const code = await main(process.argv.slice(2), process)
// not by itself: while Node tidies up, a signal would end the process in place of its exit code
process.exit(code)
