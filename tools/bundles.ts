import { type BuildOptions, build } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }

/** How everything that runs from a bundle is built. */
export const bundling: BuildOptions = {
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // a package of devDependencies goes into the bundle, so that users need not install it
  external: [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)],
  logLevel: 'warning',
}

/** What runs in a process or a thread of its own. */
const CHILDREN = [
  'runtime/live/dispatcher-thread.ts',
  'runtime/live/engine-process.ts',
  'runtime/live/executor-thread.ts',
  'runtime/live/fleet-process.ts',
  'runtime/memory/arena-process.ts',
  'runtime/models/build-process.ts',
  'runtime/noise/noise-process.ts',
  'runtime/noise/noise-thread.ts',
  'runtime/parquet/parquet-process.ts',
  'runtime/jobs/configurations/configuration-process.ts',
  'runtime/jobs/variants/drift-process.ts',
  'runtime/jobs/replication-process.ts',
  'runtime/jobs/replication-thread.ts',
]

/** Separate bundles: a shared one would load modules that only the commands need. */
export async function bundleChildren(outdir: string): Promise<void> {
  await Promise.all(CHILDREN.map((entry) => build({ ...bundling, outdir, entryPoints: [entry] })))
}
