#!/usr/bin/env node
import module from 'node:module'
import { endAtOnce, onEnding } from './runtime/process/interruption.ts'

// before anything else is loaded, which takes a tenth of a second, and more on a busy machine
onEnding(endAtOnce)
// compiled code is kept for the next command where Node can, from 22.1 on
;(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.()
const { main } = await import('./runtime/main.ts')
const code = await main(process.argv.slice(2), process)
// not by itself: while Node tidies up, a signal would end the process in place of its exit code
process.exit(code)
