import { chmod, rm } from 'node:fs/promises'
import { type BuildOptions, build } from 'esbuild'

const common: BuildOptions = {
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
}

/** Bundles the command line and its thread and process entry points to dist/, side by side. */
await rm('dist', { recursive: true, force: true })
await build({ ...common, entryPoints: ['cli.ts'], splitting: true })
// separate bundles: a shared one would load modules that only the commands need
for (const entry of [
  'runtime/live/dispatcher-thread.ts',
  'runtime/live/engine-process.ts',
  'runtime/live/executor-thread.ts',
  'runtime/live/fleet-process.ts',
  'runtime/memory/arena-process.ts',
  'runtime/models/build-process.ts',
  'runtime/parquet/parquet-process.ts',
  'runtime/jobs/replication-process.ts',
  'runtime/jobs/replication-thread.ts',
]) {
  await build({ ...common, entryPoints: [entry] })
}
await chmod('dist/cli.js', 0o755)
