import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build as bundle, type Plugin } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }
import { build } from '../runtime/version.ts'

/**
 * Packages that every command or every scenario loads. They go into the bundles: installed, each
 * is dozens of files to find and read, and Zod reads its messages in fifty languages.
 */
const BUNDLED = ['commander', 'picocolors', 'yaml', 'zod', '@noble/hashes']

const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]

/** Node is asked for its stream of input where this module is imported. */
const PROCESS = 'module.exports = process'
/** Starts programs, which loads the network of Node: no command here is a program of its own. */
const CHILD_PROCESS = ''

const MAIN = 'runtime/main.ts'

/** Modules of Node that a package in CommonJS requires become imports. */
const requiredModules: Plugin = {
  name: 'required modules of Node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, namespace: 'required' } : null,
    )
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => {
      if (path === 'node:process') return { contents: PROCESS }
      return { contents: path === 'node:child_process' ? CHILD_PROCESS : `export * from '${path}'` }
    })
  },
}

const quoted = (path: string) => JSON.stringify(`./${path}`)

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * What is imported while a command runs also exports `main`, which has been loaded by then. So all
 * that main.ts needs is reached from everywhere, and esbuild makes one chunk of it: else of each
 * combination of commands that share something, a dozen files, each half a millisecond.
 */
const oneStart: Plugin = {
  name: 'one chunk to start with',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^\./ }, async ({ path, kind, resolveDir, importer }) => {
      if (kind !== 'dynamic-import') return null
      const target = relative(
        ROOT,
        (await resolve(path, { kind: 'entry-point', resolveDir, importer })).path,
      )
      return target === MAIN ? null : { path: target, namespace: 'later' }
    })
    onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({
      // an import without a name would be left out: our modules have no side effects
      contents: `export { main } from ${quoted(MAIN)}; export * from ${quoted(path)}`,
      resolveDir: ROOT,
    }))
  },
}

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
  // its modules for browsers are the same in the format of which unused parts are left out
  alias: { yaml: fileURLToPath(new URL('../node_modules/yaml/browser/index.js', import.meta.url)) },
  // read and compiled in a fifth less time; names stay, for the stack of an error
  minifyWhitespace: true,
  lineLimit: 120,
  define: { SPILLWAY_BUILD: JSON.stringify(build()) },
  plugins: [requiredModules],
  logLevel: 'warning',
}

/** The command line: a command loads only the chunks that it needs. */
export const commandLine: BuildOptions = {
  ...common,
  entryPoints: ['cli.ts', MAIN],
  splitting: true,
  plugins: [requiredModules, oneStart],
}

/** What runs in a process or a thread of its own. */
const CHILDREN = [
  'runtime/live/connections-thread.ts',
  'runtime/live/dispatcher-thread.ts',
  'runtime/live/engine-process.ts',
  'runtime/live/executor-thread.ts',
  'runtime/live/fleet-process.ts',
  'runtime/live/serve-process.ts',
  'runtime/memory/arena-process.ts',
  'runtime/models/build-process.ts',
  'runtime/models/quantisation/quantise-process.ts',
  'runtime/noise/noise-process.ts',
  'runtime/noise/noise-thread.ts',
  'runtime/parquet/parquet-process.ts',
  'runtime/targets/null-server-process.ts',
  'runtime/jobs/simulations/simulation-process.ts',
  'runtime/jobs/sweep/query-process.ts',
  'runtime/jobs/variants/drift-process.ts',
]

/** Separate bundles: a shared one would load modules that only the commands need. */
export async function bundleChildren(outdir: string): Promise<void> {
  await Promise.all(CHILDREN.map((entry) => bundle({ ...common, outdir, entryPoints: [entry] })))
}
