import { chmod, rm } from 'node:fs/promises'
import { build } from 'esbuild'

/** Bundles the command line and its thread and process entry points to dist/, side by side. */
await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: [
    'cli.ts',
    'runtime/dispatcher-thread.ts',
    'runtime/engine-process.ts',
    'runtime/executor-thread.ts',
    'runtime/memory/arena-process.ts',
    'runtime/replication-thread.ts',
  ],
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
await chmod('dist/cli.js', 0o755)
