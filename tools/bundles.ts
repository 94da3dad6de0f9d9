import { type BuildOptions, build as bundle } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }
import { build } from '../runtime/version.ts'

/**
 * Packages that every command or every scenario loads. They go into the bundles: installed, each
 * is dozens of files to find and read, and Zod reads the texts of fifty languages.
 */
const BUNDLED = ['commander', 'picocolors', 'yaml', 'zod']

const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]

/** How everything in dist/ is bundled. */
export const common: BuildOptions = {
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // a package of devDependencies goes into the bundle, so that users need not install it
  external: installed.filter((name) => !BUNDLED.includes(name)),
  define: { SPILLWAY_BUILD: JSON.stringify(build()) },
  banner: {
    // packages in CommonJS ask for modules of Node
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  logLevel: 'warning',
}

/** The command line: a command loads only the chunks that it needs. */
export const commandLine: BuildOptions = {
  ...common,
  entryPoints: ['cli.ts', 'runtime/main.ts'],
  splitting: true,
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
  await Promise.all(CHILDREN.map((entry) => bundle({ ...common, outdir, entryPoints: [entry] })))
}
